"""Why a command of an operator ends before its work does: one sentence on the terminal, and an exit status."""

from __future__ import annotations


class OperationError(Exception):
    """The stage, or AWS, does not do what is asked. The message says what, and what to do about it."""

    status = 1


class UsageError(OperationError):
    """Nothing of the kind is there to be asked for: another stage, another queue, another option."""

    status = 2
