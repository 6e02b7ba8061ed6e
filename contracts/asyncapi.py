"""The protocol as an AsyncAPI 3 document, seen from the server: it receives commands and sends replies and events."""

from __future__ import annotations

from typing import Any

from chat import protocol
from contracts import catalog
from contracts.examples import Examples
from contracts.schemas import Schema, definitions, write_json

ASYNCAPI = "3.0.0"
WS_BINDING = "0.1.0"
SCHEMAS = "#/components/schemas/{name}"
MAX_FRAME_BYTES = 32 * 1024
"""API Gateway closes the socket at a larger one (quota L-E11F7D5D)."""

ABOUT = f"""\
The document describes the server: what it receives are a client's commands, what it sends are replies and events.

A frame is JSON in one text message of at most {MAX_FRAME_BYTES // 1024} KB: one object, or a list of up to \
{protocol.MAX_COMMANDS} commands one way and of their replies, in order, the other way. Events come one by one, or as \
a list of those that waited together. Every command gets exactly one reply with its `id`. Unknown fields are to be \
ignored, and so are unknown types of frames.\
"""


def document(examples: Examples) -> Schema:
    """All of it. Payloads are those of the JSON Schema, with an example of each frame."""
    return {
        "asyncapi": ASYNCAPI,
        "info": {"title": "AGENT Chat", "version": f"{protocol.VERSION}.0.0", "description": ABOUT},
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {"chat": _channel()},
        "operations": _operations(),
        "components": {
            "messages": _messages(examples),
            "schemas": definitions(SCHEMAS),
            "correlationIds": {
                "command": {
                    "description": "The command's `id`, which its reply carries.",
                    "location": "$message.payload#/id",
                }
            },
            "securitySchemes": {
                "ticket": {
                    "type": "httpApiKey",
                    "name": "ticket",
                    "in": "query",
                    "description": "From `POST /api/tickets`: opens one socket within 60 seconds.",
                }
            },
        },
    }


def render(examples: Examples, _present: str) -> str:
    """The document as a file."""
    return write_json(document(examples))


def _servers() -> Schema:
    variables = {
        "api": {"description": "The id of the deployed WebSocket API."},
        "region": {"description": "The AWS Region.", "default": "us-east-1"},
        "stage": {"description": "The deployed stage.", "default": "dev"},
    }
    return {
        "stage": {
            "host": "{api}.execute-api.{region}.amazonaws.com",
            "pathname": "/{stage}",
            "protocol": "wss",
            "description": "A deployed stage. `POST /api/tickets` answers with the whole URL.",
            "variables": variables,
            "security": [{"$ref": "#/components/securitySchemes/ticket"}],
        }
    }


def _channel() -> Schema:
    ticket = {"type": "string", "description": "A fresh ticket: see `POST /api/tickets`."}
    query = {"type": "object", "properties": {"ticket": ticket}, "required": ["ticket"]}
    return {
        "address": "/",
        "title": "The socket",
        "description": "One connection of one user. Who that is comes from the ticket, never from a frame.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _message_names()},
        "bindings": {"ws": {"method": "GET", "query": query, "bindingVersion": WS_BINDING}},
    }


def _message_names() -> list[str]:
    commands = [command.name for command in catalog.commands()]
    acks = [command.ack.__name__ for command in catalog.commands()]
    events = [event.name for event in catalog.events()]
    return [*commands, *acks, protocol.Refusal.__name__, *events, "CommandList", "ReplyList"]


def _operations() -> Schema:
    commands = {
        command.action: {
            "action": "receive",
            "title": command.name,
            "description": str(command.words),
            **_exchange(command.name, command.ack.__name__, protocol.Refusal.__name__),
        }
        for command in catalog.commands()
    }
    several = {
        "action": "receive",
        "title": "Several commands",
        "description": f"Up to {protocol.MAX_COMMANDS} commands in one frame, answered by one frame.",
        **_exchange("CommandList", "ReplyList", protocol.Refusal.__name__),
    }
    events = {
        f"{event.type}_event": {
            "action": "send",
            "title": event.name,
            "description": str(event.words),
            "channel": {"$ref": "#/channels/chat"},
            "messages": [_in_channel(event.name)],
        }
        for event in catalog.events()
    }
    return {**commands, "several": several, **events}


def _exchange(message: str, *replies: str) -> Schema:
    channel = {"$ref": "#/channels/chat"}
    reply = {"channel": channel, "messages": [_in_channel(name) for name in replies]}
    return {"channel": channel, "messages": [_in_channel(message)], "reply": reply}


def _in_channel(message: str) -> Schema:
    return {"$ref": f"#/channels/chat/messages/{message}"}


def _messages(examples: Examples) -> Schema:
    found = {}
    for command in catalog.commands():
        words = str(command.words)
        found[command.name] = _message(command.name, words, examples, f"commands/{command.action}", replied=True)
    for command in catalog.commands():
        name, words = command.ack.__name__, f"Reply to `{command.action}`. {catalog.Words.of(command.reply)}"
        found[name] = _message(name, words, examples, f"acks/{command.action}", replied=True)
    refusal = protocol.Refusal.__name__
    found[refusal] = _message(refusal, str(catalog.Words.of(protocol.Refusal)), examples, "errors/error", replied=True)
    for event in catalog.events():
        found[event.name] = _message(event.name, str(event.words), examples, f"events/{event.type}", replied=False)
    for name, kind, words in (
        ("CommandList", "lists/commands", "Several commands in one frame."),
        ("ReplyList", "lists/replies", "The replies to a list of commands."),
        ("EventList", "lists/events", "Several events in one frame."),
    ):
        found[name] = _message(name, words, examples, kind, replied=False)
    return found


def _message(name: str, words: str, examples: Examples, kind: str, *, replied: bool) -> Schema:
    shown: list[dict[str, Any]] = [
        {"name": f"{name}{number}", "summary": example.about, "payload": example.frame}
        for number, example in enumerate(examples.of(kind), start=1)
    ]
    correlation = {"correlationId": {"$ref": "#/components/correlationIds/command"}} if replied else {}
    return {
        "name": name,
        "summary": words.split("\n\n", maxsplit=1)[0],
        "payload": {"$ref": SCHEMAS.format(name=name)},
        **correlation,
        "examples": shown,
    }
