"""What moderators set for their room, and what members report to them."""

from __future__ import annotations

import logging

from chat import access, words
from chat.delivery import deliver
from chat.errors import InvalidFieldError, MessageNotFoundError
from chat.ports import Sender
from chat.protocol import (
    Author,
    Configure,
    Done,
    ListReports,
    MessageReport,
    ReadSettings,
    ReportList,
    ReportMessage,
    RoomChanged,
    RoomSettings,
    SettleReports,
    encode,
)
from chat.services import Services
from chat.storage.messages import VOID, Span
from chat.storage.reports import ReportRecord
from chat.storage.room_rules import RoomRules

logger = logging.getLogger(__name__)


def configure(services: Services, sender: Sender, command: Configure) -> RoomSettings:
    """Sets what the command names and tells the room's subscribers; in force everywhere within 10 s, usually 5."""
    access.require_moderator(services, sender.user, command.room)
    if command.slow_mode_s is None and command.blocked_words is None:
        return _settings(command.room, services.protection.rules.find(command.room), moderator=True)
    blocked = None if command.blocked_words is None else frozenset(map(_word, command.blocked_words))
    changed = set_rules(services, sender, command.room, slow_mode_s=command.slow_mode_s, blocked_words=blocked)
    return _settings(command.room, changed, moderator=True)


def set_rules(
    services: Services,
    by: Sender,
    room: str,
    *,
    slow_mode_s: int | None = None,
    blocked_words: frozenset[str] | None = None,
) -> RoomRules:
    """Changes what is not None, whoever asks for it, and tells the room's subscribers."""
    changed = services.protection.rules.change(room, slow_mode_s=slow_mode_s, blocked_words=blocked_words)
    frame = encode(RoomChanged(room=room, slow_mode_s=changed.slow_mode_s, by=Author(by.user, by.name)))
    deliver(services.fanout, room, frame, except_connection=by.connection)
    return changed


def read_settings(services: Services, sender: Sender, command: ReadSettings) -> RoomSettings:
    """The room's settings as they stand; the blocked words for moderators only."""
    membership = access.require_member(services, sender.user, command.room)
    rules = services.protection.rules.find(command.room)
    return _settings(command.room, rules, moderator=access.moderates(membership))


def report(services: Services, sender: Sender, command: ReportMessage) -> Done:
    """Stores the report; of a message that its sender has reported before, the first one stays.

    Raises `MessageNotFoundError`. The log says that there is a report, for operators: a direct room has no moderators.
    """
    access.require_member(services, sender.user, command.room)
    reason = command.reason.strip()
    if not reason:
        raise InvalidFieldError("`reason` has nothing in it.")
    now_ms = services.clock.now_ms()
    entries = services.messages.read(command.room, Span(1, after=command.seq - 1), now_ms).entries
    if not entries or entries[0]["kind"] == VOID:
        raise MessageNotFoundError("There is no message of this number.")
    record = ReportRecord(command.room, command.seq, sender.user, sender.name, reason, now_ms)
    if services.protection.reports.file(record):
        logger.info("message reported", extra={"room": command.room, "seq": command.seq})
    return Done()


def list_reports(services: Services, sender: Sender, command: ListReports) -> ReportList:
    """A page of the room's reports, by message number. Moderators only."""
    access.require_moderator(services, sender.user, command.room)
    records, after = services.protection.reports.page(command.room, command.after, command.limit)
    reports = [
        MessageReport(each.seq, Author(each.user, each.name), each.reason, each.reported_at_ms) for each in records
    ]
    return ReportList(reports=reports, after=after)


def settle(services: Services, sender: Sender, command: SettleReports) -> Done:
    """Ends the reports of a message, whatever has become of it. Moderators only. The log says that there were some."""
    access.require_moderator(services, sender.user, command.room)
    settled = services.protection.reports.settle(command.room, command.seq)
    if settled:
        logger.info("reports settled", extra={"room": command.room, "seq": command.seq, "reports": settled})
    return Done()


def _settings(room: str, rules: RoomRules, *, moderator: bool) -> RoomSettings:
    blocked = sorted(rules.blocked_words) if moderator else []
    return RoomSettings(room=room, slow_mode_s=rules.slow_mode_s, blocked_words=blocked)


def _word(text: str) -> str:
    found = words.word(text)
    if found is None:
        raise InvalidFieldError("`blocked_words` are single words, of letters and digits.")
    return found
