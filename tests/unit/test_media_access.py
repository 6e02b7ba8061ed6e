"""Access to a room's media: what is signed, in whose format, and who is given it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.signers import CloudFrontSigner
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from chat import memberships, rooms
from chat.aws import media_signer, secrets, wiring
from chat.media_access import LIFE_S, Signer, encode, policy_of
from chat.media_keys import MediaKey
from chat.protocol import CreateRoom, JoinRoom, LeaveRoom, RemoveMember
from chat.tokens import BuiltInIssuer
from functions.media import access
from local.front.signatures import DeniedError, Viewer, check
from simulation.world import World

CONTEXT = SimpleNamespace(
    function_name="access",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:access",
    aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
)
ISSUER = BuiltInIssuer("a secret of at least thirty-two bytes")
KEY = MediaKey.made_from("another secret, of the deployment")
SIGNER = Signer(site="https://chat.example.com", key_pair_id="K2JCJMDEHXQW5F", sign=KEY.sign)
NOW_MS = 1_790_000_000_500


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Ada's room, with Grace in it."""
    world = World()
    world.clock.at_ms = wiring.SystemClock().now_ms()  # tokens are held against the real time
    rooms.create(world.services, world.connect("ada"), CreateRoom(id="make", title="Lunch", room="lunch"))
    rooms.join(world.services, world.connect("grace"), JoinRoom(id="in", room="lunch"))
    built: dict[str, Any] = {
        "rooms": world.services.rooms,
        "members": world.services.members,
        "user_buckets": world.services.protection.buckets,
        "clock": world.clock,
    }
    for name, value in built.items():
        monkeypatch.setattr(wiring, name, lambda value=value: value)
    monkeypatch.setattr(secrets, "verifier", lambda: ISSUER)
    monkeypatch.setattr(media_signer, "signer", lambda: SIGNER)
    return world


def ask(user: str, room: str = "lunch") -> tuple[int, dict[str, Any], list[str]]:
    """Status, body and cookies of the answer."""
    token = ISSUER.sign_in(user, wiring.clock().now_ms()).token
    event = {"headers": {"authorization": f"Bearer {token}"}, "pathParameters": {"room": room}}
    answer = access.handle(event, CONTEXT)
    return answer["statusCode"], json.loads(answer["body"]), answer.get("cookies", [])


def decoded(text: str) -> bytes:
    return base64.b64decode(text.translate(str.maketrans("-_~", "+=/")))


def test_policy_and_encoding_are_those_of_awss_own_signer() -> None:
    theirs = CloudFrontSigner(SIGNER.key_pair_id, lambda _policy: b"\xff\xfe\xfd signature")
    resource = f"{SIGNER.site}/media/lunch/*"
    moment = datetime.fromtimestamp(1_790_000_300, UTC)
    policy = policy_of(resource, 1_790_000_300)
    assert policy.decode() == theirs.build_policy(resource, moment)
    url = theirs.generate_presigned_url(f"{SIGNER.site}/media/lunch/x/480.webp", policy=policy.decode())
    ours = Signer(site=SIGNER.site, key_pair_id=SIGNER.key_pair_id, sign=lambda _policy: b"\xff\xfe\xfd signature")
    query = ours.grant("lunch", NOW_MS).query
    assert query == url.partition("?")[2] + "&Hash-Algorithm=SHA256"


def test_what_is_signed_verifies_with_the_public_key_that_the_deployment_is_told() -> None:
    fields = {name: value for name, (value,) in parse_qs(SIGNER.grant("lunch", NOW_MS).query).items()}
    public = load_pem_public_key(KEY.public_pem.encode())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(decoded(fields["Signature"]), decoded(fields["Policy"]), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(decoded(fields["Signature"]), policy_of("https://*", 1), ec.ECDSA(hashes.SHA256()))


def test_the_same_secret_is_the_same_key_pair_and_another_one_another() -> None:
    assert MediaKey.made_from("another secret, of the deployment").public_pem == KEY.public_pem
    assert MediaKey.made_from("yet another one").public_pem != KEY.public_pem


def test_access_is_for_five_minutes_and_one_room() -> None:
    granted = SIGNER.grant("lunch", NOW_MS)
    assert granted.expires_at_ms == (NOW_MS // 1000 + LIFE_S) * 1000
    (statement,) = json.loads(decoded(parse_qs(granted.query)["Policy"][0]))["Statement"]
    assert statement["Resource"] == "https://chat.example.com/media/lunch/*"


def test_cookies_go_to_the_rooms_path_alone_and_no_script_reads_them() -> None:
    cookies = SIGNER.cookies(SIGNER.grant("lunch", NOW_MS))
    assert [each.partition("=")[0] for each in cookies] == [
        "CloudFront-Policy",
        "CloudFront-Signature",
        "CloudFront-Key-Pair-Id",
        "CloudFront-Hash-Algorithm",
    ]
    assert all(
        each.endswith("; Path=/media/lunch/; Max-Age=300; HttpOnly; SameSite=Strict; Secure") for each in cookies
    )


def test_a_site_without_tls_has_cookies_that_its_browser_sends() -> None:
    local = Signer(site="http://127.0.0.1:5173", key_pair_id="K1", sign=KEY.sign)
    assert not any("Secure" in each for each in local.cookies(local.grant("lunch", NOW_MS)))


def test_no_cookie_is_larger_than_browsers_take() -> None:
    widest = Signer(site=f"https://{'a' * 253}", key_pair_id="K2JCJMDEHXQW5F", sign=KEY.sign)
    assert max(map(len, widest.cookies(widest.grant("r" * 64, NOW_MS)))) < 4_096


@pytest.mark.usefixtures("world")
def test_a_member_is_given_access_both_ways() -> None:
    status, body, cookies = ask("Grace")
    assert status == 200
    assert body["room"] == "lunch"
    assert body["path"] == "/media/lunch/"
    assert len(cookies) == 4
    assert all(each.partition("=")[2].partition(";")[0] in body["query"] for each in cookies)


@pytest.mark.usefixtures("world")
def test_a_stranger_is_given_none() -> None:
    status, body, cookies = ask("Eve")
    assert (status, body["code"], cookies) == (403, "not_a_member", [])


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("room", ["nowhere", "*", "lunch/*", "LUNCH", "", "../lunch"])
def test_there_is_none_to_a_room_that_is_none(room: str) -> None:
    status, body, cookies = ask("Grace", room)
    assert (status, body["code"], cookies) == (404, "room_not_found", [])


def test_who_was_put_out_is_given_no_more(world: World) -> None:
    assert ask("Grace")[0] == 200
    memberships.remove(world.services, world.connect("ada"), RemoveMember(id="out", room="lunch", user="grace"))
    assert ask("Grace")[1]["code"] == "not_a_member"


def test_who_was_banned_is_given_no_more(world: World) -> None:
    memberships.remove(
        world.services, world.connect("ada"), RemoveMember(id="out", room="lunch", user="grace", ban=True)
    )
    assert ask("Grace")[1]["code"] == "banned"


def test_who_has_left_is_given_no_more(world: World) -> None:
    rooms.leave(world.services, world.connect("grace"), LeaveRoom(id="bye", room="lunch"))
    assert ask("Grace")[1]["code"] == "not_a_member"


IMAGE = f"{SIGNER.site}/media/lunch/m1/480.webp"
RENEWED_S = 200
"""After which pages ask again while an image is on screen."""


def jar(cookies: list[str]) -> dict[str, str]:
    """What a browser keeps of an answer and sends."""
    return dict(each.partition(";")[0].split("=", 1) for each in cookies)


def is_let_in(cookies: list[str], world: World) -> bool:
    """Whether the distribution serves an image to who has these cookies, at this time."""
    asked = Viewer(IMAGE, jar(cookies), "192.0.2.1", world.clock.now_ms() // 1000)
    try:
        check(asked, {SIGNER.key_pair_id: KEY.public_pem})
    except DeniedError:
        return False
    return True


def test_who_was_put_out_loses_access_within_five_minutes_and_the_others_keep_theirs(world: World) -> None:
    world.clock.at_ms -= 2 * LIFE_S * 1000  # all of this has happened by now: tokens are held against the real time
    graces, adas = ask("Grace")[2], ask("Ada")[2]
    assert is_let_in(graces, world)
    assert is_let_in(adas, world)
    memberships.remove(world.services, world.connect("ada"), RemoveMember(id="out", room="lunch", user="grace"))
    world.clock.pass_ms(RENEWED_S * 1000)
    assert ask("Grace")[2] == []
    adas = ask("Ada")[2]
    world.clock.pass_ms((LIFE_S - RENEWED_S) * 1000)
    assert not is_let_in(graces, world)
    assert is_let_in(adas, world)


def test_encoded_bytes_have_nothing_that_an_address_or_a_cookie_would_change() -> None:
    assert encode(bytes(range(256))).translate(str.maketrans("", "", "-_~")).isalnum()
