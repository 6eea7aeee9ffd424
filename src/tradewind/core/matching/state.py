"""What the simulated venue remembers, and the answers under way.

Knows accounts, markets, orders by id, and a queue in event time of requests that have not
arrived and answers that are not due. Must not know how an order is matched.

All times are on the desk's clock. Venue time is `feed_ns` behind it, because at a given moment
the desk knows the market only as it was so long ago.
"""

from collections.abc import Sequence
from heapq import heappop, heappush

import msgspec

from tradewind.core.matching.accounts import Holding, VenueAccount
from tradewind.core.matching.fees import FeeMemory
from tradewind.core.matching.latency import NO_LATENCY, Latency
from tradewind.core.matching.markets import SimulatedMarket
from tradewind.core.matching.orders import Place, VenueOrder
from tradewind.core.matching.queue_position import BackOfQueue, QueuePosition
from tradewind.core.matching.self_trade import SelfTrade
from tradewind.core.matching.slippage import Slippage
from tradewind.model.config import Account
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, SubmitOrder
from tradewind.model.events import Event
from tradewind.model.ids import AccountId, InstrumentId, OrderId

NOTHING_DUE = 1 << 62
Request = SubmitOrder | AmendOrder | CancelOrder | CancelAll
REQUESTS = (SubmitOrder, AmendOrder, CancelOrder, CancelAll)
CLOSED = Place.CLOSED


class CandleFills(msgspec.Struct, frozen=True, kw_only=True):
    """How orders fill where candles are the only data.

    An order that takes liquidity fills at the next candle's open plus `slippage`; with `at_close`
    at once, at the close of the candle just seen. A candle's open still counts for an order that
    arrived up to a tenth of the interval, and at most `late_open_ns`, after it.
    """

    at_close: bool = False
    slippage: Slippage = Slippage()
    late_open_ns: int = 10_000_000_000


class VenueModel(msgspec.Struct, frozen=True, kw_only=True):
    """What is assumed about the venue where data cannot tell.

    `fill_whole` lets a touch fill any quantity, otherwise no more than it displays. `history` is
    how many closed orders and fills are kept for reports and against reused order ids.
    """

    latency: Latency = NO_LATENCY
    queue: QueuePosition = BackOfQueue()
    candles: CandleFills = CandleFills()
    self_trade: SelfTrade = SelfTrade.CANCEL_TAKER
    fill_whole: bool = True
    history: int = 10_000


class VenueState:
    """The state of one simulated venue.

    `busy` counts what makes market events matter: live orders, requests under way, and one for
    every book of levels. `next_due_ns` is when something is due, NOTHING_DUE if nothing is.
    """

    __slots__ = (
        "_arrived",
        "_history",
        "_under_way",
        "accounts",
        "at_ns",
        "busy",
        "candles",
        "fee_memory",
        "feed_ns",
        "fill_whole",
        "instant",
        "latency",
        "markets",
        "next_due_ns",
        "now_ns",
        "older",
        "orders",
        "queue",
        "queue_start",
        "ready",
        "roll_at",
        "self_trade",
        "watches_levels",
    )

    def __init__(self, accounts: Sequence[Account], model: VenueModel) -> None:
        self.latency = model.latency
        self.feed_ns = model.latency.feed_ns
        self.instant = model.latency == NO_LATENCY
        self.queue = model.queue
        self.queue_start = model.queue.start
        self.watches_levels = model.queue.watches
        self.candles = model.candles
        self.self_trade = model.self_trade
        self.fill_whole = model.fill_whole
        self._history = self.roll_at = model.history
        self.accounts: dict[AccountId, VenueAccount] = {
            account.id: VenueAccount(account, history=model.history) for account in accounts
        }
        self.markets: dict[InstrumentId, SimulatedMarket] = {}
        self.orders: dict[OrderId, VenueOrder] = {}
        self.older: dict[OrderId, VenueOrder] = {}
        self.fee_memory: FeeMemory = {}
        self.busy = 0
        self.now_ns = self.at_ns = 0
        self.next_due_ns = NOTHING_DUE
        self.ready: list[Event] = []
        self._under_way: list[tuple[int, int, Event | Request]] = []
        self._arrived = 0

    def find(self, order_id: OrderId) -> VenueOrder | None:
        """Return an order that is live or not long closed."""
        order = self.orders.get(order_id)
        return order if order is not None else self.older.get(order_id)

    def roll(self) -> None:
        """Forget closed orders of the generation before last, so that memory stays flat."""
        orders = self.orders
        self.orders = {key: one for key, one in orders.items() if one.place is not CLOSED}
        self.older = {key: one for key, one in orders.items() if one.place is CLOSED}
        self.roll_at = len(self.orders) + self._history

    def holding(self, market: SimulatedMarket, account: AccountId) -> Holding | None:
        """Return an account's holding in a market, None for a stranger."""
        found = market.holdings.get(account)
        if found is None and account in self.accounts:
            found = self.accounts[account].holding(market.instrument)
            market.holdings[account] = found
        return found

    def turn_to(self, now_ns: int) -> None:
        """Set the clock: `now_ns` is the desk's, `at_ns` venue time."""
        self.now_ns = now_ns
        self.at_ns = now_ns - self.feed_ns

    def answer_ns(self, key: str) -> int:
        """Return when the desk hears about `key` what the venue decides now."""
        if self.instant:
            return self.now_ns
        return max(self.now_ns, self.at_ns + self.latency.to_desk_ns(key))

    def deliver(self, event: Event, at_ns: int) -> None:
        """Hand an answer to the desk when it is due."""
        if self.instant:
            self.ready.append(event)
        else:
            self._arrived += 1
            heappush(self._under_way, (at_ns, self._arrived, event))
        if at_ns < self.next_due_ns:
            self.next_due_ns = at_ns

    def send(self, request: Request, key: str, now_ns: int) -> None:
        """Put a request on its way to the venue."""
        at_ns = now_ns + self.latency.to_venue_ns(key) + self.feed_ns
        self._arrived += 1
        self.busy += 1
        heappush(self._under_way, (at_ns, self._arrived, request))
        if at_ns < self.next_due_ns:
            self.next_due_ns = at_ns

    def take_ready(self) -> list[Event]:
        """Return all answers of a venue without latency."""
        ready = self.ready
        self.ready = []
        self.next_due_ns = NOTHING_DUE
        return ready

    def take_next(self) -> tuple[int, Event | Request]:
        """Return what is due first, and when."""
        at_ns, _, thing = heappop(self._under_way)
        if isinstance(thing, REQUESTS):
            self.busy -= 1
        self.next_due_ns = self._under_way[0][0] if self._under_way else NOTHING_DUE
        return at_ns, thing
