"""Where a function's credentials come from, in the order of AWS' SDKs: its environment, else its container's endpoint.

Lambda puts keys into the environment and, where it restores a snapshot of the process instead of starting one, serves
them at an endpoint that `AWS_CONTAINER_CREDENTIALS_FULL_URI` names, because keys in a snapshot would be old.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pycurl

from chat.aws.certificates import CERTIFICATES
from chat.aws.credentials import Credentials, CredentialsError
from chat.settings import CredentialsEndpoint, Runtime

TIMEOUT_MS = 1_000
ATTEMPTS = 3

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"})
"""Hosts that credentials may be asked of without TLS: the machine itself and the addresses of ECS and EKS."""


class _Answer(msgspec.Struct, rename="pascal"):
    access_key_id: str
    secret_access_key: str
    token: str
    expiration: datetime


def read(runtime: Runtime) -> Credentials:
    """The credentials of the moment; at most three requests to an endpoint, none from the environment.

    Raises `CredentialsError`.
    """
    found = runtime.credentials
    if isinstance(found, CredentialsEndpoint):
        return fetch(found)
    return Credentials(found.access_key, found.secret_key, found.session_token)


def fetch(endpoint: CredentialsEndpoint) -> Credentials:
    """Asks a container's endpoint. Raises `CredentialsError`."""
    location = urlsplit(endpoint.url)
    if location.scheme != "https" and location.hostname not in LOCAL_HOSTS:
        raise CredentialsError(f"credentials are not asked of {location.hostname} without TLS")
    failure = ""
    for _ in range(ATTEMPTS):
        try:
            answer = msgspec.json.decode(_get(endpoint.url, _token(endpoint)), type=_Answer)
        except (pycurl.error, OSError, msgspec.MsgspecError, UnicodeError) as error:
            failure = str(error)
        else:
            return Credentials(
                answer.access_key_id, answer.secret_access_key, answer.token, answer.expiration.timestamp()
            )
    raise CredentialsError(f"no credentials from {endpoint.url}: {failure}")


def _token(endpoint: CredentialsEndpoint) -> str:
    """What the endpoint knows the container by. A file is read each time: its content changes."""
    if endpoint.token_file:
        return Path(endpoint.token_file).read_text(encoding="utf-8").strip()
    return endpoint.token


def _get(url: str, token: str) -> bytes:
    answer = BytesIO()
    handle = pycurl.Curl()
    try:
        handle.setopt(pycurl.URL, url)
        handle.setopt(pycurl.HTTPHEADER, [f"Authorization: {token}"] if token else [])
        handle.setopt(pycurl.TIMEOUT_MS, TIMEOUT_MS)
        handle.setopt(pycurl.NOSIGNAL, 1)
        handle.setopt(pycurl.NOPROXY, "*")
        handle.setopt(pycurl.FAILONERROR, 1)
        handle.setopt(pycurl.WRITEFUNCTION, answer.write)
        if CERTIFICATES:
            handle.setopt(pycurl.CAINFO, CERTIFICATES)
        handle.perform()
    finally:
        handle.close()
    return answer.getvalue()
