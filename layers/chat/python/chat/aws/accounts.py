"""Puts jobs on users' own data together for one function instance. Apart from `wiring`, whose users lack boto3."""

from __future__ import annotations

from functools import cache

from chat.aws import files, mobile, wiring
from chat.services import Accounts
from chat.storage.presence import PresenceBook
from chat.storage.push_subscriptions import PushBook
from chat.storage.reports import ReportBook


@cache
def accounts() -> Accounts:
    """Everything that working off a job takes."""
    return Accounts(
        office=wiring.job_office(),
        rooms=wiring.rooms(),
        members=wiring.members(),
        changes=wiring.changes(),
        reactions=wiring.reactions(),
        search_index=wiring.search_index(),
        reports=ReportBook(wiring.rooms_table()),
        presence=PresenceBook(wiring.connections_table()),
        fanout=wiring.fanout(),
        files=files.files(),
        push=PushBook(wiring.rooms_table()),
        mobile=mobile.mobile(),
    )
