"""The emulator's function processes, with what a developer needs from them: their output, and the type of an error.

Extends ministack's `Worker`, one process that runs one function. Imported only inside the emulator's own process.
"""

from __future__ import annotations

import hashlib
import io
import os
import threading
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from ministack.core.lambda_runtime import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LAYERS_VARIABLE = "_LAMBDA_LAYERS_DIRS"
"""Where a function's process looks for its layers."""
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


class LayerDirectories:
    """Unpacked layer versions, each once for all processes that use it. They never change, so nobody writes there."""

    def __init__(self, root: Path, read_zip: Callable[[str], bytes | None]) -> None:
        """Unpacks below `root`; `read_zip` returns the archive of a layer version by its ARN."""
        self._root = root
        self._read_zip = read_zip
        self._lock = threading.Lock()

    def find(self, arn: str) -> Path:
        """The directory of a layer version, unpacked the first time. Raises RuntimeError when there is none."""
        directory = self._root / hashlib.sha256(arn.encode()).hexdigest()[:24]
        with self._lock:
            if not directory.exists():
                archive = self._read_zip(arn)
                if archive is None:
                    raise RuntimeError(f"There is no layer version {arn}")
                unfinished = directory.with_suffix(".unfinished")
                with zipfile.ZipFile(io.BytesIO(archive)) as packed:
                    packed.extractall(unfinished)
                unfinished.rename(directory)
        return directory


class FunctionWorker(Worker):  # type: ignore[misc]  # ministack has no types
    """A function's process whose output is kept, and which outlives an exception of its handler as it does on AWS."""

    function_log: ClassVar[FunctionLog]
    layers: ClassVar[LayerDirectories]
    config: dict[str, Any]

    def _spawn(self) -> None:
        """Starts the process on the shared directories of its layers instead of copies of its own."""
        configured = self.config
        arns = [layer if isinstance(layer, str) else layer["Arn"] for layer in configured.get("Layers") or []]
        variables = dict((configured.get("Environment") or {}).get("Variables") or {})
        if arns:
            variables[LAYERS_VARIABLE] = os.pathsep.join(str(self.layers.find(arn)) for arn in arns)
        try:
            self.config = {**configured, "Layers": [], "Environment": {"Variables": variables}}
            super()._spawn()
        finally:
            self.config = configured

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
