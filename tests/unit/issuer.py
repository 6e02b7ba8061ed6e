"""An OpenID Connect issuer on the loopback, its keys, and tokens in its name."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

NOW_S = int(time.time())
LATER_S = NOW_S + 86_400
"""After every run of tests that has begun now."""

AUDIENCE = "chat"
KEYS = {name: rsa.generate_private_key(public_exponent=65537, key_size=2048) for name in ("k1", "k2", "stranger")}
CURVE_KEY = ec.generate_private_key(ec.SECP256R1())


def published(name: str, **changes: Any) -> dict[str, Any]:
    """A public key as issuers publish it."""
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEYS[name].public_key()))
    return {**public, "kid": name, "use": "sig", "alg": "RS256", **changes}


@dataclass
class Issuer:
    """An issuer on the loopback: what it publishes can be changed, what is asked of it is counted."""

    url: str = ""
    keys: list[dict[str, Any]] = field(default_factory=lambda: [published("k1")])
    documents: dict[str, Any] = field(default_factory=dict)
    fetches: list[str] = field(default_factory=list)
    down: bool = False

    def answer(self, path: str) -> bytes | None:
        """The body under a path; None for an answer that says that something is wrong."""
        self.fetches.append(path)
        if self.down:
            return None
        documents: dict[str, Any] = {
            "/.well-known/openid-configuration": {"issuer": self.url, "jwks_uri": f"{self.url}/keys"},
            "/keys": {"keys": self.keys},
        } | self.documents
        found = documents.get(path)
        return found if isinstance(found, bytes) or found is None else json.dumps(found).encode()

    @property
    def key_fetches(self) -> int:
        """How often its keys were asked for."""
        return self.fetches.count("/keys")


@contextmanager
def serving() -> Iterator[Issuer]:
    """An issuer that answers until this ends."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = issuer.answer(self.path)
            self.send_response(200 if body is not None else 503)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()


def token(issuer: Issuer, *, key: Any = None, kid: str | None = "k1", algorithm: str = "RS256", **changes: Any) -> str:
    """A token for Ada, with other claims as given; None leaves one out."""
    claims = {"iss": issuer.url, "aud": AUDIENCE, "sub": "u1", "name": "Ada", "exp": LATER_S, **changes}
    given = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(given, key or KEYS["k1"], algorithm=algorithm, headers={"kid": kid} if kid else {})
