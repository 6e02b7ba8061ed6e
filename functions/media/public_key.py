"""A resource of CloudFormation: the public key of a secret, which CloudFront is to trust.

The deployment asks, and waits for an answer at an address that it names. There is nothing to make or to remove: the
key pair is the secret's, so the same secret has the same answer each time. Access that was signed stays good for as
long as the secret is.
"""

from __future__ import annotations

import json
import logging
import urllib.request
from typing import Any

from chat import log
from chat.aws import wiring
from chat.aws.parameters import read_secret
from chat.media_keys import MediaKey

ANSWER_S = 10

logger = logging.getLogger(__name__)


@log.invocations
def handle(event: dict[str, Any], _context: object) -> None:
    """Answers `Data.PublicKey` for `ResourceProperties.Secret`. A failure is told, or the deployment waits an hour."""
    asked = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    secret = str(event["ResourceProperties"]["Secret"])
    _put(event["ResponseURL"], {**asked, "PhysicalResourceId": secret, **_outcome(event["RequestType"], secret)})


def _outcome(request: str, secret: str) -> dict[str, Any]:
    if request == "Delete":
        return {"Status": "SUCCESS"}
    try:
        key = MediaKey.made_from(read_secret(wiring.client(), secret))
    except Exception:
        logger.exception("no public key")
        return {"Status": "FAILED", "Reason": "The secret could not be read; the log of this function says why."}
    return {"Status": "SUCCESS", "Data": {"PublicKey": key.public_pem}}


def _put(url: str, answer: dict[str, Any]) -> None:
    """To a presigned address of S3, which was signed for no content type."""
    request = urllib.request.Request(url, json.dumps(answer).encode(), {"Content-Type": ""}, method="PUT")  # noqa: S310  # CloudFormation's
    with urllib.request.urlopen(request, timeout=ANSWER_S):  # noqa: S310
        pass
