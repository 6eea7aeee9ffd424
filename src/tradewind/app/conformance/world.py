"""What a bench needs of the exchange behind an adapter: its truth, its public, its troubles.

Only a simulated exchange can provide it; on a real account there is none, and cards that need
one are not safe there. Must not know any venue's words.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import msgspec

from tradewind.model.events import Event
from tradewind.model.ids import Currency, InstrumentId
from tradewind.model.order import Side
from tradewind.ports import Prepared, Venue


class Trouble(StrEnum):
    """What a world can let go wrong. `create`, `change` and `cancel` are our requests."""

    CREATE_SWALLOWED = "a create never reaches the exchange, and nobody answers"
    CREATE_UNANSWERED = "a create is taken and never answered, by any road"
    CREATE_FAILED_LATE = "a create is taken and answered as a failure of the server"
    CREATE_GARBLED = "a create is taken and its answer cannot be read"
    CREATE_CUT = "a create is taken and the connection is cut"
    CREATE_THROTTLED = "a create is refused because there were too many"
    CHANGE_UNANSWERED = "an amendment is taken and never answered, by any road"
    CANCEL_UNANSWERED = "a cancel is taken and never answered, by any road"
    CANCEL_SLOW = "a cancel is half a second under way"
    ORDERS_UNREADABLE = "open orders cannot be read"
    FILLS_UNREADABLE = "executions cannot be read"
    POSITIONS_UNREADABLE = "positions cannot be read"
    BALANCES_UNREADABLE = "balances cannot be read"
    READS_GARBLED = "answers to readings are not what they should be"
    PRIVATE_CUT = "the private stream is cut, and cannot be opened for two seconds"
    PRIVATE_SILENT = "the private stream says nothing while it stays open"
    PRIVATE_TWICE = "private news comes twice"
    PRIVATE_SHUFFLED = "private news comes in another order"
    PRIVATE_LATE = "private news comes half a second late"
    PRIVATE_GARBLED = "one piece of private news cannot be read"
    PRIVATE_RENAMED = "a field of private news has another name"
    PUBLIC_CUT = "the public stream is cut, and cannot be opened for two seconds"
    PUBLIC_SILENT = "the public stream says nothing while it stays open"
    PUBLIC_TWICE = "public news comes twice"
    PUBLIC_RESTART = "the exchange's feed of books begins anew, and counts from the start"
    PUBLIC_GAP = "one change of a book is left out"
    PUBLIC_GARBLED = "one change of a book is no message at all"
    PUBLIC_TRUNCATED = "one change of a book is cut short"
    PUBLIC_RENAMED = "a field of the changes of a book has another name"
    PUBLIC_OMITTED = "a field of the changes of a book is missing"
    UNREACHABLE = "no connection to the exchange can be made, and those that stood are cut"
    CLOCK_AHEAD = "the exchange's clock is twenty seconds ahead"
    CLOCK_BEHIND = "the exchange's clock is twenty seconds behind"
    MAINTENANCE = "the exchange is being maintained"


class KnownOrder(msgspec.Struct, frozen=True):
    """An order of the account as the exchange knows it, in the desk's own units.

    `client_id` is what its owner called it; `attempts` counts the creates under that name.
    """

    order_id: str
    client_id: str
    side: Side
    qty: Decimal
    filled_qty: Decimal
    open: bool
    attempts: int


class KnownFill(msgspec.Struct, frozen=True):
    """An execution of the account by the exchange's own key."""

    key: str
    order_id: str
    qty: Decimal
    px: Decimal
    fee: Decimal


class World(Protocol):
    """A simulated exchange with one account of ours and somebody else to trade with.

    `secrets` are texts that may nowhere be seen. A trouble lasts until `heal`.
    """

    secrets: tuple[str, ...]

    def orders(self) -> list[KnownOrder]:
        """Return every order of our account."""
        ...

    def fills(self) -> list[KnownFill]:
        """Return every execution of our account."""
        ...

    def position(self, instrument: InstrumentId) -> Decimal:
        """Return our signed position."""
        ...

    def cash(self) -> Mapping[Currency, Decimal]:
        """Return what the account has by currency."""
        ...

    def strike(self, trouble: Trouble) -> None:
        """Let a trouble begin."""
        ...

    def heal(self) -> None:
        """End all troubles."""
        ...

    async def public(
        self, instrument: InstrumentId, side: Side, qty: Decimal, px: Decimal, *, rests: bool
    ) -> str:
        """Let somebody else place an order, which rests or takes at once; returns its name."""
        ...

    async def public_cancel(self, instrument: InstrumentId, name: str) -> None:
        """Let somebody else cancel an order of theirs."""
        ...

    async def stranger(
        self, instrument: InstrumentId, side: Side, qty: Decimal, px: Decimal
    ) -> str:
        """Place a resting order on our own account by another hand; returns the venue's id."""
        ...

    def written(self) -> list[bytes]:
        """Return what our adapter has written: bodies of requests, and frames, in order."""
        ...

    def payload(self, prepared: Prepared) -> bytes:
        """Return the bytes that the digest of a prepared order is of."""
        ...

    def close_market(self, instrument: InstrumentId) -> None:
        """End trading in a market."""
        ...

    def settle_market(self, instrument: InstrumentId) -> Decimal:
        """Decide and pay out a closed market; returns the payout per unit of the instrument."""
        ...

    def pay_funding(self, instrument: InstrumentId) -> float:
        """Let a funding payment fall due; returns after how many seconds it has been made."""
        ...

    def second_desk(self, heard: Callable[[Event], None]) -> Venue:
        """Return another adapter of our account, as a desk that starts anew makes one."""
        ...

    def stranger_desk(self, heard: Callable[[Event], None]) -> Venue:
        """Return an adapter of our account whose keys the exchange does not know."""
        ...

    def powerful_desk(self, heard: Callable[[Event], None]) -> Venue:
        """Return an adapter whose keys may withdraw money."""
        ...

    def onlooker(self, heard: Callable[[Event], None]) -> Venue:
        """Return an adapter without keys: the public side alone."""
        ...
