"""Fan-out as the project does it and as samples do it, each in a process of its own, on the same stub."""
