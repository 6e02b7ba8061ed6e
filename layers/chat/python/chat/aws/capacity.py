"""Reviews what waits before it is needed, and changes it: pollers of queues, what tables are warm for.

Uses boto3, which is too heavy for the hot path. The rules are `chat.capacity`'s; what a stage has is told by its
setting `capacity`. Each change is a deed in the operators' audit before it is made: the deed of `stage`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from chat import capacity, poller_plans, signals
from chat.aws import boto, wiring
from chat.capacity import MOST_LEAST_POLLERS, Bounds, Watched
from chat.errors import UnavailableError
from chat.poller_plans import Plan, PlanError
from chat.ports import Clock, Ids
from chat.storage.audit import AuditTrail, Deed

STAGE = "stage"
"""Who does it, in the audit."""

SETTLED = frozenset({"Enabled", "Disabled"})
"""States of an event source mapping that can be changed; in all others an earlier change is under way."""

logger = logging.getLogger(__name__)


class Queue(msgspec.Struct, frozen=True):
    """A queue with pollers of its own, and the alarm that says that they are too few."""

    name: str
    mapping: str
    """The event source mapping's id."""
    least: int
    most: int
    alarm: str


class Table(msgspec.Struct, frozen=True):
    """A table that may be warmed, and the alarm that says that it is throttled."""

    name: str
    table: str
    most_writes: int
    most_reads: int
    alarm: str


class Kept(msgspec.Struct, frozen=True):
    """All that a stage reviews."""

    queues: tuple[Queue, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def alarms(self) -> list[str]:
        """Whose states are asked for."""
        return [*(queue.alarm for queue in self.queues), *(table.alarm for table in self.tables)]


@dataclass(frozen=True)
class Change:
    """What was one number and is another now."""

    about: str
    before: int
    after: int

    def __str__(self) -> str:
        return f"{self.about}: {self.before} to {self.after}"


@dataclass(frozen=True, kw_only=True)
class Review:
    """One stage's. `client` makes boto3's client of a service; `plan_parameter` is where a forecast's plan is kept."""

    kept: Kept
    client: Callable[[str], Any]
    plan_parameter: str
    audit: AuditTrail
    ids: Ids
    clock: Clock
    changes: list[Change] = field(default_factory=list)

    def run(self) -> list[Change]:
        """Looks at everything once, and returns what was changed. Safe to repeat, and beside another one.

        What can't be read or changed is a fault in the log, and keeps nothing else from being reviewed; but the review
        then counts as none, so that an alarm tells of what goes on failing.
        Raises botocore's errors where nobody knows which alarms are on.
        """
        watched, plan = dict(self._watched()), self._plan()
        queues = [
            (each.name, partial(self._review_queue, each, watched[each.alarm], plan)) for each in self.kept.queues
        ]
        tables = [(each.name, partial(self._review_table, each, watched[each.alarm])) for each in self.kept.tables]
        reviewed = [self._one(name, review) for name, review in (*queues, *tables)]
        signals.CAPACITY_REVIEWS.add(all(reviewed))
        return self.changes

    def _one(self, name: str, review: Callable[[], None]) -> bool:
        """Whether it could be reviewed."""
        try:
            review()
        except (BotoCoreError, ClientError, UnavailableError):
            logger.exception("capacity not reviewed", extra={"about": name})
            return False
        return True

    def _watched(self) -> Iterator[tuple[str, Watched]]:
        """Every alarm's state; one that is not deployed yet says nothing."""
        found = self.client("cloudwatch").describe_alarms(AlarmNames=self.kept.alarms)["MetricAlarms"]
        states = {alarm["AlarmName"]: alarm for alarm in found}
        for name in self.kept.alarms:
            alarm = states.get(name)
            if alarm is None:
                yield name, Watched(alarming=False, since_s=0)
            else:
                changed = alarm.get("StateTransitionedTimestamp") or alarm["StateUpdatedTimestamp"]
                yield name, Watched(alarming=alarm["StateValue"] == "ALARM", since_s=self._age_s(changed))

    def _plan(self) -> Plan:
        """A forecast's plan; none where there is none, or it can't be read: what the stage keeps is still there."""
        try:
            value = self.client("ssm").get_parameter(Name=self.plan_parameter)["Parameter"]["Value"]
            return poller_plans.read_plan(value)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ParameterNotFound":
                logger.exception("plan of pollers not read")
        except PlanError:
            logger.exception("plan of pollers not read")
        return {}

    def _review_queue(self, queue: Queue, watched: Watched, plan: Plan) -> None:
        pollers = self.client("lambda")
        mapping = pollers.get_event_source_mapping(UUID=queue.mapping)
        if mapping["State"] not in SETTLED:
            return
        config = mapping.get("ProvisionedPollerConfig", {})
        # Operators may have bounded them since (`chat.scaling`), and raised them past what was deployed.
        now, most = int(config.get("MinimumPollers", 0)), int(config.get("MaximumPollers", queue.most))
        floor = poller_plans.planned(plan.get(queue.name, ()), self._minute())
        wanted = capacity.next_least(
            now,
            floor=floor,
            bounds=Bounds(least=min(queue.least, most), most=min(most, MOST_LEAST_POLLERS)),
            watched=watched,
            changed_s=self._age_s(mapping["LastModified"]),
        )
        if watched.alarming and now >= min(most, MOST_LEAST_POLLERS):
            self._bound(queue.name, now)
        if wanted != now:
            self._note(f"pollers of {queue.name}", now, wanted, _why(queue.alarm, watched, floor))
            pollers.update_event_source_mapping(
                UUID=queue.mapping, ProvisionedPollerConfig={"MinimumPollers": wanted, "MaximumPollers": most}
            )

    def _review_table(self, table: Table, watched: Watched) -> None:
        if not watched.alarming:
            return
        tables = self.client("dynamodb")
        found = tables.describe_table(TableName=table.table)["Table"].get("WarmThroughput", {})
        if found.get("Status") != "ACTIVE":
            return
        most = {"WriteUnitsPerSecond": table.most_writes, "ReadUnitsPerSecond": table.most_reads}
        now = {side: int(found[side]) for side in most}
        wanted = {side: capacity.next_warm(now[side], most=most[side], watched=watched) for side in most}
        if all(now[side] >= most[side] for side in most):
            self._bound(table.name, table.most_writes)
        for side in most:
            if wanted[side] != now[side]:
                self._note(f"{side} of {table.name}", now[side], wanted[side], _why(table.alarm, watched, 0))
        if wanted != now:
            tables.update_table(TableName=table.table, WarmThroughput=wanted)

    def _note(self, about: str, before: int, after: int, why: str) -> None:
        """In the audit, in the log and among the metrics, before it is done. Raises `UnavailableError`."""
        deed = Deed(self.ids.new(), STAGE, "capacity.change", f"{about}: {before} to {after}", why, self.clock.now_ms())
        self.audit.add(deed)
        signals.CAPACITY_CHANGES.add(of="raised" if after > before else "lowered")
        logger.info("capacity changed", extra={"about": about, "before": before, "after": after, "why": why})
        self.changes.append(Change(about, before, after))

    def _bound(self, name: str, most: int) -> None:
        signals.CAPACITY_BOUND.add()
        logger.warning("no more capacity may be had", extra={"about": name, "most": most})

    def _age_s(self, moment: datetime) -> float:
        return max(0.0, self.clock.now_ms() / 1_000 - moment.timestamp())

    def _minute(self) -> int:
        now = datetime.fromtimestamp(self.clock.now_ms() / 1_000, UTC)
        return now.hour * 60 + now.minute


def _why(alarm: str, watched: Watched, floor: int) -> str:
    planned = f"; {floor} are planned for this hour" if floor else ""
    return f"{alarm} is {'on' if watched.alarming else 'off'} since {watched.since_s:.0f} s{planned}"


def review() -> Review:
    """This stage's, as it is now."""
    settings = wiring.settings()
    return Review(
        kept=msgspec.json.decode(settings.need("capacity"), type=Kept),
        client=boto.client,
        plan_parameter=settings.need("poller_plan_parameter"),
        audit=AuditTrail(wiring.rooms_table()),
        ids=wiring.ids(),
        clock=wiring.clock(),
    )
