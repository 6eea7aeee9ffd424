"""Which markets may be entered, and the name of the first rule that says no.

Pure: a reading of one outcome's book and statistics in, a word out. It knows no orders and no
clock. Prices in quote currency per contract, money in US dollars, times in hours.
"""

from decimal import Decimal

import msgspec

from tradewind.model.instrument import Instrument
from tradewind.model.money import ZERO
from tradewind.strategies.favourite_scalper.prices import (
    HUNDRED,
    entry_px,
    net_profit,
    stop_px,
    target_px,
)

DAY_NS = 86_400_000_000_000
HOUR_NS = 3_600_000_000_000
MINUTE_NS = 60_000_000_000
HOURS_A_DAY = 24
EVENT_RANGE = Decimal("0.10")
EVENT_NS = 900_000_000_000


class EntryRules(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters that the entry reads; units as the strategy declares them."""

    categories: list[str]
    entry_threshold: Decimal
    max_entry_price: Decimal
    max_target_price: Decimal
    max_spread_pct: Decimal
    min_depth_usd: Decimal
    min_volume_24h: Decimal
    min_hours: Decimal
    max_hours: Decimal
    entry_improve_ticks: int
    max_over_ask_pct: Decimal
    take_profit_pct: Decimal
    stop_loss_pct: Decimal
    stop_min_ticks: int
    volume_spike_x: Decimal
    exit_before_close_min: int
    min_net_profit: Decimal
    taker_fee_coefficient: Decimal
    maker_fee_coefficient: Decimal


class Statistics(msgspec.Struct, frozen=True):
    """What discovery told of an instrument; None where it told nothing.

    Volumes in US dollars of the last 24 hours and the last hour, `range_24h` in price units,
    `event_ns` when a scheduled event moves the market.
    """

    category: str = ""
    volume_24h: Decimal | None = None
    volume_1h: Decimal | None = None
    range_24h: Decimal | None = None
    event_ns: int | None = None


class Reading(msgspec.Struct, frozen=True):
    """One outcome's own book at one moment; `depth` is the quantity of its three best bids."""

    bid: Decimal
    bid_qty: Decimal
    ask: Decimal
    depth: Decimal

    @property
    def spread_pct(self) -> Decimal:
        """Return the spread in percent of the bid."""
        return (self.ask - self.bid) / self.bid * HUNDRED


class Plan(msgspec.Struct, frozen=True):
    """The prices that an entry now would have."""

    entry: Decimal
    target: Decimal
    stop: Decimal


def read_statistics(instrument: Instrument) -> Statistics:
    """Return what discovery said of an instrument, as numbers."""
    told = instrument.statistics
    event = _number(told.get("event_ns"))
    return Statistics(
        category=told.get("category", ""),
        volume_24h=_number(told.get("volume_24h")),
        volume_1h=_number(told.get("volume_1h")),
        range_24h=_number(told.get("range_24h")),
        event_ns=None if event is None else int(event),
    )


def plan_entry(instrument: Instrument, ask: Decimal, rules: EntryRules) -> Plan:
    """Return entry, target and stop for a purchase at this ask."""
    entry = entry_px(
        instrument,
        ask,
        improve_ticks=rules.entry_improve_ticks,
        max_over_ask_pct=rules.max_over_ask_pct,
    )
    stop = stop_px(
        instrument, entry, stop_loss_pct=rules.stop_loss_pct, min_ticks=rules.stop_min_ticks
    )
    return Plan(entry, target_px(instrument, entry, rules.take_profit_pct), stop)


def reject_market(
    instrument: Instrument, statistics: Statistics, now_ns: int, rules: EntryRules
) -> str:
    """Return which rule the market itself breaks, whatever its book says; "" when none.

    Unknown volume or closing time is no permission: it rejects.
    """
    if rules.categories and statistics.category not in rules.categories:
        return "category"
    volume = statistics.volume_24h
    if volume is None or volume < rules.min_volume_24h:
        return "volume"
    if instrument.close_ns is None:
        return "hours"
    left_ns = instrument.close_ns - now_ns
    if not rules.min_hours * HOUR_NS <= left_ns <= rules.max_hours * HOUR_NS:
        return "hours"
    if left_ns <= rules.exit_before_close_min * MINUTE_NS:
        return "hours"
    if event_risk(statistics, now_ns, rules.volume_spike_x):
        return "event_risk"
    return ""


def reject_book(reading: Reading, plan: Plan, rules: EntryRules) -> str:
    """Return which rule the book breaks, in the order of the rules; "" when none."""
    if reading.bid < rules.entry_threshold:
        return "probability"
    if reading.bid * reading.bid_qty < rules.min_depth_usd:
        return "depth"
    if reading.spread_pct > rules.max_spread_pct:
        return "spread"
    if plan.entry > rules.max_entry_price:
        return "entry_price"
    if plan.target > rules.max_target_price:
        return "target_price"
    net = net_profit(
        plan.entry,
        plan.target,
        taker_coefficient=rules.taker_fee_coefficient,
        maker_coefficient=rules.maker_fee_coefficient,
    )
    return "net_profit" if net < rules.min_net_profit else ""


def event_risk(statistics: Statistics, now_ns: int, volume_spike_x: Decimal) -> bool:
    """Tell whether something is up: an event within 15 minutes, a wide day, or a volume spike."""
    event_ns = statistics.event_ns
    if event_ns is not None and 0 <= event_ns - now_ns <= EVENT_NS:
        return True
    if statistics.range_24h is not None and statistics.range_24h > EVENT_RANGE:
        return True
    return volume_spike(statistics, volume_spike_x)


def volume_spike(statistics: Statistics, volume_spike_x: Decimal) -> bool:
    """Tell whether the last hour's volume is beyond so many times the day's hourly average."""
    day, hour = statistics.volume_24h, statistics.volume_1h
    if day is None or hour is None or day <= ZERO:
        return False
    return hour * HOURS_A_DAY > volume_spike_x * day


def correlated(one: Instrument, other: Instrument) -> bool:
    """Tell whether two markets move together: one event, or one series ending within a day."""
    if one.event and one.event == other.event:
        return True
    if not one.series or one.series != other.series:
        return False
    if one.close_ns is None or other.close_ns is None:
        return True
    return abs(one.close_ns - other.close_ns) <= DAY_NS


def _number(text: str | None) -> Decimal | None:
    if not text:
        return None
    try:
        number = Decimal(text)
    except ArithmeticError:
        # What cannot be read is unknown, and unknown is no permission.
        return None
    return number if number.is_finite() else None
