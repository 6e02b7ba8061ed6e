"""What is kept of a stage's tables beside them, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cdk.config.values import ConfigError

Lock = Literal["off", "governance", "compliance"]

COLD_DAYS = 90
"""What cold storage keeps at the least (AWS Backup)."""


@dataclass(frozen=True, kw_only=True)
class Backups:
    """Backups by AWS Backup. Point-in-time recovery of the last 35 days is there without them."""

    daily_kept_days: int = 35
    weekly_kept_days: int = 98
    monthly_kept_days: int = 395
    cold_after_days: int | None = 30
    """When a monthly one moves to cold storage, a third of the price; None: never."""
    exports_kept_days: int = 35
    """Of `make export`, in the stage's bucket for them."""
    lock: Lock = "governance"
    """Who may remove a backup before its time: anybody with the right, whoever may also remove the lock, or nobody."""
    copy_to: str | None = None
    """ARN of a vault in another account or Region that gets a copy of each; None: no copies."""

    def __post_init__(self) -> None:
        if not 1 <= self.daily_kept_days <= self.weekly_kept_days <= self.monthly_kept_days:
            raise ConfigError("What is backed up less often is kept at least as long.")
        if self.cold_after_days is not None and self.monthly_kept_days < self.cold_after_days + COLD_DAYS:
            raise ConfigError(f"What is in cold storage stays there for {COLD_DAYS} days at least.")
        if self.lock not in {"off", "governance", "compliance"}:
            raise ConfigError(f"backup_lock is off, governance or compliance, not {self.lock!r}.")
        if self.copy_to is not None and not self._names_a_vault(self.copy_to):
            raise ConfigError("backup_copy_to is a vault's ARN: arn:aws:backup:REGION:ACCOUNT:backup-vault:NAME.")

    @staticmethod
    def _names_a_vault(arn: str) -> bool:
        parts = arn.split(":")
        return len(parts) == 7 and parts[0] == "arn" and parts[2] == "backup" and parts[5] == "backup-vault"  # noqa: PLR2004
