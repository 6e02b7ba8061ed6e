"""What one upload costs in us-east-1, from the seconds that its functions need. Pure.

Not counted: what viewers load, what is kept (S3, $0.023 a GB and month), and what Announce and Reject run for, a tenth
of a second of 512 MB.
"""

from __future__ import annotations

from chat.media_facts import Facts
from operations.facts.prices import prices_of

PRICES = prices_of("us-east-1")

INSPECT_GB = 1024 / 1024
MAKE_GB = 1769 / 1024
TRANSCODE_GB = 3538 / 1024
"""Memory of the functions, which `tests/infrastructure/test_hops.py` compares with what is deployed."""

CORES_OF_TRANSCODE = 2

TRANSITIONS = {"image": 5, "audio": 5, "document": 5, "video": 6}
"""The start, Inspect, the choice of the kind, what it needs, Announce; one more with a scan of one's own."""


def of_upload(facts: Facts, inspect_s: float, make_s: float, objects: int) -> float:
    """Dollars. Seconds are of the processor; a video's are shared by the two cores of its function."""
    is_video = facts.kind == "video"
    making = make_s / CORES_OF_TRANSCODE * TRANSCODE_GB if is_video else make_s * MAKE_GB
    computing = PRICES["lambda_gb_s"].of(inspect_s * INSPECT_GB + making)
    steps = PRICES["transitions"].of(TRANSITIONS[facts.kind])
    return computing + steps + PRICES["objects"].of(objects)
