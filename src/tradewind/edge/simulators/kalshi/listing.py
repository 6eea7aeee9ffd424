"""What is listed: series, events and markets as terms, and who brings new ones.

Knows tickers, times and rules. Must not know books, orders or how anything is answered on the
wire. Times in nanoseconds UTC.
"""

from decimal import Decimal
from typing import Protocol

import msgspec

from tradewind.edge.simulators.latent import Latent
from tradewind.edge.simulators.public import Style
from tradewind.model.money import ZERO

NEVER = 1 << 62


class SeriesTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A series: what its events share."""

    ticker: str
    title: str
    category: str
    frequency: str = "custom"
    tags: tuple[str, ...] = ()
    fee_type: str = "quadratic"
    fee_multiplier: Decimal = Decimal(1)
    exchange_index: int = 0


class EventTerms(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a series."""

    event_ticker: str
    series_ticker: str
    title: str
    sub_title: str = ""
    mutually_exclusive: bool = False
    strike_ns: int = 0


class MarketTerms(msgspec.Struct, frozen=True, kw_only=True):
    """One question of an event.

    `chance` is what its public trades around, None where nobody does. It is determined at
    `determined_ns` as `yes_value` dollars per YES contract (1, 0, or between for a scalar result)
    and pays `timer_s` seconds later. `volume` is what had traded before the exchange was started.
    """

    ticker: str
    event_ticker: str
    title: str
    created_ns: int
    open_ns: int
    close_ns: int
    determined_ns: int
    yes_value: Decimal
    yes_sub_title: str = "Yes"
    no_sub_title: str = "No"
    timer_s: int = 10
    structure: str = "linear_cent"
    strike_type: str = ""
    floor_strike: Decimal | None = None
    cap_strike: Decimal | None = None
    chance: Latent | None = None
    style: Style | None = None
    volume: Decimal = ZERO
    volume_24h: Decimal = ZERO
    fee_waiver_ns: int = 0


class Listed(msgspec.Struct, frozen=True):
    """An event with its markets, as it comes to the exchange."""

    event: EventTerms
    markets: tuple[MarketTerms, ...]


class Programme(Protocol):
    """Which series there are, and when which event of them comes."""

    @property
    def series(self) -> tuple[SeriesTerms, ...]:
        """Return all series."""
        ...

    @property
    def next_ns(self) -> int:
        """Return when the next event is created."""
        ...

    def due(self, until_ns: int) -> list[Listed]:
        """Return the events that are created until then, in order."""
        ...


class FixedProgramme:
    """A list of events that is known from the start."""

    __slots__ = ("_coming", "series")

    def __init__(self, series: tuple[SeriesTerms, ...], listed: tuple[Listed, ...]) -> None:
        self.series = series
        self._coming = sorted(listed, key=_created_ns, reverse=True)

    @property
    def next_ns(self) -> int:
        """Return when the next event is created."""
        return _created_ns(self._coming[-1]) if self._coming else NEVER

    def due(self, until_ns: int) -> list[Listed]:
        """Return the events that are created until then, in order."""
        found = []
        while self.next_ns <= until_ns:
            found.append(self._coming.pop())
        return found


def _created_ns(listed: Listed) -> int:
    return min(market.created_ns for market in listed.markets)
