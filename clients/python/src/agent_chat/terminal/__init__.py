"""The client in a terminal: a screen to chat on, and commands for scripts."""
