"""Who is told of what while they are away, how often, and on what."""

from typing import Any

import pytest

from chat.errors import InvalidFieldError, NotAMemberError
from chat.mobile import Told
from chat.outbound import OutboundAnswer
from chat.push import audience, notify, registration
from chat.push.registration import Keys, Subscription
from simulation.outbound import MemoryOutbound
from tests.unit.aftermath import ask, work_off
from tests.unit.browser_device import Browser
from tests.unit.push_stage import PushStage, alert, person

HER, HIS = "https://push.example/grace", "https://push.example/bob"


@pytest.fixture
def outbound() -> MemoryOutbound:
    return MemoryOutbound()


@pytest.fixture
def stage(outbound: MemoryOutbound) -> PushStage:
    return PushStage(outbound)


@pytest.fixture
def grace(stage: PushStage) -> Browser:
    """A room of three; Grace has a browser."""
    stage.room("ada", "grace", "bob")
    return stage.device("grace", HER)


def urls(outbound: MemoryOutbound) -> list[str]:
    return [request.url for request in outbound.sent]


def test_whom_a_message_mentions_is_told_so_that_only_their_browser_can_read_it(
    stage: PushStage, outbound: MemoryOutbound, grace: Browser
) -> None:
    stage.said("ada", "Soup, @grace?")
    (request,) = outbound.sent
    headers = dict(request.headers)
    assert alert(grace, request.body) == {
        "room": "lunch",
        "title": "About lunch",
        "author": "Ada",
        "text": "Soup, @grace?",
        "seq": 1,
        "unread": 1,
        "urgent": True,
    }
    assert b"Soup" not in request.body
    assert headers["content-encoding"] == "aes128gcm"
    assert headers["authorization"].startswith("vapid t=")
    assert headers["urgency"] == "high"
    assert 0 < len(headers["topic"]) <= 32
    assert int(headers["ttl"]) > 0


@pytest.mark.usefixtures("grace")
def test_others_are_not_told_but_by_their_own_wish(stage: PushStage, outbound: MemoryOutbound) -> None:
    stage.device("bob", HIS)
    stage.said("ada", "Soup?")
    assert urls(outbound) == []
    stage.wish("bob", "all")
    stage.said("ada", "Bread?")
    assert urls(outbound) == [HIS]
    assert dict(outbound.sent[0].headers)["urgency"] == "normal"
    stage.wish("grace", "none")
    stage.said("ada", "@grace @bob Well?")
    assert HER not in urls(outbound)


def test_the_other_one_of_a_direct_room_is_told_unless_they_want_to_hear_of_nothing(
    stage: PushStage, outbound: MemoryOutbound
) -> None:
    stage.world.connect("ada")
    room = stage.ask("ada", action="direct", user="grace")["result"]["room"]["room"]
    browser = stage.device("grace", HER)
    stage.said("ada", "Hello", room=room)
    assert alert(browser, outbound.sent[0].body)["text"] == "Hello"
    stage.wish("grace", "none", room=room)
    stage.let_pass(120)
    stage.said("ada", "Hello?", room=room)
    assert len(outbound.sent) == 1


@pytest.mark.usefixtures("grace")
def test_nobody_is_told_of_what_they_said_themselves_or_have_read_or_while_they_are_online(
    stage: PushStage, outbound: MemoryOutbound
) -> None:
    stage.wish("grace", "all")
    stage.said("grace", "I am here, @grace")
    event = stage.say("ada", "@grace one")
    stage.ask("grace", action="read", room="lunch", seq=2)
    assert stage.tell(event) == [True]
    stage.come("grace")
    stage.said("ada", "@grace two")
    assert urls(outbound) == []


@pytest.mark.usefixtures("grace")
def test_who_has_left_is_not_told_and_has_no_wish_any_more(stage: PushStage, outbound: MemoryOutbound) -> None:
    stage.wish("grace", "all")
    stage.ask("grace", action="leave", room="lunch")
    stage.said("ada", "@grace are you there?")
    assert urls(outbound) == []
    with pytest.raises(NotAMemberError):
        stage.wish("grace", "all")
    stage.ask("ada", action="invite", room="lunch", user="grace")
    stage.said("ada", "hello")
    assert urls(outbound) == []


@pytest.mark.usefixtures("grace")
def test_everybody_is_told_where_a_moderator_mentions_the_room_and_only_then(
    stage: PushStage, outbound: MemoryOutbound
) -> None:
    stage.device("ada", "https://push.example/ada")
    stage.said("bob", "@room lunch!")
    assert urls(outbound) == []
    stage.said("ada", "@room lunch!")
    assert urls(outbound) == [HER]


def test_in_a_large_room_only_whom_a_message_names_is_told(stage: PushStage, outbound: MemoryOutbound) -> None:
    stage.room("ada", "grace", "bob")
    stage.device("grace", HER)
    stage.device("bob", HIS)
    for number in range(audience.SMALL):
        ask(stage.world, f"u{number}", action="join", room="lunch")
        stage.world.rooms_table.items["room#lunch", f"member#u{number}"] = {
            **stage.world.rooms_table.items["room#lunch", "member#bob"],
            "sk": f"member#u{number}",
            "user": f"u{number}",
        }
    stage.wish("bob", "all")
    stage.said("ada", "@grace @nobody hello")
    assert urls(outbound) == [HER]


def test_what_comes_within_a_minute_is_told_together_at_its_end(
    stage: PushStage, outbound: MemoryOutbound, grace: Browser
) -> None:
    for number in range(5):
        stage.said("ada", f"@grace {number}")
    assert len(outbound.sent) == 1
    assert len(stage.queue.bodies) == 1, "one waits, however many come"
    stage.let_pass(59)
    assert len(outbound.sent) == 1
    stage.let_pass(2)
    assert [alert(grace, request.body)["seq"] for request in outbound.sent] == [1, 5]
    assert alert(grace, outbound.sent[1].body)["unread"] == 5
    topics = {dict(request.headers)["topic"] for request in outbound.sent}
    assert len(topics) == 1, "the second takes the first one's place"
    stage.said("ada", "@grace 6")
    stage.let_pass(61)
    assert len(outbound.sent) == 3


def test_another_room_is_told_apart(stage: PushStage, outbound: MemoryOutbound, grace: Browser) -> None:
    stage.room("ada", "grace", name="dinner")
    stage.said("ada", "@grace lunch?")
    stage.said("ada", "@grace dinner?", room="dinner")
    assert [alert(grace, request.body)["room"] for request in outbound.sent] == ["lunch", "dinner"]
    assert len({dict(request.headers)["topic"] for request in outbound.sent}) == 2


@pytest.mark.usefixtures("grace")
def test_what_was_read_within_the_minute_is_not_told(stage: PushStage, outbound: MemoryOutbound) -> None:
    stage.said("ada", "@grace one")
    stage.said("ada", "@grace two")
    stage.ask("grace", action="read", room="lunch", seq=2)
    stage.let_pass(120)
    assert len(outbound.sent) == 1


@pytest.mark.usefixtures("grace")
def test_an_event_that_comes_twice_tells_once_and_once_more_later_at_most(
    stage: PushStage, outbound: MemoryOutbound
) -> None:
    event = stage.say("ada", "@grace one")
    assert stage.tell(event, event) == [True, True]
    assert len(outbound.sent) == 1
    stage.let_pass(600)
    assert len(outbound.sent) == 2


def test_where_the_stage_says_so_what_was_said_does_not_leave_it(outbound: MemoryOutbound) -> None:
    stage = PushStage(outbound, shows_text=False)
    stage.room("ada", "grace")
    browser = stage.device("grace", HER)
    stage.telephone("grace", "t1")
    stage.said("ada", "@grace a secret")
    assert alert(browser, outbound.sent[0].body)["text"] == ""
    ((_, told, _),) = stage.world.mobile.told
    assert (told.text, told.body) == ("", "1 unread")


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.usefixtures("grace")
def test_a_device_that_its_service_knows_no_more_is_forgotten(
    stage: PushStage, outbound: MemoryOutbound, status: int
) -> None:
    stage.device("grace", "https://push.example/other")
    outbound.answers[HER] = OutboundAnswer(status)
    stage.said("ada", "@grace one")
    assert [device.endpoint for device in stage.book.of(["grace"])] == ["https://push.example/other"]
    assert stage.queue.bodies == []


def test_what_a_service_does_not_take_for_the_moment_is_tried_again_for_that_device_alone(
    stage: PushStage, outbound: MemoryOutbound, grace: Browser
) -> None:
    other = "https://push.example/other"
    stage.device("grace", other)
    outbound.answers[HER] = OutboundAnswer(503)
    stage.said("ada", "@grace one")
    stage.let_pass(31)
    del outbound.answers[HER]
    stage.let_pass(600)
    assert (urls(outbound).count(HER), urls(outbound).count(other)) == (3, 1)
    assert alert(grace, outbound.sent[-1].body)["text"] == "@grace one"
    assert stage.queue.bodies == []


@pytest.mark.usefixtures("grace")
def test_a_service_that_never_takes_it_is_left(
    stage: PushStage, outbound: MemoryOutbound, caplog: pytest.LogCaptureFixture
) -> None:
    outbound.answers[HER] = OutboundAnswer(0, "Connection refused")
    stage.said("ada", "@grace one")
    stage.let_pass(7_200)
    assert len(outbound.sent) == 1 + len(notify.WAITS_S)
    assert "push message not taken" in caplog.messages
    assert stage.queue.bodies == []


@pytest.mark.usefixtures("grace")
def test_a_message_that_a_service_refuses_is_not_tried_again(stage: PushStage, outbound: MemoryOutbound) -> None:
    outbound.answers[HER] = OutboundAnswer(403)
    stage.said("ada", "@grace one")
    assert stage.queue.bodies == []
    assert len(stage.book.of(["grace"])) == 1


@pytest.mark.usefixtures("grace")
def test_what_can_not_be_read_fails_alone(stage: PushStage, outbound: MemoryOutbound) -> None:
    event = stage.say("ada", "@grace one")
    assert stage.tell(b"rubbish", event, b'{"event":"Unknown"}') == [False, True, False]
    assert urls(outbound) == [HER]


def test_telephones_are_told_by_their_own_services(stage: PushStage, outbound: MemoryOutbound) -> None:
    stage.room("ada", "grace")
    stage.telephone("grace", "t1")
    stage.telephone("grace", "t2", "fcm")
    stage.said("ada", "@grace soup?")
    told = {endpoint: (shown.title, shown.body, collapse) for endpoint, shown, collapse in stage.world.mobile.told}
    assert {endpoint.split("/")[1] for endpoint in told} == {"APNS", "GCM"}
    assert {each[:2] for each in told.values()} == {("About lunch", "Ada: @grace soup?")}
    assert outbound.sent == []


def test_a_telephone_that_is_gone_is_forgotten_at_its_service_too(stage: PushStage) -> None:
    stage.room("ada", "grace")
    stage.telephone("grace", "t1")
    (device,) = stage.book.of(["grace"])
    stage.world.mobile.answers[device.endpoint] = Told.GONE
    stage.said("ada", "@grace soup?")
    assert stage.book.of(["grace"]) == []
    assert stage.world.mobile.forgotten == [device.endpoint]


def test_a_device_is_one_users_at_a_time(stage: PushStage, outbound: MemoryOutbound) -> None:
    stage.room("ada", "grace", "bob")
    browser = stage.device("grace", HER)
    stage.device("bob", HER, browser)
    stage.said("ada", "@grace one")
    assert outbound.sent == []
    stage.said("ada", "@bob two")
    assert urls(outbound) == [HER]
    registration.remove(stage.desk, person("grace"), stage.book.of(["bob"])[0].id)
    assert len(stage.book.of(["bob"])) == 1, "another user's is not removed"


def test_a_device_that_is_registered_again_is_one_and_a_user_has_twenty(stage: PushStage) -> None:
    for number in range(registration.MAX_DEVICES):
        stage.device("grace", f"https://push.example/{number}")
    stage.device("grace", "https://push.example/0")
    assert len(stage.book.of(["grace"])) == registration.MAX_DEVICES
    with pytest.raises(InvalidFieldError, match="at most 20"):
        stage.device("grace", HER)


def test_a_user_sees_and_removes_their_devices(stage: PushStage) -> None:
    stage.device("grace", HER)
    telephone = stage.telephone("grace", "t1")
    shown = registration.overview(stage.desk, "grace")
    assert {each["kind"] for each in shown["subscriptions"]} == {"web", "apns"}
    assert shown["platforms"] == ["web", "apns", "fcm"]
    assert len(shown["vapid_public_key"]) == 87
    for _ in range(2):
        registration.remove(stage.desk, person("grace"), telephone)
    assert len(stage.world.mobile.forgotten) == 1
    assert [each["kind"] for each in registration.overview(stage.desk, "grace")["subscriptions"]] == ["web"]


KEYS = Browser().keys


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"endpoint": HER},
        {"keys": Keys(**KEYS)},
        {"endpoint": "ftp://push.example/", "keys": Keys(**KEYS)},
        {"endpoint": HER, "keys": Keys("AAAA", "AAAA")},
        {"endpoint": HER, "keys": Keys(**KEYS), "platform": "apns", "token": "t"},
        {"platform": "apns"},
        {"platform": "apns", "token": ""},
        {"platform": "apns", "token": "none"},
        {"platform": "apns", "token": "x" * 5_000},
        {"platform": "pager", "token": "t"},
    ],
)
def test_what_is_no_subscription_says_how(stage: PushStage, asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidFieldError):
        registration.register(stage.desk, person("grace"), Subscription(**asked))
    assert stage.book.of(["grace"]) == []


def test_an_erased_user_has_no_devices_and_the_services_of_telephones_are_told(stage: PushStage) -> None:
    stage.room("ada", "grace")
    stage.device("grace", HER)
    stage.telephone("grace", "t1")
    stage.said("ada", "@grace one")
    from chat.accounts import jobs  # noqa: PLC0415

    jobs.ask(stage.world.accounts.office, person("grace"), "erasure")
    work_off(stage.world)
    left = [key for key in stage.world.rooms_table.items if "grace" in str(key)]
    assert left == [("account#grace", "erasure")]
    assert not any(str(key[0]).startswith("device#") for key in stage.world.rooms_table.items)
    assert len(stage.world.mobile.forgotten) == 1


def test_an_export_has_the_users_devices(stage: PushStage) -> None:
    import io  # noqa: PLC0415
    import json  # noqa: PLC0415
    import zipfile  # noqa: PLC0415

    from chat.accounts import jobs  # noqa: PLC0415

    stage.device("grace", HER)
    jobs.ask(stage.world.accounts.office, person("grace"), "export")
    work_off(stage.world)
    (body,) = stage.world.files.objects.values()
    lines = zipfile.ZipFile(io.BytesIO(body)).read("devices.ndjson").decode().splitlines()
    assert [json.loads(line)["endpoint"] for line in lines] == [HER]
