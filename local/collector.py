"""What AWS does by itself, for an emulator that does not: metrics from log lines, and metrics of queues.

Follows the file that all functions print to and puts each line in CloudWatch's embedded metric format as the metrics
that it has; looks at every queue of the stage and puts how many messages wait, and for how long. `make dev` starts and
stops it. Without it, dashboards stay empty and no alarm ever changes.

An age is seen from outside: how long some message has been waiting there without a break. A queue that is never empty
seems older than its oldest message is.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.endpoints import STAGE, Endpoint
from local.errors import explain

INTERVAL_S = 2.0
"""Between two looks at the log. On AWS metrics from it take seconds."""

QUEUES_EACH_S = 6.0
"""Between two looks at queues, a call each. On AWS their metrics come each minute."""

MOST_DATA = 500
"""Metrics of one PutMetricData; AWS takes 1,000."""

DEPTH, AGE = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"

Datum = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Collects until it is asked to stop; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.collector", description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint-url", required=True, help="where the emulator answers")
    parser.add_argument("--function-log", type=Path, required=True, help="the file that functions print to")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    collector = Collector(Endpoint(options.endpoint_url), options.function_log)
    while not stop.wait(INTERVAL_S):
        try:
            collector.collect(time.time())
        except (BotoCoreError, ClientError) as error:
            print(f"nothing collected: {error}", file=sys.stderr, flush=True)
    return 0


@dataclass
class Collector:
    """Of one emulator and the log of its functions."""

    endpoint: Endpoint
    function_log: Path
    prefix: str = f"chat-{STAGE}-"
    _read_to: int = 0
    _looked_at_s: float = -QUEUES_EACH_S
    _unfinished: bytes = b""
    _waiting_since_s: dict[str, float] = field(default_factory=dict)
    _queues: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._metrics = self.endpoint.client("cloudwatch")
        self._sqs = self.endpoint.client("sqs")

    def collect(self, now_s: float) -> None:
        """Puts what is new in the log, and how the queues stand now. What could not be put is lost."""
        found: defaultdict[str, list[Datum]] = defaultdict(list)
        for line in self._new_lines():
            for namespace, datum in read_line(line):
                found[namespace].append(datum)
        if now_s - self._looked_at_s >= QUEUES_EACH_S:
            self._looked_at_s = now_s
            found["AWS/SQS"] += self._queue_data(now_s)
        for namespace, data in found.items():
            for at in range(0, len(data), MOST_DATA):
                self._metrics.put_metric_data(Namespace=namespace, MetricData=data[at : at + MOST_DATA])

    def _new_lines(self) -> list[str]:
        """Complete lines that were written since the last time."""
        if not self.function_log.exists():
            return []
        with self.function_log.open("rb") as file:
            if file.seek(0, 2) < self._read_to:  # another run's file
                self._read_to, self._unfinished = 0, b""
            file.seek(self._read_to)
            text = self._unfinished + file.read()
            self._read_to = file.tell()
        *lines, self._unfinished = text.split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def _queue_data(self, now_s: float) -> Iterator[Datum]:
        if not self._queues:
            urls = self._sqs.list_queues(QueueNamePrefix=self.prefix).get("QueueUrls", [])
            self._queues = {url.rpartition("/")[2]: url for url in urls}
        for name, url in self._queues.items():
            found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
            depth = int(found["Attributes"]["ApproximateNumberOfMessages"])
            since_s = self._waiting_since_s.setdefault(name, now_s) if depth else self._waiting_since_s.pop(name, now_s)
            dimensions = [{"Name": "QueueName", "Value": name}]
            yield {"MetricName": DEPTH, "Dimensions": dimensions, "Value": depth, "Unit": "Count"}
            age_s = round(now_s - since_s) if depth else 0
            yield {"MetricName": AGE, "Dimensions": dimensions, "Value": age_s, "Unit": "Seconds"}


def read_line(line: str) -> Iterator[tuple[str, Datum]]:
    """The metrics of a line of the functions' log, each with its namespace; none of one that has no metrics."""
    _, _, printed = line.partition(" | ")
    if '"_aws"' not in printed:
        return
    try:
        document = json.loads(printed)
    except ValueError:
        return
    for directive in document["_aws"]["CloudWatchMetrics"]:
        yield from _of_directive(document, directive)


def _of_directive(document: Mapping[str, Any], directive: Mapping[str, Any]) -> Iterator[tuple[str, Datum]]:
    at_s = document["_aws"]["Timestamp"] / 1_000
    for metric in directive["Metrics"]:
        value = document[metric["Name"]]
        for dimensions in directive["Dimensions"]:
            yield (
                directive["Namespace"],
                {
                    "MetricName": metric["Name"],
                    "Dimensions": [{"Name": name, "Value": document[name]} for name in dimensions],
                    "Timestamp": at_s,
                    "Values": value if isinstance(value, list) else [value],
                    "Unit": metric.get("Unit", "None"),
                },
            )


if __name__ == "__main__":
    sys.exit(explain(main))
