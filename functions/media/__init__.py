"""From an upload to a message that shows it."""
