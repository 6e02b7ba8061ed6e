"""Moving users from one stage of the WebSocket API to the other: the emulator's table, a gateway that takes notes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from chat.colours import BLUE, GREEN
from chat.storage import keys
from chat.storage.audit import Records
from local.ports import Ports
from operations import swap
from operations.audit import ReadTable
from operations.errors import OperationError, UsageError
from operations.open_sockets import OpenSockets
from operations.stage import Stage
from operations.swap import LOOK_S, MOST_A_SECOND, Draining
from tests.local.test_emulator import Emulator
from tests.unit import aws_server
from tests.unit.aws_server import Server

REASON = "new throttles"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = Emulator(tmp_path_factory.mktemp("emulator"), Ports.free().emulator)
    try:
        emulator.start()
        yield emulator
    finally:
        emulator.stop()


@dataclass(frozen=True)
class Tables(Stage):
    """A stage of two tables: it is told what its stacks would say."""

    tables: dict[str, str] = field(default_factory=dict)

    def outputs(self, stack: str) -> dict[str, str]:
        assert stack == "data"
        return self.tables


@pytest.fixture
def gateway() -> Iterator[Server]:
    with aws_server.serving() as server:
        server.answer = lambda _: 204
        yield server


@pytest.fixture
def sockets(emulator: Emulator, gateway: Server, request: pytest.FixtureRequest) -> Iterator[OpenSockets]:
    """Two sockets on blue, one on green, and one whose row has expired."""
    dynamodb = emulator.endpoint.client("dynamodb")
    names = {f"{kind}TableName": f"{kind}-{abs(hash(request.node.name))}" for kind in ("Rooms", "Connections")}
    for name in names.values():
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            BillingMode="PAY_PER_REQUEST",
        )
    made = OpenSockets(
        Tables("local", emulator.endpoint.client, names), names["ConnectionsTableName"], f"{gateway.url}/local"
    )
    for connection, lives_s in (("b1=", 60), ("b2=", 60), ("green:g1=", 60), ("b3=", -60)):
        open_socket(made, connection, lives_s)
    yield made
    for name in names.values():
        dynamodb.delete_table(TableName=name)


def open_socket(sockets: OpenSockets, connection: str, lives_s: int) -> None:
    """As the registry has it: a row of its own, and one for each room."""
    expires = {"N": str(int(time.time()) + lives_s)}
    for pk, sk in (keys.connection(connection), keys.connection_room(connection, "lunch")):
        item: dict[str, Any] = {"pk": {"S": pk}, "sk": {"S": sk}, "expires_at_s": expires}
        sockets.stage.client("dynamodb").put_item(TableName=sockets.table, Item=item)


def close_socket(sockets: OpenSockets, connection: str) -> None:
    pk, sk = keys.connection(connection)
    sockets.stage.client("dynamodb").delete_item(TableName=sockets.table, Key={"pk": {"S": pk}, "sk": {"S": sk}})


def test_open_sockets_are_found_by_their_colour(sockets: OpenSockets, capsys: pytest.CaptureFixture[str]) -> None:
    assert sorted(sockets.ids(BLUE)) == ["b1=", "b2="]
    assert sockets.ids(GREEN) == ["green:g1="]
    swap.show(sockets)
    assert capsys.readouterr().out == "blue: 2 sockets, new ones open here\ngreen: 1 sockets\n"


def test_after_a_swap_new_ones_open_on_the_other_and_the_audit_knows_why(sockets: OpenSockets) -> None:
    assert swap.in_force(sockets) == BLUE
    swap.swap(sockets, GREEN, REASON)
    assert swap.in_force(sockets) == GREEN
    records = Records(ReadTable(sockets.stage.client("dynamodb"), sockets.stage.outputs("data")["RoomsTableName"]))
    (row,) = [row for day in records.days() for row in records.of_day(day)]
    assert (row["what"], row["about"], row["why"]) == (swap.DEED, "blue:green", REASON)


def test_a_swap_to_the_colour_in_force_is_none(sockets: OpenSockets) -> None:
    with pytest.raises(UsageError, match="already"):
        swap.swap(sockets, BLUE, REASON)


@dataclass
class Waiting:
    """Time that passes by pauses; `leaving` sockets leave one by one in the long ones."""

    sockets: OpenSockets
    leaving: list[str]
    now_s: float = 0

    def pause(self, duration_s: float) -> None:
        self.now_s += duration_s
        if duration_s == LOOK_S and self.leaving:
            close_socket(self.sockets, self.leaving.pop())

    def draining(self, close_a_second: int = 0, limit_s: int = 60) -> Draining:
        return Draining(close_a_second, limit_s, self.pause, lambda: self.now_s)


def test_it_waits_until_the_last_socket_has_left(sockets: OpenSockets, gateway: Server) -> None:
    swap.swap(sockets, GREEN, REASON)
    waiting = Waiting(sockets, ["b1=", "b2="])
    swap.drain(sockets, waiting.draining())
    assert sockets.ids(BLUE) == []
    assert waiting.now_s == 2 * LOOK_S
    assert gateway.received == []


def test_it_gives_up_in_the_end_and_says_how_many_are_left(sockets: OpenSockets) -> None:
    swap.swap(sockets, GREEN, REASON)
    with pytest.raises(OperationError, match="1 sockets are left on blue after 60 s"):
        swap.drain(sockets, Waiting(sockets, ["b1="]).draining())


@pytest.mark.parametrize("status", [204, 410])
def test_it_closes_those_of_the_other_colour_where_they_are_open_and_no_faster_than_it_may(
    sockets: OpenSockets, gateway: Server, status: int
) -> None:
    gateway.answer = lambda _: status
    swap.swap(sockets, GREEN, REASON)
    waiting = Waiting(sockets, [])
    swap.drain(sockets, waiting.draining(close_a_second=4))
    assert {(each.method, each.path) for each in gateway.received} == {
        ("DELETE", "/local/@connections/b1%3D"),
        ("DELETE", "/local/@connections/b2%3D"),
    }
    assert waiting.now_s == 2 / 4


def test_sockets_of_the_green_stage_are_closed_there(sockets: OpenSockets, gateway: Server) -> None:
    swap.drain(sockets, Waiting(sockets, []).draining(close_a_second=4))
    assert [each.path for each in gateway.received] == ["/local-green/@connections/g1%3D"]


@pytest.mark.parametrize(
    "arguments",
    [["mauve"], ["green"], ["--close-a-second", "5"], ["--drain", "--close-a-second", str(MOST_A_SECOND + 1)]],
)
def test_what_makes_no_sense_is_refused(arguments: Sequence[str]) -> None:
    with pytest.raises(SystemExit):
        swap.parse(["--stage", "dev", *arguments])


def test_a_stage_that_is_not_there_is_said_to_be_so(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint.url)
    assert swap.main(["--stage", "local"]) == UsageError.status
    assert "There is no stage local here" in capsys.readouterr().err
