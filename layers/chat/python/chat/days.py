"""Days, which are those of UTC: `ms // DAY_MS` is the number of one since 1970."""

DAY_MS = 86_400_000
