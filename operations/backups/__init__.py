"""A stage's tables as files outside of it: how they get there, and how they come back."""
