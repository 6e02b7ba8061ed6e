"""What pages tell of how they fare."""

from __future__ import annotations

from cdk.constructs.function import Platform
from cdk.constructs.http_api import HttpApi


def add_measurements(platform: Platform, *, http: HttpApi) -> None:
    """`/api/measurements`: calls nothing, and may call nothing. What it counts leaves by its log."""
    measurements = platform.function(
        "Measurements", "ops.measurements", platform.settings(), timeout_s=5, memory_mb=256
    )
    http.add("POST", "/api/measurements", measurements)
