"""The protocol as others read it: JSON Schema, AsyncAPI, a page of the documentation and TypeScript.

Everything is written from the types and docstrings of `chat.protocol` and `chat.errors`, with the frames in
`tests/frames` as examples. `python -m contracts` writes the files, `python -m contracts --check` says which are stale.
Nothing here is deployed, and the application knows nothing of it.
"""
