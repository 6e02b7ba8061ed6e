"""Values that AWS keeps for the stage: secrets in Secrets Manager, addresses in Parameter Store."""

from __future__ import annotations

import orjson

from chat.aws.calls import Request, Response
from chat.aws.client import AwsClient
from chat.errors import UnavailableError


def read_secret(client: AwsClient, arn: str) -> str:
    """The secret's current string. Raises `UnavailableError`."""
    answer = _call(client, "secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": arn})
    return str(orjson.loads(answer.body)["SecretString"])


def read_parameter(client: AwsClient, name: str) -> str:
    """The parameter's current value. Raises `UnavailableError`."""
    answer = _call(client, "ssm", "AmazonSSM.GetParameter", {"Name": name})
    return str(orjson.loads(answer.body)["Parameter"]["Value"])


def _call(client: AwsClient, service: str, target: str, body: dict[str, str]) -> Response:
    headers = ("Content-Type: application/x-amz-json-1.1", f"X-Amz-Target: {target}")
    answer = client.call(Request(service=service, url=client.url(service), body=orjson.dumps(body), headers=headers))
    if not answer.ok:
        raise UnavailableError("Sign-in is not available right now; try again.", retry_after_ms=1_000)
    return answer
