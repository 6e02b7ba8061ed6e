"""A Dockerfile carried out as far as that takes no Docker: which files an image has where, and what it starts."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

BASE_VARIABLES = {"LAMBDA_TASK_ROOT": "/var/task", "PATH": "/usr/bin"}
"""What the base images set (AWS Lambda Developer Guide, container images)."""


@dataclass
class Image:
    """`base` is what it begins from, `root` where its files were laid out, and `workdir` a path in it."""

    root: Path
    base: str = ""
    workdir: str = "/"
    command: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=lambda: dict(BASE_VARIABLES))
    ran: list[str] = field(default_factory=list)

    def path(self, inside: str) -> Path:
        """Where a path of the image lies here."""
        return self.root / (Path(self.workdir) / inside).as_posix().lstrip("/")


def lay_out(dockerfile: Path, context: Path, root: Path, arguments: Mapping[str, str]) -> Image:
    """Carries it out into `root`. A `COPY` of nothing, or an instruction that is not known here, is an error."""
    image = Image(root)
    for instruction, rest in instructions(dockerfile):
        words = expanded(rest, {**image.variables, **arguments}).split()
        match instruction:
            case "FROM":
                image.base = words[0]
            case "ARG":
                name, _, default = rest.partition("=")
                image.variables.setdefault(name, arguments.get(name, default))
            case "ENV":
                name, _, value = " ".join(words).partition("=")
                image.variables[name] = value
            case "WORKDIR":
                image.workdir = words[0]
            case "COPY":
                copy(image, context, [word for word in words if not word.startswith("--")])
            case "CMD":
                image.command = json.loads(rest)
            case "RUN":
                image.ran.append(rest)
            case _ if instruction != "USER":
                raise ValueError(f"{dockerfile} has a {instruction}, which nobody checks.")
    return image


def instructions(dockerfile: Path) -> Iterator[tuple[str, str]]:
    """Each with what follows it; lines that go on are joined, comments left out."""
    lines = [line for line in dockerfile.read_text().splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            instruction, _, rest = line.strip().partition(" ")
            yield instruction, rest.strip()


def expanded(text: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda found: variables[found[1]], text)


def copy(image: Image, context: Path, words: list[str]) -> None:
    """As `COPY` does with folders, whose content it takes; nothing else is copied so far."""
    *sources, target = words
    for source in sources:
        shutil.copytree(context / source, image.path(target), dirs_exist_ok=True)
