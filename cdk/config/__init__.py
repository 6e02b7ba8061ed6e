"""What differs between stages, as frozen and validated values: `-c stage=dev`. Knows nothing of CDK.

Deterministic: the same context gives the same values everywhere (only stage local looks at the machine, whose Python
and processor its functions run on), and nothing here calls a network.
"""

from cdk.config.backups import Backups
from cdk.config.capacity import CapacityConfig, Range, Warm
from cdk.config.context import read_context
from cdk.config.stages import LOG_RETENTION_DAYS, ROOT, STAGES, StageConfig
from cdk.config.values import (
    BuiltInIssuer,
    CacheConfig,
    ConfigError,
    MediaKeys,
    MediaScan,
    ModerationHook,
    OpenIdConnect,
    Rollout,
    SocketsHeld,
    Throttle,
    UploadQuota,
    UserLimit,
    Videos,
    WalletSignIn,
)

__all__ = [
    "LOG_RETENTION_DAYS",
    "ROOT",
    "STAGES",
    "Backups",
    "BuiltInIssuer",
    "CacheConfig",
    "CapacityConfig",
    "ConfigError",
    "MediaKeys",
    "MediaScan",
    "ModerationHook",
    "OpenIdConnect",
    "Range",
    "Rollout",
    "SocketsHeld",
    "StageConfig",
    "Throttle",
    "UploadQuota",
    "UserLimit",
    "Videos",
    "WalletSignIn",
    "Warm",
    "read_context",
]
