"""What AWS allows, charges and takes, each figure once and with its source. Knows nothing of this application.

Collected 2026-11. Whoever needs a figure (planner, simulator, reports) takes it from here and never writes it down
again; `Source.mark` says how far it is to be believed.
"""

from operations.facts.sources import FactError, Source

__all__ = ["FactError", "Source"]
