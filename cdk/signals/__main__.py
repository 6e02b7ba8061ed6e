"""`make monitoring`: writes the guide to monitoring from the signals."""

from __future__ import annotations

from pathlib import Path

from cdk.signals.page import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "monitor.md"

if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"{PAGE.name} is as the signals are.")  # noqa: T201 - a command
