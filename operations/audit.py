"""`make audit`: goes through all that operators did in a stage, and says where the record was tampered with.

Exit status: 0 when the chain of hashes holds from end to end, 1 when it does not, 2 for a stage that is not there. With
`--since` the deeds from that day on are listed, too. Reads only; a page of the table costs up to 128 read units.

The end of the chain is bound by the log alone: `--head DAY/NUMBER:HASH` checks that a record which a log line of an
earlier day names (`deed`, with its day, number and hash) is still there as it was.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from chat.ports import Item, Page, Query
from chat.storage.audit import Break, Link, Records, verify
from operations.ending import explained
from operations.stage import Stage

BROKEN = 1


class ReadTable:
    """A DynamoDB table with an operator's own credentials, as far as reading a partition in order takes."""

    def __init__(self, client: Any, name: str) -> None:  # noqa: ANN401  # one of boto3's many
        self._client = client
        self._name = name
        self._value = TypeDeserializer().deserialize

    def query(self, *queries: Query) -> list[Page]:
        """See `chat.ports.Table`: whole partitions, from either end, whatever else a query may ask for."""
        return [self._page(query) for query in queries]

    def _page(self, query: Query) -> Page:
        start = {"ExclusiveStartKey": {"pk": {"S": query.start[0]}, "sk": {"S": query.start[1]}}} if query.start else {}
        found = self._client.query(
            TableName=self._name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": query.pk}},
            ConsistentRead=query.consistent,
            ScanIndexForward=not query.descending,
            **start,
            **({"Limit": query.limit} if query.limit else {}),
        )
        end = found.get("LastEvaluatedKey")
        return Page([self._item(each) for each in found["Items"]], (query.pk, end["sk"]["S"]) if end else None)

    def _item(self, attributes: dict[str, Any]) -> Item:
        plain = {name: self._value(value) for name, value in attributes.items()}
        return {name: value if isinstance(value, str | None) else int(value) for name, value in plain.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Verifies one stage; returns the exit status."""
    options = parse(arguments)
    return explained(options.stage, lambda: audit(options), failed=BROKEN)


def audit(options: argparse.Namespace) -> int:
    """As `show`, of the stage that is asked for."""
    stage = Stage.find(options.stage)
    records = Records(ReadTable(stage.client("dynamodb"), stage.rooms_table()))
    return show(records, since=options.since, head=options.head)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line. Ends the program with 2 for one that asks for nothing that there is."""
    parser = argparse.ArgumentParser(prog="python -m operations.audit", description=__doc__)
    parser.add_argument("--stage", required=True, help="the deployed stage; local is the one of `make dev`")
    parser.add_argument("--since", metavar="DAY", type=_day, help="list the deeds from this day (UTC) on: 2026-11-26")
    parser.add_argument("--head", metavar="DAY/NUMBER:HASH", help="a record that must be there, from the log")
    return parser.parse_args(arguments)


def show(records: Records, *, since: str | None, head: str | None) -> int:
    """Prints what was found; the exit status."""
    links: set[str] = set()
    breaks: list[Break] = []
    for found in verify(records):
        if isinstance(found, Break):
            breaks.append(found)
        else:
            links.add(_named(found))
    if since:
        _list(records, since)
    if head and head not in links:
        breaks.append(Break(head.partition("/")[0], 0, f"the record {head}, which the log has, is not there"))
    for each in breaks:
        print(f"{each.day}, number {each.number}: {each.why}.")
    days = len({link.partition("/")[0] for link in links})
    print(f"{len(links):,} deeds on {days:,} days hold, {len(breaks):,} {'break' if len(breaks) == 1 else 'breaks'}.")
    return BROKEN if breaks else 0


def _list(records: Records, since: str) -> None:
    for day in records.days():
        if day >= since:
            for row in records.of_day(day):
                at = datetime.fromtimestamp(row["at_ms"] / 1_000, UTC).isoformat(" ", "seconds")
                print(f"{at}  {row['operator']}  {row['what']}  {row['about']}  {row['why']}")


def _named(link: Link) -> str:
    return f"{link.day}/{link.number}:{link.hash}"


def _day(text: str) -> str:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007  # a day, no time
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2026-11-26") from error


if __name__ == "__main__":
    sys.exit(main())
