"""Where things are in this working tree, and what one running stack keeps in its state directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
SITE = ROOT / "web" / "dist"
"""The built web page, where there is one."""


@dataclass(frozen=True)
class StateDirectory:
    """The files of one local stack: what survives a stop, and the logs. Two running stacks need two of them."""

    root: Path

    @classmethod
    def default(cls) -> StateDirectory:
        """The one that `make dev` keeps."""
        return cls(ROOT / ".local")

    @property
    def emulator(self) -> Path:
        """Everything that the emulator saves: tables, objects, queues and the deployed stacks themselves."""
        return self.root / "state"

    @property
    def logs(self) -> Path:
        """One file a process, and `functions.log` with what the functions print."""
        return self.root / "logs"

    @property
    def assembly(self) -> Path:
        """The cloud assembly of the last deployment: templates and assets as the CDK wrote them."""
        return self.root / "cdk.out"

    @property
    def deployment(self) -> Path:
        """What the last successful deployment into this state was made from."""
        return self.root / "deployment.json"

    def log(self, name: str) -> Path:
        """The log file of a process; its directory is made when it isn't there."""
        self.logs.mkdir(parents=True, exist_ok=True)
        return self.logs / f"{name}.log"
