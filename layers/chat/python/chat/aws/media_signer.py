"""Puts the signing of media access together for one function instance. Apart from `wiring`: it takes cryptography."""

from __future__ import annotations

from functools import cache

from chat.aws import wiring
from chat.aws.parameters import read_parameter, read_secret
from chat.media_access import Signer
from chat.media_keys import MediaKey


@cache
def signer() -> Signer:
    """Who signs for this stage's site. Two calls, once an instance. Raises `UnavailableError`."""
    settings, client = wiring.settings(), wiring.client()
    key = MediaKey.made_from(read_secret(client, settings.need("media_key_secret_arn")))
    return Signer(
        site=read_parameter(client, settings.need("site_url_parameter")).rstrip("/"),
        key_pair_id=settings.need("media_key_pair_id"),
        sign=key.sign,
    )
