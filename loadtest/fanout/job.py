"""What a contender is asked to do, and what it says of it. Runs a contender in a child process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import msgspec

from loadtest.stub.process import Ports, Stub

Name = Literal["engine", "boto3", "boto3_threads", "aiobotocore", "boto3_scan"]

TABLE = "connections"
ROOM = "bench"
REGION = "us-east-1"
LONGEST_S = 300


class Job(msgspec.Struct, frozen=True):
    """`rounds` messages, each to the whole room, after one that opens the connections."""

    contender: Name
    certificate: str
    ports: Ports
    frame_bytes: int
    rounds: int
    thresholds: str = ""
    """The stage's, of the engine; empty: the defaults."""
    pauses: float = 1.0
    """The part of each pause before another try that the engine's queue waits for."""

    @property
    def stub(self) -> Stub:
        """Whom frames are posted to."""
        return Stub(Path(self.certificate), self.ports)


class Round(msgspec.Struct, frozen=True):
    """One message: when the last recipient had it, what it cost in CPU, and how many had it and how often."""

    last_delivery_ms: float
    cpu_ms: float
    delivered: int
    posts: int
    answers: dict[str, int]


def run(job: Job) -> list[Round]:
    """Has a contender do it. Raises `CalledProcessError`; the contender's words are on standard error."""
    process = subprocess.run(
        [sys.executable, "-m", "loadtest.fanout"],
        input=msgspec.json.encode(job),
        stdout=subprocess.PIPE,
        env=os.environ | environment(job),
        timeout=LONGEST_S,
        check=True,
    )
    return msgspec.json.decode(process.stdout, type=list[Round])


def environment(job: Job) -> dict[str, str]:
    """What a deployed function finds in its own, as far as posting and its queue need it."""
    stub = job.stub
    return {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "ASIABENCH",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "t" * 800,  # as long as a role's
        "AWS_ENDPOINT_URL": stub.database_url,
        "AWS_CA_BUNDLE": job.certificate,
        "CHAT_STAGE": "bench",
        "CHAT_CONNECTIONS_TABLE": TABLE,
        "CHAT_ROOMS_TABLE": "rooms",
        "CHAT_MESSAGES_TABLE": "messages",
        "CHAT_CONNECTIONS_URL": stub.connections_url,
        "CHAT_DELIVERY_QUEUE_URL": "held in the process",
        "CHAT_FANOUT": job.thresholds,
    }
