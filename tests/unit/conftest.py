"""What the runtime gives every function, whichever a unit test calls."""

from __future__ import annotations

import os

os.environ.setdefault("CHAT_STAGE", "test")
