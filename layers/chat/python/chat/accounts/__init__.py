"""A user's rights to their own data: to have it, and to have it erased. Away from the way of a message."""
