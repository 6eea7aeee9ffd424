"""Order ids: they fit the narrowest venue, and never come twice."""

import re

import pytest

from tests.harness import Bench
from tradewind.model.events import DeskStarted
from tradewind.model.ids import OrderId

SALTS = (0, 1, (1 << 40) - 1, 0x123456789A)
NARROWEST = re.compile(r"[A-Z0-9]{20}")
"""What a tag at Kite holds (Kite Connect docs, orders, read 2026-11-20); the others take more."""


def drawn(salt: int, epoch: int = 1) -> list[OrderId]:
    bench = Bench()
    bench.feed(DeskStarted(epoch, salt, bench.desk.config, bench.now))
    return [bench.desk.world.next_order_id() for _ in range(3)]


@pytest.mark.parametrize("salt", SALTS)
def test_an_id_fits_the_narrowest_venue_as_it_is(salt: int) -> None:
    for epoch in (1, 2, 30_000):
        for name in drawn(salt, epoch):
            assert NARROWEST.fullmatch(name)


def test_ids_never_repeat_within_an_epoch_nor_from_one_to_the_next() -> None:
    ids = [name for salt in SALTS for epoch in (1, 2, 3) for name in drawn(salt, epoch)]
    assert len(set(ids)) == len(ids)
