"""Kalshi's price level structures: named tables of ticks.

Source: Kalshi Trade API v2, fixed-point prices and price level structures, docs.kalshi.com, read
2026-08-20.
"""

from collections.abc import Mapping
from decimal import Decimal

from tradewind.edge.simulators.kalshi.numbers import dollars
from tradewind.model.errors import ConfigError
from tradewind.model.instrument import TickBand

Bands = tuple[TickBand, ...]


def _bands(*rows: tuple[str, str, str]) -> Bands:
    return tuple(TickBand(*(Decimal(word) for word in row)) for row in rows)


def _edged(edge: str, middle: str, width: str) -> Bands:
    far = str(1 - Decimal(width))
    return _bands(("0", width, edge), (width, far, middle), (far, "1", edge))


STRUCTURES: Mapping[str, Bands] = {
    "linear_cent": _bands(("0", "1", "0.01")),
    "deci_cent": _bands(("0", "1", "0.001")),
    "tapered_deci_cent": _edged("0.001", "0.01", "0.10"),
    "center_whole_edge_half": _edged("0.005", "0.01", "0.10"),
    "center_whole_edge_quint": _edged("0.002", "0.01", "0.10"),
    "center_half_edge_deci": _edged("0.001", "0.005", "0.10"),
    "center_quint_edge_deci": _edged("0.001", "0.002", "0.10"),
    "center_deci_edge_centi": _edged("0.0001", "0.001", "0.01"),
    "center_centi_edge_centi": _bands(("0", "1", "0.0001")),
}


def structure(name: str) -> Bands:
    """Return the ticks of a structure; raises ConfigError that lists the names."""
    if name not in STRUCTURES:
        raise ConfigError(
            f"Looked up the price structure {name!r}, found none; use one of "
            f"{', '.join(STRUCTURES)}."
        )
    return STRUCTURES[name]


def price_ranges(name: str) -> list[dict[str, str]]:
    """Return the table as a market's body has it."""
    return [
        {"start": dollars(band.low), "end": dollars(band.high), "step": dollars(band.tick)}
        for band in structure(name)
    ]
