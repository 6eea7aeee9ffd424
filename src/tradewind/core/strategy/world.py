"""What every instance of a desk may look at. The engine keeps it; contexts only read it."""

from collections.abc import Callable

from tradewind.core.ledger.currency import Rates
from tradewind.core.ledger.ledger import Ledger
from tradewind.core.market.market import Market
from tradewind.model.config import Account
from tradewind.model.errors import ConfigError
from tradewind.model.events import Candle, ReferencePrice
from tradewind.model.ids import AccountId, InstanceId, InstrumentId, OrderId
from tradewind.model.market import INTERVALS_NS
from tradewind.model.order import Order

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
"""Base 32: the letters and digits that every venue's client id accepts."""
LATE_NS = 10_000_000_000
"""So long after its end a candle is still news: venues list some of them seconds late."""
Forbids = Callable[[InstanceId, AccountId, InstrumentId, str], str]
"""Given instance, account, instrument and cycle, the rule that denies new risk there, or none."""
PAIRS = tuple(a + b for a in ALPHABET for b in ALPHABET)


def late_after(stale_ns: int) -> dict[str, int]:
    """Return by interval the age, counted from its opening, up to which a candle is news."""
    grace_ns = max(LATE_NS, stale_ns)
    return {interval: length_ns + grace_ns for interval, length_ns in INTERVALS_NS.items()}


def base32(number: int, length: int) -> str:
    """Return `number` in base 32 with exactly `length` digits, the low ones."""
    digits = ""
    for _ in range(length):
        digits = ALPHABET[number & 31] + digits
        number >>= 5
    return digits


def _nothing(instance: InstanceId, account: AccountId, instrument: InstrumentId, group: str) -> str:
    return ""


class World:
    """Clock, markets, ledger, orders and the order id counter of one desk.

    `now_ns` is the time of the event being folded; `forbids` asks the gate; `late_ns` says by
    interval how long after its opening a candle is still news. Ids are tag (2), epoch
    (3), the runtime's random bits of this start (8 = 40 bits) and a counter (7): 20 characters,
    never repeated.
    """

    __slots__ = (
        "accounts",
        "candles",
        "counter",
        "forbids",
        "late_ns",
        "ledger",
        "live_orders",
        "markets",
        "now_ns",
        "orders",
        "prefix",
        "rates",
        "references",
        "seq",
        "stale_book_ns",
        "stem",
    )

    def __init__(self, ledger: Ledger, rates: Rates) -> None:
        self.now_ns = 0
        self.seq = 0
        self.forbids: Forbids = _nothing
        self.counter = 0
        self.prefix = self.stem = ""
        self.stale_book_ns = 0
        self.late_ns = late_after(0)
        self.markets: dict[InstrumentId, Market] = {}
        self.accounts: dict[AccountId, Account] = {}
        self.ledger = ledger
        self.rates = rates
        self.orders: dict[OrderId, Order] = {}
        self.live_orders: dict[InstanceId, dict[OrderId, Order]] = {}
        self.candles: dict[tuple[InstrumentId, str], list[Candle]] = {}
        self.references: dict[str, ReferencePrice] = {}

    def start_epoch(self, tag: str, epoch: int, salt: int) -> None:
        """Begin a new series of order ids; `salt` holds the runtime's random bits."""
        if len(tag) != 2 or any(letter not in ALPHABET for letter in tag):
            raise ConfigError(f"Read the desk's tag, found {tag!r}; give two of A-Z and 2-7.")
        self.prefix = tag + base32(epoch, 3) + base32(salt, 8)
        self.counter = 0
        self.stem = ""

    def next_order_id(self) -> OrderId:
        """Return the next client order id."""
        count = self.counter = self.counter + 1
        if not count & 1023 or not self.stem:
            high = ALPHABET[count >> 30] + PAIRS[count >> 20 & 1023] + PAIRS[count >> 10 & 1023]
            self.stem = self.prefix + high
        return OrderId(self.stem + PAIRS[count & 1023])
