"""Two stages of one API: ids that say where a socket is open, posts that get there, and where new ones open."""

from __future__ import annotations

import json

import pytest

from chat import colours, websocket
from chat.aws import wiring
from chat.aws.client import AwsClient
from chat.aws.credentials import Credentials
from chat.aws.sockets import ApiGatewaySockets
from chat.colours import BLUE, GREEN
from chat.errors import UnavailableError
from chat.ports import Item, Key, Outcome
from chat.storage import keys
from chat.storage.colour import REMEMBERED_MS, ColourBook
from functions.connect import connect, disconnect, sessions, tickets
from functions.message import command
from functions.ops import config
from simulation.table import MemoryTable
from simulation.world import ManualClock, World
from tests.unit import aws_server
from tests.unit.test_handlers import CONTEXT, body, recorded, spoken, world

__all__ = ["world"]

GATEWAYS = "L0SM9cOFvHcCIhw="
"""An id as API Gateway gives it."""


@pytest.mark.parametrize(("stage", "colour"), [("prod", BLUE), ("prod-green", GREEN)])
def test_an_id_says_on_which_stage_its_socket_is_open(stage: str, colour: str) -> None:
    assert colours.stage_name("prod", colour) == stage
    assert colours.split(colours.mark(GATEWAYS, stage)) == (colour, GATEWAYS)


def test_ids_of_the_blue_stage_are_api_gateway_s_own_so_that_those_of_before_still_count() -> None:
    assert colours.mark(GATEWAYS, "prod") == GATEWAYS


def test_a_frame_is_posted_where_its_socket_is_open() -> None:
    with aws_server.serving() as server:
        client = AwsClient("eu-west-1", Credentials("a", "b"), endpoint_url=server.url)
        sockets = ApiGatewaySockets(client, f"{server.url}/prod")
        green = colours.mark("Z1=", "prod-green")
        assert sockets.post([GATEWAYS, green], b"{}") == {GATEWAYS: Outcome.DELIVERED, green: Outcome.DELIVERED}
    assert set(server.paths()) == {"/prod/@connections/L0SM9cOFvHcCIhw%3D", "/prod-green/@connections/Z1%3D"}


def test_a_socket_of_the_green_stage_is_known_by_its_colour_from_end_to_end(world: World) -> None:
    opened, said, closed = recorded("connect"), spoken('{"action":"hello","id":"1"}'), recorded("disconnect")
    for event in (opened, said, closed):
        event["requestContext"] |= {"stage": "test-green", "connectionId": GATEWAYS}
    opened["requestContext"]["authorizer"] = {"user": "ada", "name": "Ada"}
    connect.handle(opened, CONTEXT)
    assert world.services.fanout.connections.of_user("ada") == [f"green:{GATEWAYS}"]
    assert json.loads(command.handle(said, CONTEXT)["body"])["result"]["connection"] == f"green:{GATEWAYS}"
    disconnect.handle(closed, CONTEXT)
    assert world.services.fanout.connections.of_user("ada") == []


def test_an_event_without_a_stage_is_of_the_blue_one() -> None:
    assert websocket.connection_id({"requestContext": {"connectionId": GATEWAYS}}) == GATEWAYS


def ticket_url() -> str:
    """Where somebody who has just signed in is sent."""
    session = body(sessions.handle(recorded("http_api", body='{"name":"Ada"}'), CONTEXT))
    request = recorded("http_api")
    request["headers"]["authorization"] = f"Bearer {session['token']}"
    url: str = body(tickets.handle(request, CONTEXT))["url"]
    return url


def put(table: MemoryTable, colour: str) -> None:
    pk, sk = keys.COLOUR
    table.put({"pk": pk, "sk": sk, "colour": colour})


def test_new_sockets_open_on_the_colour_in_force(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for colour, url in ((BLUE, "wss://chat.example/test"), (GREEN, "wss://chat.example/test-green")):
        put(world.connections_table, colour)
        book = ColourBook(world.connections_table, world.clock)
        monkeypatch.setattr(wiring, "colour_book", lambda book=book: book)
        assert ticket_url() == url
        assert body(config.handle(recorded("http_api"), CONTEXT))["websocket_url"] == url


class Watched(MemoryTable):
    """Counts reads, and refuses them when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.refuses = False

    def get(self, key: Key, *, consistent: bool = False) -> Item | None:
        self.reads += 1
        if self.refuses:
            raise UnavailableError("throttled", retry_after_ms=100)
        return super().get(key, consistent=consistent)


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_without_a_word_it_is_blue(watched: Watched) -> None:
    assert ColourBook(watched, ManualClock()).in_force() == BLUE


def test_a_change_is_seen_within_five_seconds_and_read_no_more_often(watched: Watched) -> None:
    clock = ManualClock()
    book = ColourBook(watched, clock)
    assert book.in_force() == BLUE
    put(watched, GREEN)
    clock.pass_ms(REMEMBERED_MS - 1)
    assert book.in_force() == BLUE
    assert watched.reads == 1
    clock.pass_ms(1)
    assert book.in_force() == GREEN


def test_what_was_seen_last_counts_while_it_can_not_be_read_or_makes_no_sense(watched: Watched) -> None:
    clock = ManualClock()
    book = ColourBook(watched, clock)
    put(watched, GREEN)
    assert book.in_force() == GREEN
    put(watched, "mauve")
    clock.pass_ms(REMEMBERED_MS)
    assert book.in_force() == GREEN
    watched.refuses = True
    clock.pass_ms(REMEMBERED_MS)
    assert book.in_force() == GREEN
