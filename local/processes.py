"""Child processes of a local stack: started in groups of their own, watched until they answer, stopped without a
remainder.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

POLL_S = 0.05
STOP_TIMEOUT_S = 15.0
"""How long a process may take to save its state before it is killed."""
LAST_LINES = 12
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def follow_parent() -> None:
    """Has this process asked to stop when its parent dies, however that happens: no stack is left without an owner."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Process:
    """One child process that leads its own process group; what it prints goes to its log.

    A terminal's Ctrl-C does not reach it: whoever started it decides when and in which order things stop.
    """

    def __init__(self, name: str, command: Sequence[str], *, log: Path, env: Mapping[str, str], cwd: Path) -> None:
        """Starts the program. `name` is what messages call it. Raises `LocalError` when there is no such program."""
        self.name = name
        self.log = log
        with log.open("wb") as output:
            try:
                self._child = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=env,
                    cwd=cwd,
                    start_new_session=True,
                    preexec_fn=follow_parent,  # noqa: PLW1509  # it takes no lock
                )
            except OSError as error:
                raise LocalError(
                    f"{name} could not be started: {command[0]}: {error.strerror}. "
                    f"`make setup` installs what is missing."
                ) from error

    @property
    def pid(self) -> int:
        """The process's id, which is also its group's."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._child.poll() is None

    def wait_until(self, ready: Callable[[], bool], timeout_s: float) -> None:
        """Returns once `ready()` holds. Raises `LocalError` with the end of the log when the process ends or takes
        too long.
        """
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.running:
                raise LocalError(f"{self.name} ended while it was starting. {self._last_words()}")
            if time.monotonic() > deadline:
                raise LocalError(f"{self.name} was not ready after {timeout_s:.0f} seconds. {self._last_words()}")
            time.sleep(POLL_S)

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Asks the process to end, waits, and ends what is left of its group. Does nothing the second time."""
        if self.running:
            self._child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout_s)
        self.kill()

    def kill(self) -> None:
        """Ends the process and its group at once, as a crash would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._child.wait()

    def _last_words(self) -> str:
        """The end of the log, and where the rest is."""
        lines = self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        shown = "\n".join(f"    {line}" for line in lines)
        return f"Its log, {self.log}, ends with:\n{shown}"
