"""The world outside, simulated: what `chat.ports` asks for, in memory, one process, no clock but its own."""
