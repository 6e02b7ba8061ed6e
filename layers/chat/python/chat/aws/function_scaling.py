"""Lambda's own settings of concurrency, behind `chat.scaling.FunctionScaling`. Imports boto3 for types only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chat.errors import InvalidFieldError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

ALIAS = "live"
"""What callers call of every function. Provisioned concurrency belongs to an alias of a published version."""

REFUSED = frozenset({"InvalidParameterValueException", "ResourceNotFoundException"})
"""What Lambda says of values that it will not take later either: too many for the account, no such alias."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A function by the name that operators use. `mapping` is the id of that to its queue; None where it has none.

    `own_pollers` is the most that the queue was deployed with of its own (provisioned mode), None where Lambda's own
    scaling polls it. Then `pollers` bounds those, of which each runs up to ten at once; else it bounds what runs.
    """

    name: str
    function: str
    mapping: str | None = None
    own_pollers: int | None = None


class LambdaScaling:
    """The functions that operators may scale."""

    def __init__(self, client: LambdaClient, targets: Iterable[Target]) -> None:
        self._client = client
        self._targets = {target.name: target for target in targets}

    @property
    def names(self) -> frozenset[str]:
        """Functions that can be scaled."""
        return frozenset(self._targets)

    @property
    def polled(self) -> frozenset[str]:
        """Those that work off a queue."""
        return frozenset(target.name for target in self._targets.values() if target.mapping)

    def apply(self, before: Mapping[str, Mapping[str, int]], after: Mapping[str, Mapping[str, int]]) -> None:
        """Sets what differs: a call for each. Safe to repeat.

        Raises `InvalidFieldError` with what Lambda says against it, `UnavailableError`; then some may be set.
        """
        for name in sorted({*before, *after} & self.names):
            try:
                self._set(self._targets[name], before.get(name, {}), after.get(name, {}))
            except ClientError as error:
                if error.response["Error"]["Code"] in REFUSED:
                    raise InvalidFieldError(f"functions: {name}: {error.response['Error']['Message']}") from error
                raise _unavailable() from error
            except BotoCoreError as error:
                raise _unavailable() from error

    def _set(self, target: Target, before: Mapping[str, int], after: Mapping[str, int]) -> None:
        steps = [self._reserve, self._provision, self._poll]
        if after.get("provisioned", 0) < before.get("provisioned", 0):
            # Lambda reserves no less than is provisioned.
            steps = [self._provision, self._reserve, self._poll]
        for step in steps:
            step(target, before, after)

    def _reserve(self, target: Target, before: Mapping[str, int], after: Mapping[str, int]) -> None:
        if "reserved" in after:
            self._client.put_function_concurrency(
                FunctionName=target.function, ReservedConcurrentExecutions=after["reserved"]
            )
        elif "reserved" in before:
            self._client.delete_function_concurrency(FunctionName=target.function)

    def _provision(self, target: Target, before: Mapping[str, int], after: Mapping[str, int]) -> None:
        if "provisioned" in after:
            self._client.put_provisioned_concurrency_config(
                FunctionName=target.function,
                Qualifier=ALIAS,
                ProvisionedConcurrentExecutions=after["provisioned"],
            )
        elif "provisioned" in before:
            self._unprovision(target)

    def _unprovision(self, target: Target) -> None:
        missing = self._client.exceptions
        with suppress(missing.ResourceNotFoundException, missing.ProvisionedConcurrencyConfigNotFoundException):
            self._client.delete_provisioned_concurrency_config(FunctionName=target.function, Qualifier=ALIAS)

    def _poll(self, target: Target, before: Mapping[str, int], after: Mapping[str, int]) -> None:
        if target.mapping is None:
            return
        if target.own_pollers is not None:
            if {"pollers"} & {*before, *after}:
                self._bound_own(target.mapping, after.get("pollers", target.own_pollers))
        elif "pollers" in after:
            self._client.update_event_source_mapping(
                UUID=target.mapping, ScalingConfig={"MaximumConcurrency": after["pollers"]}
            )
        elif "pollers" in before:
            # An empty configuration takes the limit away (Lambda Developer Guide, SQS).
            self._client.update_event_source_mapping(UUID=target.mapping, ScalingConfig={})

    def _bound_own(self, mapping: str, most: int) -> None:
        """Lambda takes no `MaximumConcurrency` in provisioned mode. How many wait stays as it is, within the bound."""
        now = self._client.get_event_source_mapping(UUID=mapping).get("ProvisionedPollerConfig", {})
        least = min(now.get("MinimumPollers", most), most)
        self._client.update_event_source_mapping(
            UUID=mapping, ProvisionedPollerConfig={"MinimumPollers": least, "MaximumPollers": most}
        )


def render(targets: Iterable[Target]) -> str:
    """As the setting `scaled_functions` has them: `name=function/mapping/own_pollers`, with commas between them."""
    return ",".join(
        f"{target.name}={target.function}/{target.mapping or ''}/{target.own_pollers or ''}" for target in targets
    )


def parse(text: str) -> list[Target]:
    """What `render` wrote."""
    found = []
    for part in filter(None, text.split(",")):
        name, _, target = part.partition("=")
        function, mapping, own = target.split("/")
        found.append(
            Target(name=name, function=function, mapping=mapping or None, own_pollers=int(own) if own else None)
        )
    return found


def _unavailable() -> UnavailableError:
    return UnavailableError("Lambda did not take the concurrency; nothing was stored: try again.")
