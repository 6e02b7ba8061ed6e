"""What keeps one user from harming the others: limits on commands and posts, slow mode, blocked words, the hook.

| limit | where it is known | how well it holds | cost |
|---|---|---|---|
| commands of a user | a token bucket in each function instance | exactly, for what one instance sees | none |
| posts of a user | a row a minute, one post in ten counted for all | for all, but for chance and 5 s | 0.1 WU |
| posts of a room | its own numbers, which are dense (`chat.pace`) | for all instances, a second late | none |
| slow mode of a room | a row a member, written on a condition | exactly, for all instances | 1 WU, there only |

Costs are write units a message. Chance is a standard deviation of 8 % at the default limit of 1,400 posts a minute.

A user who is over the limit of posts is marked on their membership of the room, which every instance reads before it
takes a post and remembers for 5 s. Each refusal says when to try again.
"""

from __future__ import annotations

import logging

from chat import words
from chat.access import moderates
from chat.buckets import TokenBuckets
from chat.errors import BlockedWordError, MessageRefusedError, SlowModeError, TooManyRequestsError, UnavailableError
from chat.ports import Posting, Sender
from chat.protocol import (
    Command,
    CreateRoom,
    ListReports,
    ListRooms,
    ReadHistory,
    ReadPresence,
    ReadReceipts,
    Subscribe,
    Sync,
)
from chat.services import Services
from chat.storage.memberships import Membership
from chat.storage.rates import MINUTE_MS

COSTS: dict[type[Command], int] = {
    CreateRoom: 10,
    ListRooms: 4,
    Subscribe: 2,
    ReadHistory: 2,
    ListReports: 2,
    ReadPresence: 4,
    ReadReceipts: 4,
    Sync: 2,
}
"""Tokens of commands that cost the stage more than one; a room's invited members cost one more each."""

UPLOAD_COST = 10
"""Tokens of a permission to upload: ten megabytes that are stored, and looked at by three functions."""

HOOK_RETRY_MS = 2_000
"""When to send again after the hook gave no verdict and the stage takes nothing without one."""

logger = logging.getLogger(__name__)


def charge(services: Services, sender: Sender, command: Command) -> None:
    """Takes the command's tokens from its user's bucket. Raises `TooManyRequestsError`.

    No call, but for half a read unit every 5 s and function instance, for limits that operators have changed.
    """
    services.protection.limits.follow(services.protection.buckets, services.pace)
    cost = COSTS.get(type(command), 1)
    if isinstance(command, CreateRoom):
        cost += len(command.members)
    require_tokens(services.protection.buckets, sender.user, cost, services.clock.now_ms())


def require_tokens(buckets: TokenBuckets, user: str, cost: int, now_ms: int) -> None:
    """Takes tokens from the user's bucket. Raises `TooManyRequestsError` with when there are enough. No call."""
    wait_ms = buckets.take(user, cost, now_ms)
    if wait_ms:
        raise TooManyRequestsError(
            f"One user sends up to {buckets.rate_per_s} commands a second, and {buckets.burst} at once.",
            retry_after_ms=wait_ms,
        )


def check_words(services: Services, room: str, text: str) -> None:
    """Raises `BlockedWordError` for a text with a word that the room or the stage does not take.

    No call where the room's rules are remembered, as they are after `access.require_speaker`.
    """
    blocked = services.protection.blocked_words | services.protection.rules.recall(room).blocked_words
    if blocked and blocked & words.words_of(text):
        raise BlockedWordError("There is a word in this that is not taken here.")


def ask_hook(services: Services, posting: Posting) -> None:
    """Asks the operator's hook, where there is one, and waits for its verdict no longer than the deadline.

    Raises `MessageRefusedError`; `UnavailableError` where there is no verdict and nothing is taken without one.
    """
    protection = services.protection
    if protection.hook is None:
        return
    verdict = protection.hook.judge(posting)
    if verdict is None and not protection.hook_fails_open:
        raise UnavailableError("Messages can't be checked right now; send again.", retry_after_ms=HOOK_RETRY_MS)
    if verdict is None:
        logger.warning("message taken without a verdict", extra={"room": posting.room})
    elif not verdict.allowed:
        raise MessageRefusedError(verdict.reason or "This message is not taken here.")


def take_turn(services: Services, membership: Membership, command_id: str) -> None:
    """In a room in slow mode, takes the member's turn. Raises `SlowModeError` with the time to the next one.

    Moderators and the owner always have one; so has a command that took its turn before and is sent again.
    """
    slow_mode_s = services.protection.rules.recall(membership.room).slow_mode_s
    if not slow_mode_s or moderates(membership):
        return
    wait_ms = services.protection.slow_mode.claim(
        membership.room, membership.user, command_id, slow_mode_s=slow_mode_s, now_ms=services.clock.now_ms()
    )
    if wait_ms > 0:
        raise SlowModeError(f"One message in {slow_mode_s} seconds here.", retry_after_ms=wait_ms)


def count_post(services: Services, room: str, user: str) -> None:
    """Counts a message that is stored, and keeps its user from posting for the rest of a minute that is full.

    Never raises: the message is durable, whatever becomes of the count.
    """
    protection, now_ms = services.protection, services.clock.now_ms()
    try:
        posts = protection.rates.count(user, now_ms)
        if posts > 60 * protection.buckets.rate_per_s + protection.buckets.burst:
            services.members.limit(room, user, (now_ms // MINUTE_MS + 1) * MINUTE_MS)
    except UnavailableError:
        logger.warning("post not counted", extra={"room": room, "user": user})
