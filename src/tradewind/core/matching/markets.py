"""One instrument at the simulated venue: what the public shows, and our orders in priority.

Knows where each order is kept and the best own price of each side, so that one comparison tells
that an event fills nothing. Must not know money, latency or how an order is filled.
"""

from decimal import Decimal

from tradewind.core.matching.accounts import Holding
from tradewind.core.matching.fees import FeeModel, fee_model
from tradewind.core.matching.fees.schedule import SettleCurrencyOnly
from tradewind.core.matching.orders import Place, VenueOrder
from tradewind.core.matching.public_book import PublicBook
from tradewind.model.events import Candle, Quote, Trade
from tradewind.model.ids import AccountId, Currency
from tradewind.model.instrument import Instrument, InstrumentKind
from tradewind.model.market import Trading
from tradewind.model.money import ONE, ZERO

INFINITY = Decimal("Infinity")
NO_BUYER = -INFINITY
NO_SELLER = INFINITY
NO_CLOSE = 1 << 62
RESTING = Place.RESTING
OPENING = Place.OPENING
SLEEPING = Place.SLEEPING
OPEN = Trading.OPEN
BINARY = InstrumentKind.BINARY
INDEX = InstrumentKind.INDEX


class SimulatedMarket:
    """The venue's state of one instrument. Prices in quote currency, quantities in units.

    `quote`, `trade`, `candle` are the newest of their kind; a loop may set them itself instead of
    calling the venue while the venue is not busy. `buys` and `sells` rest, best and oldest first;
    `best_buy` and `best_sell` are the first ones' prices, or infinitely far away. `stops` sleep;
    no price between `wake_low` and `wake_high` wakes one. `opening` wait for the next candle.
    `elsewhere` tells that more than the quote and our orders here decide what an order meets: a
    book, or the other outcome. `tick` is None where bands differ.
    """

    __slots__ = (
        "base",
        "best_buy",
        "best_sell",
        "book",
        "buys",
        "candle",
        "candle_ns",
        "checked_qty",
        "close_ns",
        "elsewhere",
        "fees",
        "funded_ns",
        "holdings",
        "instrument",
        "min_notional",
        "mirror",
        "open",
        "opening",
        "prices",
        "quote",
        "sells",
        "stops",
        "tick",
        "top_px",
        "trade",
        "wake_high",
        "wake_low",
    )

    def __init__(self, instrument: Instrument) -> None:
        self.quote: Quote | None = None
        self.trade: Trade | None = None
        self.candle: Candle | None = None
        self.candle_ns = NO_CLOSE
        self.book: PublicBook | None = None
        self.buys: list[VenueOrder] = []
        self.sells: list[VenueOrder] = []
        self.best_buy = NO_BUYER
        self.best_sell = NO_SELLER
        self.stops: list[VenueOrder] = []
        self.wake_high, self.wake_low = NO_SELLER, NO_BUYER
        self.opening: list[VenueOrder] = []
        self.holdings: dict[AccountId, Holding] = {}
        self.mirror: SimulatedMarket | None = None
        # Nobody takes orders for an index.
        self.open = instrument.kind is not INDEX
        self.elsewhere = False
        self.funded_ns = -1
        self.define(instrument)

    def define(self, instrument: Instrument) -> None:
        """Take over the trading rules."""
        self.instrument = instrument
        self.prices = instrument.prices
        self.tick = instrument.ticks[0].tick if len(instrument.ticks) == 1 else None
        self.top_px = ONE if instrument.kind is BINARY else INFINITY
        self.close_ns = NO_CLOSE if instrument.close_ns is None else instrument.close_ns
        self.min_notional = instrument.min_notional
        self.checked_qty: Decimal | None = None
        self.fees: FeeModel = fee_model(instrument.fee_model, **instrument.fee_parameters)
        in_base = not isinstance(self.fees, SettleCurrencyOnly)
        self.base = instrument.base if in_base else Currency("")

    @property
    def by_candles(self) -> bool:
        """Tell whether candles are the finest data that has come."""
        return (
            self.candle is not None
            and self.quote is None
            and self.trade is None
            and self.book is None
        )

    def touch(self, *, buys: bool) -> Decimal | None:
        """Return the price that an arriving buyer (or seller) meets first; None if there is none.

        The book counts before the quote, the quote before the last trade, and that before the
        last candle's close.
        """
        book = self.book
        if book is not None:
            return book.best_ask if buys else book.best_bid
        quote = self.quote
        if quote is not None:
            if buys:
                return quote.ask if quote.ask_qty else None
            return quote.bid if quote.bid_qty else None
        if self.trade is not None:
            return self.trade.px
        if self.candle is not None:
            return self.prices[self.candle.close_quanta]
        return None

    def stand_beside(self, other: "SimulatedMarket") -> None:
        """Become two outcomes of one market."""
        self.mirror, other.mirror = other, self
        self.elsewhere = other.elsewhere = True

    def keep_book(self) -> PublicBook:
        """Keep a book of levels from now on."""
        self.book = PublicBook()
        self.elsewhere = True
        return self.book

    def displayed(self, px: Decimal, *, buys: bool) -> Decimal | None:
        """Return what others show at a price on that side; None where the data cannot tell."""
        if self.book is not None:
            return self.book.displayed(px, buys=buys)
        quote = self.quote
        if quote is None:
            return ZERO
        if buys:
            touch, qty = quote.bid, quote.bid_qty
            if px < touch and qty:
                return None
        else:
            touch, qty = quote.ask, quote.ask_qty
            if px > touch and qty:
                return None
        return qty if px == touch else ZERO

    def own_touch(self, *, buys: bool) -> Decimal:
        """Return the best own price that an order of ours would trade with, or one out of reach.

        YES and NO are one market: a NO buyer at q sells YES at 1 - q.
        """
        own = self.best_sell if buys else self.best_buy
        mirror = self.mirror
        if mirror is None:
            return own
        if buys:
            return min(own, ONE - mirror.best_buy)
        return max(own, ONE - mirror.best_sell)

    def rest(self, order: VenueOrder) -> None:
        """Put an order into the book behind all of its price."""
        order.place = RESTING
        px = order.px
        if order.buys:
            side = self.buys
            if px > self.best_buy:
                side.insert(0, order)
                self.best_buy = px
                return
            index = len(side)
            while side[index - 1].px < px:
                index -= 1
        else:
            side = self.sells
            if px < self.best_sell:
                side.insert(0, order)
                self.best_sell = px
                return
            index = len(side)
            while side[index - 1].px > px:
                index -= 1
        side.insert(index, order)

    def sleep(self, order: VenueOrder) -> None:
        """Keep a stop until its price comes."""
        order.place = SLEEPING
        self.stops.append(order)
        self.watch()

    def watch(self) -> None:
        """Note the nearest triggers; to be called when one has changed."""
        high, low = NO_SELLER, NO_BUYER
        for order in self.stops:
            trigger = order.trigger_px
            assert trigger is not None
            if order.buys:
                high = min(high, trigger)
            else:
                low = max(low, trigger)
        self.wake_high, self.wake_low = high, low

    def drop(self, order: VenueOrder) -> None:
        """Take an order out of the list that keeps it."""
        place = order.place
        if place is RESTING:
            if order.buys:
                side = self.buys
                side.remove(order)
                self.best_buy = side[0].px if side else NO_BUYER
            else:
                side = self.sells
                side.remove(order)
                self.best_sell = side[0].px if side else NO_SELLER
        elif place is SLEEPING:
            self.stops.remove(order)
            self.watch()
        elif place is OPENING:
            self.opening.remove(order)
