"""The certificates that TLS trusts: libcurl as packaged for Python knows no machine's place for them."""

from __future__ import annotations

from pathlib import Path

_FILES = ("/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem")

CERTIFICATES = next((path for path in _FILES if Path(path).exists()), None)
"""The machine's file of trusted certificates; None where libcurl is left to find its own."""
