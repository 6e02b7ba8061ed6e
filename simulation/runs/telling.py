"""A case and its trace as text: who, what, when."""

from __future__ import annotations

from collections.abc import Iterator

from simulation.cloud.scheduler import START_MS
from simulation.runs.case import Case, begins_ms
from simulation.runs.faults import Accident, Death, Fault, Lost, Parted, Recycled, RegionFault, TakenOver, Trouble
from simulation.runs.play import Run


def case_told(case: Case) -> Iterator[str]:
    """What people do and what goes wrong, in its order."""
    yield f"{len(case.users)} people, {len(case.rooms)} rooms, {len(case.steps)} steps, {len(case.faults)} faults"
    if case.fanout or case.tier:
        yield f"thresholds {case.fanout or 'as usual'}; {'with' if case.tier else 'without'} a shared cache"
    told = [(step.at_ms, f"{step.user} {step.action} in {step.room} ({step.pick})") for step in case.steps]
    told += [(begins_ms(fault), fault_told(fault)) for fault in case.faults]
    for at_ms, words in sorted(told):
        yield f"{at_ms / 1000:9.3f} s  {words}"


def fault_told(fault: Fault) -> str:
    """A fault in words."""
    match fault:
        case Lost() | Parted() | TakenOver():
            return _region_told(fault)
        case Death():
            return f"! {fault.function} dies {'after' if fault.after else 'before'} its call {fault.call} from here"
        case Trouble():
            return f"! until {fault.until_ms / 1000:.3f} s, {fault.share:.0%}: {fault.kind.value}"
        case Accident():
            lasting = f", {fault.duration_ms / 1000:.1f} s" if fault.duration_ms else ""
            return f"! {fault.user}: {fault.mishap.value}{lasting}"
        case Recycled():
            return f"! instances of {fault.function} end"


def _region_told(fault: RegionFault) -> str:
    match fault:
        case Lost():
            back = "for good" if fault.back_ms is None else f"until {fault.back_ms / 1000:.3f} s"
            return f"! {fault.region} is lost {back}"
        case Parted():
            return f"! until {fault.until_ms / 1000:.3f} s: Regions copy nothing to each other"
        case TakenOver():
            return f"! {fault.region} takes over"


def trace_told(run: Run) -> Iterator[str]:
    """What happened, line by line: what clients saw, what functions called, what struck."""
    lines = [(at_us / 1000 - START_MS, f"{who:<20} {what} {more}") for at_us, who, what, more in run.trace.lines]
    for diary in run.diaries:
        lines += [(record.at_ms - START_MS, f"{diary.user:<20} {record}") for record in diary.entries]
    for at_ms, words in sorted(lines, key=lambda line: line[0]):
        yield f"{at_ms / 1000:10.3f} s  {words}"
