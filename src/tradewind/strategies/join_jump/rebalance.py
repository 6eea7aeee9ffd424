"""The way out of half a pair: buy the missing contracts or sell the filled ones, and when.

Knows prices and costs of one moment. Must not know orders.
"""

from decimal import Decimal

import msgspec

from tradewind.model.instrument import Instrument
from tradewind.model.money import ONE, ZERO
from tradewind.model.order import Side
from tradewind.strategies.join_jump.parameters import Terms
from tradewind.strategies.join_jump.quotes import money, spent
from tradewind.strategies.join_jump.state import PairState
from tradewind.strategies.join_jump.views import LegView, PairView

BUY = Side.BUY
SELL = Side.SELL


class WayOut(msgspec.Struct, frozen=True):
    """One immediate order that makes the legs even; `result` is the profit per contract."""

    leg: int
    side: Side
    px: Decimal
    qty: Decimal
    result: Decimal


class Patience(msgspec.Struct, frozen=True):
    """How long, and how far against us, half a pair may stand."""

    after_ns: int
    adverse_ticks: int
    max_unpaired: Decimal


def trigger(
    state: PairState, view: PairView, patience: Patience, unpaired: Decimal, now_ns: int
) -> str:
    """Return why half a pair must be rebalanced now: time, adverse, unpaired; else empty."""
    if not state.half_ns:
        return ""
    if now_ns - state.half_ns >= patience.after_ns:
        return "time"
    if abs(unpaired) > patience.max_unpaired:
        return "unpaired"
    filled = view.legs[1 - state.lagging]
    mid = filled.mid
    if mid is None or state.half_mid is None:
        return ""
    moved = state.half_mid - mid
    return "adverse" if moved >= patience.adverse_ticks * filled.rules.tick_at(mid) else ""


def ways_out(state: PairState, view: PairView, terms: Terms) -> WayOut | None:
    """Return the better of buying the missing leg and selling the filled one, None without either.

    Results are per contract after expected fees. Equal ones buy where the venue nets YES against
    NO, and sell elsewhere.
    """
    missing = state.lagging
    if missing < 0:
        return None
    filled = 1 - missing
    qty = view.legs[missing].rules.floor_qty(abs(state.difference))
    cost = spent(terms, state.legs[filled])
    buying = _buy(view.legs[missing], missing, qty, cost, terms)
    selling = _sell(view.legs[filled], filled, qty, cost, terms)
    if buying is None or selling is None:
        return buying or selling
    if buying.result == selling.result:
        return buying if view.legs[missing].rules.netting else selling
    return buying if buying.result > selling.result else selling


def _buy(view: LegView, leg: int, qty: Decimal, cost: Decimal, terms: Terms) -> WayOut | None:
    px = view.ask
    if px is None or not _sendable(view.rules, qty, px):
        return None
    price = money(terms, view.rules, px, qty, taker=True)
    return WayOut(leg, BUY, px, qty, ONE - cost - price)


def _sell(view: LegView, leg: int, qty: Decimal, cost: Decimal, terms: Terms) -> WayOut | None:
    px = view.others
    if px is None or not _sendable(view.rules, qty, px):
        return None
    fee = money(terms, view.rules, px, qty, taker=True) - px
    return WayOut(leg, SELL, px, qty, px - fee - cost)


def _sendable(rules: Instrument, qty: Decimal, px: Decimal) -> bool:
    small = not qty or qty < rules.min_qty or qty * px < rules.min_notional
    return ZERO < px < ONE and not small
