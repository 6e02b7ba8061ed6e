"""The project's own Python client, unchanged, on the simulated cloud: its event loop, its sockets and its requests."""
