"""Deployed functions whose calls go through a proxy, so that a test may let something happen to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.stack import LocalStack
from tests.integration.deployed import configure, find
from tests.integration.faults.processes import PROCESSES
from tests.integration.faults.proxy import Fault, FaultProxy, Health

SEND, DELIVER = "message.command", "message.deliver"
BACK_S = 1
"""After how long the delivery queue gives a body out again that was not done: six times 30 s on AWS."""


EMPTY_S = 90
"""For a room's last looks and what is tried again for half a minute."""


@dataclass(frozen=True)
class Faults:
    """The proxies of the two functions that a message goes through."""

    send: FaultProxy
    deliver: FaultProxy

    @contextmanager
    def injected(self, *, send: Fault | None = None, deliver: Fault | None = None) -> Iterator[None]:
        """Calls meet these faults until the end."""
        self.send.fault, self.deliver.fault = send or Health(), deliver or Health()
        try:
            yield
        finally:
            self.send.fault = self.deliver.fault = Health()


@pytest.fixture(scope="module")
def faults(stack: LocalStack, aws: Callable[[str], Any]) -> Iterator[Faults]:
    """Nothing goes wrong until a test says so."""
    if not (Path(PROCESSES) / "net").exists():
        pytest.skip("which process a call comes from is known on Linux only")
    with ExitStack() as opened:
        opened.enter_context(given_out_again_soon(aws("sqs")))
        proxies = [opened.enter_context(proxied(stack, aws("lambda"), module)) for module in (SEND, DELIVER)]
        yield Faults(*proxies)


@contextmanager
def proxied(stack: LocalStack, functions: Any, module: str) -> Iterator[FaultProxy]:
    """The function makes its calls through the proxy."""
    function = find(functions, module)
    own = function["Environment"]["Variables"]
    with FaultProxy(stack.endpoint_url, own["CHAT_CONNECTIONS_URL"]) as proxy:
        configure(functions, function["FunctionName"], own | proxy.variables)
        try:
            yield proxy
        finally:
            configure(functions, function["FunctionName"], own)


@contextmanager
def given_out_again_soon(queues: Any) -> Iterator[None]:
    """Bodies of the delivery queue come again while a test can wait for them; none is there before and afterwards."""
    (url,) = [url for url in queues.list_queues()["QueueUrls"] if "DeliveryQueue" in url]
    wait_until_empty(queues, url)
    own = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    queues.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(BACK_S)})
    try:
        yield
    finally:
        wait_until_empty(queues, url)
        queues.set_queue_attributes(QueueUrl=url, Attributes=own)


def wait_until_empty(queues: Any, url: str) -> None:
    """A process that works off a body while its function changes would go on as it was."""
    names = [f"ApproximateNumberOfMessages{state}" for state in ("", "NotVisible", "Delayed")]
    for _ in range(EMPTY_S * 10):
        found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        if not any(int(found[name]) for name in names):
            return
        time.sleep(0.1)
    pytest.fail(f"the delivery queue is never empty: {found}")
