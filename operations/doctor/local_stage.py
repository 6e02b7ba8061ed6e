"""Stage `local`: whether `make dev` could start, or each part of a running one answers. The standard library alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from operations.doctor.findings import Finding, failed, ok
from operations.doctor.reaching import UnreachableError, listens, ping, status_of

PORTS = {"emulator": 4566, "gateway": 4510, "page": 5173, "cache": 6380, "front": 4580}
"""As `local/ports.py` has them."""

HEALTHY, SERVER_ERROR = 200, 500


@dataclass(frozen=True)
class Part:
    """One part of a stack, where it should be, and a question that only it answers."""

    name: str
    port: int
    ask: Callable[[], None]


def look(environ: Mapping[str, str]) -> Iterator[Finding]:
    """All parts, which run together or not at all."""
    offset = environ.get("CHAT_PORT_OFFSET", "0")
    yield from look_at(parts({name: port + int(offset if offset.isdigit() else 0) for name, port in PORTS.items()}))


def look_at(stack: list[Part]) -> Iterator[Finding]:
    """Where none listens, `make dev` may start; where one does, it is to be its own part, and the others are to run."""
    running = [part for part in stack if listens(part.port)]
    if not running:
        yield ok("ports", f"{', '.join(str(part.port) for part in stack)} are free: `make dev` starts the stage")
        return
    for part in stack:
        yield _asked(part) if part in running else _missing(part)


def parts(ports: Mapping[str, int]) -> list[Part]:
    """Of one stack."""
    base = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    return [
        Part("emulator", ports["emulator"], lambda: _expect(f"{base['emulator']}/_ministack/health", HEALTHY)),
        Part("gateway", ports["gateway"], lambda: _answers(base["gateway"])),
        Part("page", ports["page"], lambda: _expect(base["page"], HEALTHY)),
        Part("front", ports["front"], lambda: _expect(f"{base['front']}/api/config", HEALTHY)),
        Part("cache", ports["cache"], lambda: ping(f"redis://127.0.0.1:{ports['cache']}")),
    ]


def _asked(part: Part) -> Finding:
    try:
        part.ask()
    except UnreachableError as error:
        mend = f"stop what `ss -ltnp 'sport = :{part.port}'` shows, or move the stage: CHAT_PORT_OFFSET=100 make dev"
        return failed(part.name, f"port {part.port} is taken by something else ({error})", mend)
    return ok(part.name, f"answers on port {part.port}")


def _missing(part: Part) -> Finding:
    return failed(
        part.name, f"nobody listens on port {part.port}, while other parts run", "stop `make dev`, and start it again"
    )


def _expect(url: str, wanted: int) -> None:
    found = status_of(url)
    if found != wanted:
        raise UnreachableError(f"{url} answers {found}")


def _answers(url: str) -> None:
    """The gateway refuses what is no WebSocket, as API Gateway does."""
    found = status_of(url)
    if found >= SERVER_ERROR or found == HEALTHY:
        raise UnreachableError(f"{url} answers {found}")
