"""Capacity runs: how much one stage carries, and what binds, on the simulated cloud: `python -m simulation.capacity`.

| module | what |
|---|---|
| `population` | rooms by Zipf, and in which cell each lives |
| `crowd` | light clients: what they say, and who has heard it when |
| `frames` | what a light client takes in of a frame |
| `frontdoor` | API Gateway, as far as a crowd needs it |
| `furnishing` | tables and sockets of a crowd that is there already |
| `watch` | looks on, and holds what was promised against what was heard |
| `tally` | what a run has come to |
| `durations` | histograms |
| `load`, `storm`, `region` | one run of each kind |
| `scenarios` | which runs, on which quotas |
| `pricing` | what a run would have cost |
| `document` | all of it as JSON |
| `verdicts` | which targets hold, and what binds |
| `page` | all of it as a page with plots |
"""
