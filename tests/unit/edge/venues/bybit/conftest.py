"""Lines of the tests come back at once: a lost connection is met often here."""

import msgspec
import pytest

from tradewind.edge.venues.bybit.stream import LINE


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = msgspec.structs.replace(LINE, backoff_min_s=0.02, ping_s=0.1)
    monkeypatch.setattr("tradewind.edge.venues.bybit.venue.LINE", quick)
