"""Calls new versions by Lambda's Invoke, and tells CodeDeploy what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import orjson

from chat.aws import wiring
from chat.aws.calls import Request
from chat.aws.client import AwsClient
from chat.errors import UnavailableError
from chat.rehearsal import CALL_MS, Answer, Rehearsal, RehearsalError
from chat.websocket import Event


@dataclass(frozen=True)
class LambdaVersions:
    """Versions by their qualified ARNs, each called once: a version that has to be asked twice is not a good one."""

    client: AwsClient
    arns: Mapping[str, str]

    def call(self, function: str, event: Event) -> Answer:
        """See `chat.rehearsal.Versions`."""
        path = f"/2015-03-31/functions/{quote(self._arn(function), safe='')}/invocations"
        request = Request("lambda", self.client.url("lambda", path), orjson.dumps(event), timeout_ms=CALL_MS)
        (answer,) = self.client.call_all([request], attempts=1)
        if not answer.ok:
            raise RehearsalError(f"{function} was not called: {answer.error or f'status {answer.status}'}")
        try:
            returned = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            returned = None
        if not isinstance(returned, dict) or "errorMessage" in returned:
            raise RehearsalError(f"{function} failed: {answer.body[:500].decode(errors='replace')}")
        return returned

    def _arn(self, function: str) -> str:
        try:
            return self.arns[function]
        except KeyError:
            raise RehearsalError(f"nobody said which version of {function} is the new one") from None


def rehearsal() -> Rehearsal:
    """As this function was told of the new versions: NAME=ARN with commas between them."""
    pairs = (pair.partition("=") for pair in wiring.settings().need("rehearsed_versions").split(","))
    return Rehearsal(
        versions=LambdaVersions(wiring.client(), {name: arn for name, _, arn in pairs}),
        tickets=wiring.tickets(),
        messages=wiring.messages_table(),
        ids=wiring.ids(),
        clock=wiring.clock(),
    )


def report(event: Mapping[str, str], *, succeeded: bool) -> None:
    """Tells the deployment that called with `event` whether to go on. Raises `UnavailableError`."""
    client = wiring.client()
    body = {
        "deploymentId": event["DeploymentId"],
        "lifecycleEventHookExecutionId": event["LifecycleEventHookExecutionId"],
        "status": "Succeeded" if succeeded else "Failed",
    }
    target = "X-Amz-Target: CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus"
    headers = ("Content-Type: application/x-amz-json-1.1", target)
    answer = client.call(Request("codedeploy", client.url("codedeploy"), orjson.dumps(body), headers=headers))
    if not answer.ok:
        raise UnavailableError("CodeDeploy does not take the outcome.", retry_after_ms=1_000)
