"""The limit order book with several accounts: priority, time in force, self-trades, positions."""

import pickle
import random
from decimal import Decimal

import pytest

from tests.unit.core.matching.driving import (
    BUY,
    NO,
    PERP,
    SELL,
    YES,
    D,
    binaries,
    decimals,
    instrument,
)
from tradewind.core.matching.exchange import Exchange
from tradewind.core.matching.exchange_orders import (
    Change,
    ExchangeAnswer,
    Match,
    NewOrder,
    Part,
)
from tradewind.core.matching.self_trade import SelfTrade
from tradewind.model.order import Side, TimeInForce

GTC, GTD = TimeInForce.GTC, TimeInForce.GTD
IOC, FOK = TimeInForce.IOC, TimeInForce.FOK


class Floor:
    """An exchange, and orders in short words: `bid("a", 5, "10")` for account a."""

    def __init__(self) -> None:
        self.exchange = Exchange()
        for rules in (instrument(), *binaries()):
            self.exchange.define(rules)
        self.count = 0

    def new(
        self, account: str, side: Side, qty: str | int, px: str | None = None, **terms: object
    ) -> list[str]:
        self.count += 1
        given = {"order_id": f"{account}{self.count}", "instrument": PERP} | terms
        price = None if px is None else D(px)
        order = NewOrder(account=account, side=side, qty=D(qty), px=price, **given)  # type: ignore[arg-type]
        return words(self.exchange.submit(order, self.count))

    def bid(
        self, account: str, qty: str | int, px: str | None = None, **terms: object
    ) -> list[str]:
        return self.new(account, BUY, qty, px, **terms)

    def ask(
        self, account: str, qty: str | int, px: str | None = None, **terms: object
    ) -> list[str]:
        return self.new(account, SELL, qty, px, **terms)


def levels(*pairs: str) -> list[tuple[Decimal, ...]]:
    return [decimals(pair) for pair in pairs]


def words(answers: list[ExchangeAnswer]) -> list[str]:
    return [word(answer) for answer in answers]


def word(answer: ExchangeAnswer) -> str:
    if isinstance(answer, Match):
        return f"{answer.taker.order_id} takes {answer.maker.order_id} {answer.qty}@{answer.yes_px}"
    return f"{answer.order_id} {answer.change.value} {answer.reason}".rstrip()


def test_better_prices_match_first_and_older_orders_first_within_a_price() -> None:
    floor = Floor()
    for account, px in (("a", "10.2"), ("b", "10.0"), ("c", "10.1"), ("d", "10.0")):
        floor.ask(account, 5, px)
    assert floor.bid("e", 13, "10.1") == [
        "e5 accepted",
        "e5 takes b2 5@10.0",
        "e5 takes d4 5@10.0",
        "e5 takes c3 3@10.1",
    ]
    assert floor.exchange.depth(PERP) == ([], levels("10.1 2", "10.2 5"))


def test_a_match_tells_both_parts_what_is_left() -> None:
    floor = Floor()
    floor.ask("a", 5, "10.0")
    answers = floor.exchange.submit(
        NewOrder(order_id="x", account="b", instrument=PERP, side=BUY, qty=D(3), px=D("10.4")), 9
    )
    match = answers[1]
    assert isinstance(match, Match)
    assert (match.number, match.ts, match.yes_px) == (1, 9, D("10.0"))
    assert (match.taker.filled_qty, match.taker.leaves_qty) == decimals("3 0")
    assert (match.maker.account, match.maker.side, match.maker.leaves_qty) == ("a", SELL, D(2))


TAKES_TWO = ["takes a1 4@10.0", "takes a2 4@10.1"]


@pytest.mark.parametrize(
    ("name", "px", "terms", "expected", "rests"),
    [
        ("GTC rests", "10.1", {}, TAKES_TWO, 2),
        (
            "IOC ends",
            "10.1",
            {"tif": IOC},
            ["takes a1 4@10.0", "takes a2 4@10.1", "cancelled unfilled"],
            0,
        ),
        ("FOK too large", "10.1", {"tif": FOK}, ["cancelled unfilled"], 0),
        (
            "a market order takes all there is",
            None,
            {},
            ["takes a1 4@10.0", "takes a2 4@10.1", "takes a3 2@10.5"],
            0,
        ),
        ("post-only rejected", "10.0", {"post_only": True}, ["rejected post_only_would_take"], 0),
        ("post-only rests", "9.9", {"post_only": True}, [], 10),
        ("off tick", "10.05", {}, ["rejected off_tick"], 0),
        ("strange", "10.0", {"instrument": "X"}, ["rejected unknown_instrument"], 0),
        ("live id", "10.0", {"order_id": "a1"}, ["rejected duplicate_order_id"], 0),
    ],
)
def test_time_in_force_on_the_exchange(
    name: str, px: str | None, terms: dict[str, object], expected: list[str], rests: int
) -> None:
    floor = Floor()
    for px_ask in ("10.0", "10.1", "10.5"):
        floor.ask("a", 4, px_ask)
    heard = [one.split(" ", 1)[1] for one in floor.bid("b", 10, px, **terms)]
    accepted = [] if expected and "rejected" in expected[0] else ["accepted"]
    assert heard == accepted + expected, name
    bids, _ = floor.exchange.depth(PERP)
    assert sum(qty for _, qty in bids) == rests, name


def test_fill_or_kill_that_fits_fills() -> None:
    floor = Floor()
    floor.ask("a", 4, "10.0")
    floor.ask("b", 4, "10.1")
    assert floor.bid("c", 8, "10.1", tif=FOK)[1:] == ["c3 takes a1 4@10.0", "c3 takes b2 4@10.1"]


def test_good_till_date_ends_at_its_time() -> None:
    floor = Floor()
    floor.bid("a", 1, "10.0", tif=GTD, expire_ns=100)
    floor.bid("b", 1, "10.0", tif=GTD, expire_ns=200)
    assert words(floor.exchange.expire(99)) == []
    assert words(floor.exchange.expire(100)) == ["a1 expired"]
    assert words(floor.exchange.cancel("a1", 101)) == ["a1 cancel_rejected not_found"]
    assert words(floor.exchange.cancel("b2", 101)) == ["b2 cancelled"]
    assert floor.exchange.depth(PERP) == ([], [])


@pytest.mark.parametrize(
    ("name", "qty", "px", "first"),
    [
        ("less keeps the place", 3, None, "a1"),
        ("more loses it", 6, None, "b2"),
        ("another price and back loses it", 5, "9.9", "b2"),
    ],
)
def test_amend_and_priority(name: str, qty: int, px: str | None, first: str) -> None:
    floor = Floor()
    floor.bid("a", 5, "10.0")
    floor.bid("b", 5, "10.0")
    assert floor.exchange.queue_ahead("b2") == 5
    heard = floor.exchange.amend("a1", D(qty), None if px is None else D(px), 5)
    if px is not None:
        heard += floor.exchange.amend("a1", D(qty), D("10.0"), 6)
    assert set(words(heard)) == {"a1 amended"}, name
    assert floor.ask("c", 1, "10.0")[1] == f"c3 takes {first} 1@10.0", name


def test_amend_counts_fills_and_may_take() -> None:
    floor = Floor()
    floor.bid("a", 5, "10.0")
    floor.ask("b", 2, "10.0")
    floor.ask("c", 9, "10.5")
    exchange = floor.exchange
    assert words(exchange.amend("a1", D(2), None, 5)) == [
        "a1 amend_rejected quantity_already_filled"
    ]
    assert words(exchange.amend("a1", D(4), D("10.05"), 5)) == ["a1 amend_rejected off_tick"]
    assert words(exchange.amend("zz", D(4), None, 5)) == ["zz amend_rejected not_found"]
    assert words(exchange.amend("a1", D(4), D("10.5"), 6)) == ["a1 amended", "a1 takes c3 2@10.5"]
    assert exchange.order("a1") is None


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (SelfTrade.CANCEL_TAKER, ["accepted", "takes b1 2@10.0", "cancelled self_trade"]),
        (
            SelfTrade.CANCEL_MAKER,
            ["accepted", "takes b1 2@10.0", "a2 cancelled self_trade", "takes c3 2@10.2"],
        ),
        (
            SelfTrade.CANCEL_BOTH,
            ["accepted", "takes b1 2@10.0", "a2 cancelled self_trade", "cancelled self_trade"],
        ),
        (SelfTrade.REJECT, ["rejected self_trade"]),
    ],
)
@pytest.mark.parametrize("owner", ["", "family"])
def test_an_owner_never_trades_with_himself(
    rule: SelfTrade, expected: list[str], owner: str
) -> None:
    floor = Floor()
    floor.ask("b", 2, "10.0")
    floor.ask("a", 2, "10.1", owner=owner)
    floor.ask("c", 2, "10.2")
    taker = "z" if owner else "a"
    heard = floor.bid(taker, 4, "10.2", self_trade=rule, owner=owner)
    assert [one.removeprefix(f"{taker}4 ") for one in heard] == expected


@pytest.mark.parametrize("tif", [GTC, FOK])
def test_an_order_that_waives_the_rule_trades_with_its_owner(tif: TimeInForce) -> None:
    floor = Floor()
    floor.ask("a", 2, "10.0")
    heard = floor.bid("a", 2, "10.0", self_trade=SelfTrade.ALLOW, tif=tif)
    assert heard == ["a2 accepted", "a2 takes a1 2@10.0"]
    assert floor.exchange.net_qty("a", PERP) == 0


def test_an_own_order_out_of_reach_is_no_self_trade() -> None:
    floor = Floor()
    floor.ask("b", 5, "10.0")
    floor.ask("a", 5, "10.1")
    assert floor.bid("a", 5, "10.1", self_trade=SelfTrade.REJECT)[-1] == "a3 takes b1 5@10.0"


def test_both_outcomes_share_one_book() -> None:
    floor = Floor()
    floor.bid("a", 10, "0.60", instrument=YES)
    floor.ask("b", 4, "0.35", instrument=NO)
    floor.bid("c", 7, "0.30", instrument=NO)
    assert floor.exchange.depth(YES) == (levels("0.65 4", "0.60 10"), levels("0.70 7"))
    assert floor.exchange.depth(NO) == (levels("0.30 7"), levels("0.35 4", "0.40 10"))
    answers = floor.exchange.submit(
        NewOrder(order_id="n", account="d", instrument=NO, side=BUY, qty=D(6), px=D("0.45")), 9
    )
    first, second = answers[1:]
    assert isinstance(first, Match)
    assert isinstance(second, Match)
    assert (first.yes_px, first.taker.px, first.maker.px) == (D("0.65"), D("0.35"), D("0.35"))
    assert (second.yes_px, second.taker.px, second.maker.px) == (D("0.60"), D("0.40"), D("0.60"))
    assert floor.exchange.net_qty("d", NO) == 6
    assert floor.exchange.net_qty("d", YES) == -6


def test_reduce_only_orders_follow_their_position() -> None:
    floor = Floor()
    assert floor.ask("a", 5, "10.0", reduce_only=True) == ["a1 rejected reduce_only"]
    floor.ask("b", 4, "10.0")
    floor.bid("a", 4, "10.0")
    assert floor.ask("a", 6, "11.0", reduce_only=True) == ["a4 accepted", "a4 reduced reduce_only"]
    floor.ask("a", 3, "11.5", reduce_only=True)
    assert floor.bid("c", 2, "11.0") == [
        "c6 accepted",
        "c6 takes a4 2@11.0",
        "a5 reduced reduce_only",
    ]
    assert floor.bid("d", 9, "12.0") == [
        "d7 accepted",
        "d7 takes a4 2@11.0",
        "a5 cancelled reduce_only",
    ]
    assert floor.exchange.net_qty("a", PERP) == 0


def test_fill_or_kill_counts_a_position_once() -> None:
    floor = Floor()
    floor.ask("b", 4, "10.0")
    floor.bid("a", 4, "10.0")
    floor.ask("a", 4, "11.0", reduce_only=True)
    floor.ask("a", 4, "11.1", reduce_only=True)
    assert floor.bid("c", 5, "12.0", tif=FOK) == ["c5 accepted", "c5 cancelled unfilled"]


def test_a_saved_exchange_goes_on_as_it_was() -> None:
    floor = Floor()
    floor.bid("a", 5, "10.0")
    floor.bid("b", 5, "10.0")
    floor.exchange = pickle.loads(pickle.dumps(floor.exchange))  # noqa: S301  # our own bytes
    assert floor.ask("c", 7, "10.0")[1:] == ["c3 takes a1 5@10.0", "c3 takes b2 2@10.0"]
    assert words(floor.exchange.cancel("b2", 9)) == ["b2 cancelled"]


def test_fill_or_kill_foresees_what_an_ordinary_order_leaves_of_a_position() -> None:
    """Found by seed 617536198: a bid of a at 9.1 closes the short that its second would reduce."""
    floor = Floor()
    floor.bid("b", 4, "10.0")
    floor.ask("a", 4, "10.0")
    floor.bid("a", 4, "9.0", reduce_only=True)
    floor.bid("a", 4, "9.1")
    assert floor.ask("c", 5, "9.0", tif=FOK) == ["c5 accepted", "c5 cancelled unfilled"]


class Books:
    """What an observer adds up from the exchange's answers."""

    def __init__(self, floor: Floor) -> None:
        self.exchange = floor.exchange
        self.sent: dict[str, NewOrder] = {}
        self.wanted: dict[str, Decimal] = {}
        self.filled: dict[str, Decimal] = {}
        self.held = dict.fromkeys("abcd", D(0))

    def submit(self, new: NewOrder, ts: int) -> None:
        self.sent[new.order_id], self.wanted[new.order_id] = new, new.qty
        self.fold(self.exchange.submit(new, ts))

    def fold(self, answers: list[ExchangeAnswer]) -> None:
        for answer in answers:
            if isinstance(answer, Match):
                assert answer.taker.account != answer.maker.account
                self.trade(answer.taker, answer.qty)
                self.trade(answer.maker, answer.qty)
            elif answer.change is Change.AMENDED:
                self.wanted[answer.order_id] = answer.qty

    def trade(self, part: Part, qty: Decimal) -> None:
        key = part.order_id
        sign = 1 if (part.side is BUY) == (part.instrument == YES) else -1
        before = self.held[part.account]
        self.held[part.account] = after = before + sign * qty
        self.filled[key] = self.filled.get(key, D(0)) + qty
        assert self.filled[key] == part.filled_qty <= self.wanted[key]
        if self.sent[key].reduce_only:
            assert abs(after) < abs(before)
            assert before * after >= 0

    def check(self) -> None:
        bids, asks = self.exchange.depth(YES)
        assert not bids or not asks or bids[0][0] < asks[0][0], "the book is never crossed"
        assert sum(self.held.values()) == 0
        for account, net in self.held.items():
            assert self.exchange.net_qty(account, YES) == net


def any_order(dice: random.Random, number: int) -> NewOrder:
    return NewOrder(
        order_id=f"n{number}",
        account=dice.choice("abcd"),
        instrument=dice.choice((YES, NO)),
        side=dice.choice((BUY, SELL)),
        qty=D(dice.randint(1, 12)),
        px=None if dice.random() < 0.1 else D(dice.randint(40, 60)) / 100,
        tif=dice.choice((GTC, GTC, IOC, FOK)),
        reduce_only=dice.random() < 0.3,
        self_trade=dice.choice([rule for rule in SelfTrade if rule is not SelfTrade.ALLOW]),
    )


def test_random_orders_never_overfill_and_quantities_conserve(seed: int) -> None:
    dice = random.Random(seed)
    books = Books(Floor())
    exchange = books.exchange
    for ts in range(1500):
        live = [key for key in books.sent if exchange.order(key) is not None]
        what = dice.random()
        if what < 0.15 and live:
            books.fold(exchange.cancel(dice.choice(live), ts))
        elif what < 0.3 and live:
            qty, px = D(dice.randint(1, 12)), D(dice.randint(40, 60)) / 100
            books.fold(exchange.amend(dice.choice(live), qty, px, ts))
        else:
            new = any_order(dice, ts)
            books.submit(new, ts)
            if new.tif is FOK and not new.reduce_only:
                assert books.filled.get(new.order_id, D(0)) in (0, new.qty)
        books.check()
    assert len(books.filled) > 100, "the session traded"
