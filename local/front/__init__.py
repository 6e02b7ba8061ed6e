"""CloudFront's part on one machine: what stands before the emulated distribution, for `/api` and `/media`.

It looks at signatures, keeps what may be kept and answers from it, in parts where a part is asked for. Behaviours, keys
and invalidations are those of the deployed distribution, read through CloudFront's API. Knows nothing of the chat.
"""
