"""The public that trades on the exchange: both sides, trades, our orders, and one seed."""

from decimal import Decimal
from random import Random

import msgspec
import pytest

from tradewind.core.matching.exchange import Exchange
from tradewind.core.matching.exchange_orders import ExchangeAnswer, Match, NewOrder
from tradewind.edge.simulators.latent import Latent
from tradewind.edge.simulators.paths import price_path
from tradewind.edge.simulators.public import PUBLIC, Public, Style
from tradewind.edge.simulators.topics import open_question
from tradewind.model.ids import Currency, InstrumentId, MarketId, VenueId
from tradewind.model.instrument import (
    Instrument,
    InstrumentKind,
    Outcome,
    TickBand,
    single_tick,
)
from tradewind.model.money import NANOS, ONE
from tradewind.model.order import Side, TimeInForce

D = Decimal
START_NS = 1_700_000_000 * NANOS
HOUR_NS = 3600 * NANOS
COIN = Instrument(
    id=InstrumentId("X:BTC"),
    venue=VenueId("X"),
    symbol="BTCUSDT",
    kind=InstrumentKind.PERPETUAL,
    quote=Currency("USDT"),
    ticks=single_tick(D("0.1")),
    qty_step=D("0.001"),
    min_qty=D("0.001"),
    px_exponent=4,
    qty_exponent=3,
)
QUESTION = Instrument(
    id=InstrumentId("K:Q:yes"),
    venue=VenueId("K"),
    symbol="Q",
    kind=InstrumentKind.BINARY,
    quote=Currency("USD"),
    ticks=(
        TickBand(D(0), D("0.1"), D("0.001")),
        TickBand(D("0.1"), D("0.9"), D("0.01")),
        TickBand(D("0.9"), D(1), D("0.001")),
    ),
    qty_step=D(1),
    px_exponent=4,
    qty_exponent=2,
    outcome=Outcome.YES,
    market=MarketId("K:Q"),
)
BUSY = Style(half_spread=0.00003, touch_qty=1.8, level_qty=4.0, take_qty=0.04, gap_ticks=5)
ASKED = Style(half_spread=0.0165, touch_qty=60, level_qty=140, take_qty=12)


class Still:
    """A fair value that stays where it is put."""

    def __init__(self, value: float) -> None:
        self.value = value

    def at(self, ts: int) -> float:
        return self.value


class Floor:
    """An exchange with one market and its public."""

    def __init__(self, rules: Instrument, fair: Latent, style: Style, seed: int = 1) -> None:
        self.exchange = Exchange()
        self.rules = rules
        self.exchange.define(rules)
        self.public = Public(self.exchange, rules, fair, style, (START_NS, Random(seed)))
        self.told: list[ExchangeAnswer] = []

    def run(self, until_ns: int) -> list[Match]:
        """Let the public act until then; return the trades."""
        known = len(self.told)
        while self.public.next_ns <= until_ns:
            self.told += self.public.act(self.public.next_ns)
        return [each for each in self.told[known:] if isinstance(each, Match)]

    def ours(self, side: Side, qty: str, px: str) -> list[ExchangeAnswer]:
        new = NewOrder(
            order_id="ours",
            account="me",
            instrument=self.rules.id,
            side=side,
            qty=D(qty),
            px=D(px),
            tif=TimeInForce.GTC,
        )
        return self.exchange.submit(new, self.public.next_ns)

    def touch(self) -> tuple[Decimal, Decimal]:
        bids, asks = self.exchange.depth(self.rules.id)
        return bids[0][0], asks[0][0]


def coin(seed: int = 1) -> Floor:
    return Floor(COIN, price_path(f"{seed}/BTC", 64_000.0), BUSY, seed)


def question(seed: int = 1) -> Floor:
    asked = open_question(seed, "Q", 0.3, 0.3).ask(0, START_NS, START_NS + 24 * HOUR_NS)
    return Floor(QUESTION, asked.chance, ASKED, seed)


@pytest.mark.parametrize("make", [coin, question])
def test_it_quotes_both_sides_on_the_grid_and_trades(make: type, seed: int) -> None:
    floor = make(seed)
    for minute in range(2, 32, 2):
        trades = floor.run(START_NS + minute * HOUR_NS // 60)
        bids, asks = floor.exchange.depth(floor.rules.id)
        assert bids
        assert asks
        assert bids[0][0] < asks[0][0]
        assert all(floor.rules.on_grid(px) for px, _ in (*bids, *asks))
        if floor.rules.outcome is not None:
            assert asks[-1][0] < ONE
        assert trades
    accounts = {
        part.account
        for each in floor.told
        if isinstance(each, Match)
        for part in (each.taker, each.maker)
    }
    assert accounts == PUBLIC


def test_one_seed_is_one_market(seed: int) -> None:
    first, again, other = coin(seed), coin(seed), coin(seed + 1)
    for floor in (first, again, other):
        floor.run(START_NS + HOUR_NS // 4)
    assert first.told == again.told
    assert first.told != other.told


def test_prices_follow_the_hidden_value() -> None:
    fair = Still(64_000.0)
    floor = Floor(COIN, fair, BUSY)
    floor.run(START_NS + 60 * NANOS)
    assert all(abs(px - 64_000) < 50 for px in floor.touch())
    fair.value = 65_000.0
    floor.run(START_NS + 120 * NANOS)
    assert all(abs(px - 65_000) < 50 for px in floor.touch())


def test_an_order_of_ours_is_filled_by_price_and_then_time() -> None:
    floor = Floor(COIN, Still(64_000.0), msgspec.structs.replace(BUSY, nibble=0.5))
    floor.run(START_NS + 10 * NANOS)
    bid = floor.touch()[0]
    better = str(bid + D("0.1"))
    floor.ours(Side.BUY, "0.500", better)
    mine = []
    for second in range(11, 600):
        trades = floor.run(START_NS + second * NANOS)
        mine += [each.maker for each in trades if each.maker.account == "me"]
        below = [each for each in trades if each.maker.side is Side.BUY and each.yes_px < D(better)]
        assert not below or floor.exchange.order("ours") is None
        if floor.exchange.order("ours") is None:
            break
    assert len(mine) > 1
    assert mine[-1].filled_qty == D("0.500")
    assert mine[-1].leaves_qty == 0


def test_an_offer_below_what_things_are_worth_is_taken() -> None:
    floor = Floor(QUESTION, Still(0.5), ASKED)
    floor.run(START_NS + 10 * NANOS)
    bids, _ = floor.exchange.depth(QUESTION.id)
    # Hit every bid, and offer more at a price that is far too low.
    floor.ours(Side.SELL, str(sum(qty for _, qty in bids) + 50), "0.10")
    floor.run(START_NS + 60 * NANOS)
    assert floor.exchange.order("ours") is None
    assert floor.touch()[0] > D("0.45")


def test_it_leaves_and_comes_back() -> None:
    floor = coin()
    floor.run(START_NS + 10 * NANOS)
    floor.public.leave(START_NS + 11 * NANOS)
    assert floor.exchange.depth(COIN.id) == ([], [])
    # A venue that was paused for an hour does not catch up on it.
    floor.public.act(START_NS + HOUR_NS)
    assert floor.public.next_ns > START_NS + HOUR_NS
    bids, asks = floor.exchange.depth(COIN.id)
    assert len(bids) == len(asks) == BUSY.levels
