"""`make regions`: which Region of a stage numbers its rooms, and the act by which another one takes over.

`take-over` is for the Region that the command is run against (`AWS_REGION`), and needs nothing of the other one: that
is usually lost. It is one write, which is never taken back: whoever wants the first Region to be home again has that
one take over. Without it, the epochs so far are listed. Exit status: 0; 2 for a stage that is not there, for one that
has no such Region, and for a command that would change nothing.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from chat.ports import Absent, Condition, ConditionError, Item
from chat.storage.homes import Home, Homes
from local.errors import LocalError
from operations.audit import ReadTable
from operations.errors import OperationError, UsageError
from operations.stage import Stage


class EpochTable(ReadTable):
    """As `ReadTable`, and puts rows where none stands."""

    def put(self, item: Item, condition: Condition | None = None) -> None:
        """Stores a new row. Raises `ConditionError` where one stands."""
        if not isinstance(condition, Absent):
            raise NotImplementedError("only new rows")
        serialize = TypeSerializer().serialize
        try:
            self._client.put_item(
                TableName=self._name,
                Item={name: serialize(value) for name, value in item.items()},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise ConditionError(None) from error


class _Clock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Lists the epochs, or opens one; returns the exit status."""
    options = _parse(arguments)
    try:
        stage = Stage.find(options.stage)
        client = stage.client("dynamodb")
        here = str(client.meta.region_name)
        homes = Homes(_table(client, stage.rooms_table()), _Clock(), options.regions, here)
        if options.act == "take-over":
            _take_over(homes, options)
        print(*_lines(homes.read(), here), sep="\n")
    except (OperationError, LocalError, ValueError) as error:
        return _complain(str(error))
    except ConditionError:
        return _complain("Somebody has just done the same: look again.")
    except (BotoCoreError, ClientError) as error:
        return _complain(f"AWS does not do what stage {options.stage} needs for this: {error}")
    return 0


def _table(client: Any, name: str) -> Any:  # noqa: ANN401  # of a table it is what epochs need
    return EpochTable(client, name)


def _take_over(homes: Homes, options: argparse.Namespace) -> None:
    if not options.reason.strip():
        raise UsageError("Give a --reason: it is kept with the act.")
    if homes.read().region == homes.here:
        raise UsageError(f"{homes.here} is home already.")
    homes.take_over(options.by, options.reason)


def _lines(home: Home, here: str) -> list[str]:
    told = [f"epoch {epoch}: {region}" for epoch, region in home.epochs]
    return [*told, f"home is {home.region}" + (", which is here" if home.region == here else f", as {here} knows it")]


def _complain(words: str) -> int:
    sys.stderr.write(f"{words}\n")
    return UsageError.status


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m operations.regions", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("act", nargs="?", choices=("list", "take-over"), default="list")
    parser.add_argument("--stage", required=True)
    parser.add_argument(
        "--regions", required=True, type=lambda text: tuple(text.split(",")), help="of the stage, in its order"
    )
    parser.add_argument("--by", default="an operator", help="who does it")
    parser.add_argument("--reason", default="", help="why, in words")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
