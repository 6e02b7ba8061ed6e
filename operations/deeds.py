"""What operators do by commands, entered in the stage's audit: as what they ask of its endpoints is."""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError

from chat.errors import UnavailableError
from chat.ports import Put, TransactionError, Write
from chat.storage.audit import AuditTrail, Deed, Records
from operations.audit import ReadTable, rooms_table_name
from operations.errors import OperationError
from operations.stage import Stage


class AuditTable(ReadTable):
    """The table with an operator's own credentials, as far as adding to the audit takes."""

    def __init__(self, client: Any, name: str) -> None:  # noqa: ANN401  # one of boto3's many
        super().__init__(client, name)
        self._serialize = TypeSerializer().serialize

    def transact(self, writes: Sequence[Write], *, token: str | None = None) -> None:
        """See `chat.ports.Table`: puts where nothing is yet, as the audit makes them, and no other writes."""
        items = [{"Put": self._put(write)} for write in writes]
        try:
            self._client.transact_write_items(TransactItems=items, **({"ClientRequestToken": token} if token else {}))
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            raise TransactionError({}) from error

    def _put(self, write: Write) -> dict[str, Any]:
        if not isinstance(write, Put):
            raise TypeError("the audit is added to, and nothing else is done with it")
        item = {name: self._serialize(value) for name, value in write.item.items()}
        return {"TableName": self._name, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}


def enter(stage: Stage, what: str, abouts: Collection[str], why: str) -> None:
    """One deed for each thing that is about to be done, by whoever's credentials these are.

    Raises `OperationError` where one can't be entered: then nothing should be done.
    """
    operator = stage.client("sts").get_caller_identity()["Arn"]
    trail = AuditTrail(AuditTable(stage.client("dynamodb"), rooms_table_name(stage)))
    for about in abouts:
        at_ms = time.time_ns() // 1_000_000
        deed = Deed(id=uuid.uuid4().hex, operator=operator, what=what, about=about, why=why, at_ms=at_ms)
        try:
            trail.add(deed)
        except UnavailableError as error:
            raise OperationError(f"Nothing was done: the audit does not take it. {error}") from error


def about_what(stage: Stage, what: str) -> set[str]:
    """What deeds of one kind were about, since the stage is there: it reads the whole audit."""
    records = Records(ReadTable(stage.client("dynamodb"), rooms_table_name(stage)))
    return {row["about"] for day in records.days() for row in records.of_day(day) if row["what"] == what}
