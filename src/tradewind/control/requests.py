"""What may be asked of a desk from outside, and what it answers: the types that every face shares.

Knows words and the one error shape; must not know sockets, HTTP or the desk. All of it is
msgspec structs, so JSON is its wire form: `type` names the request or the answer.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from tradewind.control.desk_rows import AccountView, OrderLife, SessionView, StrategyView
from tradewind.control.frames import Frame, Watched
from tradewind.control.market_rows import BookView, CandlesView, MarketView, TradesView
from tradewind.control.views import (
    CommandView,
    FeedView,
    FillView,
    HealthView,
    InstanceView,
    NewsView,
    OrderView,
    PnlView,
    PositionView,
    ScopeView,
    ScreenView,
    Wanted,
)
from tradewind.model.commands import Command
from tradewind.model.effects import Confirmation
from tradewind.model.errors import (
    AuthFailed,
    BadReply,
    ConfigError,
    DataError,
    Fenced,
    Forbidden,
    JournalError,
    LockedOut,
    NotSignedIn,
    OutcomeUnknown,
    Outdated,
    RateLimited,
    Refused,
    ReplayDiffers,
    TradewindError,
    Unreachable,
    VenueError,
)

WAIT_S = 30.0
"""How long a face waits for a confirmed effect unless it says otherwise."""


class ViewName(StrEnum):
    """The views by name."""

    INSTANCES = "instances"
    ORDERS = "orders"
    FILLS = "fills"
    POSITIONS = "positions"
    PNL = "pnl"
    RISK = "risk"
    FEEDS = "feeds"
    EVENTS = "events"
    COMMANDS = "commands"
    HEALTH = "health"
    SCREEN = "screen"
    MARKETS = "markets"
    BOOK = "book"
    CANDLES = "candles"
    TRADES = "trades"
    ORDER_LIFE = "order_life"
    STRATEGIES = "strategies"
    ACCOUNTS = "accounts"
    SESSION = "session"


class Do(msgspec.Struct, frozen=True, kw_only=True, tag="do"):
    """Carry out a command, or with `dry_run` only say what it would do.

    The same `command_id` gets the same receipt; an empty one is made. `wait_s` is how long to
    wait for the effect to be confirmed, None for as long as the plane usually does. With
    `preview_hash` it is carried out only if its preview is still the one of that hash; else the
    failure `preview_changed` tells the new text. `by` goes to the audit where one asks on behalf of
    others, who may be anybody that the owner of the socket lets in; empty: the owner asks.
    """

    command: Command
    command_id: str = ""
    why: str = ""
    dry_run: bool = False
    wait_s: float | None = None
    preview_hash: str = ""
    by: str = ""


class Show(msgspec.Struct, frozen=True, kw_only=True, tag="show"):
    """Show one view."""

    view: ViewName
    wanted: Wanted = Wanted()


class Watch(msgspec.Struct, frozen=True, kw_only=True, tag="watch"):
    """Show one view again and again, until the asker goes away; for live pages."""

    view: ViewName = ViewName.SCREEN
    wanted: Wanted = Wanted()
    every_s: float = 0.25


class Follow(msgspec.Struct, frozen=True, kw_only=True, tag="follow"):
    """Send frames of what is new until the asker goes away; see `frames`.

    `since` is the last step that the asker has seen, 0 for none. The newest rows come first.
    """

    since: int = 0
    instruments: tuple[Watched, ...] = ()


class WatchMarket(msgspec.Struct, frozen=True, kw_only=True, tag="watch_market"):
    """Said by a follower on its own connection: send these markets from now on, and no others."""

    instruments: tuple[Watched, ...] = ()


Request = Do | Show | Watch | Follow | WatchMarket
"""Everything that a face may ask."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True, tag="receipt"):
    """What became of a command: its effect, confirmed or not, and never merely the wish.

    `rule` names what refused it, where a rule did. `details` are what the desk told besides: of an
    order by hand its `client_order_id`.
    """

    command_id: str
    confirmation: Confirmation
    effect: str
    rule: str
    waited_s: float
    details: Mapping[str, Any] = {}


class Preview(msgspec.Struct, frozen=True, kw_only=True, tag="preview"):
    """What a command would do now, without doing it.

    `hash` names what is decided on: the text without the counts of orders, prices and money in it
    that move by themselves.

    `refused` says why it would not be carried out, empty when it would; `rule` as in Receipt,
    `code` as in Failure. `cancels`, `keeps` and `sends` count orders.
    """

    text: str
    hash: str
    refused: str = ""
    rule: str = ""
    code: str = ""
    cancels: int = 0
    keeps: int = 0
    sends: int = 0


class Failure(msgspec.Struct, frozen=True, kw_only=True, tag="failure"):
    """The one error shape. `retryable`: the same request may succeed later, unchanged."""

    code: str
    message: str
    rule: str = ""
    retryable: bool = False


class Instances(msgspec.Struct, frozen=True, tag="instances"):
    """The view of that name."""

    rows: tuple[InstanceView, ...]


class Orders(msgspec.Struct, frozen=True, tag="orders"):
    """The view of that name."""

    rows: tuple[OrderView, ...]


class Fills(msgspec.Struct, frozen=True, tag="fills"):
    """The view of that name."""

    rows: tuple[FillView, ...]


class Positions(msgspec.Struct, frozen=True, tag="positions"):
    """The view of that name."""

    rows: tuple[PositionView, ...]


class Risk(msgspec.Struct, frozen=True, tag="risk"):
    """The view of that name."""

    rows: tuple[ScopeView, ...]


class Feeds(msgspec.Struct, frozen=True, tag="feeds"):
    """The view of that name."""

    rows: tuple[FeedView, ...]


class Events(msgspec.Struct, frozen=True, tag="events"):
    """The view of that name."""

    rows: tuple[NewsView, ...]


class Commands(msgspec.Struct, frozen=True, tag="commands"):
    """The view of that name."""

    rows: tuple[CommandView, ...]


class Markets(msgspec.Struct, frozen=True, tag="markets"):
    """The view of that name; `total` is how many match, whatever part of them is shown."""

    rows: tuple[MarketView, ...]
    total: int


class Strategies(msgspec.Struct, frozen=True, tag="strategies"):
    """The view of that name."""

    rows: tuple[StrategyView, ...]


class Accounts(msgspec.Struct, frozen=True, tag="accounts"):
    """The view of that name."""

    rows: tuple[AccountView, ...]


Shown = (
    Instances
    | Orders
    | Fills
    | Positions
    | PnlView
    | Risk
    | Feeds
    | Events
    | Commands
    | HealthView
    | ScreenView
    | Markets
    | BookView
    | CandlesView
    | TradesView
    | OrderLife
    | Strategies
    | Accounts
    | SessionView
)
"""Everything that Show and Watch answer."""

Answer = Receipt | Preview | Shown | Failure | Frame
"""Everything that a face may be answered."""

CODES: dict[type[TradewindError], tuple[str, bool]] = {
    ConfigError: ("bad_request", False),
    DataError: ("bad_data", False),
    Refused: ("refused", False),
    Unreachable: ("unreachable", True),
    RateLimited: ("rate_limited", True),
    AuthFailed: ("auth_failed", False),
    BadReply: ("bad_reply", False),
    OutcomeUnknown: ("outcome_unknown", False),
    Fenced: ("fenced", False),
    JournalError: ("journal", False),
    Outdated: ("preview_changed", False),
    ReplayDiffers: ("replay_differs", False),
    NotSignedIn: ("not_signed_in", False),
    Forbidden: ("forbidden", False),
    LockedOut: ("locked_out", True),
}
"""Error class to (code, retryable); an error's own class is looked up first, then its bases."""


BAD_REQUEST = CODES[ConfigError][0]
FAILED = "failed"


def failure(error: TradewindError, rule: str = "") -> Failure:
    """Return an error in the one shape."""
    for kind in type(error).__mro__:
        if kind in CODES:
            code, retryable = CODES[kind]
            return Failure(code=code, message=str(error), rule=rule, retryable=retryable)
    return Failure(code=FAILED, message=str(error), rule=rule)


def error_of(told: Failure, endpoint: str) -> TradewindError:
    """Return the error that a failure tells of, for the asker's side to raise."""
    for kind, (code, _) in CODES.items():
        if code != told.code:
            continue
        if kind is RateLimited:
            return RateLimited(told.message, venue="", endpoint=endpoint, retry_after_s=1.0)
        if issubclass(kind, VenueError):
            return kind(told.message, venue="", endpoint=endpoint, code=told.code)
        return kind(told.message)
    return TradewindError(told.message)
