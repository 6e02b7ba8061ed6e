"""What was asked of the front, as CloudFront writes it down: files of its standard log, in the distribution's bucket.

The columns are CloudFront's (Developer Guide, "Standard logging (legacy)"). Those that say who asked have a dash here.
"""

from __future__ import annotations

import gzip
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

COLUMNS = (
    "date",
    "time",
    "x-edge-location",
    "sc-bytes",
    "c-ip",
    "cs-method",
    "cs(Host)",
    "cs-uri-stem",
    "sc-status",
    "cs(Referer)",
    "cs(User-Agent)",
    "cs-uri-query",
    "cs(Cookie)",
    "x-edge-result-type",
    "x-edge-request-id",
    "x-host-header",
    "cs-protocol",
    "cs-bytes",
    "time-taken",
    "x-forwarded-for",
    "ssl-protocol",
    "ssl-cipher",
    "x-edge-response-result-type",
    "cs-protocol-version",
    "fle-status",
    "fle-encrypted-fields",
    "c-port",
    "time-to-first-byte",
    "x-edge-detailed-result-type",
    "sc-content-type",
    "sc-content-len",
    "sc-range-start",
    "sc-range-end",
)


@dataclass
class AccessLog:
    """Lines of the hour at hand, put into the bucket as a file each time that `flush` is called."""

    s3: Any
    """boto3's client."""
    bucket: str
    prefix: str
    """Of the files: `distribution/ID`."""
    _lines: list[str] = field(default_factory=list)

    def add(self, *, method: str, path: str, status: int, size_bytes: int, result: str, took_s: float) -> None:
        """One answer. `result` is CloudFront's word for how it came: Hit, Miss, RefreshHit, Error."""
        now = time.gmtime()
        known = {
            "date": time.strftime("%Y-%m-%d", now),
            "time": time.strftime("%H:%M:%S", now),
            "x-edge-location": "LOCAL",
            "sc-bytes": str(size_bytes),
            "cs-method": method,
            "cs-uri-stem": path,
            "sc-status": str(status),
            "x-edge-result-type": result,
            "cs-protocol": "http",
            "time-taken": f"{took_s:.3f}",
            "x-edge-response-result-type": result,
            "cs-protocol-version": "HTTP/1.1",
            "time-to-first-byte": f"{took_s:.3f}",
            "x-edge-detailed-result-type": result,
        }
        self._lines.append("\t".join(known.get(column, "-") for column in COLUMNS))

    def flush(self) -> None:
        """Writes a file, if there is anything to write. Blocks."""
        lines, self._lines = self._lines, []
        if not lines:
            return
        head = ["#Version: 1.0", f"#Fields: {' '.join(COLUMNS)}"]
        body = gzip.compress("\n".join([*head, *lines, ""]).encode())
        hour = time.strftime("%Y-%m-%d-%H", time.gmtime())
        key = f"{self.prefix}.{hour}.{secrets.token_hex(4)}.gz"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
