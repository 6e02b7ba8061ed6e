"""Sound and moving pictures: what an upload really is, and the forms that it is played in.

Uses FFmpeg's libraries (PyAV); knows nothing of storage.
"""
