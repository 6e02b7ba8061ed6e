"""Every endpoint under `/api`: who may use it, what it takes, what it answers. Types are the functions' own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from chat import alerts, dead_letters, deeds, flag_settings, graphs, infrastructure, measures, oversight, scaling
from chat.media import UploadRequest
from chat.media_access import MediaAccess
from chat.page_reports import PageReport
from chat.push.registration import Removal, Subscription, Wish
from chat.upload_parts import Completion, PartsRequest
from chat.webhooks.registration import Registration
from chat.webhooks.replay import Range
from contracts import http_answers as answers
from functions.connect.sessions import SignIn
from functions.connect.wallet_sessions import SignedMessage
from functions.ops.account import Confirmation
from functions.ops.cache import Request as Invalidate

Who = Literal["anybody", "user", "operator"]
Kind = Any
"""A type that msgspec has a schema of."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One route. `body` is None where there is none; `refusals` are the statuses beside those that all have."""

    route: str
    about: str
    who: Who
    answer: Kind
    status: int = 200
    body: Kind = None
    refusals: tuple[int, ...] = ()
    queries: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    """Other content types that it answers in, where the request's `Accept` prefers one."""
    repeatable: bool = False
    """Whether it takes an `Idempotency-Key`."""

    @property
    def method(self) -> str:
        """In capitals."""
        return self.route.partition(" ")[0]

    @property
    def path(self) -> str:
        """With parameters in braces."""
        return self.route.partition(" ")[2]


_UPLOAD = "/api/media/{media}"
_WEBHOOK = "/api/webhooks/{webhook}"
_SSE = "text/event-stream"

ENDPOINTS = (
    Endpoint(
        route="GET /api/config",
        about="What a client has to know before it signs in",
        who="anybody",
        answer=answers.ClientConfig,
    ),
    Endpoint(
        route="POST /api/measurements",
        about="A page tells how it fares, where the stage has asked it to",
        who="anybody",
        body=PageReport,
        status=202,
        answer=answers.Accepted,
        refusals=(413, 429),
    ),
    Endpoint(
        route="GET /api/health",
        about="How the stage is; with an operator's token, how each dependency is",
        who="anybody",
        answer=answers.Health,
        refusals=(401, 403, 503),
    ),
    Endpoint(
        route="POST /api/sessions",
        about="Sign in by name, where the stage has the built-in issuer",
        who="anybody",
        body=SignIn,
        status=201,
        answer=answers.Session,
        refusals=(404,),
    ),
    Endpoint(
        route="POST /api/wallet/nonces",
        about="Begin to sign in with a wallet",
        who="anybody",
        status=201,
        answer=answers.Nonce,
        refusals=(404,),
    ),
    Endpoint(
        route="POST /api/wallet/sessions",
        about="Sign in with a message that a wallet has signed",
        who="anybody",
        body=SignedMessage,
        status=201,
        answer=answers.Session,
        refusals=(401, 404),
    ),
    Endpoint(
        route="POST /api/tickets",
        about="What opens one socket",
        who="user",
        status=201,
        answer=answers.Ticket,
    ),
    Endpoint(
        route="POST /api/media",
        about="A permission to upload an image into a room",
        who="user",
        body=UploadRequest,
        status=201,
        answer=answers.UploadPermit,
        refusals=(403, 404, 413, 415, 429),
    ),
    Endpoint(
        route=f"GET {_UPLOAD}",
        about="How far an upload of the caller's is, and which of its parts are there",
        who="user",
        answer=answers.UploadView,
        refusals=(404,),
    ),
    Endpoint(
        route=f"DELETE {_UPLOAD}",
        about="Give an upload up",
        who="user",
        answer=answers.UploadView,
        refusals=(404, 409),
    ),
    Endpoint(
        route=f"POST {_UPLOAD}/parts",
        about="Where parts of an upload are put, each with its checksum",
        who="user",
        body=PartsRequest,
        answer=answers.PartAddresses,
        refusals=(404, 409),
    ),
    Endpoint(
        route=f"POST {_UPLOAD}/complete",
        about="All parts of an upload are there",
        who="user",
        body=Completion,
        answer=answers.UploadView,
        refusals=(404, 409),
    ),
    Endpoint(
        route="GET /api/rooms/{room}/media-access",
        about="What a member shows the media of a room with, as an address and as cookies",
        who="user",
        answer=MediaAccess,
        refusals=(403, 404, 429),
    ),
    Endpoint(
        route="POST /api/commands",
        about="Commands without a socket",
        who="user",
        body=dict[str, Any] | list[Any],
        answer=answers.Frames | list[answers.Frames],
        refusals=(413,),
    ),
    Endpoint(
        route="GET /api/events",
        about="Events of rooms without a socket",
        who="user",
        answer=None,
        texts=(_SSE,),
        queries=("rooms", "wait_s"),
        refusals=(403, 404),
    ),
    Endpoint(
        route="GET /api/push/subscriptions",
        about="The caller's devices",
        who="user",
        answer=answers.Devices,
    ),
    Endpoint(
        route="POST /api/push/subscriptions",
        about="Tell the caller on this device",
        who="user",
        body=Subscription,
        status=201,
        answer=answers.Device,
    ),
    Endpoint(
        route="DELETE /api/push/subscriptions",
        about="Tell the caller on a device no more",
        who="user",
        body=Removal,
        answer=answers.Devices,
    ),
    Endpoint(
        route="GET /api/push/levels/{room}",
        about="What the caller hears of a room",
        who="user",
        answer=answers.AlertLevel,
        refusals=(403,),
    ),
    Endpoint(
        route="POST /api/push/levels",
        about="What the caller wants to hear of a room",
        who="user",
        body=Wish,
        answer=answers.Devices,
        refusals=(403, 404),
    ),
    *(
        Endpoint(
            route=f"{method} /api/account/{kind}",
            about=about,
            who="user",
            body=Confirmation if (method, kind) == ("POST", "erasure") else None,
            status=202 if method == "POST" else 200,
            answer=answers.AccountJob,
            refusals=(404,) if method == "GET" else (409,),
        )
        for method, kind, about in (
            ("POST", "export", "Ask for all of one's own data"),
            ("GET", "export", "How far the export is"),
            ("POST", "erasure", "Ask to be erased"),
            ("GET", "erasure", "How far the erasure is"),
        )
    ),
    Endpoint(
        route="GET /api/webhooks",
        about="All endpoints that are told of events",
        who="operator",
        answer=answers.WebhookList,
    ),
    Endpoint(
        route="POST /api/webhooks",
        about="Tell an endpoint of events",
        who="operator",
        body=Registration,
        status=201,
        answer=answers.WebhookView,
        refusals=(409, 422),
        repeatable=True,
    ),
    Endpoint(
        route=f"GET {_WEBHOOK}",
        about="One of them",
        who="operator",
        answer=answers.WebhookView,
        refusals=(404,),
    ),
    Endpoint(
        route=f"DELETE {_WEBHOOK}",
        about="End one",
        who="operator",
        answer=answers.WebhookView,
        refusals=(404,),
    ),
    Endpoint(
        route=f"POST {_WEBHOOK}/secret",
        about="A new secret; the old one is used beside it for a day",
        who="operator",
        answer=answers.WebhookView,
        refusals=(404, 409, 422),
        repeatable=True,
    ),
    Endpoint(
        route=f"POST {_WEBHOOK}/enable",
        about="Send to it again",
        who="operator",
        answer=answers.WebhookView,
        refusals=(404, 409, 422),
        repeatable=True,
    ),
    Endpoint(
        route=f"POST {_WEBHOOK}/replay",
        about="Send events of a room again",
        who="operator",
        body=Range,
        status=202,
        answer=answers.Replayed,
        refusals=(404, 409, 422),
        repeatable=True,
    ),
    Endpoint(
        route="POST /api/cache/invalidate",
        about="Declare what caches keep stale, where there is a shared one",
        who="operator",
        body=Invalidate,
        status=202,
        answer=answers.Invalidation,
        refusals=(409, 422),
        repeatable=True,
    ),
    Endpoint(
        route="GET /api/metrics",
        about="The stage's numbers of the last whole minute",
        who="operator",
        answer=measures.Measures,
        texts=("text/plain", "application/openmetrics-text"),
        refusals=(406,),
    ),
    Endpoint(
        route="GET /api/infrastructure/status",
        about="What the stage runs on, part by part",
        who="operator",
        answer=infrastructure.Status,
    ),
    Endpoint(
        route="GET /api/monitoring/alerts",
        about="Alarms: active ones, and the last week's changes",
        who="operator",
        answer=alerts.Alerts,
    ),
    Endpoint(
        route="POST /api/monitoring/alerts/{name}/acknowledge",
        about="Take an active alarm on",
        who="operator",
        body=alerts.Note,
        answer=alerts.Alarm,
        refusals=(404, 409, 422),
        repeatable=True,
    ),
    Endpoint(
        route="GET /api/monitoring/dashboards",
        about="Which dashboards the stage has",
        who="operator",
        answer=graphs.Dashboards,
    ),
    Endpoint(
        route="GET /api/monitoring/dashboards/{name}",
        about="One of them, with the numbers of the last hours",
        who="operator",
        answer=graphs.Dashboard,
        queries=("hours",),
        refusals=(404,),
    ),
    Endpoint(
        route="GET /api/audit",
        about="What operators did on a day",
        who="operator",
        answer=deeds.Deeds,
        queries=("day", "start"),
    ),
    Endpoint(
        route="GET /api/audit/chain",
        about="Whether the record of what operators did is as it was written",
        who="operator",
        answer=deeds.Chain,
    ),
    Endpoint(
        route="GET /api/dead-letters",
        about="What could not be worked off: how much of it waits in which queue",
        who="operator",
        answer=dead_letters.Queues,
    ),
    Endpoint(
        route="GET /api/dead-letters/{queue}",
        about="Some of a queue's letters, without what people wrote",
        who="operator",
        answer=dead_letters.Letters,
        refusals=(404,),
    ),
    Endpoint(
        route="POST /api/dead-letters/{queue}/redrive",
        about="Send letters again, or see which ones are meant",
        who="operator",
        body=dead_letters.Treat,
        answer=dead_letters.Treated,
        refusals=(404, 409, 422),
        repeatable=True,
    ),
    Endpoint(
        route="POST /api/dead-letters/{queue}/discard",
        about="Give letters up: each is kept with who did it and why; or see which ones are meant",
        who="operator",
        body=dead_letters.Treat,
        answer=dead_letters.Treated,
        refusals=(404, 409, 422),
        repeatable=True,
    ),
    Endpoint(
        route="GET /api/oversight/rooms/{room}",
        about="A room: who is in it and how it goes, nothing of what is said",
        who="operator",
        answer=oversight.RoomLook,
        refusals=(404,),
    ),
    Endpoint(
        route="GET /api/oversight/users/{user}",
        about="A user: sockets, rooms, and jobs on their data",
        who="operator",
        answer=oversight.UserLook,
    ),
    Endpoint(
        route="POST /api/oversight/rooms/{room}",
        about="Mute, ban, let in again, delete a message, or slow the room down",
        who="operator",
        body=oversight.Deal,
        answer=oversight.Dealt,
        refusals=(404, 409, 422, 429),
        repeatable=True,
    ),
    Endpoint(
        route="GET /api/flags",
        about="What is tried out, and on whom",
        who="operator",
        answer=flag_settings.Flags,
    ),
    Endpoint(
        route="POST /api/flags",
        about="Try something out, change on whom, or end it",
        who="operator",
        body=flag_settings.FlagChange,
        answer=flag_settings.FlagView,
        refusals=(409, 422),
        repeatable=True,
    ),
    Endpoint(
        route="GET /api/scaling/config",
        about="How the stage scales",
        who="operator",
        answer=scaling.Config,
    ),
    Endpoint(
        route="GET /api/scaling/versions",
        about="The newest changes of that",
        who="operator",
        answer=scaling.Versions,
    ),
    Endpoint(
        route="POST /api/scaling/config",
        about="Change it, or see what that would do",
        who="operator",
        body=scaling.Change,
        answer=scaling.Changed,
        refusals=(409, 422),
        repeatable=True,
    ),
    Endpoint(
        route="POST /api/scaling/rollback",
        about="Put an earlier version in force again",
        who="operator",
        body=scaling.Rollback,
        answer=scaling.Changed,
        refusals=(404, 409, 422),
        repeatable=True,
    ),
)
"""In the order of the document."""
