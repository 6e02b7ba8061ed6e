"""The stacks of a stage, one module each."""
