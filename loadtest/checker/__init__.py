"""Whether what was promised to clients was kept, from their journals alone (`loadtest.journal`).

Nothing is asked of the server, so it can be run on the journals of any stage. Journals are read twice: what was done
(`deeds`) is kept and then used to judge what was seen (`sightings`), which is not kept. Ten million hearings of a
million messages take some hundred megabytes and two to three minutes.

Times of different devices are compared only where nothing else can tell, and with an allowance for their clocks.
"""

from __future__ import annotations

from collections.abc import Sequence

from loadtest.checker.deeds import read_all
from loadtest.checker.sightings import Allowances, Sightings
from loadtest.checker.verdict import Kind, Verdict, Violation
from loadtest.journal import Journal

__all__ = ["Allowances", "Kind", "Verdict", "Violation", "check"]


def check(journals: Sequence[Journal], allowances: Allowances | None = None) -> Verdict:
    """The verdict over journals, each readable twice. Raises `JournalError` for what is no journal."""
    allowances = allowances or Allowances()
    verdict = Verdict()
    deeds = read_all(journals, verdict, allowances.skew_ms)
    sightings = Sightings(deeds, verdict, allowances)
    for journal in journals:
        sightings.read(journal)
    return verdict
