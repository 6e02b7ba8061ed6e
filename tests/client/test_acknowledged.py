"""What is kept of acknowledged messages, for as long as their Region may lose them; and the list of addresses."""

from __future__ import annotations

import pytest

from agent_chat.acknowledged import KEPT_MS, LIMIT, Acknowledged
from agent_chat.addresses import Addresses
from agent_chat.frames import Sent
from agent_chat.outbox import Entry


def acked(kept: Acknowledged, seq: int, *, epoch: int = 0, at_ms: float = 0, voucher: str | None = "v") -> None:
    kept.add(Entry(f"c{seq}", "lunch", f"text {seq}"), Sent("lunch", seq, 1, voucher), epoch, at_ms)


def test_what_an_earlier_epoch_has_acknowledged_is_said_again_under_its_number() -> None:
    kept = Acknowledged()
    acked(kept, 1)
    acked(kept, 2)
    assert kept.of_earlier(0) == []
    assert [(command.id, command.seq, command.text) for command in kept.of_earlier(1)] == [
        ("c1", 1, "text 1"),
        ("c2", 2, "text 2"),
    ]
    kept.forget("c1")
    assert [command.id for command in kept.of_earlier(1)] == ["c2"]


def test_an_ack_proves_that_what_was_acknowledged_long_before_is_copied() -> None:
    kept = Acknowledged()
    acked(kept, 1, at_ms=0)
    acked(kept, 2, at_ms=KEPT_MS)
    assert len(kept) == 2
    acked(kept, 3, at_ms=KEPT_MS + 1)
    assert [command.seq for command in kept.of_earlier(1)] == [2, 3]


def test_without_a_voucher_nothing_is_kept_and_never_more_than_the_limit() -> None:
    kept = Acknowledged()
    acked(kept, 1, voucher=None)
    assert len(kept) == 0
    for seq in range(LIMIT + 5):
        acked(kept, seq)
    assert len(kept) == LIMIT


def test_addresses_are_gone_through_and_begin_again() -> None:
    addresses = Addresses(["https://a.example", "https://b.example"])
    urls = [addresses.api.url]
    for _ in range(2):
        addresses.go_on()
        urls.append(addresses.api.url)
    assert urls == ["https://a.example", "https://b.example", "https://a.example"]
    with pytest.raises(ValueError, match="one address or more"):
        Addresses([])
