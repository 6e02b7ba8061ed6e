"""A handler in this process as the running `make dev` deployed it: with its settings, tables and queues."""

from __future__ import annotations

import os
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.endpoints import STAGE, Endpoint
from operations.errors import OperationError, UsageError
from operations.stage import emulator_url


def adopt(function: str) -> None:
    """Takes over the environment of the deployed function. Raises `OperationError` where no stage runs."""
    endpoint = Endpoint(emulator_url())
    try:
        os.environ.update({**_variables(endpoint.client("lambda"), function), **endpoint.environment})
    except (ClientError, BotoCoreError) as error:
        raise OperationError(f"No stage runs at {endpoint.url} ({error}). Start one with `make dev`.") from error


def _variables(client: Any, function: str) -> dict[str, str]:  # noqa: ANN401  # boto3's
    handler = f"functions.{function}.handle"
    for page in client.get_paginator("list_functions").paginate():
        for each in page["Functions"]:
            if each.get("Handler") == handler:
                return dict(each.get("Environment", {}).get("Variables", {}))
    raise UsageError(f"Stage {STAGE} has no function {function}.")
