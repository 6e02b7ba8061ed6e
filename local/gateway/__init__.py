"""API Gateway's WebSocket data plane in front of any AWS endpoint: an emulator on this machine, or AWS itself.

As a program: `python -m local.gateway --help`. As a library: `async with serve(GatewayConfig(…)) as gateway`.
"""

from local.gateway.config import GatewayConfig
from local.gateway.limits import Limits
from local.gateway.server import serve

__all__ = ["GatewayConfig", "Limits", "serve"]
