"""Placeholders, held against vectors that the author's own encoder made (`web/src/components/placeholder.test.ts`)."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from chat.imaging import thumbhash

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "thumbhashes.json").read_text())


def pixels(width: int, height: int, *, transparent: bool) -> bytes:
    """The pattern of the vectors: the test of the web client paints the same one."""
    return bytes(
        value % 256
        for y in range(height)
        for x in range(width)
        for value in (x * 5 + y, y * 7 + x * 2, x * y, x * y * 3 + x * 7 + y if transparent else 255)
    )


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['width']}x{vector['height']}")
def test_pixels_have_the_hash_that_its_authors_encoder_gives_them(vector: dict[str, Any]) -> None:
    width, height = vector["width"], vector["height"]
    made = thumbhash.encode_pixels(width, height, pixels(width, height, transparent=vector["transparent"]))
    assert base64.b64encode(made).decode() == vector["hash"]


def test_a_large_image_has_the_hash_of_its_small_copy() -> None:
    large = Image.linear_gradient("L").resize((1000, 750)).convert("RGB")
    assert thumbhash.encode(large) == thumbhash.encode(large.resize((100, 75), Image.Resampling.BOX))


def test_a_hash_is_short_enough_to_stand_in_every_message() -> None:
    noise = Image.effect_noise((100, 100), 80).convert("RGBA")
    noise.putalpha(Image.effect_noise((100, 100), 80))
    assert len(thumbhash.encode(noise)) <= 25
