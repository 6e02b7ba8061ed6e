"""The front as a server: one request of a viewer to one answer, from what is kept or from the emulated distribution."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import aiohttp
from aiohttp import web
from botocore.exceptions import BotoCoreError, ClientError
from multidict import CIMultiDict

from local.front.access_log import AccessLog
from local.front.compression import compressed
from local.front.distribution import Distribution, read_distribution, read_invalidations
from local.front.parts import OK, Answer, answer_to
from local.front.signatures import DeniedError, Viewer, check
from local.front.store import Store, Stored, freshness_s

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping

    from local.front.distribution import Behaviour

NOT_MODIFIED = 304
ERRORS_FROM = 400
ORIGIN_S = 60
LOOK_S = 0.5
"""How often the front looks for invalidations."""

READ_S = 5
"""How often the front reads what is deployed; at CloudFront's edges a deployment is in force after minutes."""

WRITE_S = 10
"""How often a file of the log is written; CloudFront takes minutes."""

READING = ("GET", "HEAD")
HOP_BY_HOP = (
    "connection",
    "keep-alive",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "content-length",
    "content-encoding",
)
"""Each connection has its own. aiohttp decodes bodies, so how they were encoded goes as well."""

_log = logging.getLogger("local.front")


@dataclass
class Front:
    """One distribution's front. `origin` is where it is emulated, `host` the name by which it is known there."""

    origin: str
    host: str
    distribution_id: str
    cloudfront: Any
    """boto3's client, of the emulator's CloudFront."""
    log: AccessLog | None = None
    """Where answers are written down; None: nowhere."""
    _session: aiohttp.ClientSession = field(init=False)
    _distribution: Distribution = field(init=False)
    _store: Store = field(init=False, default_factory=Store)
    _asking: dict[str, asyncio.Lock] = field(init=False, default_factory=dict)
    _invalidated: set[str] = field(init=False, default_factory=set)

    def application(self) -> web.Application:
        """What an aiohttp server runs."""
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self.answer)
        application.cleanup_ctx.append(self._running)
        return application

    async def answer(self, request: web.Request) -> web.Response:
        """The answer, and a line of the log about it."""
        began_s = time.perf_counter()
        response = await self._answer(request)
        if self.log:
            self.log.add(
                method=request.method,
                path=request.path,
                status=response.status,
                size_bytes=len(response.body) if isinstance(response.body, bytes) else 0,
                result=response.headers.get("X-Cache", "Miss").partition(" ")[0],
                took_s=time.perf_counter() - began_s,
            )
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        """Signature, method, cache, origin: in CloudFront's order."""
        behaviour = self._distribution.behaviour_of(request.path)
        if behaviour.keys is not None:
            try:
                check(_viewer(request), behaviour.keys)
            except DeniedError as denied:
                return _refusal(denied.code, str(denied))
        if not behaviour.lifetimes.keeps:
            return await self._pass_on(request)
        if request.method not in READING:
            return _refusal("MethodNotAllowed", "This distribution supports only cachable requests.")
        kept, verdict = await self._kept(request.path, behaviour)
        headers = {name.lower(): value for name, value in request.headers.items()}
        return _response(_as_asked(headers, answer_to(headers, kept), behaviour), kept, verdict)

    async def _kept(self, path: str, behaviour: Behaviour) -> tuple[Stored, str]:
        """What there is of a path, and how it came: of viewers who ask at once, one has the origin asked."""
        async with self._asking.setdefault(path, asyncio.Lock()):
            known = self._store.find(path)
            if known is not None and known.is_fresh(time.time()):
                return known, "Hit" if known.status == OK else "Error"
            try:
                found, verdict = await self._fetch(path, known, behaviour)
            finally:
                self._asking.pop(path, None)
            self._store.put(path, found)
            return found, verdict

    async def _fetch(self, path: str, known: Stored | None, behaviour: Behaviour) -> tuple[Stored, str]:
        tag = known.headers.get("etag") if known else None
        status, headers, body = await self._ask("GET", path, {"If-None-Match": tag} if tag else {}, b"")
        fresh_s = float(freshness_s(headers, behaviour.lifetimes))
        if known is not None and status == NOT_MODIFIED:
            return known.confirmed(headers, fresh_s, time.time()), "RefreshHit"
        if status >= ERRORS_FROM:
            fresh_s = float(self._distribution.error_lives_s.get(status, 0))
        verdict = "Miss" if status < ERRORS_FROM else "Error"
        return Stored(status=status, headers=headers, body=body, stored_s=time.time(), fresh_s=fresh_s), verdict

    async def _pass_on(self, request: web.Request) -> web.Response:
        headers = [
            (name, value) for name, value in request.headers.items() if name.lower() not in (*HOP_BY_HOP, "host")
        ]
        async with self._open(request.method, request.path_qs, headers, await request.read()) as answer:
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP]
            return web.Response(status=answer.status, headers=_multiple(kept), body=await answer.read())

    async def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        async with self._open(method, path, list(headers.items()), body) as answer:
            kept = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP}
            return answer.status, kept, await answer.read()

    def _open(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> Any:  # noqa: ANN401  # aiohttp's
        return self._session.request(
            method,
            self.origin + path,
            headers=_multiple([*headers, ("Host", self.host)]),
            data=body or None,
            allow_redirects=False,
        )

    async def _running(self, _application: web.Application) -> AsyncIterator[None]:
        """While the server runs: one session, and an eye on what is deployed and invalidated."""
        await self._read()
        await self._look()
        timeout = aiohttp.ClientTimeout(total=ORIGIN_S)
        async with aiohttp.ClientSession(timeout=timeout) as self._session:
            tasks = [asyncio.create_task(each) for each in self._chores()]
            yield
            for task in tasks:
                task.cancel()

    def _chores(self) -> Iterator[Coroutine[Any, Any, None]]:
        """What is done again and again while the server runs."""
        yield _repeat(READ_S, self._read, "the distribution could not be read; what was read before is in force")
        yield _repeat(LOOK_S, self._look, "invalidations could not be read; those since then wait for the next look")
        if self.log:
            flush = partial(asyncio.to_thread, self.log.flush)
            yield _repeat(WRITE_S, flush, "a file of the log could not be written, and is lost")

    async def _read(self) -> None:
        self._distribution = await asyncio.to_thread(read_distribution, self.cloudfront, self.distribution_id)

    async def _look(self) -> None:
        found = await asyncio.to_thread(read_invalidations, self.cloudfront, self.distribution_id, self._invalidated)
        for patterns in found.values():
            self._store.forget(patterns)
        self._invalidated |= found.keys()


def _multiple(headers: list[tuple[str, str]]) -> CIMultiDict[str]:
    """Headers of which one may be there several times, as `Set-Cookie` is."""
    return CIMultiDict(headers)


def _viewer(request: web.Request) -> Viewer:
    url = f"{request.scheme}://{request.host}{request.raw_path}"
    return Viewer(url, request.cookies, request.remote or "", int(time.time()))


async def _repeat(every_s: float, do: Callable[[], Awaitable[None]], failed: str) -> None:
    """Does it again and again; what AWS refuses is logged, and the next time is another chance."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await do()
        except (BotoCoreError, ClientError):
            _log.exception(failed)


def _as_asked(request: Mapping[str, str], answer: Answer, behaviour: Behaviour) -> Answer:
    """The answer as the behaviour sends it to this viewer: compressed, and with what other sites' scripts are told."""
    if behaviour.compresses:
        answer = compressed(request, answer)
    if behaviour.cross_origin is None:
        return answer
    told = behaviour.cross_origin.headers_for(request.get("origin", ""), answer.headers)
    return replace(answer, headers={**answer.headers, **told})


def _response(answer: Answer, kept: Stored, verdict: str) -> web.Response:
    age_s = max(0, int(time.time() - kept.stored_s))
    told = {"age": str(age_s)} if verdict in {"Hit", "RefreshHit"} else {}
    headers = {**answer.headers, **told, "x-cache": f"{verdict} from cloudfront", "via": "1.1 local (CloudFront)"}
    return web.Response(status=answer.status, headers=headers, body=answer.body)


def _refusal(code: str, message: str) -> web.Response:
    """403 as CloudFront words it."""
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>'
    )
    headers = {"x-cache": "Error from cloudfront", "cache-control": "no-store"}
    return web.Response(status=403, text=body, content_type="text/xml", headers=headers)
