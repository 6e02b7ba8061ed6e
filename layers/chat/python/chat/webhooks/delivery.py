"""From the queue to the endpoints: signed requests, what becomes of them, and when they are tried again.

All deliveries that come together are sent at the same time, so one that hangs until its time-out keeps none of the
others from being sent. What was not taken goes back into the queue with its next attempt's time; SQS delays for 15
minutes at most, so a longer pause is made of several. Who is known not to answer is left alone for `REST_MS`, in which
deliveries to it pass to their next attempt unsent, all but the last, so that a dead endpoint holds few functions.

An endpoint may get a delivery more than once, each time with the same `webhook-id`: whoever dies between sending and
noting it leaves the delivery to be received again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from chat import signals
from chat.days import DAY_MS
from chat.errors import UnavailableError
from chat.outbound import OutboundAnswer, OutboundRequest
from chat.storage.webhooks import Webhook
from chat.webhooks import signing
from chat.webhooks.office import Dispatch
from chat.webhooks.routing import Delivery

WAITS_S = (15, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
"""Pauses before the second attempt and those that follow: 27.6 h in all, and never less than 24 with their jitter."""

JITTER = 0.1
"""A pause is up to so much shorter or longer: what failed together does not come back together."""

MAX_DELAY_S = 900
"""The longest that SQS keeps a message back."""

REST_MS = 10_000

GONE = 410
SILENT = frozenset({0, 429, 502, 503, 504})
"""Answers of who can't be reached or has too much to do: more requests would only make it worse."""

CONTENT_TYPE = ("content-type", "application/json")
USER_AGENT = ("user-agent", "agent-chat-webhooks/1")

logger = logging.getLogger(__name__)


class Batch(msgspec.Struct, frozen=True):
    """The body of a request to an endpoint that takes several events at once."""

    events: list[msgspec.Raw]
    version: int = 1


class _Id(msgspec.Struct):
    id: str


@dataclass(frozen=True)
class _Sending:
    """A delivery that is sent now. `at` is its place among the bodies."""

    at: int
    delivery: Delivery
    webhook: Webhook


def work_off(dispatch: Dispatch, bodies: Sequence[bytes]) -> list[bool]:
    """Sends what is due and puts back what is not; says for each body, in order, whether it was done with.

    One that is no delivery fails, and is a dead letter in the end. Raises `UnavailableError` where nothing can be
    signed, before anything is done. Cost of a delivery that is taken at once: a request, and its share of a read of the
    endpoints every 5 s. Of one that fails: a write unit and an SQS request more.
    """
    master = dispatch.master()  # before anything is put back, which a repeat of the whole would do again
    done = [True] * len(bodies)
    due: list[_Sending] = []
    for at, body in enumerate(bodies):
        try:
            delivery = msgspec.json.decode(body, type=Delivery)
            webhook = dispatch.endpoints.known().get(delivery.webhook)
            if webhook is not None and webhook.disabled is None and not _postponed(dispatch, delivery):
                due.append(_Sending(at, delivery, webhook))
        except (msgspec.MsgspecError, UnavailableError):
            logger.exception("delivery failed")
            done[at] = False
    answers = dispatch.outbound.post([_request(dispatch, master, sending) for sending in due])
    for sending, answer in zip(due, answers, strict=True):
        try:
            _settle(dispatch, sending, answer)
        except UnavailableError:
            logger.exception("delivery failed", extra={"webhook": sending.webhook.id})
            done[sending.at] = False
    return done


def _postponed(dispatch: Dispatch, delivery: Delivery) -> bool:
    """Whether the delivery is not for now, and has been put back."""
    now_ms = dispatch.clock.now_ms()
    if delivery.due_at_ms > now_ms:
        _put_back(dispatch, delivery)
        return True
    if dispatch.resting.get(delivery.webhook, 0) > now_ms and delivery.attempt <= len(WAITS_S):
        _put_back(dispatch, _next(dispatch, delivery))
        return True
    return False


def _request(dispatch: Dispatch, master: str, sending: _Sending) -> OutboundRequest:
    held = sending.delivery.events
    body = msgspec.json.encode(Batch(held)) if sending.webhook.batch else bytes(held[0])
    now_ms = dispatch.clock.now_ms()
    sent_id = signing.message_id([msgspec.json.decode(event, type=_Id).id for event in held])
    secrets = signing.secrets_of(master, sending.webhook, now_ms)
    proof = signing.headers(secrets, sent_id, now_ms // 1_000, body)
    return OutboundRequest(sending.webhook.url, (CONTENT_TYPE, USER_AGENT, *proof), body)


def _settle(dispatch: Dispatch, sending: _Sending, answer: OutboundAnswer) -> None:
    webhook, delivery = sending.webhook, sending.delivery
    signals.WEBHOOK_DELIVERIES.add(of="taken" if answer.ok else "failed")
    if answer.ok:
        dispatch.resting.pop(webhook.id, None)
        # Of a failure that another instance noted since, the number of the attempt tells.
        if webhook.failing_since_ms or delivery.attempt > 1:
            dispatch.book.recover(webhook.id)
            dispatch.endpoints.forget()
        return
    now_ms = dispatch.clock.now_ms()
    if answer.status in SILENT:
        dispatch.resting[webhook.id] = now_ms + REST_MS
    failed = dispatch.book.fail(webhook, now_ms, answer.words)
    _judge(dispatch, failed, answer, now_ms)
    dispatch.endpoints.forget()
    # Last, because a repeat of what comes before it does no harm, and putting back twice makes two of one.
    if delivery.attempt <= len(WAITS_S):
        _put_back(dispatch, _next(dispatch, delivery))
        return
    logger.warning("delivery given up", extra={"webhook": webhook.id, "why": answer.words})
    dispatch.book.give_up(webhook.id, len(delivery.events))


def _judge(dispatch: Dispatch, failed: Webhook | None, answer: OutboundAnswer, now_ms: int) -> None:
    """Disables who says that it is gone, or has failed for too long."""
    if failed is None:
        return
    if answer.status == GONE:
        why = "gone: it answered 410"
    elif now_ms - failed.failing_since_ms >= dispatch.disable_after_ms:
        why = f"failing: nothing was taken for {dispatch.disable_after_ms // DAY_MS} days"
    else:
        return
    logger.error("webhook disabled", extra={"webhook": failed.id, "why": why, "last_error": failed.last_error})
    dispatch.book.disable(failed.id, why)


def _next(dispatch: Dispatch, delivery: Delivery) -> Delivery:
    wait_s = WAITS_S[delivery.attempt - 1] * (1 - JITTER + 2 * JITTER * dispatch.chance())
    due_at_ms = dispatch.clock.now_ms() + int(wait_s * 1_000)
    return msgspec.structs.replace(delivery, attempt=delivery.attempt + 1, due_at_ms=due_at_ms)


def _put_back(dispatch: Dispatch, delivery: Delivery) -> None:
    wait_s = -(-(delivery.due_at_ms - dispatch.clock.now_ms()) // 1_000)
    dispatch.queue.send([msgspec.json.encode(delivery)], delay_s=max(0, min(MAX_DELAY_S, wait_s)))
