"""`/api/account/export` and `/api/account/erasure`: users ask for their own data, and for its end."""

from __future__ import annotations

from typing import Any

import msgspec

from chat import http, log
from chat.accounts import jobs
from chat.accounts.jobs import LINK_S
from chat.aws import files, secrets, wiring
from chat.errors import InvalidFieldError
from chat.ports import Principal
from chat.storage.account_jobs import Job


class Confirmation(msgspec.Struct, frozen=True):
    """What asking for erasure has in its body: the caller's own id, so that nobody does it by mistake."""

    user: str


@log.invocations
def handle(event: http.Event, _context: object) -> http.Answer:
    """202 with the job where one was asked for, 200 where one was looked at; 404 before the first."""
    return http.respond(event, respond)


def respond(event: http.Event) -> http.Answer:
    """Routes by method and path; the job is the caller's own, whoever they say they are."""
    principal = secrets.verifier().verify(http.bearer_token(event))
    office = wiring.job_office()
    match event["routeKey"]:
        case "POST /api/account/export":
            return http.answer(202, _view(jobs.ask(office, principal, "export")))
        case "GET /api/account/export":
            return http.answer(200, _view(jobs.look(office, principal.user, "export")))
        case "POST /api/account/erasure":
            _require_confirmed(event, principal)
            return http.answer(202, _view(jobs.ask(office, principal, "erasure")))
        case _:
            return http.answer(200, _view(jobs.look(office, principal.user, "erasure")))


def _require_confirmed(event: http.Event, principal: Principal) -> None:
    if http.body(event, Confirmation).user != principal.user:
        raise InvalidFieldError("`user` is your own id: this can't be undone.")


def _view(job: Job) -> dict[str, Any]:
    archives = [
        {"url": files.files().link(archive["key"], expires_in_s=LINK_S), "size_bytes": archive["size_bytes"]}
        for archive in (job.archives if job.state == "done" else [])
    ]
    return {
        "kind": job.kind,
        "state": job.state,
        "started_at_ms": job.started_at_ms,
        "updated_at_ms": job.updated_at_ms,
        "done": dict(job.done),
        "total": job.total,
        "archives": archives,
        "links_expire_in_s": LINK_S if archives else None,
    }
