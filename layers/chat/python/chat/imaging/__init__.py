"""Pixels: what an upload really is, and the forms that it is shown in. Uses Pillow; knows nothing of storage."""
