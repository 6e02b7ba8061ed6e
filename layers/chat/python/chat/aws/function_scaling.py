"""Lambda's own settings of concurrency, behind `chat.scaling.FunctionScaling`. Uses boto3: far from the hot path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chat.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class LambdaScaling:
    """`targets` has, by the name that operators use, a function and the id of the mapping between it and its queue."""

    def __init__(self, client: LambdaClient, targets: Mapping[str, tuple[str, str]]) -> None:
        self._client = client
        self._targets = targets

    @property
    def names(self) -> frozenset[str]:
        """Functions that can be scaled."""
        return frozenset(self._targets)

    def apply(self, before: Mapping[str, Mapping[str, int]], after: Mapping[str, Mapping[str, int]]) -> None:
        """Sets what differs: a call for each. Safe to repeat. Raises `UnavailableError`."""
        try:
            for name in sorted({*before, *after} & self.names):
                self._set(name, before.get(name, {}), after.get(name, {}))
        except (BotoCoreError, ClientError) as error:
            raise UnavailableError("Lambda did not take the concurrency; nothing was stored: try again.") from error

    def _set(self, name: str, before: Mapping[str, int], after: Mapping[str, int]) -> None:
        function, mapping = self._targets[name]
        reserved, pollers = after.get("reserved"), after.get("pollers")
        if reserved is not None:
            self._client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=reserved)
        elif "reserved" in before:
            self._client.delete_function_concurrency(FunctionName=function)
        if pollers is not None:
            self._client.update_event_source_mapping(UUID=mapping, ScalingConfig={"MaximumConcurrency": pollers})
        elif "pollers" in before:
            # An empty configuration takes the limit away (Lambda Developer Guide, SQS).
            self._client.update_event_source_mapping(UUID=mapping, ScalingConfig={})


def parse(text: str) -> dict[str, tuple[str, str]]:
    """Of the setting `scaled_functions`: `name=function/mapping`, with commas between them."""
    found = {}
    for part in filter(None, text.split(",")):
        name, _, target = part.partition("=")
        function, _, mapping = target.partition("/")
        found[name] = (function, mapping)
    return found
