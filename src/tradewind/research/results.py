"""What a backtest leaves behind, in one value: facts, figures, curves and lists, ready for JSON.

Knows names, units and the one encoding. Must not know how a run is made, nor how it is shown.
Money is Decimal in the reporting currency unless a field names another; curves and statistics are
floats; times are integer nanoseconds UTC. Everything but `timing` is the same on every run.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from tradewind.model.config import InstanceSpec
from tradewind.model.errors import DataError
from tradewind.model.ids import AccountId, BucketId, Currency, InstanceId, InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.model.order import Liquidity, Side
from tradewind.research.statistics import Statistics

SHAPE = 1
"""Version of the JSON shape; it grows when a field changes its meaning or goes."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing found in market data, `count` times; `severity` is note, repaired or refused."""

    rule: str
    severity: str
    count: int
    text: str


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Candles that are missing; times are opening times of the first and the last of them."""

    first_ns: int
    last_ns: int
    missing: int


class DataSource(msgspec.Struct, frozen=True, kw_only=True):
    """Market data that a run read: rows of one kind for one instrument, and what was found.

    `kind` is `candle:5m`, `quote`, `trade`, `book` or `funding`; gaps are listed, never filled.
    """

    name: str
    kind: str
    instrument: InstrumentId
    rows: int
    first_ns: int
    last_ns: int
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How much happened. `open_positions` were held at the end.

    `denied` orders never left, `rejected` ones were refused by the venue.
    """

    events: int
    orders: int
    fills: int
    round_trips: int
    open_positions: int
    denied: int
    rejected: int


class PositionEffect(StrEnum):
    """What a fill did to its position."""

    OPEN = "open"
    CLOSE = "close"
    FLIP = "flip"


class FillRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One of our fills. `fee` in `fee_currency`; `realised` before fees, in quote currency.

    `trip` is the number of the round trip that it closed, or else of the one that it belongs to.
    """

    ts_ns: int
    instance: InstanceId
    instrument: InstrumentId
    side: Side
    qty: Decimal
    px: Decimal
    fee: Decimal
    fee_currency: Currency
    liquidity: Liquidity
    reason: str
    realised: Decimal
    effect: PositionEffect
    trip: int


class RoundTripRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One position of an instance from flat to flat; `side` is the side of its entry.

    `qty` is all that was entered, `max_qty` the most that was held; `entry_px` and `exit_px` are
    averages. Money is in `currency`, the instrument's quote: `net_pnl` = `gross_pnl` - `fees` -
    `funding`, and `net_return` is that over the value entered, a fraction. While `closed_ns` is
    None the trip is open: `gross_pnl` counts what has been closed, oldest lot first, and
    `open_px` is the average of the lots that are left.
    """

    number: int
    instance: InstanceId
    account: AccountId
    instrument: InstrumentId
    bucket: BucketId
    side: Side
    opened_ns: int
    closed_ns: int | None
    qty: Decimal
    max_qty: Decimal
    open_qty: Decimal
    entry_px: Decimal
    exit_px: Decimal | None
    open_px: Decimal | None
    fills: int
    currency: Currency
    gross_pnl: Decimal
    fees: Decimal
    funding: Decimal
    net_pnl: Decimal
    net_return: float | None
    entry_reason: str
    exit_reason: str


class EquityCurve(msgspec.Struct, frozen=True):
    """Equity as it was sampled, and how far each sample lies below the peak (fractions <= 0)."""

    ts_ns: tuple[int, ...]
    equity: tuple[float, ...]
    drawdown: tuple[float, ...]


class Drawdown(msgspec.Struct, frozen=True, kw_only=True):
    """One fall from a peak: `depth` is a negative fraction, no recovery means not yet."""

    peak_ns: int
    trough_ns: int
    recovered_ns: int | None
    depth: float


class CandleSeries(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument's price as candles of `interval_ns`; no high and no low was lost.

    `ts_ns` are opening times. Intervals without a price have no candle.
    """

    instrument: InstrumentId
    interval_ns: int
    ts_ns: tuple[int, ...]
    open: tuple[float, ...]
    high: tuple[float, ...]
    low: tuple[float, ...]
    close: tuple[float, ...]


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long a run took by the wall clock; the only part that differs from run to run."""

    load_s: float
    run_s: float
    events_per_s: float


class BacktestResult(msgspec.Struct, frozen=True, kw_only=True):
    """One run: what was run on what, what came of it, and how to have it again.

    `parameters` are those that ran, defaults included. `starting_equity` to `final_equity` is
    `net_pnl`; `gross_pnl` is before `fees` and `funding` (positive when paid) and includes what
    was open at the end. `denied` counts by rule, `rejected` by the venue's reason. `statistics`
    names its calendar and what ratios were annualised with. `command` is the command line that
    makes the run again.
    """

    shape: int = SHAPE
    strategy: str
    parameters: dict[str, Any]
    code_version: str
    decision_hash: str
    command: tuple[str, ...]
    start_ns: int
    end_ns: int
    currency: Currency
    starting_equity: Decimal
    final_equity: Decimal
    net_pnl: Decimal
    gross_pnl: Decimal
    fees: Decimal
    funding: Decimal
    counts: Counts
    denied: dict[str, int]
    rejected: dict[str, int]
    statistics: Statistics
    warnings: tuple[str, ...]
    instances: tuple[InstanceSpec, ...]
    instruments: tuple[Instrument, ...]
    sources: tuple[DataSource, ...]
    drawdowns: tuple[Drawdown, ...]
    curve: EquityCurve
    prices: tuple[CandleSeries, ...]
    fills: tuple[FillRow, ...]
    round_trips: tuple[RoundTripRow, ...]
    timing: Timing | None = None


SERIES = ("curve", "prices", "fills", "round_trips")
"""The long fields, which `to_json` leaves out on request."""


def to_json(result: BacktestResult, *, series: bool = True, timing: bool = True) -> bytes:
    """Return a result as JSON with stable key order; decimals are text.

    Without `series` the curves and lists are left out, without `timing` what differs by run.
    """
    left_out = (() if series else SERIES) + (() if timing else ("timing",))
    if not left_out:
        return msgspec.json.encode(result, order="deterministic")
    fields = {
        name: getattr(result, name) for name in result.__struct_fields__ if name not in left_out
    }
    # Fields keep the order of the class; only what lies in dictionaries is sorted.
    raw = {
        name: msgspec.Raw(msgspec.json.encode(value, order="deterministic"))
        for name, value in fields.items()
    }
    return msgspec.json.encode(raw)


def from_json(text: bytes | str) -> BacktestResult:
    """Return the result that `to_json` wrote with its series.

    Raises DataError for anything else, and for a shape of another version.
    """
    try:
        result = msgspec.json.decode(text, type=BacktestResult)
    except msgspec.MsgspecError as error:
        raise DataError(
            f"Read a backtest result, found {error}; save one with all its series and read that."
        ) from error
    if result.shape != SHAPE:
        raise DataError(
            f"Read a backtest result, found shape {result.shape} where this program knows {SHAPE}; "
            f"run the backtest again."
        )
    return result
