"""The columns of stored market history, by kind. Knows names and codes; must not know any storage.

A kind is `candle:<interval>`, `quote`, `trade`, `book`, `funding` or `reference`. Times are
nanoseconds UTC, prices and quantities integer quanta of the instrument's exponents, volumes and
references floats. `sequence` tells rows of one `ts_event` apart: the venue's own number, or, where
it gives none, a count.
"""

from tradewind.model.errors import DataError
from tradewind.model.market import INTERVALS_NS, CandleStatus

INT, SMALL, FLOAT, TEXT, LEVELS = "int64", "int8", "float64", "text", "levels"
"""How a column is held; `levels` is a list of int64 in each row."""

COLUMNS: dict[str, dict[str, str]] = {
    "candle": {
        "ts_event": INT,
        "ts_recv": INT,
        "open": INT,
        "high": INT,
        "low": INT,
        "close": INT,
        "volume": FLOAT,
        "status": SMALL,
    },
    "quote": {
        "ts_event": INT,
        "ts_recv": INT,
        "sequence": INT,
        "bid": INT,
        "ask": INT,
        "bid_qty": INT,
        "ask_qty": INT,
    },
    "trade": {
        "ts_event": INT,
        "ts_recv": INT,
        "sequence": INT,
        "px": INT,
        "qty": INT,
        "side": SMALL,
        "trade_id": TEXT,
    },
    "book": {
        "ts_event": INT,
        "ts_recv": INT,
        "sequence": INT,
        "previous": INT,
        "snapshot": SMALL,
        "bid_px": LEVELS,
        "bid_qty": LEVELS,
        "ask_px": LEVELS,
        "ask_qty": LEVELS,
    },
    "funding": {"ts_event": INT, "ts_recv": INT, "rate": TEXT, "mark": TEXT},
    "reference": {
        "ts_event": INT,
        "ts_recv": INT,
        "sequence": INT,
        "px": FLOAT,
        "confidence": FLOAT,
    },
}
"""Columns of each kind in their order. Funding's rate and mark are decimal text, as the venue wrote
them; an empty mark is not known."""

STATUSES = (CandleStatus.PROVISIONAL, CandleStatus.CLOSED, CandleStatus.CORRECTED)
"""A candle's `status` column holds the place of its status here."""
CLOSED_CODE = STATUSES.index(CandleStatus.CLOSED)
BUY_CODE, SELL_CODE = 1, -1
"""A trade's `side` column: the aggressor's side."""


def columns_of(kind: str) -> dict[str, str]:
    """Return name and type of each column of a kind; raises DataError for an unknown kind."""
    name, colon, interval = kind.partition(":")
    if name not in COLUMNS or (name == "candle") != bool(colon):
        raise DataError(
            f"Looked up the history kind {kind!r}, found no such kind; "
            f"use candle:<interval>, quote, trade, book, funding or reference."
        )
    if colon and interval not in INTERVALS_NS:
        raise DataError(
            f"Looked up the history kind {kind!r}, found no interval {interval!r}; "
            f"use one of {', '.join(INTERVALS_NS)}."
        )
    return COLUMNS[name]


def key_columns(kind: str) -> tuple[str, ...]:
    """Return the columns that tell two rows of a kind apart."""
    return ("ts_event", "sequence") if "sequence" in columns_of(kind) else ("ts_event",)
