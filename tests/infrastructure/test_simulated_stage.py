"""The simulated stage is the one that is deployed: its functions, its queues and what leads to them."""

from __future__ import annotations

import json
from typing import Any

from chat.settings import PREFIX
from chat.storage import keys
from simulation.cloud import stage, streams
from simulation.cloud.figures import DEFAULTS
from tests.infrastructure.assembly import Assembly, Resource

FUNCTIONS = {spec.handler: spec for spec in stage.FUNCTIONS}

NOT_SIMULATED = {"stage", "wallet_chains"}
"""Every function is told its stage; who signs in how is no part of the simulation."""


def queue_label(name: str) -> str:
    """Where the construct of a simulated queue stands."""
    title = name.capitalize()
    subscribed = next(spec for spec in stage.QUEUES if spec.name == name).events
    return f"service/RoomEvents/{title}/Queue" if subscribed else f"service/{title}/Queue"


def queues(dev: Assembly) -> dict[str, Resource]:
    by_label = {dev.label(queue): queue for queue in dev.of_type("SQS::Queue")}
    return {spec.name: by_label[queue_label(spec.name)] for spec in stage.QUEUES}


def mappings(dev: Assembly) -> dict[str, list[Resource]]:
    """Event source mappings by the function that they lead to."""
    handlers = {function.key: name for name, function in dev.functions().items()}
    found: dict[str, list[Resource]] = {}
    for mapping in dev.of_type("Lambda::EventSourceMapping"):
        function = dev.called(mapping.stack, mapping["FunctionName"])
        found.setdefault(handlers[function.key], []).append(mapping)
    return found


def integrated(dev: Assembly, route: Resource) -> str:
    """The handler that a route of an API leads to."""
    integration = dev.text(route.stack, route["Target"]).removeprefix("integrations/").strip("{}")
    (found,) = [each for each in dev.of_type("ApiGatewayV2::Integration") if dev.label(each) == integration]
    called = dev.called(found.stack, found["IntegrationUri"])
    (handler,) = [name for name, function in dev.functions().items() if function == called]
    return handler


def test_functions_have_the_time_and_the_settings_that_they_are_deployed_with(dev: Assembly) -> None:
    deployed = dev.functions()
    for name, spec in FUNCTIONS.items():
        variables = deployed[name]["Environment"]["Variables"]
        given = {key.removeprefix(PREFIX).lower() for key in variables if key.startswith(PREFIX)}
        assert (name, spec.timeout_s) == (name, deployed[name]["Timeout"])
        assert (name, set(spec.settings)) == (name, given - NOT_SIMULATED)


def test_queues_are_worked_off_as_they_are_deployed(dev: Assembly) -> None:
    deployed, sources = queues(dev), mappings(dev)
    for spec in stage.QUEUES:
        queue = deployed[spec.name]
        assert queue["VisibilityTimeout"] * 1_000 == stage.visibility_ms(FUNCTIONS[spec.worker])
        assert queue["RedrivePolicy"]["maxReceiveCount"] == stage.MAX_RECEIVES
        (source,) = [each for each in sources[spec.worker] if dev.behind(each.stack, each["EventSourceArn"]) == queue]
        assert source["BatchSize"] == spec.batch_size
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_topic_filters_for_its_queues_as_it_is_deployed(dev: Assembly) -> None:
    filters: dict[str, Any] = {}
    for subscription in dev.of_type("SNS::Subscription"):
        queue = dev.behind(subscription.stack, subscription["Endpoint"])
        if queue:
            filters[dev.label(queue)] = subscription.properties.get("FilterPolicy")
    for spec in stage.QUEUES:
        if spec.events:
            assert filters[queue_label(spec.name)] == {"event": list(spec.events)}


def test_streams_let_through_what_the_simulated_ones_do(dev: Assembly) -> None:
    found = [each for each in mappings(dev)["message.outbox"] if "FilterCriteria" in each.properties]
    patterns = [json.loads(each["Pattern"]) for source in found for each in source["FilterCriteria"]["Filters"]]
    assert {source["BatchSize"] for source in found} == {DEFAULTS.stream_batch}
    for key, before in (
        (keys.message("lunch", 1), None),
        (keys.message("lunch", 1), {"pk": "x"}),
        (keys.command("ada", "c"), None),
        (keys.counter("lunch"), None),
        (keys.member("lunch", "ada"), {"pk": "x"}),
        (keys.room_rules("lunch"), None),
    ):
        table = streams.is_membership if key[0].startswith(keys.ROOM) else streams.is_new_entry
        assert table(key, before) == any(_matches(pattern, key, before) for pattern in patterns), key


def test_routes_lead_where_the_simulated_ones_lead(dev: Assembly) -> None:
    routes = {str(route["RouteKey"]): integrated(dev, route) for route in dev.of_type("ApiGatewayV2::Route")}
    for route, handler in stage.ROUTES.items():
        assert routes.pop(route) == handler
    assert routes.pop("$connect") == stage.CONNECT
    assert routes.pop("$disconnect") == stage.DISCONNECT
    commands = {handler for route, handler in routes.items() if " " not in route}
    assert commands == {stage.COMMANDS}


def _matches(pattern: dict[str, Any], key: tuple[str, str | int], before: object) -> bool:
    if pattern.get("eventName", ["INSERT"]) != ["INSERT"] or ("eventName" in pattern and before is not None):
        return False
    values = dict(zip(("pk", "sk"), map(str, key), strict=True))
    wanted = pattern["dynamodb"]["Keys"]
    return all(values[name].startswith(rule["S"][0]["prefix"]) for name, rule in wanted.items())
