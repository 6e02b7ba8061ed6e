"""AWS in virtual time, as far as a deployed stage uses it. The real handlers run on it, unchanged.

Nothing here waits: a handler that calls a port is suspended, the clock jumps to whatever is due next, and the handler
goes on when its answer is there. Whatever depends on chance is drawn from one seeded generator, so the same seed gives
the same run, call by call.

| module | what |
|---|---|
| `scheduler` | virtual time, and who goes on next |
| `figures` | quotas and latencies, each with its source |
| `instances` | a function instance: fresh copies of the modules that keep state in it, on simulated adapters |
| `functions` | Lambda: cold starts, concurrency, time limits, death |
| `tables` | DynamoDB: latency, stale reads, capacity, what its stream tells |
| `queues` | SQS and SNS, and who works queues off |
| `streams` | from a table's stream to its function |
| `gateway` | API Gateway: sockets, `@connections` and HTTP, with their throttles |
| `tier` | Valkey |
| `stage` | which function has which trigger, as the CDK application deploys it |
| `disturbance` | where faults strike |
| `cloud` | all of it, put together: one account and Region |
| `regions` | several of those, with global tables between them |
"""
