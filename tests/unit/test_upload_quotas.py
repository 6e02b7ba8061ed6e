"""What a user may upload in a day: so many images, so many bytes, and again tomorrow."""

import pytest

from chat.days import DAY_MS
from chat.errors import TooManyRequestsError
from chat.storage.upload_quotas import UploadQuotas
from simulation.world import START_MS, World


@pytest.fixture
def quotas() -> UploadQuotas:
    return UploadQuotas(World().rooms_table, per_day=3, bytes_per_day=1_000_000)


def test_the_images_of_a_day_are_counted(quotas: UploadQuotas) -> None:
    for _ in range(3):
        quotas.take("ada", 10, START_MS)
    with pytest.raises(TooManyRequestsError, match="3 images and 1 MB a day") as refused:
        quotas.take("ada", 10, START_MS)
    assert refused.value.retry_after_ms == DAY_MS - START_MS % DAY_MS
    quotas.take("grace", 10, START_MS)
    quotas.take("ada", 10, START_MS + refused.value.retry_after_ms)


def test_what_is_refused_for_its_size_does_not_count(quotas: UploadQuotas) -> None:
    quotas.take("ada", 900_000, START_MS)
    for _ in range(5):
        with pytest.raises(TooManyRequestsError):
            quotas.take("ada", 200_000, START_MS)
    quotas.take("ada", 100_000, START_MS)


def test_the_count_of_a_day_goes_by_itself(quotas: UploadQuotas) -> None:
    quotas.take("ada", 10, START_MS)
    (row,) = quotas.table.items.values()  # type: ignore[attr-defined]
    assert row["expires_at_s"] * 1000 >= START_MS + DAY_MS
