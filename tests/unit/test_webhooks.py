"""Webhooks in memory: who is told of what, when it is tried again, and when it is over."""

import base64
import itertools
import json
import logging
from typing import Any

import msgspec
import pytest

from chat import events, messages, rooms
from chat.days import DAY_MS
from chat.errors import InvalidFieldError, RoomNotFoundError, UnavailableError
from chat.outbound import OutboundAnswer, is_public
from chat.protocol import CreateRoom, SendMessage
from chat.storage.webhooks import Webhook
from chat.webhooks import delivery, registration, replay, routing, signing
from chat.webhooks.registration import OLD_SECRET_MS, Registration, WebhookNotFoundError
from chat.webhooks.replay import Range
from simulation.outbound import MemoryOutbound
from tests.unit.aftermath import ask
from tests.unit.webhook_stage import MASTER, WebhookStage, posted, verified

URL, OTHER = "https://one.example/hook", "https://two.example/hook"
DOWN = OutboundAnswer(0, "Connection refused")


@pytest.fixture
def outbound() -> MemoryOutbound:
    return MemoryOutbound()


@pytest.fixture
def stage(outbound: MemoryOutbound) -> WebhookStage:
    return WebhookStage(outbound, private=False)


def found(stage: WebhookStage, webhook: dict[str, Any]) -> Webhook:
    found = stage.book.find(webhook["id"])
    assert found
    return found


def test_an_endpoint_is_told_of_the_events_and_rooms_that_it_asked_for(
    stage: WebhookStage, outbound: MemoryOutbound
) -> None:
    stage.register(URL, rooms=["lunch"])
    stage.register(OTHER, events=[events.MEMBERSHIP_CHANGED, events.MESSAGE_POSTED])
    joined = events.MembershipChanged("x", "lunch", "bob", "Bob", "joined", "member", None, 0, 0)
    stage.tell(posted(1), posted(2, room="dinner"), msgspec.json.encode(joined))
    assert len(stage.queue.bodies) == 4
    assert stage.send() == [True] * 4
    told = [(request.url, json.loads(request.body)["id"]) for request in outbound.sent]
    assert sorted(told) == [(URL, "lunch/1"), (OTHER, "dinner/2"), (OTHER, "lunch/1"), (OTHER, "x")]


def test_a_request_is_the_event_itself_signed_with_the_secret_that_was_shown_once(
    stage: WebhookStage, outbound: MemoryOutbound
) -> None:
    made = stage.register(URL)
    stage.tell(posted(1))
    stage.send()
    (request,) = outbound.sent
    headers = dict(request.headers)
    assert request.body == posted(1)
    assert headers["webhook-timestamp"] == str(stage.world.clock.now_ms() // 1_000)
    assert verified(made["secret"], headers, request.body)
    assert not verified(made["secret"], headers, request.body + b" ")
    assert "secret" not in registration.listed(stage.registry)[0]
    assert MASTER not in str(stage.world.rooms_table.items)
    assert made["secret"] not in str(stage.world.rooms_table.items)


def test_signatures_are_those_of_the_standards_own_libraries() -> None:
    """Their test vector."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    sent = signing.headers([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}')
    assert dict(sent)["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_event_that_is_none_fails_alone(stage: WebhookStage) -> None:
    stage.register(URL)
    assert routing.route(stage.router, [posted(1), b"rubbish", posted(2)]) == [True, False, True]
    assert len(stage.queue.bodies) == 2
    stage.queue.bodies.append(b"rubbish")
    assert stage.send() == [True, True, False]


def test_where_nobody_wants_an_event_nothing_is_sent(stage: WebhookStage) -> None:
    stage.tell(posted(1))
    assert stage.queue.bodies == []
    assert stage.world.rooms_table.calls == ["query"]
    stage.tell(posted(2))
    assert stage.world.rooms_table.calls == ["query"], "what is known is not read again for 5 s"


def test_an_endpoint_that_takes_several_gets_up_to_a_hundred_in_one_request(
    stage: WebhookStage, outbound: MemoryOutbound
) -> None:
    made = stage.register(URL, batch=True)
    stage.tell(*(posted(seq) for seq in range(1, 251)))
    assert [len(each.events) for each in stage.waiting()] == [100, 100, 50]
    stage.send()
    bodies = [json.loads(request.body) for request in outbound.sent]
    assert [event["seq"] for body in bodies for event in body["events"]] == list(range(1, 251))
    assert len({dict(request.headers)["webhook-id"] for request in outbound.sent}) == 3
    assert all(verified(made["secret"], dict(request.headers), request.body) for request in outbound.sent)


def test_no_delivery_is_larger_than_the_queue_takes(stage: WebhookStage) -> None:
    stage.register(URL, batch=True)
    stage.tell(*(posted(seq, text="ü" * 8_000) for seq in range(1, 101)))
    assert sum(len(each.events) for each in stage.waiting()) == 100
    assert max(map(len, stage.queue.bodies)) < 256 * 1024


def test_what_is_not_taken_comes_again_for_more_than_a_day_with_the_same_id(
    stage: WebhookStage, outbound: MemoryOutbound
) -> None:
    made = stage.register(URL)
    outbound.answers[URL] = OutboundAnswer(500)
    stage.tell(posted(1))
    began_ms = stage.world.clock.now_ms()
    stage.let_pass(40)
    times_s = [int(dict(request.headers)["webhook-timestamp"]) for request in outbound.sent]
    assert [after - before for before, after in itertools.pairwise(times_s)] == list(delivery.WAITS_S)
    assert times_s[-1] * 1_000 - began_ms > DAY_MS
    assert sum(delivery.WAITS_S) * (1 - delivery.JITTER) > DAY_MS // 1_000, "with any jitter"
    assert len({dict(request.headers)["webhook-id"] for request in outbound.sent}) == 1
    assert stage.queue.bodies == []
    webhook = found(stage, made)
    assert (webhook.given_up, webhook.failures, webhook.last_error) == (1, 8, "status 500")


def test_a_pause_longer_than_the_queue_can_wait_is_made_of_several(
    stage: WebhookStage, outbound: MemoryOutbound
) -> None:
    stage.register(URL)
    outbound.answers[URL] = OutboundAnswer(500)
    stage.tell(posted(1))
    delays_s = []
    for _ in range(12):
        stage.send()
        delays_s += stage.queue.delays_s
        stage.world.clock.pass_ms(stage.queue.delays_s[0] * 1_000)
    assert max(delays_s) == delivery.MAX_DELAY_S
    assert delays_s[:5] == [15, 300, 900, 900, 900]


def test_pauses_are_spread_so_that_what_failed_together_does_not_come_back_together(
    stage: WebhookStage, outbound: MemoryOutbound
) -> None:
    stage.register(URL)
    outbound.answers[URL] = OutboundAnswer(500)
    chances = iter([0.0, 1.0])
    object.__setattr__(stage.dispatch, "chance", lambda: next(chances))
    stage.tell(posted(1), posted(2))
    stage.send()
    assert sorted(stage.queue.delays_s) == [14, 17]


def test_what_is_taken_in_the_end_is_held_against_nobody(stage: WebhookStage, outbound: MemoryOutbound) -> None:
    made = stage.register(URL)
    outbound.answers[URL] = DOWN
    stage.tell(posted(1))
    stage.let_pass(1)
    assert found(stage, made).failing_since_ms > 0
    assert registration.listed(stage.registry)[0]["status"] == "failing"
    del outbound.answers[URL]
    stage.let_pass(10)
    webhook = found(stage, made)
    assert (webhook.failing_since_ms, webhook.failures, webhook.last_error) == (0, 0, "Connection refused")
    assert registration.listed(stage.registry)[0]["status"] == "ok"


def test_who_does_not_answer_is_left_alone_for_a_while_and_the_others_are_told(
    stage: WebhookStage, outbound: MemoryOutbound
) -> None:
    stage.register(URL)
    stage.register(OTHER)
    outbound.answers[URL] = DOWN
    stage.tell(posted(1))
    stage.send()
    for seq in range(2, 20):
        stage.tell(posted(seq))
    stage.send()
    assert [request.url for request in outbound.sent].count(URL) == 1
    assert [request.url for request in outbound.sent].count(OTHER) == 19
    assert all(each.attempt >= 2 for each in stage.waiting()), "they have passed to their next attempt"
    assert len(stage.waiting()) == 19
    del outbound.answers[URL]
    stage.let_pass(30)
    reached = {json.loads(request.body)["seq"] for request in outbound.sent if request.url == URL}
    assert reached == set(range(1, 20))


def test_an_endpoint_of_which_nothing_was_taken_for_days_is_disabled_and_says_why(
    stage: WebhookStage, outbound: MemoryOutbound, caplog: pytest.LogCaptureFixture
) -> None:
    made = stage.register(URL)
    outbound.answers[URL] = OutboundAnswer(503)
    for day in range(6):
        assert found(stage, made).disabled is None, day
        stage.tell(posted(day + 1))
        stage.let_pass(24)
    webhook = found(stage, made)
    assert webhook.disabled == "failing: nothing was taken for 5 days"
    assert [record.levelno for record in caplog.records if record.message == "webhook disabled"] == [logging.ERROR]
    shown = registration.listed(stage.registry)[0]
    assert (shown["status"], shown["last_error"]) == ("disabled", "status 503")
    sent = len(outbound.sent)
    stage.tell(posted(9))
    stage.let_pass(48)
    assert (stage.queue.bodies, len(outbound.sent)) == ([], sent)
    del outbound.answers[URL]
    registration.enable(stage.registry, "operator", webhook)
    stage.world.clock.pass_ms(5_000)
    stage.tell(posted(10))
    stage.send()
    assert json.loads(outbound.sent[-1].body)["seq"] == 10


def test_one_that_takes_something_now_and_then_is_never_disabled(stage: WebhookStage, outbound: MemoryOutbound) -> None:
    made = stage.register(URL)
    for day in range(20):
        outbound.answers[URL] = OutboundAnswer(500)
        stage.tell(posted(day + 1))
        stage.let_pass(20)
        del outbound.answers[URL]
        stage.let_pass(20)
    assert found(stage, made).disabled is None


def test_one_that_says_that_it_is_gone_is_sent_nothing_more(stage: WebhookStage, outbound: MemoryOutbound) -> None:
    made = stage.register(URL)
    outbound.answers[URL] = OutboundAnswer(410)
    stage.tell(posted(1), posted(2))
    stage.let_pass(48)
    assert found(stage, made).disabled == "gone: it answered 410"
    assert len(outbound.sent) == 2


def test_what_is_on_its_way_to_an_endpoint_that_was_removed_is_dropped(
    stage: WebhookStage, outbound: MemoryOutbound
) -> None:
    made = stage.register(URL)
    stage.tell(posted(1))
    registration.remove(stage.registry, "operator", made["id"])
    stage.world.clock.pass_ms(5_000)
    assert stage.send() == [True]
    assert (outbound.sent, stage.queue.bodies) == ([], [])
    with pytest.raises(WebhookNotFoundError):
        registration.look(stage.registry, made["id"])
    with pytest.raises(WebhookNotFoundError):
        registration.remove(stage.registry, "operator", made["id"])


def test_an_endpoint_that_is_removed_while_it_fails_does_not_come_back(
    stage: WebhookStage, outbound: MemoryOutbound
) -> None:
    made = stage.register(URL)
    outbound.answers[URL] = DOWN
    stage.tell(posted(1))
    stage.dispatch.endpoints.known()
    registration.remove(stage.registry, "operator", made["id"])
    stage.send()
    assert stage.book.all() == []


def test_after_a_rotation_both_secrets_verify_for_a_day_and_then_the_new_one(
    stage: WebhookStage, outbound: MemoryOutbound
) -> None:
    made = stage.register(URL)
    made_anew = registration.rotate(stage.registry, "operator", found(stage, made))
    rotated = registration.with_secret(stage.registry, made_anew)
    assert rotated["secret"] != made["secret"]
    for passed_ms, both in ((5_000, True), (OLD_SECRET_MS, False)):
        stage.world.clock.pass_ms(passed_ms)
        stage.tell(posted(1))
        stage.send()
        request = outbound.sent[-1]
        headers = dict(request.headers)
        assert verified(rotated["secret"], headers, request.body)
        assert verified(made["secret"], headers, request.body) is both


def test_where_nothing_can_be_signed_everything_waits(stage: WebhookStage, outbound: MemoryOutbound) -> None:
    def unavailable() -> str:
        raise UnavailableError("no")

    stage.register(URL)
    stage.tell(posted(1))
    object.__setattr__(stage.dispatch, "master", unavailable)
    with pytest.raises(UnavailableError):
        stage.send()
    assert (outbound.sent, stage.queue.bodies) == ([], [])


def test_a_failure_that_can_not_be_noted_is_received_again(
    stage: WebhookStage, outbound: MemoryOutbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object) -> None:
        raise UnavailableError("no")

    stage.register(URL)
    stage.register(OTHER)
    outbound.answers[URL] = DOWN
    stage.tell(posted(1))
    monkeypatch.setattr(stage.book, "fail", unavailable)
    assert sorted(stage.send()) == [False, True]
    assert stage.queue.bodies == []


@pytest.mark.parametrize(
    "url",
    [
        "http://one.example/",
        "ftp://one.example/",
        "https://",
        "https:///path",
        "https://user:secret@one.example/",
        "https://one.example/#part",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest",
        "https://localhost/",
        "https://metadata.google.internal/",
        "https://one.example:port/",
        "https://one.example/ä",
        "https://one.example/\nx",
        "https://one.example/" + "x" * 2_000,
        "one.example",
        "",
    ],
)
def test_an_address_that_is_none_outside_is_refused(stage: WebhookStage, url: str) -> None:
    with pytest.raises(InvalidFieldError, match="`url`"):
        stage.register(url)


@pytest.mark.parametrize(
    "asked",
    [
        {"events": []},
        {"events": ["Unknown"]},
        {"rooms": []},
        {"rooms": [f"room-{number}" for number in range(101)]},
        {"description": "x" * 201},
        {"description": "two\nlines"},
    ],
)
def test_a_registration_that_is_wrong_says_how(stage: WebhookStage, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidFieldError):
        stage.register(URL, **asked)


def test_a_stage_has_so_many_webhooks_and_no_more(stage: WebhookStage) -> None:
    for number in range(registration.MAX_WEBHOOKS):
        stage.register(f"https://{number}.example/")
    with pytest.raises(InvalidFieldError, match="at most 50"):
        stage.register(URL)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.170.2", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fd00:ec2::254", False),
        ("fe80::1%eth0", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:a9fe:a9fe::", False),
        ("no address", False),
    ],
)
def test_an_address_is_public_or_it_is_not(address: str, *, public: bool) -> None:
    assert is_public(address) is public


def said(stage: WebhookStage, count: int) -> None:
    ada = stage.world.connect("ada")
    rooms.create(stage.world.services, ada, CreateRoom(id="1", title="Lunch", room="lunch"))
    for number in range(count):
        messages.send(stage.world.services, ada, SendMessage(id=f"m{number}", room="lunch", text=f"text {number + 1}"))


def test_messages_of_the_log_are_sent_again_with_the_ids_that_they_had(
    stage: WebhookStage, outbound: MemoryOutbound
) -> None:
    said(stage, 250)
    made = stage.register(URL)
    log = [events.of_row(item) for item in stage.world.messages_table.items.values()]
    first_time = {json.loads(event.body)["seq"]: event.body for event in log if event}
    stage.tell(first_time[7])
    stage.send()
    assert replay.replay(stage.registry, "operator", found(stage, made), Range("lunch", 5, 210)) == 206
    stage.send()
    again = {json.loads(request.body)["seq"]: request for request in outbound.sent[1:]}
    assert sorted(again) == list(range(5, 211))
    assert again[7].body == first_time[7]
    assert dict(again[7].headers)["webhook-id"] == dict(outbound.sent[0].headers)["webhook-id"]


def test_a_replay_tells_messages_as_they_stand_and_passes_over_numbers_of_none(
    stage: WebhookStage, outbound: MemoryOutbound
) -> None:
    said(stage, 4)
    ask(stage.world, "ada", action="edit", room="lunch", seq=2, text="changed")
    ask(stage.world, "ada", action="delete", room="lunch", seq=3)
    stage.world.messages_table.update(("c#lunch", 0), add={"seq": 1})
    stage.world.clock.pass_ms(3_600_000)
    made = stage.register(URL)
    assert replay.replay(stage.registry, "operator", found(stage, made), Range("lunch", 1, 900)) == 4
    stage.send()
    told = [json.loads(request.body) for request in outbound.sent]
    assert [(each["kind"], each["text"]) for each in told] == [
        ("text", "text 1"),
        ("text", "changed"),
        ("deleted", ""),
        ("text", "text 4"),
    ]


def test_a_replay_that_is_wrong_says_how(stage: WebhookStage) -> None:
    said(stage, 1)
    made = found(stage, stage.register(URL, rooms=["lunch", "nowhere"]))
    deaf = found(stage, stage.register(URL, events=[events.MESSAGE_DELETED]))
    for webhook, asked in (
        (made, Range("lunch", 0, 5)),
        (made, Range("lunch", 5, 4)),
        (made, Range("lunch", 1, 1_001)),
        (made, Range("dinner", 1, 2)),
        (deaf, Range("lunch", 1, 1)),
    ):
        with pytest.raises(InvalidFieldError):
            replay.replay(stage.registry, "operator", webhook, asked)
    with pytest.raises(RoomNotFoundError):
        replay.replay(stage.registry, "operator", made, Range("nowhere", 1, 2))
    stage.book.disable(made.id, "gone")
    with pytest.raises(InvalidFieldError, match="enable it first"):
        replay.replay(stage.registry, "operator", found(stage, {"id": made.id}), Range("lunch", 1, 1))
    assert stage.queue.bodies == []


def test_what_registering_asks_for_is_decoded_strictly() -> None:
    asked = {"url": URL, "events": ["MessagePosted"]}
    assert msgspec.convert(asked, Registration).rooms is None
    for wrong in ({**asked, "rooms": ["Not a room"]}, {**asked, "secret": "mine"}, {"url": URL}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, Registration)
