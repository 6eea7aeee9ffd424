"""What a body asks for: fields by their types, and what can be said of them without a market.

Knows the words of requests. Must not know books or accounts. Refusals are `Refused` with the
venue's code. Source: Kalshi Trade API v2, create order V2 and its family, read 2026-09.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from tradewind.core.matching.self_trade import SelfTrade
from tradewind.edge.simulators.kalshi.answers import BODY, invalid
from tradewind.edge.simulators.kalshi.markets import CONTRACT_STEP
from tradewind.edge.simulators.kalshi.numbers import read_count, read_price
from tradewind.model.errors import Refused
from tradewind.model.money import ONE, ZERO
from tradewind.model.order import TimeInForce

CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
TIMES_IN_FORCE = {
    "good_till_canceled": TimeInForce.GTC,
    "immediate_or_cancel": TimeInForce.IOC,
    "fill_or_kill": TimeInForce.FOK,
}
SELF_TRADES = {"taker_at_cross": SelfTrade.CANCEL_TAKER, "maker": SelfTrade.CANCEL_MAKER}
GO_NAMES: Mapping[type, str] = {
    str: "string",
    bool: "bool",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
}
CREATE = {
    "ticker": str,
    "client_order_id": str,
    "side": str,
    "count": str,
    "price": str,
    "time_in_force": str,
    "self_trade_prevention_type": str,
    "expiration_time": int,
    "post_only": bool,
    "reduce_only": bool,
    "cancel_order_on_pause": bool,
    "order_group_id": str,
    "subaccount": int,
    "exchange_index": int,
}
AMEND = {
    "ticker": str,
    "side": str,
    "price": str,
    "count": str,
    "client_order_id": str,
    "updated_client_order_id": str,
    "exchange_index": int,
}
DECREASE = {"reduce_by": str, "reduce_to": str, "exchange_index": int, "market_ticker": str}
Fields = Mapping[str, object]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request to create, read and checked as far as it goes without the market."""

    ticker: str
    client_id: str
    bid: bool
    qty: Decimal
    px: Decimal
    tif: TimeInForce
    self_trade: str
    expire_s: int
    post_only: bool
    reduce_only: bool
    cancel_on_pause: bool
    group: str
    exchange_index: int


def typed(fields: Fields, kinds: Mapping[str, type], name: str) -> None:
    """Check the JSON types of a body's known fields, with the words of the venue's decoder."""
    for key, value in fields.items():
        kind = kinds.get(key)
        if kind is None or value is None or type(value) is kind:
            continue
        found, wanted = GO_NAMES.get(type(value), "value"), "string" if kind is str else kind
        wanted = wanted if isinstance(wanted, str) else wanted.__name__
        raise Refused(
            f"json: cannot unmarshal {found} into Go struct field {name}.{key} of type {wanted}",
            rule=BODY,
        )


def read_create(fields: Fields) -> Asked:
    """Return what a create body asks for."""
    typed(fields, CREATE, "CreateOrderV2Request")
    for name in ("ticker", "side", "count", "price", "time_in_force", "self_trade_prevention_type"):
        if not fields.get(name):
            raise invalid(f"{name} is required")
    side, tif = str(fields["side"]), str(fields["time_in_force"])
    self_trade = str(fields["self_trade_prevention_type"])
    if side not in ("bid", "ask"):
        raise invalid("side must be bid or ask")
    if tif not in TIMES_IN_FORCE:
        raise invalid("unknown time_in_force")
    if self_trade not in SELF_TRADES:
        raise invalid("unknown self_trade_prevention_type")
    subaccount(fields)
    asked = Asked(
        ticker=str(fields["ticker"]),
        client_id=client_id(fields.get("client_order_id")),
        bid=side == "bid",
        qty=quantity(fields["count"]),
        px=price(fields["price"]),
        tif=TIMES_IN_FORCE[tif],
        self_trade=self_trade,
        expire_s=whole(fields.get("expiration_time")),
        post_only=fields.get("post_only") is True,
        reduce_only=fields.get("reduce_only") is True,
        cancel_on_pause=fields.get("cancel_order_on_pause") is True,
        group=str(fields.get("order_group_id") or ""),
        exchange_index=shard(fields),
    )
    if asked.tif is not TimeInForce.GTC and (asked.expire_s or asked.post_only):
        raise invalid("expiration_time and post_only need good_till_canceled")
    return asked


def whole(value: object) -> int:
    """Return an integer field, 0 where it is absent."""
    return value if isinstance(value, int) else 0


def shard(fields: Fields) -> int:
    """Return the exchange index of a request; -1 stands for the right one."""
    value = fields.get("exchange_index")
    return value if isinstance(value, int) else -1


def subaccount(fields: Fields) -> None:
    """Refuse every subaccount but the primary one: no key here is bound to another."""
    if whole(fields.get("subaccount")):
        raise Refused("", rule="subaccount_not_permitted")


def client_id(value: object) -> str:
    """Return a client order id, empty where none was given."""
    text = str(value or "")
    if text and not CLIENT_ID.fullmatch(text):
        raise invalid("client_order_id may hold letters, digits, - and _")
    return text


def quantity(value: object) -> Decimal:
    """Return a count of at least one step."""
    qty = read_count(str(value))
    if qty is None or qty < CONTRACT_STEP:
        raise invalid("count must be positive with at most two decimals")
    return qty


def price(value: object) -> Decimal:
    """Return a price between 0 and 1, ends excluded."""
    px = read_price(str(value))
    if px is None or not ZERO < px < ONE:
        raise Refused("", rule="invalid_price")
    return px
