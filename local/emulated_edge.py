"""What is changed in the emulator's CloudFront before it starts, as in `local.adaptations`: keys from templates.

CloudFormation there has neither public keys nor key groups, which its API does have. Knows nothing of the chat.
"""

# ruff: noqa: SLF001  # the emulator has no public interface for any of this

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from ministack.services import cloudfront
from ministack.services.cloudformation import provisioners

from local.adaptations import Created, Properties, expect

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping


def adapt_edge() -> None:
    """Makes the change. Raises `LocalError` where the emulator is not as it is known here."""
    expect(hasattr(cloudfront, "_create_public_key"), "public keys are kept in another way")
    add_type("PublicKey", "CreatedTime", cloudfront._public_keys, cloudfront._pk_id, public_key)
    add_type("KeyGroup", "LastModifiedTime", cloudfront._key_groups, cloudfront._kg_id, key_group)


def public_key(properties: Properties) -> dict[str, Any]:
    """A public key as the API keeps it."""
    config = properties["PublicKeyConfig"]
    return {name: config.get(name, "") for name in ("CallerReference", "Name", "EncodedKey", "Comment")}


def key_group(properties: Properties) -> dict[str, Any]:
    """A key group as the API keeps it."""
    config = properties["KeyGroupConfig"]
    return {"Name": config["Name"], "Items": list(config["Items"]), "Comment": config.get("Comment", "")}


def add_type(
    name: str,
    moment: str,
    store: MutableMapping[str, Any],
    new_id: Callable[[], str],
    config_of: Callable[[Properties], dict[str, Any]],
) -> None:
    """A type of resources whose id is all that others ask of it; `moment` is what the API calls its time."""
    kind = f"AWS::CloudFront::{name}"
    expect(kind not in provisioners._RESOURCE_HANDLERS, f"it has {kind} now")

    def put(physical_id: str, properties: Properties) -> Created:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        store[physical_id] = {"Id": physical_id, "ETag": uuid.uuid4().hex, moment: now, "Config": config_of(properties)}
        return physical_id, {"Id": physical_id}

    def create(_logical_id: str, properties: Properties, _stack: str) -> Created:
        return put(new_id(), properties)

    def update(physical_id: str, _old: Properties, new: Properties, _stack: str) -> Created:
        return put(physical_id, new)

    def delete(physical_id: str, _properties: Properties) -> None:
        store.pop(physical_id, None)

    provisioners._RESOURCE_HANDLERS[kind] = {"create": create, "update": update, "delete": delete}
