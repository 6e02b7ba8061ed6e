"""Dead letters: where they are, which are meant, and what becomes of them.

Operators use it from the console and from their own machine (`operations.redrive`). Uses boto3: far from the hot path.
"""
