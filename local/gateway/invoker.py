"""Calls functions through the Lambda Invoke API. Knows nothing of routes, sockets or event shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import quote

import aiohttp
import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from yarl import URL

if TYPE_CHECKING:
    from types import TracebackType

    from local.gateway.api import Function

_PATH = "/2015-03-31/functions/{name}/invocations"


class InvokeError(Exception):
    """The function did not run: throttled, unknown, forbidden or out of reach. For the log, not for clients."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a function returned, or, where `failed`, Lambda's description of what it raised."""

    payload: bytes
    failed: bool = False


class Invoker(Protocol):
    """Anything that runs a function on an event. Implementations may run many at once."""

    async def invoke(self, function: Function, event: bytes) -> Invocation:
        """Runs it synchronously (RequestResponse). Raises `InvokeError`. The caller sets the time limit."""
        ...


class LambdaInvoker:
    """`Invoker` over HTTP, signed. An async context manager: it keeps connections between invocations."""

    def __init__(self, endpoint_url: str | None, region: str, parallelism: int) -> None:
        """`endpoint_url` None: AWS itself. `parallelism`: requests under way at once; further ones queue.

        Raises `InvokeError` where the usual places hold no AWS credentials.
        """
        credentials = botocore.session.get_session().get_credentials()
        if credentials is None:
            raise InvokeError("no AWS credentials found; an emulator takes any, such as AWS_ACCESS_KEY_ID=test")
        self._credentials = credentials
        self._endpoint_url = (endpoint_url or f"https://lambda.{region}.amazonaws.com").rstrip("/")
        self._region = region
        self._parallelism = parallelism
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Opens the connection pool."""
        connector = aiohttp.TCPConnector(limit=self._parallelism)
        self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the connection pool."""
        if self._session is not None:
            await self._session.close()

    async def invoke(self, function: Function, event: bytes) -> Invocation:
        """One Invoke call, not retried: API Gateway doesn't either."""
        if self._session is None:
            raise InvokeError("the invoker is used outside of its context")
        url = self._endpoint_url + _PATH.format(name=quote(function.name, safe=""))
        if function.qualifier:
            url += f"?Qualifier={quote(function.qualifier, safe='')}"
        try:
            async with self._session.post(
                URL(url, encoded=True), data=event, headers=self._sign(url, event)
            ) as response:
                payload = await response.read()
        except aiohttp.ClientError as error:
            raise InvokeError(f"{function.name}: {error!r}") from error
        if response.status != 200:  # noqa: PLR2004  # what Invoke answers whenever the function ran
            raise InvokeError(
                f"{function.name}: Invoke answered {response.status}: {payload[:300].decode(errors='replace')}"
            )
        return Invocation(payload, failed="X-Amz-Function-Error" in response.headers)

    def _sign(self, url: str, event: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "X-Amz-Invocation-Type": "RequestResponse"}
        request = AWSRequest("POST", url, data=event, headers=headers)
        SigV4Auth(self._credentials.get_frozen_credentials(), "lambda", self._region).add_auth(request)
        return dict(request.headers.items())
