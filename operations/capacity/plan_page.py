"""A plan as one HTML page: what to do, then quotas, functions and dollars, each as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from operations.capacity import plan_text
from operations.capacity.bill import LEFT_OUT
from operations.capacity.loads import MEMORY_MB
from operations.capacity.stage_plan import StagePlan
from operations.capacity.utilisation import HEADROOM
from operations.pages.bar_charts import bars
from operations.pages.document import html, table

FULL = 100
"""Percent at which a quota is used up."""


def page(plan: StagePlan) -> str:
    """The whole page."""
    lines = plan.bill.lines
    return html(
        "Capacity plan",
        table(("", ""), plan_text.summary(plan)),
        "<h2>What to do</h2>",
        _list(list(plan_text.advice(plan)) or ["Nothing has to be asked for."]),
        "<h2>Quotas, by each cell</h2>",
        _quotas(plan),
        table(plan_text.QUOTA_HEADER, plan_text.quota_rows(plan)),
        "<h2>Functions at once</h2>",
        bars(
            "Functions at once", [(_function(name), count, f"{count:,.1f}") for name, count in plan.concurrency.items()]
        ),
        "<h2>Dollars a month</h2>",
        bars("Dollars a month", [(f"{line.part}: {line.title}", line.usd, f"${line.usd:,.2f}") for line in lines]),
        table(
            ("part", "what", "arithmetic", "$/M messages"),
            ((line.part, line.title, line.arithmetic, f"{line.per_million_messages:,.3f}") for line in lines),
        ),
        f"<p>No line is for: {escape(', '.join(LEFT_OUT))}.</p>",
    )


def _quotas(plan: StagePlan) -> str:
    rows = [(use.title, use.percent, f"{use.percent:,.1f} %") for use in plan.uses]
    return bars("Percent of each quota", rows, line=FULL, high=FULL * HEADROOM)


def _function(name: str) -> str:
    return f"{name} ({MEMORY_MB[name]} MB)"


def _list(sentences: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ul>"
