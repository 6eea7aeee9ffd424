"""The seams on one page: what the runtime needs from outside, and nothing about who provides it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any, NoReturn, Protocol

import msgspec

from tradewind.model.access import KeptSession, KeptToken, SetupCode, User
from tradewind.model.effects import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    Effect,
    ReadAccount,
    SubmitOrder,
)
from tradewind.model.events import AccountReport, Candle, Event
from tradewind.model.ids import InstrumentId, OrderId, VenueId
from tradewind.model.instrument import Instrument
from tradewind.model.notice import Notice


class Clock(Protocol):
    """Time. Wall time is for stamps, the monotonic clock (which counts suspend) for durations."""

    def now_ns(self) -> int:
        """Return nanoseconds UTC."""
        ...

    def monotonic_ns(self) -> int:
        """Return nanoseconds that never step and go on while the machine sleeps."""
        ...


class Prepared(msgspec.Struct, frozen=True):
    """A new order made ready without a network call: signed where the venue signs orders.

    The venue will know it by `wire_id`; `digest` is the SHA-256 of the bytes in `payload`. Both
    are journaled with the intent before `submit` writes those bytes, and no others.
    """

    client_order_id: OrderId
    wire_id: str
    digest: str
    payload: Any


class Wanted(msgspec.Struct, frozen=True):
    """Public data that somebody listens to: an instrument and its feeds.

    A feed is `book`, `quote`, `trade`, `funding` or `candle:<interval>`, e.g. `candle:5m`.
    What the venue permits (TradingChanged) and whether it is heard at all (FeedChanged) comes
    with every feed.
    """

    instrument: InstrumentId
    feeds: frozenset[str]


class Venue(Protocol):
    """One account at one venue, over the wire; without keys, the venue's public side alone.

    Requests write and return: what becomes of them, and all news, are events that the adapter
    hands to the sink it was made with, stamped with our time at the moment the bytes arrived.
    Every request checks `not_after_ns` on the monotonic clock immediately before it writes; past
    it, or while there is no connection, NotSent answers. Nothing is ever sent twice by itself.
    """

    async def discover(self) -> list[Instrument]:
        """Return every instrument that the configuration asks for; raises VenueError."""
        ...

    async def candles(
        self, instrument: InstrumentId, interval: str, start_ns: int, end_ns: int
    ) -> list[Candle]:
        """Return closed candles that opened in [start, end), oldest first; raises VenueError."""
        ...

    def watch(self, wanted: Sequence[Wanted]) -> None:
        """Listen to exactly these feeds from now on, whatever was watched before."""
        ...

    def prepare(self, order: SubmitOrder) -> Prepared:
        """Make an order ready; raises ConfigError for what the venue cannot express."""
        ...

    def submit(self, orders: Sequence[Prepared], not_after_ns: int) -> None:
        """Send new orders that leave together; OrderSent, then its answers, come for each."""
        ...

    def amend(self, change: AmendOrder, not_after_ns: int) -> None:
        """Send a change of a live order."""
        ...

    def cancel(self, requests: Sequence[CancelOrder], not_after_ns: int) -> None:
        """Send cancels that leave together; each is answered by itself."""
        ...

    def cancel_all(self, request: CancelAll, not_after_ns: int) -> None:
        """Tell the venue to cancel everything of the account, page after page."""
        ...

    async def read(self, question: ReadAccount) -> AccountReport:
        """Read the account whole, on every road; raises VenueError when any part failed."""
        ...

    async def run(self) -> None:
        """Keep the connections, for as long as the task lives."""
        ...


class Keys:
    """What opens an account at a venue, by the venue's own words.

    Never shown, and never written down by accident: it is no struct, so nothing encodes it.
    """

    __slots__ = ("values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values: Mapping[str, str] = MappingProxyType(dict(values))

    def __repr__(self) -> str:
        return "Keys(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keys) and self.values == other.values

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> NoReturn:
        raise TypeError("Pickled keys, found that they may leave in no form; hand them over.")


class Vault(Protocol):
    """Sealed keys of accounts. There is no plaintext road in or out but these calls."""

    def seal(self, name: str, keys: Keys) -> None:
        """Keep the keys under a name, replacing those that it had."""
        ...

    def open(self, name: str) -> Keys:
        """Return the keys; raises ConfigError where there are none or the vault stays shut."""
        ...

    def names(self) -> list[str]:
        """Return the names, in order."""
        ...

    def remove(self, name: str) -> None:
        """Forget the keys; raises ConfigError where there are none."""
        ...


class AccessStore(Protocol):
    """People, their sessions and their tokens. Usable from any thread, and beside other processes.

    Every call raises JournalError where the store cannot be read or written.
    """

    def alone(self) -> AbstractContextManager[None]:
        """Do what is inside wholly or not at all, while nobody else writes; may be nested."""
        ...

    def users(self) -> list[User]:
        """Return everybody, by name."""
        ...

    def user(self, name: str) -> User | None:
        """Return one person, None where there is none of that name."""
        ...

    def keep_user(self, user: User) -> None:
        """Keep a person as given, new or changed."""
        ...

    def drop_user(self, name: str) -> None:
        """Forget a person with every session, token and secret; harmless where there is none."""
        ...

    def totp_secret(self, name: str) -> str | None:
        """Return the secret of a person's second factor; raises ConfigError where it stays shut."""
        ...

    def keep_totp_secret(self, name: str, secret: str | None) -> None:
        """Keep the secret of a second factor, not readable in the store; None forgets it."""
        ...

    def session(self, digest: str) -> KeptSession | None:
        """Return the session of a digest."""
        ...

    def sessions(self, name: str) -> list[KeptSession]:
        """Return the sessions of a person, the oldest first."""
        ...

    def keep_session(self, session: KeptSession) -> None:
        """Keep a session as given, new or changed."""
        ...

    def drop_session(self, digest: str) -> None:
        """Forget a session; harmless where there is none."""
        ...

    def token(self, digest: str) -> KeptToken | None:
        """Return the token of a digest."""
        ...

    def tokens(self, owner: str | None = None) -> list[KeptToken]:
        """Return the tokens of a person, or of all, the oldest first."""
        ...

    def keep_token(self, token: KeptToken) -> None:
        """Keep a token as given, new or changed."""
        ...

    def drop_token(self, digest: str) -> None:
        """Forget a token; harmless where there is none."""
        ...

    def setup_code(self) -> SetupCode | None:
        """Return the code of the first start, None where there is none."""
        ...

    def keep_setup_code(self, code: SetupCode | None) -> None:
        """Keep the one code of the first start; None forgets it."""
        ...

    def close(self) -> None:
        """Release the store."""
        ...


class JournalRow(msgspec.Struct, frozen=True):
    """One committed fact: `ordinal` 0 is the event of step `seq`, 1… are its effects.

    `kind` is the type name, `payload` its JSON. `digest` chains over all rows before it.
    """

    seq: int
    ordinal: int
    epoch: int
    ts: int
    kind: str
    payload: bytes
    digest: bytes = b""


class Journal(Protocol):
    """What happened to orders and money, committed before anything leaves. One writer."""

    def take_lease(self, owner: str) -> int:
        """Become the writer and return the new epoch, above any seen.

        Raises Fenced while another living desk holds the lease.
        """
        ...

    def append(self, rows: Sequence[JournalRow]) -> None:
        """Commit all rows or none. Raises Fenced for an old epoch, JournalError when unwritable."""
        ...

    def read(self, after_seq: int = 0) -> Iterator[JournalRow]:
        """Yield committed rows in order; raises JournalError where the digest chain breaks."""
        ...

    def last_seq(self) -> int:
        """Return the highest committed sequence number, 0 when empty."""
        ...

    def close(self) -> None:
        """Release the lease and the file."""
        ...


class EventLog(Protocol):
    """Every event that entered the step and does not concern money; written, not synced."""

    def append(self, seq: int, event: Event) -> None:
        """Buffer one event under the desk's sequence number."""
        ...

    def flush(self) -> None:
        """Hand the buffer to the operating system, so that a killed process loses nothing."""
        ...

    def read(self, after_seq: int = 0) -> Iterator[tuple[int, Event]]:
        """Yield (seq, event) in order; a torn tail has been cut at opening."""
        ...

    def last_seq(self) -> int:
        """Return the highest sequence number on disk, 0 when empty."""
        ...

    def cut(self, after_seq: int) -> int:
        """Drop the records after `after_seq`, which no journal commit reached; return how many."""
        ...

    def close(self) -> None:
        """Flush and close."""
        ...


class Snapshots(Protocol):
    """Whole desks at one sequence number: a cache that restarts read, never the truth."""

    def save(self, seq: int, desk: Any) -> None:
        """Keep the desk as it stands after event `seq`."""
        ...

    def latest(self) -> tuple[int, Any] | None:
        """Return the newest readable (seq, desk) of this code version, or None."""
        ...


class TickKind(msgspec.Struct, frozen=True):
    """One column store key; `kind` is one of `model/history.py`, for instance `candle:5m`.

    A reference feed stands where an instrument does, under the venue REFERENCE.
    """

    venue: VenueId
    instrument: InstrumentId
    kind: str


class Columns(msgspec.Struct):
    """Rows as equally long columns (numpy arrays): integer quanta and nanoseconds by name."""

    names: tuple[str, ...]
    arrays: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.arrays[0]) if self.arrays else 0


class TickStore(Protocol):
    """History as integer quanta, partitioned by venue, instrument, kind and day."""

    def define(self, instrument: Instrument) -> None:
        """Keep the instrument's rules beside its history."""
        ...

    def instruments(self) -> dict[InstrumentId, Instrument]:
        """Return every instrument that has been defined."""
        ...

    def write(self, key: TickKind, columns: Columns) -> int:
        """Merge rows in (same `ts_event` and `sequence` replace); return how many are new."""
        ...

    def read(self, key: TickKind, start_ns: int, end_ns: int, chunk_rows: int) -> Iterator[Columns]:
        """Yield the rows of [start_ns, end_ns) in time order, in chunks."""
        ...

    def kinds(self) -> list[tuple[TickKind, int, int, int]]:
        """Return (key, rows, first ts_event, last ts_event) of everything stored."""
        ...

    def trim(self, max_bytes: int) -> int:
        """Remove the oldest days until no more is stored; return the bytes that are left."""
        ...


class Published(msgspec.Struct, frozen=True):
    """One committed step for readers: its event (None when not journaled) and its effects.

    `heard` is the event even when it is not journaled; None where a step is read from a journal.
    """

    seq: int
    ts: int
    event: Event | None
    effects: tuple[Effect, ...]
    heard: Event | None = None


class Bus(Protocol):
    """Committed news for views and faces; a slow reader is dropped, the desk never waits."""

    def publish(self, news: Published) -> None:
        """Hand the news to every reader; never blocks, never raises for a reader's fault."""
        ...

    def subscribe(self, reader: Callable[[Published], None]) -> Callable[[], None]:
        """Add a reader; returns the function that removes it."""
        ...


class NoticeChannel(Protocol):
    """One way out to a person: a webhook, a mailbox."""

    async def send(self, notice: Notice) -> None:
        """Deliver one notice.

        Raises Unreachable where another try may help; AuthFailed, BadReply and ConfigError where
        it will not. It may be cancelled.
        """
        ...
