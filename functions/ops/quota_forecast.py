"""Four times a day: what will be used of the account's quotas by the time that more of them could be had."""

from __future__ import annotations

from typing import Any

import msgspec

from chat import log
from chat.aws import boto, wiring
from chat.aws.quota_usage import Quota, Usage


@log.invocations
def handle(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Percent of each quota, ahead. What fails is an error of the function's, and tried again at the next time."""
    quotas = msgspec.json.decode(wiring.settings().need("quotas"), type=list[Quota])
    usage = Usage(quotas=quotas, client=boto.client, clock=wiring.clock())
    return {outlook.key: round(outlook.ahead, 1) for outlook in usage.look_ahead()}
