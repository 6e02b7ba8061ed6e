"""Letters that are given up: each is kept in the stage's bucket, with who gave it up and why, before it is deleted."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from chat.aws.dead_letters.hops import Hop
from chat.aws.dead_letters.letters import Letter


@dataclass(frozen=True, kw_only=True)
class Discarding:
    """What the records of one run have in common."""

    stage: str
    hop: Hop
    who: str
    """An operator of the stage, or the ARN of whoever did it with credentials of AWS."""
    reason: str

    def record(self, letter: Letter, at: datetime) -> bytes:
        """The whole letter, and what became of it, as JSON."""
        record = {
            "stage": self.stage,
            "queue": self.hop.name,
            "queue_url": self.hop.queue,
            "discarded_by": self.who,
            "discarded_at": at.isoformat(),
            "reason": self.reason,
            "letter": {
                "id": letter.id,
                "system": letter.system,
                "attributes": letter.attributes,
                "body": letter.body,
            },
        }
        return json.dumps(record, ensure_ascii=False, indent=1, default=_plain).encode()


class AuditDestination:
    """The part of the bucket for discarded letters. An object's name has the time, so that none replaces another."""

    at_once = 10
    sent: frozenset[str] = frozenset()

    def __init__(self, s3: Any, place: tuple[str, str], discarding: Discarding) -> None:  # noqa: ANN401  # boto3's
        self._s3 = s3
        self._bucket, self._prefix = place
        self._discarding = discarding

    def take(self, letters: Sequence[Letter]) -> list[str | None]:
        """A call a letter."""
        return [self._keep(letter) for letter in letters]

    def _keep(self, letter: Letter) -> str | None:
        at = datetime.now(UTC)
        name = f"{self._prefix}{self._discarding.hop.name}/{at:%Y/%m/%d/%H%M%S.%f}-{letter.id}.json"
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=name,
                Body=self._discarding.record(letter, at),
                ContentType="application/json",
            )
        except ClientError as error:
            return f"not discarded, since it could not be kept: {error.response['Error']['Code']}"
        return None


def _plain(value: object) -> object:
    """Binary attributes are the only thing in a letter that is no JSON."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"a letter holds a {type(value).__name__}")
