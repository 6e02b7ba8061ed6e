"""How a command of an operator ends: with its own status, or with one sentence and the status of what went wrong."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError

from local.errors import LocalError
from operations.errors import OperationError, UsageError

FAILED, STOPPED = 1, 130
DOES_NOT = "AWS does not do what stage {stage} needs for this"


def ended(stage: str, command: Callable[[], int], *, if_stopped: str) -> int:
    """The exit status of `command`, 0 when all was done. `if_stopped` tells what is the case after Ctrl-C."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        return explained(stage, command)
    except KeyboardInterrupt:
        return _complain(f"Stopped. {if_stopped}", STOPPED)


def explained(stage: str, command: Callable[[], int], *, aws: str = DOES_NOT, failed: int = FAILED) -> int:
    """As `ended`, of what Ctrl-C may stop at any time. `aws` is what is said of AWS where that fails, for `stage`."""
    try:
        return command()
    except OperationError as error:
        return _complain(str(error), error.status)
    except LocalError as error:
        return _complain(str(error), UsageError.status)
    except (BotoCoreError, ClientError) as error:
        return _complain(f"{aws.format(stage=stage)}: {error}", failed)


def _complain(sentence: str, status: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return status


def _stop(_number: int, _frame: FrameType | None) -> None:
    """Being ended is as Ctrl-C."""
    raise KeyboardInterrupt
