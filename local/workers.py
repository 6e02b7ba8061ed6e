"""The emulator's function processes, with what a developer needs from them: their output, and the type of an error.

Extends ministack's `Worker`, one process that runs one function. Imported only inside the emulator's own process.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from ministack.core.lambda_runtime import Worker

if TYPE_CHECKING:
    from pathlib import Path

RAISED = "raised"
"""The key under which a function's process reports an exception of the handler (`local.adaptations`)."""


class FunctionError(str):
    """The message of an exception that a handler raised, which also carries what AWS tells with it."""

    __slots__ = ("payload",)
    payload: dict[str, Any]

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> FunctionError:
        """`payload` is Lambda's error object: errorMessage, errorType, stackTrace."""
        error = cls(payload["errorMessage"])
        error.payload = payload
        return error


class FunctionLog:
    """One file that all functions' output goes to, line by line, with the time and the function's name."""

    def __init__(self, path: Path) -> None:
        """Appends to the file at `path`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", buffering=1)
        self._lock = threading.Lock()

    def write(self, function: str, text: str) -> None:
        """Adds one or more lines of one function; they stay together."""
        now = datetime.now().astimezone().strftime("%H:%M:%S.%f")[:-3]
        with self._lock:
            self._file.writelines(f"{now} {function} | {line}\n" for line in text.splitlines())


class FunctionWorker(Worker):  # type: ignore[misc]  # ministack has no types
    """A function's process whose output is kept, and which outlives an exception of its handler as it does on AWS."""

    function_log: ClassVar[FunctionLog]

    def _read_stderr(self) -> None:
        """Passes the process's output on to whoever answers the invocation, and to the log."""
        for line in self._proc.stderr:
            self._stderr_queue.put(line.rstrip("\n"))
            self.function_log.write(self.func_name, line)

    def invoke(self, *arguments: object, **options: object) -> dict[str, Any]:
        """Runs one invocation. Raises RuntimeError when the function could not be loaded, with the reason in one
        line.
        """
        try:
            response: dict[str, Any] = super().invoke(*arguments, **options)
        except RuntimeError as error:
            self.function_log.write(self.func_name, str(error))
            raise RuntimeError(str(error).strip().splitlines()[-1]) from error
        if RAISED in response:
            payload = response.pop(RAISED)
            self.function_log.write(self.func_name, "\n".join(payload["stackTrace"]))
            trace = "\n".join(payload["stackTrace"])
            return {**response, "status": "error", "error": FunctionError.from_payload(payload), "trace": trace}
        if response.get("status") == "error":
            self.function_log.write(self.func_name, str(response.get("error")))
        return response
