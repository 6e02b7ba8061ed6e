"""Media that nothing refers to: how it is found, and when the stage looks for it."""
