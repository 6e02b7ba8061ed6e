"""The planner goes by what the templates have: each function's memory, and who is told of a message."""

from __future__ import annotations

import json

from chat.events import MESSAGE_POSTED
from operations.capacity.loads import EVENT_QUEUES, MEMORY_MB, WEBHOOK_BATCH, WEBHOOK_WINDOW_S
from tests.infrastructure.assembly import Assembly


def test_functions_have_the_memory_that_is_planned_with(dev: Assembly) -> None:
    memory = {handler.rpartition(".")[2]: function["MemorySize"] for handler, function in dev.functions().items()}
    assert {name: memory[name] for name in MEMORY_MB} == MEMORY_MB


def test_the_queues_that_get_each_message_are_the_planned_ones(dev: Assembly) -> None:
    subscriptions = dev.of_type("SNS::Subscription")
    told = [each for each in subscriptions if MESSAGE_POSTED in json.dumps(each.properties.get("FilterPolicy", {}))]
    assert len(told) == len(EVENT_QUEUES)


def test_webhooks_wait_for_as_many_events_as_planned(dev: Assembly) -> None:
    sources = dev.of_type("Lambda::EventSourceMapping")
    windows = {
        each["BatchSize"]: each["MaximumBatchingWindowInSeconds"]
        for each in sources
        if each.properties.get("MaximumBatchingWindowInSeconds")
    }
    assert windows[WEBHOOK_BATCH] == WEBHOOK_WINDOW_S
