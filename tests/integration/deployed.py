"""Deployed functions with other settings than their stage's: what only a stage of another kind would have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chat.settings import Settings


@contextmanager
def given(client: Any, module: str, settings: Settings) -> Iterator[None]:
    """The function has the settings that are set in `settings`, besides its own."""
    function = find(client, module)
    own = function["Environment"]["Variables"]
    configure(client, function["FunctionName"], own | settings.to_env())
    try:
        yield
    finally:
        configure(client, function["FunctionName"], own)


def find(client: Any, module: str) -> dict[str, Any]:
    """The configuration of the deployed function of a module, such as `message.command`."""
    pages = client.get_paginator("list_functions").paginate()
    (found,) = (
        function
        for page in pages
        for function in page["Functions"]
        if function.get("Handler") == f"functions.{module}.handle"
    )
    configuration: dict[str, Any] = found
    return configuration


def configure(client: Any, name: str, variables: dict[str, str]) -> None:
    """Gives a function its variables and waits until it runs with them."""
    client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
