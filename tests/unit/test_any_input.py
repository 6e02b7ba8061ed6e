"""No input, on a socket or over HTTP, is answered with a fault of ours or with anything of our inside."""

from __future__ import annotations

import base64
import importlib
import json
import pkgutil
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import jwt
import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import functions
from chat import commands
from chat.aws import cache, files, flags, media_signer, push, secrets, wallet_door, webhooks, wiring
from chat.events import MESSAGE_POSTED
from chat.flag_settings import Desk as FlagDesk
from chat.flag_settings import FlagChange
from chat.media_access import Signer
from chat.media_keys import MediaKey
from chat.operators import Operators
from chat.protocol import MAX_REPLY_BYTES
from chat.push.encryption import Vapid
from chat.push.office import DeviceDesk
from chat.push.registration import Removal, Subscription, Wish
from chat.settings import Settings
from chat.storage.answers import AnswerBook
from chat.storage.audit import AuditTrail
from chat.storage.colour import ColourBook
from chat.storage.nonces import NonceOffice
from chat.storage.push_subscriptions import PushBook
from chat.storage.tail_access import TailAccess
from chat.storage.webhooks import WebhookBook
from chat.tokens import BUILT_IN, WALLET, BuiltInIssuer, SeveralIssuers, WalletIssuer
from chat.upkeep import Desk
from chat.wallets import WalletDoor
from chat.webhooks.office import Registry
from chat.webhooks.registration import Registration, register
from chat.webhooks.replay import Range
from functions.connect import authorize, push_subscriptions, sessions, tickets, wallet_nonces, wallet_sessions
from functions.media import access, uploads
from functions.message import command, http_command, http_events, tail
from functions.ops import account, config, console, health, scaling, webhook_settings
from functions.ops import cache as cache_endpoint
from functions.ops import flags as flags_endpoint
from simulation.table import MemoryTable
from simulation.world import CountedIds, ManualClock, MemoryQueue, World
from tests.unit import nearly_right

EVENTS = Path(__file__).parent / "events"
CONTEXT = SimpleNamespace(
    function_name="chat",
    memory_limit_in_mb=256,
    invoked_function_arn="arn",
    aws_request_id="c6af9ac6",
    get_remaining_time_in_millis=lambda: 15_000,
)

INSIDE = re.compile(r"Traceback|File \"|Error\b|chat\.|msgspec|NoneType|object at 0x|dynamodb|DynamoDB|#(ada|lunch)")
"""What no client may see: names of modules, classes and errors, keys."""

SETTINGS = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])

PRELUDE: list[tuple[str, dict[str, Any]]] = [
    ("ada", {"action": "create", "title": "Lunch", "room": "lunch", "members": ["bob"]}),
    ("ada", {"action": "create", "title": "Attic", "room": "attic", "kind": "private"}),
    ("ada", {"action": "send", "room": "lunch", "text": "One for @bob"}),
    ("bob", {"action": "send", "room": "lunch", "text": "Two", "reply_to": 1}),
    ("bob", {"action": "send", "room": "lunch", "text": "Three"}),
    ("bob", {"action": "react", "room": "lunch", "seq": 1, "emoji": ":party:"}),
    ("ada", {"action": "delete", "room": "lunch", "seq": 3}),
    ("bob", {"action": "report", "room": "lunch", "seq": 1, "reason": "Rude."}),
    ("bob", {"action": "read", "room": "lunch", "seq": 2}),
]
"""A room with something of everything in it, and one that Bob and Eve may not enter."""


def stage() -> World:
    world = World()
    for user in ("ada", "bob", "eve"):
        world.connect(user)
    for number, (user, asked) in enumerate(PRELUDE):
        (reply,) = replies(world, user, json.dumps({"id": f"prelude-{number}", **asked}))
        assert reply["type"] == "ack", reply
    return world


def replies(world: World, user: str, frame: str | bytes) -> list[dict[str, Any]]:
    """The replies to a frame of the user's first socket."""
    encoded = commands.answer(world.services, world.connect(user), frame)
    assert len(encoded) <= MAX_REPLY_BYTES
    decoded = json.loads(encoded)
    return decoded if isinstance(decoded, list) else [decoded]


def require_ours(reply: dict[str, Any]) -> None:
    """The reply is one that a client may see."""
    assert reply["type"] in {"ack", "error"}
    if reply["type"] == "error":
        assert reply["code"] not in {"internal", "unavailable"}
        assert not INSIDE.search(reply["message"]), reply["message"]
        assert reply["temporary"] is (reply["retry_after_ms"] is not None)


@SETTINGS
@given(st.lists(st.tuples(st.sampled_from(["ada", "bob", "eve"]), nearly_right.frames), min_size=1, max_size=6))
def test_no_frames_one_after_the_other_give_an_internal_error(said: list[tuple[str, str | bytes]]) -> None:
    world = stage()
    for user, frame in said:
        for reply in replies(world, user, frame):
            require_ours(reply)


# Over HTTP.


@dataclass(frozen=True)
class Endpoint:
    """A route, the function behind it, and bodies that are nearly right for it."""

    route: str
    function: ModuleType
    bodies: st.SearchStrategy[str | bytes]


def near(struct: type[msgspec.Struct]) -> st.SearchStrategy[str | bytes]:
    return nearly_right.objects(struct).map(json.dumps) | st.text() | st.binary()


ENDPOINTS = [
    Endpoint("POST /api/sessions", sessions, near(sessions.SignIn)),
    Endpoint("POST /api/tickets", tickets, st.text()),
    Endpoint("POST /api/wallet/nonces", wallet_nonces, st.text()),
    Endpoint("POST /api/wallet/sessions", wallet_sessions, near(wallet_sessions.SignedMessage)),
    Endpoint("POST /api/commands", http_command, nearly_right.frames),
    Endpoint("GET /api/events", http_events, st.text()),
    Endpoint("GET /api/tail/{room}/{capability}/{part+}", tail, st.text()),
    Endpoint("GET /api/config", config, st.text()),
    Endpoint("POST /api/account/export", account, st.text()),
    Endpoint("GET /api/account/export", account, st.text()),
    Endpoint("POST /api/account/erasure", account, near(account.Confirmation)),
    Endpoint("GET /api/account/erasure", account, st.text()),
    Endpoint("GET /api/rooms/{room}/media-access", access, st.text()),
    Endpoint("POST /api/webhooks", webhook_settings, near(Registration)),
    Endpoint("GET /api/webhooks", webhook_settings, st.text()),
    Endpoint("GET /api/webhooks/{webhook}", webhook_settings, st.text()),
    Endpoint("POST /api/webhooks/{webhook}/replay", webhook_settings, near(Range)),
    Endpoint("POST /api/cache/invalidate", cache_endpoint, near(cache_endpoint.Request)),
    Endpoint("GET /api/flags", flags_endpoint, st.text()),
    Endpoint("POST /api/flags", flags_endpoint, near(FlagChange)),
    Endpoint("POST /api/push/subscriptions", push_subscriptions, near(Subscription)),
    Endpoint("DELETE /api/push/subscriptions", push_subscriptions, near(Removal)),
    Endpoint("POST /api/push/levels", push_subscriptions, near(Wish)),
]
ELSEWHERE = {uploads, health, console, scaling}
"""`tests.unit.test_media_functions` tries the first so, `tests.unit.test_openapi` the others."""

ISSUER = BuiltInIssuer("a secret of at least thirty-two bytes")
MEDIA_KEY = MediaKey.made_from("another secret, of the deployment")


def signed_in(user: str) -> str:
    return ISSUER.sign_in(user, int(time.time() * 1000)).token


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


forged = st.one_of(
    st.text(),
    st.tuples(nearly_right.anything, nearly_right.anything).map(lambda parts: ".".join([*map(encoded, parts), "x"])),
    st.fixed_dictionaries({"sub": nearly_right.anything, "exp": nearly_right.anything, "iss": st.just(BUILT_IN)}).map(
        lambda claims: jwt.encode({**claims, "iss": BUILT_IN}, "another secret of thirty-two bytes!!")
    ),
)
places = nearly_right.mostly(
    st.sampled_from(["lunch", "lunch:0", "lunch:1", "lunch:1,attic:0", "attic:9", "nowhere"]), st.text()
)
waits = nearly_right.mostly(st.sampled_from(["0", "1", "20"]), st.text())
queries = nearly_right.mostly(st.fixed_dictionaries({"rooms": places}, optional={"wait_s": waits}), st.none())
TAILS = TailAccess(MemoryTable(), ManualClock(), CountedIds())
paths = st.one_of(
    st.text(),
    st.sampled_from(["live", "segments/0", "segments/1", "changes/0", "changes/1", "live/0"]).map(
        lambda part: f"{TAILS.grant('lunch').path}/{part}"
    ),
    st.tuples(st.text(), st.text()).map(lambda parts: f"/api/tail/{parts[0]}/{parts[1]}/live"),
)
bearers = nearly_right.mostly(st.sampled_from(["ada", "bob", "eve"]).map(signed_in), forged).map("Bearer {}".format)


def request(endpoint: Endpoint, draw: Callable[[st.SearchStrategy[Any]], Any]) -> dict[str, Any]:
    """A recorded request with any token, query and body."""
    recorded: dict[str, Any] = json.loads((EVENTS / "http_api.json").read_text())
    body = draw(endpoint.bodies)
    sent = {"authorization": nearly_right.mostly(bearers, st.text())}
    headers = draw(st.fixed_dictionaries(sent, optional={"last-event-id": places}))
    return {
        **recorded,
        "routeKey": endpoint.route,
        "headers": {**recorded["headers"], **headers},
        "rawPath": draw(paths),
        "queryStringParameters": draw(queries),
        "pathParameters": {
            "webhook": draw(nearly_right.mostly(st.just("id-1"), st.text())),
            "room": draw(nearly_right.mostly(st.just("lunch"), st.text())),
        },
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": isinstance(body, bytes) or draw(st.booleans()),
    }


def wire(patched: pytest.MonkeyPatch, world: World) -> None:
    """Puts a stage in memory behind the functions."""
    nonces = NonceOffice(world.connections_table)
    registry = Registry(
        book=WebhookBook(world.rooms_table),
        rooms=world.services.rooms,
        messages=world.services.messages,
        queue=MemoryQueue(),
        audit=AuditTrail(world.rooms_table),
        clock=world.clock,
        ids=world.ids,
        master=lambda: ISSUER.secret,
        private=False,
    )
    vapid = Vapid.made_from(ISSUER.secret, None)
    desk = DeviceDesk(
        book=PushBook(world.rooms_table), mobile=world.mobile, clock=world.clock, vapid=lambda: vapid, private=False
    )
    register(registry, "ada", Registration(url="https://hooks.example/chat", events=[MESSAGE_POSTED]))
    wallets = WalletIssuer(ISSUER.secret)
    door = WalletDoor(
        origin="https://chat.example", chains=frozenset({1}), nonces=nonces, issuer=wallets, clock=world.clock
    )
    built: dict[str, Any] = {
        "services": world.services,
        "rooms": world.services.rooms,
        "members": world.services.members,
        "messages": world.services.messages,
        "changes": world.services.changes,
        "tail_access": TAILS,
        "job_office": world.accounts.office,
        "operators": Operators(frozenset({"ada"})),
        "answers": AnswerBook(world.rooms_table, world.clock),
        "tickets": world.tickets,
        "user_buckets": world.services.protection.buckets,
        "colour_book": ColourBook(world.connections_table, world.clock),
        "nonces": nonces,
        "clock": world.clock,
        "ids": world.ids,
        "settings": Settings(stage="test", websocket_url="wss://chat.example/test"),
    }
    for name, value in built.items():
        patched.setattr(wiring, name, lambda value=value: value)
    patched.setattr(wiring, "pause", world.clock.pass_ms)
    stale = Desk(audit=AuditTrail(world.rooms_table), queue=MemoryQueue(), ids=world.ids, clock=world.clock)
    patched.setattr(cache, "desk", lambda: stale)
    ruling = FlagDesk(rules=world.services.flags, audit=AuditTrail(world.rooms_table), ids=world.ids, clock=world.clock)
    patched.setattr(flags, "desk", lambda: ruling)
    patched.setattr(push, "desk", lambda: desk)
    patched.setattr(webhooks, "registry", lambda: registry)
    signer = Signer(site="https://chat.example", key_pair_id="K1", sign=MEDIA_KEY.sign)
    patched.setattr(media_signer, "signer", lambda: signer)
    patched.setattr(files, "files", lambda: world.files)
    patched.setattr(secrets, "built_in_issuer", lambda: ISSUER)
    patched.setattr(secrets, "verifier", lambda: SeveralIssuers({BUILT_IN: ISSUER, WALLET: wallets}))
    patched.setattr(wallet_door, "wallet_door", lambda: door)


def test_no_endpoint_is_left_out() -> None:
    """Whoever adds one adds it to `ENDPOINTS`, with the type of its body, and to `wire` what it runs on."""
    names = (each.name for each in pkgutil.walk_packages(functions.__path__, "functions."))
    modules = (importlib.import_module(name) for name in names)
    assert {each for each in modules if hasattr(each, "http") and hasattr(each, "handle")} == ELSEWHERE | {
        endpoint.function for endpoint in ENDPOINTS
    }


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.route)
@settings(SETTINGS, max_examples=40)
@given(st.data())
def test_no_request_gives_a_fault_of_ours(endpoint: Endpoint, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patched:
        wire(patched, stage())
        answer = endpoint.function.handle(request(endpoint, data.draw), CONTEXT)
    assert answer["statusCode"] < 500
    if answer["headers"]["content-type"].startswith("text/event-stream"):
        return
    answered = json.loads(answer["body"])
    for each in answered if isinstance(answered, list) else [answered]:
        if "code" in each:
            require_ours({"type": "error", **each})


@SETTINGS
@given(forged)
@example("\x00")
def test_no_ticket_opens_a_socket_but_one_that_was_given_out(ticket: str) -> None:
    event = json.loads((EVENTS.parents[1] / "gateway" / "events" / "authorizer.json").read_text())
    with pytest.MonkeyPatch.context() as patched:
        wire(patched, World())
        policy = authorize.handle({**event, "queryStringParameters": {"ticket": ticket}}, CONTEXT)
    assert policy["policyDocument"]["Statement"][0]["Effect"] == "Deny"


@settings(SETTINGS, max_examples=40)
@given(nearly_right.frames)
def test_the_function_of_commands_answers_every_body(body: str | bytes) -> None:
    event = json.loads((EVENTS.parents[1] / "gateway" / "events" / "message.json").read_text())
    event["requestContext"]["authorizer"] = {"user": "ada", "name": "Ada", "principalId": "ada"}
    text = body.decode(errors="replace") if isinstance(body, bytes) else body
    with pytest.MonkeyPatch.context() as patched:
        wire(patched, stage())
        answer = command.handle({**event, "body": text}, CONTEXT)
    assert answer["statusCode"] == 200
    answered = json.loads(answer["body"])
    for reply in answered if isinstance(answered, list) else [answered]:
        require_ours(reply)
