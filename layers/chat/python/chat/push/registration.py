"""Users' side: the devices that they are told on, and what they want to hear of each room."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

import msgspec

from chat.errors import InvalidFieldError, NotAMemberError
from chat.outbound import check_url
from chat.ports import Principal
from chat.protocol.fields import RoomId
from chat.push.encryption import check_keys
from chat.push.office import DeviceDesk
from chat.storage.push_subscriptions import Device, Level

MAX_DEVICES = 20
MAX_TOKEN_CHARS = 4_096
MAX_DEVICE_ID_CHARS = 64
WEB = "web"


class Keys(msgspec.Struct, frozen=True):
    """As `PushSubscription.toJSON()` of a browser has them."""

    p256dh: str
    auth: str


class Subscription(msgspec.Struct, frozen=True):
    """A browser's own subscription, as `toJSON()` gives it, or the `platform` and `token` of a telephone."""

    endpoint: str | None = None
    keys: Keys | None = None
    platform: str | None = None
    token: str | None = None


class Removal(msgspec.Struct, frozen=True):
    """Which device: the `id` that registering it gave."""

    id: Annotated[str, msgspec.Meta(max_length=MAX_DEVICE_ID_CHARS)]


class Wish(msgspec.Struct, frozen=True):
    """What the caller wants to hear of a room."""

    room: RoomId
    level: Level


def overview(desk: DeviceDesk, user: str) -> dict[str, Any]:
    """What a client needs to subscribe, and the user's devices."""
    devices = sorted(desk.book.of([user]), key=lambda device: (device.made_at_ms, device.id))
    return {
        "vapid_public_key": desk.vapid().public_key,
        "platforms": [WEB, *desk.mobile.platforms],
        "subscriptions": [_view(device) for device in devices],
    }


def register(desk: DeviceDesk, principal: Principal, asked: Subscription) -> dict[str, Any]:
    """Stores the device, once however often it is registered; whoever used it before is not told on it any more.

    Raises `InvalidFieldError` for what is no subscription, and for the 21st device.
    """
    kind, endpoint, keys = _checked(desk, asked)
    device = Device(
        id=hashlib.sha256(endpoint.encode()).hexdigest()[:32],
        user=principal.user,
        kind=kind,
        endpoint=endpoint,
        p256dh=keys.p256dh if keys else "",
        auth=keys.auth if keys else "",
        made_at_ms=desk.clock.now_ms(),
    )
    known = {each.id for each in desk.book.of([principal.user])}
    if device.id not in known and len(known) >= MAX_DEVICES:
        raise InvalidFieldError(f"A user has at most {MAX_DEVICES} devices.")
    desk.book.add(device)
    return _view(device)


def remove(desk: DeviceDesk, principal: Principal, device_id: str) -> None:
    """Forgets a device of the caller's; forgetting none is not an error."""
    removed = desk.book.remove(principal.user, device_id)
    if removed and removed.kind != WEB:
        desk.mobile.forget(removed.endpoint)


def wish(desk: DeviceDesk, principal: Principal, asked: Wish) -> None:
    """What the caller is told of the room from now on. Raises `NotAMemberError`."""
    if not desk.book.set_level(asked.room, principal.user, asked.level):
        raise NotAMemberError(f"You are not a member of {asked.room}.")


def wished(desk: DeviceDesk, principal: Principal, room: str) -> dict[str, Any]:
    """What the caller is told of the room; `level` is None where they have not said. Raises `NotAMemberError`."""
    reader = desk.book.reader(room, principal.user)
    if reader is None:
        raise NotAMemberError(f"You are not a member of {room}.")
    return {"room": room, "level": reader.level}


def _checked(desk: DeviceDesk, asked: Subscription) -> tuple[str, str, Keys | None]:
    """Kind, endpoint and keys."""
    if asked.endpoint is not None and asked.keys is not None and asked.platform is None:
        check_url("endpoint", asked.endpoint, private=desk.private)
        check_keys(asked.keys.p256dh, asked.keys.auth)
        return WEB, asked.endpoint, asked.keys
    if asked.platform is None or not asked.token or asked.endpoint is not None:
        raise InvalidFieldError("Give `endpoint` and `keys`, or `platform` and `token`.")
    if asked.platform not in desk.mobile.platforms:
        raise InvalidFieldError(f"`platform` is one of: {', '.join(desk.mobile.platforms) or 'none in this stage'}.")
    if len(asked.token) > MAX_TOKEN_CHARS or not asked.token.isprintable():
        raise InvalidFieldError("`token` is what the telephone's system gave.")
    return asked.platform, desk.mobile.enroll(asked.platform, asked.token), None


def _view(device: Device) -> dict[str, Any]:
    return {"id": device.id, "kind": device.kind, "made_at_ms": device.made_at_ms}
