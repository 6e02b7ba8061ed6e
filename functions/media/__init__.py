"""From an upload to a message with a thumbnail."""
