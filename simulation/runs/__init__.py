"""Random workloads under random faults, judged from what clients saw: `python -m simulation`.

| module | what |
|---|---|
| `case` | what people do and what goes wrong, made from a seed; both are lists that can be made shorter |
| `faults` | faults of a case, and how they strike |
| `person` | somebody with the Python client, and the journal of what their client saw |
| `places` | where messages stand in the end, for who judges what was seen in several Regions |
| `play` | carries out a case |
| `shrinking` | makes a case that fails smaller |
| `telling` | a case and its trace, to be read |
| `seeds` | many cases, over several processes |
"""
