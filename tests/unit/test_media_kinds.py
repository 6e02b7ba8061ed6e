"""What may be sent, and how large it may be: a stage takes less than its functions could work with, never more."""

import pytest

from chat.errors import TooLargeError, UnsupportedTypeError
from chat.media_kinds import IMAGE, KINDS, MIB, check_size, kind_of, parse_limits


def test_each_type_belongs_to_one_kind() -> None:
    types = [each for kind in KINDS for each in kind.types]
    assert len(types) == len(set(types))
    assert all(kind_of(each) in KINDS for each in types)
    with pytest.raises(UnsupportedTypeError, match="image/jpeg"):
        kind_of("image/svg+xml")


def test_a_stage_takes_what_its_functions_can_work_with_unless_it_says_less() -> None:
    assert parse_limits("") == {kind.name: kind.max_bytes for kind in KINDS}
    limits = parse_limits("image=5")
    assert limits["image"] == 5 * MIB
    check_size(IMAGE, 5 * MIB, limits)
    with pytest.raises(TooLargeError, match="5,242,880"):
        check_size(IMAGE, 5 * MIB + 1, limits)


@pytest.mark.parametrize(
    "text", ["hologram=5", "image", "image=", "image=0", "image=-1", "image=11", "image=1 image=2"]
)
def test_limits_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"image|kind"):
        parse_limits(text)
