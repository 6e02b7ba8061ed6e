"""Which form of an image the client fetches for a place."""

from agent_chat import Media, Picture, Variant

PICTURE = Picture("/o.jpg", "image/jpeg", 2048, 1536)
THUMBNAIL = Picture("/t.webp", "image/webp", 480, 360)
VARIANTS = [
    Variant(f"/{width}.{kind}", f"image/{kind}", width, width * 3 // 4, width)
    for width in (480, 960, 2048)
    for kind in ("avif", "webp", "jpeg")
]
IMAGE = Media("m", "cat.jpg", PICTURE, THUMBNAIL, "1QcS", VARIANTS)


def test_the_smallest_form_that_fills_its_place_is_the_best() -> None:
    assert IMAGE.best("image/avif", "image/jpeg", longest_px=500).url == "/960.avif"
    assert IMAGE.best("image/webp", longest_px=480).url == "/480.webp"


def test_the_largest_form_is_the_best_for_a_place_that_nothing_fills_or_that_is_not_known() -> None:
    assert IMAGE.best("image/avif", longest_px=4000).url == "/2048.avif"
    assert IMAGE.best("image/avif").url == "/2048.avif"


def test_without_a_type_that_is_liked_it_is_one_that_everything_shows() -> None:
    assert IMAGE.best("image/jxl") is PICTURE
    assert IMAGE.best("image/jxl", longest_px=480) is THUMBNAIL
    assert Media("m", "old.jpg", PICTURE, THUMBNAIL).best("image/avif", longest_px=481) is PICTURE
