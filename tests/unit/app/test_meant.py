"""Patterns in a desk's file: which market they mean, and what is said when they mean none."""

import pytest

from tests.harness import binary
from tradewind.app.meant import is_over, meant
from tradewind.model.config import InstanceSpec
from tradewind.model.errors import ConfigError
from tradewind.model.ids import InstanceId, InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.model.money import NANOS

NOW_NS = 1_000 * 3600 * NANOS
HOUR_NS = 3600 * NANOS


def listed(*rows: tuple[str, float | None]) -> dict[InstrumentId, Instrument]:
    """Return both outcomes of markets by name and by the hours to their close."""
    found: dict[InstrumentId, Instrument] = {}
    for name, hours in rows:
        close_ns = None if hours is None else NOW_NS + int(hours * HOUR_NS)
        found |= {each.id: each for each in binary(name, close_ns=close_ns)}
    return found


def spec(*names: str) -> InstanceSpec:
    instruments = tuple(InstrumentId(name) for name in names)
    return InstanceSpec(id=InstanceId("pair"), strategy="s", accounts=(), instruments=instruments)


@pytest.mark.parametrize(
    ("markets", "taken"),
    [
        ((("KXRAIN-B", 8), ("KXRAIN-A", 4), ("KXDRY-A", 1)), "KXRAIN-A"),
        # Over: nobody can trade it any more.
        ((("KXRAIN-A", 0), ("KXRAIN-B", 8)), "KXRAIN-B"),
        # Over in some minutes: only where there is no other.
        ((("KXRAIN-A", 0.1), ("KXRAIN-B", 8)), "KXRAIN-B"),
        ((("KXRAIN-A", 0.1),), "KXRAIN-A"),
        ((("KXRAIN-A", None), ("KXRAIN-B", 8)), "KXRAIN-B"),
    ],
)
def test_a_pattern_means_the_open_market_that_closes_first(
    markets: tuple[tuple[str, float | None], ...], taken: str
) -> None:
    found = meant(spec("KALSHI:KXRAIN-*:YES"), listed(*markets), NOW_NS)
    assert found.instruments == (f"KALSHI:{taken}:YES",)


@pytest.mark.parametrize(
    ("name", "markets", "told"),
    [
        ("KALSHI:KXSNOW-*:YES", (("KXRAIN-A", 4),), "no open market that fits"),
        ("KALSHI:KXRAIN-*:YES", (("KXRAIN-A", -1),), "no open market that fits"),
        ("KALSHI:KXRAIN-B:YES", (("KXRAIN-A", 4),), "found only KALSHI:KXRAIN-A:NO"),
        ("KALSHI:KXRAIN-B:YES", (), "none at all"),
    ],
)
def test_a_name_that_means_nothing_is_told_with_what_there_is(
    name: str, markets: tuple[tuple[str, float | None], ...], told: str
) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        meant(spec(name), listed(*markets), NOW_NS)
    assert f"{name} of [instances.pair]" in str(caught.value)


def test_an_instance_is_over_when_all_of_its_markets_are() -> None:
    there = listed(("KXRAIN-A", -1), ("KXRAIN-B", 4))
    assert is_over(spec("KALSHI:KXRAIN-A:YES", "KALSHI:KXGONE:YES"), there, NOW_NS)
    assert not is_over(spec("KALSHI:KXRAIN-A:YES", "KALSHI:KXRAIN-B:YES"), there, NOW_NS)
    # One that finds its own markets never ends by them.
    assert not is_over(spec(), there, NOW_NS)
