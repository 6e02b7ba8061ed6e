"""Commands, fan-out and what follows from a message."""
