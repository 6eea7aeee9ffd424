"""What faces show of the desk besides its trading: accounts, strategies, an order's whole life.

Knows shapes only, as `views` does.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tradewind.control.views import AgeView, FillView, OrderView
from tradewind.model.commands import TradingState


class SessionView(msgspec.Struct, frozen=True, kw_only=True, tag="session"):
    """Which desk this is. `mode` is demo, paper, sandbox or live: the most serious it has."""

    desk: str
    mode: str
    version: str
    epoch: int
    now_ns: int


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """One account: where it is, whether it may trade, and how its connections are.

    `keys` is the name of an entry of the vault, never what is in it; `proxy` has stars where it
    had a password. `permissions` are those that the venue told of the keys, empty untold.
    `balances` are by currency. `requests_left` is what the rate limit still allows now.
    """

    account: str
    venue: str
    environment: str
    mode: str
    currency: str
    enabled: bool
    session: bool
    reconciled: bool
    ready: bool
    state: TradingState
    cause: str
    doubts: tuple[str, ...]
    locks: Mapping[str, str]
    requests_left: int | None
    unknown_orders: int
    open_orders: int
    balances: Mapping[str, Decimal]
    permissions: tuple[str, ...]
    keys: str
    proxy: str
    hosts: Mapping[str, str]
    ages: Mapping[str, AgeView]
    reconnects: Mapping[str, int]
    clock_ahead_us: int | None
    failed_reads: int


class ParameterView(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter of a strategy, as a form needs it; `min` and `max` are inclusive.

    `type` is int, decimal, float, bool, text, or json for what has parts; `takes` says it in
    words. `fixed` ones change only while the instance is stopped.
    """

    name: str
    type: str
    takes: str
    default: Any
    required: bool
    fixed: bool
    min: Decimal | None
    max: Decimal | None
    choices: tuple[str, ...]
    unit: str
    help: str


class StrategyView(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy of the catalogue; `error` says why it does not load, empty when it does.

    `commands` are the words that `tell` takes, each with what it does.
    """

    name: str
    title: str
    doc: str
    where: str
    parameters: tuple[ParameterView, ...]
    commands: Mapping[str, str]
    error: str = ""


class LifeStep(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to an order, in the order in which it was committed."""

    seq: int
    ts: int
    kind: str
    text: str


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One link of the chain from an order back to its signal.

    `kind` is the event that was folded; `text` says it in words; `also` is what else the desk
    decided on it. `client_order_id` is the order whose news it was, empty for market data.
    """

    seq: int
    ts: int
    kind: str
    text: str
    instance: str
    client_order_id: str
    also: tuple[str, ...] = ()


class OrderLife(msgspec.Struct, frozen=True, kw_only=True, tag="order_life"):
    """One order from signal to end. `chain` begins with the nearest cause; `group` are the others
    of its cycle, pair or bracket. `whole` is False where the record at hand begins later.
    """

    order: OrderView
    strategy: str
    steps: tuple[LifeStep, ...]
    chain: tuple[Cause, ...]
    fills: tuple[FillView, ...]
    group: tuple[str, ...]
    whole: bool
