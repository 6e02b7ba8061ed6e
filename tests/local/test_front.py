"""CloudFront's part on one machine: who is let in, what is kept, and which part of it is sent."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from chat.media_access import Signer
from chat.media_keys import MediaKey
from local.front.compression import LEAST_BYTES, MOST_BYTES, compressed
from local.front.distribution import Lifetimes
from local.front.parts import Answer
from local.front.server import LOOK_S, Front
from local.front.signatures import DeniedError, Viewer, check
from local.front.store import Store, Stored, freshness_s

NOW_S = 1_790_000_000
KEY, OTHER = MediaKey.made_from("one"), MediaKey.made_from("other")
KEYS = {"K1": KEY.public_pem}
SITE = "https://chat.example.com"
IMAGE = f"{SITE}/media/lunch/x/480.webp"


def viewer(url: str, now_s: int = NOW_S, **cookies: str) -> Viewer:
    named = {name.replace("_", "-"): value for name, value in cookies.items()}
    return Viewer(url, named, "127.0.0.1", now_s)


def signed(url: str = IMAGE, room: str = "lunch", key: MediaKey = KEY, key_id: str = "K1") -> str:
    query = Signer(site=SITE, key_pair_id=key_id, sign=key.sign).grant(room, NOW_S * 1000).query
    return f"{url}?{query}"


def cookies_of(room: str = "lunch") -> dict[str, str]:
    signer = Signer(site=SITE, key_pair_id="K1", sign=KEY.sign)
    set_cookies = signer.cookies(signer.grant(room, NOW_S * 1000))
    return dict(each.partition(";")[0].split("=", 1) for each in set_cookies)


def code_of(asked: Viewer) -> str:
    with pytest.raises(DeniedError) as denied:
        check(asked, KEYS)
    return denied.value.code


def test_a_signed_address_and_cookies_open_the_room_that_they_are_for() -> None:
    check(viewer(signed()), KEYS)
    check(Viewer(IMAGE, cookies_of(), "127.0.0.1", NOW_S), KEYS)


def test_nothing_opens_without_a_signature_or_with_an_unknown_key() -> None:
    assert code_of(viewer(IMAGE)) == "MissingKey"
    assert code_of(viewer(signed(key_id="K2"))) == "InvalidKey"


def test_another_rooms_signature_opens_nothing() -> None:
    assert code_of(viewer(signed(room="tea"))) == "AccessDenied"
    assert code_of(Viewer(IMAGE, cookies_of("tea"), "127.0.0.1", NOW_S)) == "AccessDenied"


def test_a_room_whose_name_begins_alike_is_another_room() -> None:
    assert code_of(viewer(signed(f"{SITE}/media/lunch-two/x/480.webp"))) == "AccessDenied"


def test_a_signature_ends_after_five_minutes() -> None:
    check(viewer(signed(), NOW_S + 299), KEYS)
    assert code_of(viewer(signed(), NOW_S + 300)) == "AccessDenied"


def test_what_another_key_signed_is_forged() -> None:
    assert code_of(viewer(signed(key=OTHER))) == "AccessDenied"


def test_one_changed_character_of_the_policy_is_forged() -> None:
    assert code_of(viewer(signed().replace("Policy=eyJ", "Policy=eyK"))) == "AccessDenied"


@pytest.mark.parametrize("damage", ["Signature=%21", "Signature=", "Policy=e30_", "Hash-Algorithm=MD5"])
def test_what_is_damaged_is_denied(damage: str) -> None:
    name = damage.partition("=")[0]
    parts = [damage if each.startswith(f"{name}=") else each for each in signed().split("?")[1].split("&")]
    assert code_of(viewer(f"{IMAGE}?{'&'.join(parts)}")) == "AccessDenied"


def test_cookies_do_not_help_an_address_that_is_signed_wrongly() -> None:
    asked = Viewer(signed(room="tea"), cookies_of(), "127.0.0.1", NOW_S)
    assert code_of(asked) == "AccessDenied"


def test_addresses_that_awss_own_signer_makes_are_good() -> None:
    private = rsa.generate_private_key(65_537, 2_048)
    pem = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    theirs = CloudFrontSigner("K3", lambda policy: private.sign(policy, padding.PKCS1v15(), hashes.SHA1()))  # noqa: S303  # CloudFront's default
    url = theirs.generate_presigned_url(IMAGE, date_less_than=datetime.fromtimestamp(NOW_S + 60, UTC))
    check(viewer(url), {"K3": pem.decode()})
    with pytest.raises(DeniedError):
        check(viewer(url, NOW_S + 60), {"K3": pem.decode()})


def test_a_policy_for_other_addresses_of_viewers_is_none_for_this_one() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    theirs = CloudFrontSigner("K4", lambda policy: private.sign(policy, ec.ECDSA(hashes.SHA256())))
    for network, good in (("127.0.0.0/8", True), ("10.0.0.0/8", False)):
        ends = datetime.fromtimestamp(NOW_S + 60, UTC)
        policy = theirs.build_policy(IMAGE, ends, ip_address=network)
        url = theirs.generate_presigned_url(IMAGE, policy=policy) + "&Hash-Algorithm=SHA256"
        if good:
            check(viewer(url), {"K4": pem.decode()})
        else:
            with pytest.raises(DeniedError):
                check(viewer(url), {"K4": pem.decode()})


BOUNDS = Lifetimes(least=0, unsaid=5, most=600)


@pytest.mark.parametrize(
    ("said", "kept_s"),
    [
        ("public, max-age=60", 60),
        ("max-age=0, s-maxage=30", 30),
        ("max-age=31536000, immutable", 600),
        ("no-store", 0),
        ("", 5),
    ],
)
def test_an_answer_is_kept_as_long_as_it_says_within_the_behaviours_bounds(said: str, kept_s: int) -> None:
    assert freshness_s({"cache-control": said}, BOUNDS) == kept_s


def stored(body: bytes) -> Stored:
    return Stored(status=200, headers={}, body=body, stored_s=0, fresh_s=60)


def test_what_was_asked_for_least_lately_goes_where_there_is_no_room() -> None:
    store = Store(most_bytes=10)
    store.put("/a", stored(b"12345"))
    store.put("/b", stored(b"12345"))
    store.find("/a")
    store.put("/c", stored(b"12345"))
    assert [path for path in ("/a", "/b", "/c") if store.find(path)] == ["/a", "/c"]


def test_an_invalidation_takes_what_it_names_and_nothing_else() -> None:
    store = Store()
    for path in ("/media/lunch/x/480.webp", "/media/lunch/x/960.webp", "/media/lunch/y/480.webp"):
        store.put(path, stored(b""))
    store.forget(["/media/lunch/x/*"])
    assert store.find("/media/lunch/x/480.webp") is None
    assert store.find("/media/lunch/y/480.webp") is not None


SCRIPT = b"export const answer = 42; " * 200


@dataclass
class Origin:
    """The emulated distribution and CloudFront's API, as far as the front asks them."""

    asked: list[str] = field(default_factory=list)
    invalidations: dict[str, list[str]] = field(default_factory=dict)
    cache_control: str = "public, max-age=31536000, immutable"

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path_qs}")
        assert request.headers["Host"] == "d1.cloudfront.net"
        if request.path.startswith("/api/"):
            answer = web.Response(status=201, text=await request.text())
            answer.headers.add("Set-Cookie", "one=1")
            answer.headers.add("Set-Cookie", "two=2")
            return answer
        if request.path.endswith("missing"):
            return web.Response(status=404)
        if request.headers.get("If-None-Match") == '"tag"':
            return web.Response(status=304, headers={"Cache-Control": self.cache_control, "ETag": '"tag"'})
        told = {"Cache-Control": self.cache_control, "ETag": '"tag"'}
        if request.path.endswith(".js"):
            return web.Response(body=SCRIPT, headers={**told, "Content-Type": "text/javascript"})
        return web.Response(body=b"0123456789", headers=told)

    def get_distribution_config(self, **_: str) -> dict[str, Any]:
        media = {
            "PathPattern": "/media/*",
            "CachePolicyId": "long",
            "TrustedKeyGroups": {"Items": ["G"]},
            "ResponseHeadersPolicyId": "open",
            "Compress": False,
        }
        config = {
            "DefaultCacheBehavior": {"CachePolicyId": "long", "Compress": True, "ResponseHeadersPolicyId": "closed"},
            "CacheBehaviors": {"Items": [{"PathPattern": "/api/*", "CachePolicyId": "never"}, media]},
            "CustomErrorResponses": {"Items": [{"ErrorCode": 404, "ErrorCachingMinTTL": 60}]},
        }
        return {"DistributionConfig": config}

    def get_cache_policy(self, **asked: str) -> dict[str, Any]:
        least, most = {"long": (1, 31_536_000), "never": (0, 0)}[asked["Id"]]
        policy = {"MinTTL": least, "DefaultTTL": most and 86_400, "MaxTTL": most}
        key = {"ParametersInCacheKeyAndForwardedToOrigin": {"EnableAcceptEncodingGzip": most > 0}}
        return {"CachePolicy": {"CachePolicyConfig": policy | key}}

    def get_response_headers_policy(self, **asked: str) -> dict[str, Any]:
        cors = {
            "AccessControlAllowOrigins": {"Items": ["*"]},
            "AccessControlAllowCredentials": False,
            "AccessControlExposeHeaders": {"Items": ["Content-Range", "ETag"]},
            "OriginOverride": True,
        }
        config = {"CorsConfig": cors} if asked["Id"] == "open" else {}
        return {"ResponseHeadersPolicy": {"ResponseHeadersPolicyConfig": config}}

    def get_key_group(self, **_: str) -> dict[str, Any]:
        return {"KeyGroup": {"KeyGroupConfig": {"Items": ["K1"]}}}

    def get_public_key(self, **_: str) -> dict[str, Any]:
        return {"PublicKey": {"PublicKeyConfig": {"EncodedKey": KEY.public_pem}}}

    def list_invalidations(self, **_: str) -> dict[str, Any]:
        return {"InvalidationList": {"Items": [{"Id": each} for each in self.invalidations]}}

    def get_invalidation(self, **asked: str) -> dict[str, Any]:
        return {"Invalidation": {"InvalidationBatch": {"Paths": {"Items": self.invalidations[asked["Id"]]}}}}


async def serve(application: web.Application) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    return runner, f"http://{host}:{port}"


@pytest.fixture
async def origin() -> AsyncIterator[tuple[Origin, str]]:
    emulated = Origin()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", emulated.answer)
    runner, url = await serve(application)
    yield emulated, url
    await runner.cleanup()


@pytest.fixture
async def front(origin: tuple[Origin, str]) -> AsyncIterator[str]:
    emulated, url = origin
    front = Front(origin=url, host="d1.cloudfront.net", distribution_id="D1", cloudfront=emulated)
    runner, address = await serve(front.application())
    yield address
    await runner.cleanup()


@dataclass
class Got:
    status: int
    headers: Any
    body: bytes


async def ask(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Got:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with aiohttp.ClientSession() as session, session.request(method, url, headers=named, data=body) as answer:
        return Got(answer.status, answer.headers, await answer.read())


def address(front: str, path: str = "/media/lunch/x/480.webp") -> str:
    """As a member of the room has it."""
    signer = Signer(site=front, key_pair_id="K1", sign=KEY.sign)
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    return f"{front}{path}?{signer.grant('lunch', now_ms).query}"


async def test_the_first_asks_the_origin_and_the_next_does_not(origin: tuple[Origin, str], front: str) -> None:
    first, second = await ask(address(front)), await ask(address(front))
    assert (first.body, second.body) == (b"0123456789", b"0123456789")
    assert [got.headers["X-Cache"] for got in (first, second)] == ["Miss from cloudfront", "Hit from cloudfront"]
    assert "Age" in second.headers
    assert origin[0].asked == ["GET /media/lunch/x/480.webp"]


async def test_many_who_ask_at_once_are_one_request_of_the_origin(origin: tuple[Origin, str], front: str) -> None:
    await asyncio.gather(*(ask(address(front)) for _ in range(8)))
    assert len(origin[0].asked) == 1


async def test_without_a_signature_nothing_is_asked_of_the_origin(origin: tuple[Origin, str], front: str) -> None:
    got = await ask(f"{front}/media/lunch/x/480.webp")
    assert (got.status, got.headers["X-Cache"]) == (403, "Error from cloudfront")
    assert b"<Code>MissingKey</Code>" in got.body
    assert origin[0].asked == []


async def test_cookies_are_looked_at_as_an_address_is(front: str) -> None:
    query = address(front).partition("?")[2]
    cookies = "; ".join(f"CloudFront-{each}" for each in query.split("&"))
    assert (await ask(f"{front}/media/lunch/x/480.webp", Cookie=cookies)).status == 200
    assert (await ask(f"{front}/media/tea/x/480.webp", Cookie=cookies)).status == 403


@pytest.mark.parametrize(
    ("wanted", "status", "body", "told"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=5-2", 200, b"0123456789", None),
        ("bytes=a-b", 200, b"0123456789", None),
        ("bytes=-", 200, b"0123456789", None),
    ],
)
async def test_a_part_is_answered_with_that_part(
    front: str, wanted: str, status: int, body: bytes, told: str | None
) -> None:
    got = await ask(address(front), Range=wanted)
    assert (got.status, got.body, got.headers.get("Content-Range")) == (status, body, told)


async def test_a_part_of_what_has_changed_meanwhile_is_the_whole(front: str) -> None:
    assert (await ask(address(front), Range="bytes=2-4", If_Range='"older"')).status == 200
    assert (await ask(address(front), Range="bytes=2-4", If_Range='"tag"')).status == 206


async def test_who_has_it_already_is_told_so(front: str) -> None:
    got = await ask(address(front), If_None_Match='"other", W/"tag"')
    assert (got.status, got.body) == (304, b"")


async def test_head_has_the_length_and_no_body(front: str) -> None:
    got = await ask(address(front), "HEAD")
    assert (got.status, got.headers["Content-Length"], got.body) == (200, "10", b"")


async def test_what_is_stale_is_confirmed_by_its_tag(origin: tuple[Origin, str], front: str) -> None:
    origin[0].cache_control = "max-age=0"  # the behaviour keeps it for a second all the same
    await ask(address(front))
    await asyncio.sleep(1.1)
    got = await ask(address(front))
    assert (got.headers["X-Cache"], got.body) == ("RefreshHit from cloudfront", b"0123456789")


async def test_an_error_is_kept_for_as_long_as_the_distribution_says(origin: tuple[Origin, str], front: str) -> None:
    missing = address(front, "/media/lunch/missing")
    for _ in range(2):
        got = await ask(missing)
        assert (got.status, got.headers["X-Cache"]) == (404, "Error from cloudfront")
    assert len(origin[0].asked) == 1


async def test_nothing_is_written_where_things_are_kept(origin: tuple[Origin, str], front: str) -> None:
    assert (await ask(address(front), "POST", b"x")).status == 403
    assert origin[0].asked == []


async def test_the_api_is_asked_each_time_and_answers_as_it_does(origin: tuple[Origin, str], front: str) -> None:
    for _ in range(2):
        got = await ask(f"{front}/api/commands?x=1", "POST", b"hello")
        assert (got.status, got.body) == (201, b"hello")
        assert got.headers.getall("Set-Cookie") == ["one=1", "two=2"]
    assert origin[0].asked == ["POST /api/commands?x=1"] * 2


async def test_what_was_invalidated_is_asked_for_again(origin: tuple[Origin, str], front: str) -> None:
    await ask(address(front))
    origin[0].invalidations["I1"] = ["/media/lunch/x/*"]
    for _ in range(40):
        await asyncio.sleep(LOOK_S / 4)
        if (await ask(address(front))).headers["X-Cache"].startswith("Miss"):
            break
    else:
        pytest.fail("it was never asked for again")


async def test_scripts_of_any_site_may_read_media_and_none_may_read_the_page(front: str) -> None:
    got = await ask(address(front), Origin="https://elsewhere.example")
    assert got.headers["Access-Control-Allow-Origin"] == "*"
    assert got.headers["Access-Control-Expose-Headers"] == "Content-Range, ETag"
    assert "Access-Control-Allow-Origin" not in (await ask(address(front))).headers
    page = await ask(f"{front}/assets/index.js", Origin="https://elsewhere.example")
    assert "Access-Control-Allow-Origin" not in page.headers


@dataclass
class Raw:
    headers: Any
    body: bytes


async def raw(url: str, **headers: str) -> Raw:
    """As it is sent, not as aiohttp unpacks it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with aiohttp.ClientSession(auto_decompress=False) as session, session.get(url, headers=named) as answer:
        return Raw(answer.headers, await answer.read())


async def test_text_is_compressed_for_whoever_takes_it_from_one_kept_answer(
    origin: tuple[Origin, str], front: str
) -> None:
    url = f"{front}/assets/index.js"
    packed = await raw(url, Accept_Encoding="br;q=1.0, gzip;q=0.8")
    assert (packed.headers["Content-Encoding"], packed.headers["ETag"]) == ("gzip", 'W/"tag"')
    assert gzip.decompress(packed.body) == SCRIPT
    assert len(packed.body) < len(SCRIPT) // 10
    for refused in ("identity", "gzip;q=0", "br"):
        plain = await raw(url, Accept_Encoding=refused)
        assert (plain.body, plain.headers["ETag"]) == (SCRIPT, '"tag"')
        assert "Content-Encoding" not in plain.headers
        assert plain.headers["Vary"] == "Accept-Encoding"
    assert origin[0].asked == ["GET /assets/index.js"]
    assert (await ask(url, If_None_Match=packed.headers["ETag"])).status == 304


async def test_media_is_never_compressed_and_does_not_vary(front: str) -> None:
    got = await raw(address(front, "/media/lunch/x/hls.js"), Accept_Encoding="gzip")
    assert got.body == SCRIPT
    assert not {"Content-Encoding", "Vary"} & got.headers.keys()


@pytest.mark.parametrize(
    ("content_type", "size", "is_compressed"),
    [
        ("text/css", LEAST_BYTES, True),
        ("text/css", LEAST_BYTES - 1, False),
        ("Text/HTML; charset=utf-8", LEAST_BYTES, True),
        ("image/webp", LEAST_BYTES, False),
        ("application/json", MOST_BYTES + 1, False),
    ],
)
def test_what_cloudfront_compresses(content_type: str, size: int, *, is_compressed: bool) -> None:
    answer = compressed({"accept-encoding": "gzip"}, Answer(200, {"content-type": content_type}, b"a" * size))
    assert ("content-encoding" in answer.headers) == is_compressed


async def test_a_part_of_a_text_is_a_part_of_it_as_it_is(front: str) -> None:
    got = await raw(f"{front}/assets/index.js", Accept_Encoding="gzip", Range="bytes=0-1999")
    assert got.body == SCRIPT[:2_000]
    assert "Content-Encoding" not in got.headers
