"""boto3's clients, for functions that are far from the hot path: it is too heavy for that."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from chat.settings import Runtime

if TYPE_CHECKING:
    from botocore.config import Config


@cache
def client(service: str, patience: Config | None = None) -> Any:  # noqa: ANN401  # one of boto3's many
    """A service's, kept between invocations. `patience` is a module's constant: how long it waits, how often it tries.

    The runtime's own variables say where an emulator is, as for every SDK.
    """
    return boto3.client(service, region_name=Runtime.from_env().region, config=patience)  # type: ignore[call-overload]
