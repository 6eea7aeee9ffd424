"""What must hold whatever happens: seeded random sessions against the simulated venue."""

import pickle
import random
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.core.matching.driving import (
    ACCOUNT,
    BUY,
    FOK,
    GTC,
    IOC,
    NO,
    PERP,
    RAIN,
    SELL,
    SPOT,
    YES,
    D,
    Desk,
    account,
    binaries,
    instrument,
)
from tradewind.core.matching.latency import ConstantLatency, LogNormalLatency
from tradewind.core.matching.queue_position import (
    BackOfQueue,
    FrontOfQueue,
    ProportionalQueue,
    ThroughOnly,
)
from tradewind.core.matching.self_trade import SelfTrade
from tradewind.core.matching.settlement import HALF, NO_WINS, YES_WINS, Resolution
from tradewind.core.matching.slippage import Slippage
from tradewind.core.matching.state import CandleFills, VenueModel
from tradewind.model.events import (
    FillReceived,
    FundingPaid,
    FundingRate,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    Quote,
)
from tradewind.model.ids import Currency, InstrumentId, OrderId
from tradewind.model.instrument import InstrumentKind, Outcome
from tradewind.model.money import ZERO

FEES: dict[str, Any] = {
    "fee_model": "flat",
    "fee_parameters": {"maker_bps": "-1", "taker_bps": "5"},
}
RULES = [
    instrument(**FEES),
    instrument(SPOT, InstrumentKind.SPOT, base=Currency("COIN"), **FEES),
]


def session(dice: random.Random, desk: Desk, steps: int) -> None:
    """Trade at random for so many steps."""
    mid = 1000
    for _ in range(steps):
        ts = desk.now_ns + dice.randint(0, 400)
        what = dice.random()
        on = PERP if dice.random() < 0.6 else SPOT
        if what < 0.35:
            mid += dice.randint(-4, 4)
            bid, ask = D(mid) / 10, D(mid + dice.randint(1, 3)) / 10
            sizes = (dice.randint(1, 9), dice.randint(1, 9))
            desk.quote(str(bid), str(ask), sizes=sizes, at_ns=ts, on=on)
        elif what < 0.5:
            px = D(mid + dice.randint(-3, 3)) / 10
            desk.trade(str(px), dice.randint(1, 9), dice.choice((BUY, SELL)), at_ns=ts, on=on)
        elif what < 0.51:
            desk.see(FundingRate(PERP, ts, ts, D(dice.randint(-9, 9)) / 10000, D(mid) / 10))
        else:
            _request(dice, desk, on, mid, ts)
        desk.listen(ts)
    desk.listen(10**15)


def _request(dice: random.Random, desk: Desk, on: InstrumentId, mid: int, ts: int) -> None:
    live = [key for key, order in desk.venue.orders.items() if order.place.value != "closed"]
    what = dice.random()
    desk.listen(ts)
    if what < 0.2 and live:
        key = dice.choice(live)
        desk.cancel(key, at_ns=ts, on=desk.venue.orders[key].spec.instrument)
    elif what < 0.35 and live:
        key = dice.choice(live)
        px = str(D(mid + dice.randint(-9, 9)) / 10)
        instrument_id = desk.venue.orders[key].spec.instrument
        desk.amend(key, dice.randint(1, 9), px, at_ns=ts, on=instrument_id)
    else:
        terms: dict[str, Any] = {"reduce_only": dice.random() < 0.3}
        if dice.random() < 0.2:
            terms["trigger_px"] = D(mid + dice.randint(-9, 9)) / 10
        else:
            terms["tif"] = dice.choice((GTC, GTC, GTC, IOC, FOK))
        limit = None if dice.random() < 0.2 else str(D(mid + dice.randint(-9, 9)) / 10)
        desk.order(dice.choice((BUY, SELL)), dice.randint(1, 9), limit, at_ns=ts, on=on, **terms)


MODELS = {
    "zero latency": VenueModel(queue=FrontOfQueue()),
    "as displayed": VenueModel(fill_whole=False, self_trade=SelfTrade.CANCEL_MAKER),
    "constant latency": VenueModel(
        latency=ConstantLatency(entry_ns=300, response_ns=200, feed_ns=50),
        queue=ProportionalQueue(power=2),
        self_trade=SelfTrade.CANCEL_BOTH,
    ),
    "scattered latency": VenueModel(
        latency=LogNormalLatency(seed=3, entry_median_ns=5000, response_median_ns=3000),
        queue=ThroughOnly(),
        self_trade=SelfTrade.REJECT,
    ),
    "short memory": VenueModel(queue=BackOfQueue(), history=5),
}


@pytest.mark.parametrize("name", MODELS)
def test_nothing_overfills_and_money_conserves(name: str, seed: int) -> None:
    desk = Desk(RULES, MODELS[name], [account(balance="20000")])
    session(random.Random(seed), desk, 1200)
    orders = desk.venue.older | desk.venue.orders
    wanted = {key: order.spec.qty for key, order in orders.items()}
    filled: dict[str, Decimal] = {}
    held: dict[str, Decimal] = {PERP: ZERO, SPOT: ZERO}
    flow = fees = funding = ZERO
    for event in desk.heard:
        if isinstance(event, OrderAmended):
            wanted[event.client_order_id] = event.qty
        elif isinstance(event, OrderCancelled):
            assert event.filled_qty == filled.get(event.client_order_id, ZERO)
        elif isinstance(event, FundingPaid):
            funding += event.amount
        elif isinstance(event, FillReceived):
            fill = event.fill
            key = str(fill.client_order_id)
            filled[key] = filled.get(key, ZERO) + fill.qty
            held[fill.instrument] += fill.qty * fill.side.sign
            flow -= fill.qty * fill.px * fill.side.sign
            fees += fill.fee
    assert len(filled) > 50, "the session traded"
    assert all(qty <= wanted.get(OrderId(key), qty) for key, qty in filled.items())
    assert (desk.position(PERP), desk.position(SPOT)) == (held[PERP], held[SPOT])
    owned = ZERO
    # Scattered delays change the order in which fills are heard of; the venue keeps its own.
    for fill in desk.venue.accounts[ACCOUNT].fills:
        if fill.instrument == SPOT and MODELS[name].history > 1000:
            owned += fill.qty * fill.side.sign
            assert owned >= ZERO
    keys = [fill.key for fill in desk.fills]
    assert len(set(keys)) == len(keys)
    holding = desk.venue.accounts[ACCOUNT].holdings[PERP]
    # Cash plus the cost of what is open is what came in; averages may round in the 28th digit.
    expected = D(20000) + flow - fees - funding + holding.net.cost
    assert abs(desk.cash() - expected) < D("1e-18")


@pytest.mark.parametrize("name", MODELS)
def test_nothing_stays_reserved_when_all_is_over(name: str, seed: int) -> None:
    desk = Desk(RULES, MODELS[name], [account(balance="20000")])
    session(random.Random(seed), desk, 600)
    desk.cancel_all()
    desk.listen(2 * 10**15)
    venue = desk.venue
    assert (venue.busy, venue.live_orders) == (0, 0)
    perp, spot = (venue.accounts[ACCOUNT].holdings[on].net for on in (PERP, SPOT))
    assert abs(desk.used() - perp.margin) < D("1e-18")
    assert spot.locked == 0
    assert (perp.bounded, spot.bounded) == (0, 0)
    for market in venue.markets.values():
        assert (market.buys, market.sells, market.stops, market.opening) == ([], [], [], [])


@pytest.mark.parametrize("name", [name for name in MODELS if name != "short memory"])
def test_reduce_only_never_grows_or_flips_a_position(name: str, seed: int) -> None:
    desk = Desk(RULES, MODELS[name], [account(balance="20000")])
    session(random.Random(seed), desk, 1200)
    orders = desk.venue.older | desk.venue.orders
    held: dict[str, Decimal] = {PERP: ZERO, SPOT: ZERO}
    for fill in desk.venue.accounts[ACCOUNT].fills:
        before = held[fill.instrument]
        held[fill.instrument] = after = before + fill.qty * fill.side.sign
        order = orders.get(OrderId(str(fill.client_order_id)))
        if order is not None and order.spec.reduce_only:
            assert abs(after) < abs(before)
            assert before * after >= 0


@pytest.mark.parametrize("name", MODELS)
def test_every_accepted_order_has_one_beginning_and_one_end(name: str, seed: int) -> None:
    desk = Desk(RULES, MODELS[name], [account(balance="20000")])
    session(random.Random(seed), desk, 800)
    desk.cancel_all()
    desk.listen(2 * 10**15)
    accepted = [e.client_order_id for e in desk.heard if isinstance(e, OrderAccepted)]
    rejected = [e.client_order_id for e in desk.heard if isinstance(e, OrderRejected)]
    cancelled = [e.client_order_id for e in desk.heard if isinstance(e, OrderCancelled)]
    assert len(set(accepted)) == len(accepted)
    assert not set(accepted) & set(rejected)
    assert len(set(cancelled)) == len(cancelled)
    assert set(cancelled) <= set(accepted)
    assert len(accepted) + len(rejected) == desk.count


@pytest.mark.parametrize("name", MODELS)
def test_the_same_session_gives_the_same_answers_even_when_saved_in_between(
    name: str, seed: int
) -> None:
    straight = Desk(RULES, MODELS[name], [account(balance="20000")])
    dice = random.Random(seed)
    session(dice, straight, 300)
    session(dice, straight, 300)
    saved = Desk(RULES, MODELS[name], [account(balance="20000")])
    dice = random.Random(seed)
    session(dice, saved, 300)
    saved.venue = pickle.loads(pickle.dumps(saved.venue))  # noqa: S301  # our own bytes
    session(dice, saved, 300)
    assert saved.heard == straight.heard


@pytest.mark.parametrize("name", MODELS)
def test_answers_come_in_the_order_of_their_time(name: str, seed: int) -> None:
    desk = Desk(RULES, MODELS[name], [account(balance="20000")])
    session(random.Random(seed), desk, 400)
    times = [event.ts_recv for event in desk.heard]
    assert times == sorted(times)
    assert all(event.ts_event <= event.ts_recv for event in desk.heard)  # type: ignore[union-attr]


def candle_session(dice: random.Random, desk: Desk, first: int, count: int) -> None:
    """Trade one perpetual at random on candles."""
    close = 1000
    for number in range(first, first + count):
        open_ = close + dice.choice((0, 0, 0, dice.randint(-9, 9)))
        close = open_ + dice.randint(-9, 9)
        high = max(open_, close) + dice.randint(0, 9)
        low = min(open_, close) - dice.randint(0, 9)
        prices = " ".join(str(D(px) / 10) for px in (open_, high, low, close))
        desk.candle(number, prices, late_ns=dice.choice((0, 0, 2_000_000_000)))
        for _ in range(dice.randint(0, 3)):
            _request(dice, desk, PERP, close, desk.now_ns)
        desk.listen()


@pytest.mark.parametrize(
    "model",
    [
        VenueModel(),
        VenueModel(candles=CandleFills(at_close=True, slippage=Slippage(ticks=1))),
        VenueModel(latency=ConstantLatency(entry_ns=5_000_000, response_ns=3_000_000)),
    ],
)
def test_candle_sessions_conserve_and_can_be_saved(model: VenueModel, seed: int) -> None:
    heard = []
    for saves in (False, True):
        dice = random.Random(seed)
        desk = Desk(RULES, model, [account(balance="20000")])
        candle_session(dice, desk, 0, 300)
        if saves:
            desk.venue = pickle.loads(pickle.dumps(desk.venue))  # noqa: S301  # our own bytes
        candle_session(dice, desk, 300, 300)
        desk.listen(10**15)
        flow = sum((-one.qty * one.px * one.side.sign - one.fee for one in desk.fills), ZERO)
        held = sum((one.qty * one.side.sign for one in desk.fills), ZERO)
        net = desk.venue.accounts[ACCOUNT].holdings[PERP].net
        assert len(desk.fills) > 50, "the session traded"
        assert desk.position() == held
        assert abs(desk.cash() - (D(20000) + flow + net.cost)) < D("1e-18")
        heard.append(desk.heard)
    assert heard[0] == heard[1]


@pytest.mark.parametrize("netting", [False, True])
@pytest.mark.parametrize("resolution", [YES_WINS, NO_WINS, HALF])
def test_binary_sessions_end_with_what_was_won(
    netting: bool, resolution: Resolution, seed: int
) -> None:
    dice = random.Random(seed)
    rules: dict[str, Any] = {
        "fee_model": "flat",
        "fee_parameters": {"maker_bps": 0, "taker_bps": 9},
    }
    desk = Desk(binaries(netting=netting, **rules), accounts=[account(balance="500")])
    mid = 50
    for _ in range(800):
        mid = min(max(mid + dice.randint(-3, 3), 10), 90)
        on = dice.choice((YES, NO))
        px = mid if on == YES else 100 - mid
        desk.quote(str(D(px - 1) / 100), str(D(px + 1) / 100), on=on)
        limit = str(D(px + dice.randint(-4, 4)) / 100)
        desk.order(dice.choice((BUY, SELL)), dice.randint(1, 9), limit, on=on)
        if dice.random() < 0.3:
            desk.cancel_all()
        desk.listen()
        assert desk.used() <= desk.cash() + D("0.1"), "fees aside, nothing is spent twice"
    won = ZERO
    for one in desk.fills:
        payout = resolution.payout(Outcome.YES if one.instrument == YES else Outcome.NO, ZERO)
        won += (payout - one.px) * one.qty * one.side.sign - one.fee
    assert len(desk.fills) > 50, "the session traded"
    desk.venue.settle(RAIN, resolution, desk.now_ns)
    assert abs(desk.cash() - (500 + won)) < D("1e-18")
    assert abs(desk.used()) < D("1e-18")


def test_an_idle_venue_may_be_told_only_the_last_quote(seed: int) -> None:
    heard = []
    for skips in (False, True):
        dice = random.Random(seed)
        desk = Desk()
        for number in range(400):
            bid = D(1000 + dice.randint(-9, 9)) / 10
            quote = Quote(PERP, number, number, bid, bid + D("0.1"), D(1), D(1))
            if skips and not desk.venue.busy:
                desk.venue.markets[PERP].quote = quote
            else:
                desk.see(quote)
            desk.now_ns = number
            if dice.random() < 0.2:
                desk.order(dice.choice((BUY, SELL)), 1, str(bid))
            if dice.random() < 0.2:
                desk.cancel_all()
            desk.listen()
        heard.append(desk.heard)
    assert heard[0] == heard[1]
