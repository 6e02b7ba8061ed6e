"""What the service does, a concern a module: its functions, what they are told, what they may do, and their routes.

Each module has one entry, which the service's stack calls with what it gives the concern. Everything is made in the
stack's own scope, so that a resource keeps its logical id when its code moves.
"""
