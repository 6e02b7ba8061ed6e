"""What is kept of the tables so that they need not be asked: in a function's memory, and in a tier that all share.

Generic: what is kept, and what makes it true or stale, is said where it is stored (`chat.storage`). Nothing here may be
needed for an answer to be right: each value carries the end of its life, and most a version that its reader checks.

| module | what |
|---|---|
| `kinds` | kinds of values, their names, how long each lives |
| `memory` | the first tier, in this process |
| `shared` | what the second tier is asked for, and how its bytes read |
| `tiers` | both, as storage uses them |
| `invalidations` | what operators have declared stale |
| `breaker` | when the second tier is left alone |
| `counts` | hits, misses and stale ones, by kind and tier |
"""
