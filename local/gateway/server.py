"""Starts a gateway and ends it: reads what is deployed, keeps it up to date, opens and closes what it needs."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import botocore.exceptions

from local.gateway.api import ApiError, Deployment
from local.gateway.control_plane import LoadDeployment, deployment_loader
from local.gateway.gateway import Gateway
from local.gateway.invoker import Invoker, LambdaInvoker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from local.gateway.config import GatewayConfig

_log = logging.getLogger(__name__)


@asynccontextmanager
async def serve(
    config: GatewayConfig, *, invoker: Invoker | None = None, load: LoadDeployment | None = None
) -> AsyncIterator[Gateway]:
    """Serves until the context ends. `invoker` and `load` None: those of `config.endpoint_url`.

    `load` may block; it runs in a thread, at start and every `config.refresh_s`. Raises what it raises at start, and
    `OSError` for a taken port. Later failures to read are logged, and what was read last goes on being served.
    """
    load = load or deployment_loader(config.endpoint_url, config.region, config.api)
    async with AsyncExitStack() as stack:
        if invoker is None:
            sender = LambdaInvoker(config.endpoint_url, config.region, config.invoke_parallelism)
            invoker = await stack.enter_async_context(sender)

        async def reload() -> None:
            gateway.deployment = await _read_again(load, gateway.deployment)

        gateway = Gateway(config, invoker, await asyncio.to_thread(load), reload)
        await gateway.listen()
        stack.push_async_callback(gateway.stop)
        refresher = asyncio.create_task(_refresh(gateway, config.refresh_s, load))
        stack.callback(refresher.cancel)
        yield gateway


async def _refresh(gateway: Gateway, refresh_s: float, load: LoadDeployment) -> None:
    while True:
        await asyncio.sleep(refresh_s)
        gateway.deployment = await _read_again(load, gateway.deployment)


async def _read_again(load: LoadDeployment, current: Deployment) -> Deployment:
    try:
        deployment = await asyncio.to_thread(load)
    except (ApiError, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        _log.warning("what is deployed could not be read again, serving what was: %s", error)
        return current
    except Exception:  # noqa: BLE001  # an answer nobody foresaw must not end the refreshing for good
        _log.exception("what is deployed could not be read again, serving what was")
        return current
    if deployment != current:
        _log.info("serving %s", ", ".join(f"{api.name} ({api.api_id})" for api in deployment.apis.values()) or "no API")
    return deployment
