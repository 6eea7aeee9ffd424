"""What requests and answers look like where control has no shape for them already.

Knows shapes only. Bodies refuse keys that they do not have.
"""

from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec

from tradewind.control.views import PositionView
from tradewind.model.access import AccessScope, Role
from tradewind.model.commands import DESK, Command, Scope
from tradewind.model.config import Limits
from tradewind.model.order import OrderType, Side, TimeInForce

Row = TypeVar("Row")
Words = Annotated[str, msgspec.Meta(max_length=1000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Short = Annotated[str, msgspec.Meta(max_length=200)]
Password = Annotated[str, msgspec.Meta(max_length=1000)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=500)]
Wait = Annotated[float, msgspec.Meta(ge=0, le=300)]


class Rows(msgspec.Struct, Generic[Row], frozen=True):
    """Rows, the newest first; `next` is the cursor of those after them, null at the end."""

    rows: tuple[Row, ...]
    next: str | None


class Whole(msgspec.Struct, Generic[Row], frozen=True):
    """All rows."""

    rows: tuple[Row, ...]


# --- queries -----------------------------------------------------------------------------------


class PageQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of a list: `cursor` is `next` of the part before."""

    limit: Limit = 100
    cursor: Annotated[
        str, msgspec.Meta(max_length=60, pattern=r"^([0-9]{1,19}(\.[0-9]{1,4})?)?$")
    ] = ""


class RowsQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which rows; empty words match everything."""

    instance: Short = ""
    account: Short = ""
    instrument: Short = ""


class OrdersQuery(RowsQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which orders."""

    open_only: bool = False


class PnlQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose profit and loss."""

    instance: Short = ""
    account: Short = ""
    instrument: Short = ""


class MarketsQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which markets: `q` is a part of the name, symbol or event."""

    q: Short = ""
    venue: Short = ""
    watched: bool = False


class CandlesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which candles: the newest `limit` before a time, nanoseconds UTC; 0 for now."""

    interval: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}[smhdw]$")] = "1m"
    before: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0
    limit: Limit = 300


class CommandQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a command is given: `dry_run` only says what it would do; `wait_s` bounds the wait.

    `receipt` answers 200 with the receipt of a refused command, too.
    """

    dry_run: bool = False
    wait_s: Wait = 30.0
    receipt: bool = False


class ViewQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Wanted of control as words of a query."""

    instance: Short = ""
    account: Short = ""
    instrument: Short = ""
    open_only: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 100
    before: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0
    offset: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = 0
    order: Short = ""
    strategy: Short = ""
    venue: Short = ""
    query: Short = ""
    watched: bool = False
    interval: Annotated[str, msgspec.Meta(max_length=10)] = "1m"


# --- people ------------------------------------------------------------------------------------


class SessionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, and which desk this is; `csrf` goes into X-CSRF-Token of every change."""

    signed_in: bool
    needs_setup: bool
    user: str | None
    role: Role | None
    scopes: tuple[AccessScope, ...]
    csrf: str
    totp: bool
    desk: str
    mode: str
    version: str


class SetUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first admin, made with the code that the desk printed."""

    code: Short
    name: Short
    password: Password

    def __repr__(self) -> str:
        return "SetUp(***)"


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Name and password; `totp` where a second factor is in use."""

    name: Short
    password: Password
    totp: Short | None = None

    def __repr__(self) -> str:
        return "SignIn(***)"


class NewPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The own password, changed."""

    old: Password
    new: Password

    def __repr__(self) -> str:
        return "NewPassword(***)"


class SecondFactor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step with the second factor: enrol gives the address, confirm and drop need a code."""

    step: Literal["enrol", "confirm", "drop"]
    code: Short = ""


class SecondFactorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`uri` is for an authenticator app, shown once; `totp` tells whether a code is needed now."""

    totp: bool
    uri: str | None = None


class NewToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to make; it ends after `expires_s`, at most 366 days."""

    label: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$")]
    scopes: tuple[AccessScope, ...]
    expires_s: Annotated[float, msgspec.Meta(gt=0, le=366 * 24 * 3600)] = 90 * 24 * 3600


class MadeToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token that was made; its value is shown this once."""

    id: str
    value: str


class NewUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person to add."""

    name: Short
    password: Password
    role: Role

    def __repr__(self) -> str:
        return f"NewUser({self.name!r}, ***)"


class UserChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a person; what is left out stays. `totp` False drops the second factor."""

    role: Role | None = None
    disabled: bool | None = None
    password: Password | None = None
    totp: Literal[False] | None = None

    def __repr__(self) -> str:
        return "UserChange(***)"


class Healthy(msgspec.Struct, frozen=True):
    """Whether the desk answers and nothing needs a person; more for those who are signed in."""

    ok: bool


# --- commands ----------------------------------------------------------------------------------


class Commanded(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any command; with `preview_hash` only while its preview is still that one."""

    command: Command
    why: Words = ""
    preview_hash: Short = ""


class InstanceCommand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command to one instance; `arguments` are those of the command of that name."""

    action: Literal[
        "pause",
        "resume",
        "single_fire",
        "stop",
        "force_stop",
        "flatten",
        "cancel_orders",
        "set",
        "tell",
        "kill",
        "rearm",
    ]
    arguments: dict[str, Any] = {}
    why: Words = ""
    preview_hash: Short = ""


class Deployed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instance to create; without a name it gets one from its strategy."""

    strategy: Name
    instance: Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z0-9][A-Za-z0-9_-]{0,31})?$")] = ""
    accounts: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=20)]
    instruments: Annotated[tuple[Name, ...], msgspec.Meta(max_length=500)]
    parameters: dict[str, Any] = {}
    limits: Limits = Limits()
    auto_resume: bool = False
    start: bool = True
    why: Words = ""
    preview_hash: Short = ""


class Ticket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order by hand, through the same gate as every other."""

    account: Name
    instrument: Name
    side: Side
    qty: Decimal
    px: Decimal | None = None
    ord_type: OrderType = OrderType.LIMIT
    tif: TimeInForce = TimeInForce.GTC
    trigger_px: Decimal | None = None
    post_only: bool = False
    reduce_only: bool = False
    why: Words = ""
    preview_hash: Short = ""


class Reason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why; it goes to the audit."""

    why: Words = ""
    preview_hash: Short = ""


class KillOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to kill: the whole desk, or one venue, account or instance."""

    scope: Scope = DESK
    cancel_protective: bool = False
    why: Words = ""
    preview_hash: Short = ""


class RearmOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to let trade again."""

    scope: Scope = DESK
    why: Words = ""
    preview_hash: Short = ""


Positions = Whole[PositionView]
