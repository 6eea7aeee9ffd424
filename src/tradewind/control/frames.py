"""What a follower of a desk is sent: frames of tagged messages, and what it may say meanwhile.

Knows shapes only. Journaled kinds carry the number of the step that changed the row and are
upserts: a row that is sent again replaces its first. Of state kinds the latest wins.
"""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from tradewind.control.market_rows import BookView, CandlesView, TradesView
from tradewind.control.views import (
    CommandView,
    FeedView,
    FillView,
    InstanceView,
    Latency,
    LinkView,
    NewsView,
    OrderView,
    PositionView,
    Result,
    ScopeView,
)

FRAME_S = 0.05
"""A follower gets a frame at most so often."""
REPLAYED = 200
"""Newest rows of each journaled kind that a new follower gets."""

Point = tuple[int, float]
"""(time in nanoseconds UTC, net result)."""


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """The first message: whose news follow. `resumed` False: rows known from before are void."""

    seq: int
    desk: str
    mode: str
    version: str
    now_ns: int
    resumed: bool


class OrderMessage(msgspec.Struct, frozen=True, tag="order"):
    """An order as step `seq` left it."""

    seq: int
    row: OrderView


class FillMessage(msgspec.Struct, frozen=True, tag="fill"):
    """A fill, new or changed by step `seq`."""

    seq: int
    row: FillView


class EventMessage(msgspec.Struct, frozen=True, tag="event"):
    """A line of the event list."""

    seq: int
    row: NewsView


class CommandMessage(msgspec.Struct, frozen=True, tag="command"):
    """A command, asked or answered by step `seq`."""

    seq: int
    row: CommandView


class InstancesMessage(msgspec.Struct, frozen=True, tag="instances"):
    """Instances that changed, and the names of those that are gone."""

    rows: tuple[InstanceView, ...]
    gone: tuple[str, ...] = ()


class PositionKey(msgspec.Struct, frozen=True):
    """What names a position."""

    account: str
    instance: str
    instrument: str
    bucket: str


class PositionsMessage(msgspec.Struct, frozen=True, tag="positions"):
    """Positions that changed, and those that are gone."""

    rows: tuple[PositionView, ...]
    gone: tuple[PositionKey, ...] = ()


class ScopesMessage(msgspec.Struct, frozen=True, tag="scopes"):
    """Scopes that changed."""

    rows: tuple[ScopeView, ...]


class FeedsMessage(msgspec.Struct, frozen=True, tag="feeds"):
    """Public markets that changed; of a quiet one the age is told once a second."""

    rows: tuple[FeedView, ...]


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """The day's result in the reporting currency against what may be lost, None: no limit.

    Where only accounts have limits, `limit` is their sum.
    """

    net: float
    limit: float | None
    currency: str
    since_ns: int


class VitalsMessage(msgspec.Struct, frozen=True, kw_only=True, tag="vitals"):
    """How the desk is; see HealthView and ScreenView.

    `curve` is whole at first and then only what is new; so is each of `instance_curves`.
    `kill_state` is the desk's own: active, reducing, halted, or killing while one is at work.
    `open_notional` is what is held, at its marks and in the reporting currency, None while a mark
    or a rate is missing. `unprotected` are positions without a stop, `stale_feeds` watched markets
    not to be trusted.
    """

    now_ns: int
    seq: int
    epoch: int
    speed: float
    events: int
    events_per_s: float
    live_orders: int
    unknown_orders: int
    fills_count: int
    total: Result | None
    day: Day | None
    open_notional: Decimal | None
    curve: tuple[Point, ...]
    instance_curves: Mapping[str, tuple[Point, ...]]
    latency: Latency | None
    links: tuple[LinkView, ...]
    notes: tuple[str, ...]
    ok: bool
    kill_state: str
    stale_feeds: int
    unprotected: int


Message = (
    Hello
    | OrderMessage
    | FillMessage
    | EventMessage
    | CommandMessage
    | InstancesMessage
    | PositionsMessage
    | ScopesMessage
    | FeedsMessage
    | VitalsMessage
    | BookView
    | CandlesView
    | TradesView
)
"""Everything that a frame may hold; of candles and trades only what changed, all at first."""


class Frame(msgspec.Struct, frozen=True, tag="frame"):
    """What is new since the frame before; journaled rows up to step `seq` are in it."""

    seq: int
    messages: tuple[Message, ...]


class Watched(msgspec.Struct, frozen=True):
    """A market that a follower wants to see, with candles of one interval."""

    instrument: str
    interval: str = "1m"
