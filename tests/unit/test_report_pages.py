"""What reports are made of: tables, and charts whose figures are where they belong."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from operations.pages import bar_charts
from operations.pages.document import Markup, html, table
from operations.pages.line_charts import Axis, Series, line_chart, upward


def test_a_page_has_what_is_told_between_its_head_and_its_end_and_loads_nothing() -> None:
    page = html("One & two", "<p>told</p>")
    assert "<title>One &amp; two</title>" in page
    assert page.endswith("<h1>One &amp; two</h1><p>told</p></main></body></html>\n")
    assert not re.search(r"(src|href)=|url\(|@import|<script", page)


def test_cells_are_text_unless_they_are_markup() -> None:
    assert "<td>a&lt;b</td><td><b>c</b></td>" in table(("", ""), [("a<b", Markup("<b>c</b>"))])


def test_a_column_of_figures_stands_to_the_right_with_its_name() -> None:
    told = table(("what", "how many", "mixed"), [("one", "1,234.5", "7"), ("two", "-", "none")])
    assert '<th>what</th><th class="figure">how many</th><th>mixed</th>' in told
    assert '<td>one</td><td class="figure">1,234.5</td><td>7</td>' in told


def test_a_table_without_rows_or_names_is_one_all_the_same() -> None:
    assert table(("a", "b"), []).count("<th>") == 2
    assert "<thead>" not in table(("", ""), [("a", "b")])


def test_a_chart_s_bars_are_as_long_as_their_values() -> None:
    chart = ET.fromstring(  # noqa: S314  # made here
        bar_charts.bars("One & two", [("one", 1, "1"), ("two <2>", 2, "2")], high=1.5)
    )
    widths = [float(bar.attrib["width"]) for bar in chart.iter("rect")]
    assert widths[1] == pytest.approx(2 * widths[0])
    assert [bar.attrib["class"] for bar in chart.iter("rect")] == ["bar", "high"]


def test_a_chart_breaks_its_line_where_nothing_was_measured_and_keeps_within_its_frame() -> None:
    series = [Series("a<b", [(0, 1.0), (1, None), (2, 3.0), (3, 9.0)])]
    drawn = line_chart("t", series, Axis(0, 3, "s"), upward("n", series))
    assert drawn.count("<polyline") == 2
    assert "a&lt;b" in drawn
    places = [float(each) for points in re.findall(r'points="([^"]*)"', drawn) for each in re.split("[ ,]", points)]
    assert all(0 <= place <= 720 for place in places)
