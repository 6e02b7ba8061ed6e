"""AWS' place in benchmarks: `@connections` and DynamoDB in one fast process, over TLS, with the time they take."""
