"""What is made from the protocol's source: never stale, nothing without words, no reply that isn't given."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import typing

import msgspec
import pytest

import contracts.__main__ as contracts_cli
from chat import commands, protocol
from contracts import asyncapi, catalog, glossary, page, schemas
from contracts.examples import Examples

EXAMPLES = Examples.read(contracts_cli.ROOT / "tests/frames")


def test_nothing_that_is_made_from_the_protocol_is_stale(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = contracts_cli.main(["--check"])
    assert (verdict, capsys.readouterr().out) == (0, "")


def test_a_stale_file_is_named_and_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "docs/protocol/frames.schema.json"
    before = (contracts_cli.ROOT / name).read_text()
    monkeypatch.setitem(contracts_cli.OUTPUTS, name, lambda _examples, present: present + "x")
    assert contracts_cli.main(["--check"]) == 1
    assert name in capsys.readouterr().out
    assert (contracts_cli.ROOT / name).read_text() == before


def test_every_use_case_answers_what_its_command_says() -> None:
    replies = {command.struct: command.reply for command in catalog.commands()}
    for struct, use_case in commands._USE_CASES.items():
        assert typing.get_type_hints(use_case)["return"] is replies[struct], use_case.__qualname__


def test_every_field_has_a_meaning() -> None:
    for name, schema in schemas.definitions().items():
        for field, value in schema.get("properties", {}).items():
            assert value.get("description") or field in {"action", "type"}, f"{name}.{field}"


def test_the_glossary_explains_only_what_there_is() -> None:
    structs = {s.__name__: s for s in vars(protocol).values() if isinstance(s, type) and issubclass(s, msgspec.Struct)}
    fields = {f"{name}.{field.name}" for name, struct in structs.items() for field in msgspec.structs.fields(struct)}
    known = fields | {field.split(".")[1] for field in fields}
    assert set(glossary.MEANINGS) - known == set()


def test_everything_that_a_module_of_the_protocol_defines_is_imported_from_the_protocol() -> None:
    for module in pkgutil.iter_modules(protocol.__path__, f"{protocol.__name__}."):
        tree = ast.parse(inspect.getsource(importlib.import_module(module.name)))
        assigned = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
        defined = {node.name for node in tree.body if isinstance(node, ast.ClassDef)} | set(map(ast.unparse, assigned))
        assert defined - set(protocol.__all__) == set(), module.name


def test_a_reply_is_acknowledged_under_its_own_action() -> None:
    ack = schemas.definitions()["SendMessageAck"]
    assert ack["properties"]["action"]["enum"] == ["send"]
    assert ack["properties"]["result"]["$ref"].endswith("/Sent")


def test_closed_sets_keep_the_order_of_the_source() -> None:
    kind = schemas.definitions()["Message"]["properties"]["kind"]
    assert tuple(kind["enum"]) == typing.get_args(protocol.MessageKind)


def test_every_reference_of_the_documents_leads_to_a_definition() -> None:
    document = asyncapi.document(EXAMPLES)

    def follow(node: object) -> None:
        if isinstance(node, dict):
            if isinstance(reference := node.get("$ref"), str):
                found: typing.Any = document
                for step in reference.removeprefix("#/").split("/"):
                    found = found[step]
            for value in node.values():
                follow(value)
        elif isinstance(node, list):
            for value in node:
                follow(value)

    follow(document)


def test_a_section_that_the_page_lost_is_missed() -> None:
    with pytest.raises(catalog.CatalogError, match="sections"):
        page.render(EXAMPLES, "<!-- begin errors -->\n<!-- end errors -->\n")


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "minLength": 1, "maxLength": 8000}, "string, 1 to 8,000 characters"),
        ({"type": "integer", "minimum": 0}, "integer, 0 or more"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer, or null"),
        ({"type": "array", "items": {"type": "boolean"}, "maxItems": 3}, "list of at most 3: boolean"),
    ],
)
def test_bounds_are_told_in_words(schema: dict[str, typing.Any], words: str) -> None:
    assert page.describe(schema) == words
