"""Loss limits on every mark and every fill, against the sum that anybody could make."""

import random
from decimal import Decimal
from typing import Any

import pytest

from tests.harness import SECOND, START, Bench, D, account, perpetual
from tests.unit.core.hand import BTC, BUY, ETH, SELL, Hand, ask, denial, hold, place, quote, scene
from tradewind.model.commands import Rearm, Scope, ScopeKind
from tradewind.model.config import Limits
from tradewind.model.effects import CancelOrder, Confirmation, DayOpened, TradingStateChanged
from tradewind.model.events import CurrencyRate, FundingPaid, Transferred
from tradewind.model.ids import AccountId, Currency, FillKey, InstrumentId, VenueId
from tradewind.model.instrument import Instrument
from tradewind.model.money import ZERO
from tradewind.model.order import Side

A, USDT, USD, EUR = AccountId("A"), Currency("USDT"), Currency("USD"), Currency("EUR")
ACCOUNT = Scope(ScopeKind.ACCOUNT, "A")
TWO = Limits(max_daily_loss_pct=D(2))
HOUR, DAY = 3600, 86_400


def mark(bench: Bench, px: str | Decimal, instrument: Instrument = BTC) -> None:
    bench.quote(instrument, str(D(str(px)) - D("0.1")), str(D(str(px)) + D("0.1")))


def state(bench: Bench, scope: str = "A") -> str:
    found = {each.name: each for each in bench.desk.all_scopes()}[scope]
    return f"{found.state.value} {found.rule}".strip()


def alone(**more: Any) -> Bench:
    """Return a desk whose account may lose 2 % of 500 000."""
    return scene(BTC, ETH, **{"limits": TWO, "capital_base": D(500_000), **more})


def test_gk_2_exactly_two_percent_is_allowed_and_a_cent_more_is_rejected_and_halts() -> None:
    bench = alone()
    hold(bench, "1000")
    mark(bench, "90")
    assert state(bench) == "active"
    order = place(bench, BUY, "1", "80")
    mark(bench, "89.95")  # the day's result is -10 050
    assert state(bench) == "halted daily_loss"
    assert bench.alerts("daily_loss")[0].text.startswith("A is halted: the day's result -10050.00")
    assert [e.client_order_id for e in bench.effects if type(e) is CancelOrder] == [
        order.client_order_id
    ]
    assert denial(bench, BUY, "1", "80").rule == "daily_loss"
    place(bench, SELL, "1000", "90")


Trips = list[tuple[str, Any]]
TRIPS: Trips = [
    ("a quote", lambda b: mark(b, "89.9")),
    ("a fill far away", lambda b: b.fill(place(b, BUY, "1000", "99.9", reason="x"), px="110.1")),
    ("an exit at a loss", lambda b: b.fill(place(b, SELL, "1000", "100"), px="89.9")),
    ("a fee", lambda b: b.fill(place(b, SELL, "1", "100"), fee="10001")),
    (
        "funding",
        lambda b: b.feed(FundingPaid(A, b.now, b.now, FillKey("f"), BTC.id, D("10000.01"), USDT)),
    ),
]


@pytest.mark.parametrize(("name", "act"), TRIPS)
def test_a_loss_is_seen_whichever_way_it_comes(name: str, act: Any) -> None:
    bench = alone()
    hold(bench, "1000")
    act(bench)
    assert state(bench) == "halted daily_loss"
    changed = [each for each in bench.effects if type(each) is TradingStateChanged]
    assert len(changed) == 1, "said once"
    mark(bench, "50")
    assert len([each for each in bench.effects if type(each) is TradingStateChanged]) == 1


def test_a_print_alone_marks_where_there_is_no_two_sided_quote() -> None:
    bench = alone()
    hold(bench, "1000")
    bench.quote(BTC, "100", "0", ask_qty="0")
    bench.trade(BTC, "89.9")
    assert state(bench) == "halted daily_loss"


def test_deposits_and_withdrawals_are_no_result_but_move_the_capital() -> None:
    bench = scene(limits=TWO, balance=D(10_000))
    hold(bench, "10")
    bench.feed(Transferred(A, bench.now, bench.now, FillKey("t1"), D(-5000), USDT))
    assert state(bench) == "active"
    mark(bench, "90")  # -100 of 5 000 is two percent
    assert state(bench) == "active"
    mark(bench, "89.9")
    assert state(bench) == "halted daily_loss"


# --- scopes -----------------------------------------------------------------------------------


def everywhere(*scopes: str) -> Bench:
    """Return two accounts of one venue and one of another; `scopes` may lose 2 %."""
    own = TWO if "account" in scopes else Limits()
    config: dict[str, Any] = {"reporting_currency": USDT}
    if "venue" in scopes:
        config["venue_limits"] = {VenueId("BYBIT"): TWO}
    if "desk" in scopes:
        config["desk_limits"] = TWO
    bench = Bench(
        account("A", limits=own), account("B", limits=own), account("K", "KALSHI"), config=config
    )
    bench.define(BTC, ETH, FAR)
    for each in (BTC, ETH, FAR):
        quote(bench, each)
    limits = TWO if "instance" in scopes else Limits()
    bench.deploy(Hand, BTC, ETH, accounts=("A",), limits=limits)
    bench.deploy(Hand, BTC, accounts=("A",), name="s2")
    bench.deploy(Hand, BTC, accounts=("B",), name="s3")
    bench.deploy(Hand, FAR, accounts=("K",), name="s4")
    for name, what in (("s1", BTC), ("s2", BTC), ("s3", BTC), ("s4", FAR)):
        hold(bench, "100", name=name, instrument=what)
    return bench


FAR = perpetual("FAR", id=InstrumentId("KALSHI:FAR"), venue=VenueId("KALSHI"))
LOSSES = [
    # what is limited, at which price of BTC it halts (100 units a head), whom that stops
    ("instance", "97.9", ["s1"]),  # 2 % of 10 000 over 100 units
    ("account", "98.9", ["s1", "s2"]),  # over 200 units; B's 2 % is only reached at 98
    ("venue", "98.6", ["s1", "s2", "s3"]),  # 2 % of 20 000 over 300 units
    ("desk", "97.9", ["s1", "s2", "s3", "s4"]),  # 2 % of 30 000 over 300 units
]


@pytest.mark.parametrize(("scope", "px", "stopped"), LOSSES)
def test_a_scope_adds_up_what_is_inside_and_halts_what_is_inside(
    scope: str, px: str, stopped: list[str]
) -> None:
    bench = everywhere(scope)
    mark(bench, D(px) + D("0.1"))
    assert "halted" not in "".join(state(bench, each.name) for each in bench.desk.all_scopes())
    mark(bench, px)
    denied = []
    for name, what in (("s1", BTC), ("s2", BTC), ("s3", BTC), ("s4", FAR)):
        before = len(bench.denied())
        ask(bench, BUY, "1", "90", name=name, instrument=what)
        denied += [name] * (len(bench.denied()) - before)
    assert denied == stopped


# --- several currencies -----------------------------------------------------------------------


def test_a_loss_in_another_currency_counts_at_its_rate_and_a_new_rate_is_a_new_mark() -> None:
    stock = perpetual("STOCK", quote=EUR)
    bench = Bench(account(limits=TWO), config={"reporting_currency": USDT})
    bench.define(BTC, stock)
    quote(bench, BTC)
    quote(bench, stock)
    bench.feed(CurrencyRate(EUR, D(1), bench.now))
    bench.deploy(Hand, BTC, stock)
    hold(bench, "100", instrument=stock)
    mark(bench, "98.1", stock)  # -190 EUR
    assert state(bench) == "active"
    bench.feed(CurrencyRate(EUR, D("1.1"), bench.now))  # -209 USDT
    mark(bench, "98.1", stock)
    assert state(bench) == "halted daily_loss"


# --- days -------------------------------------------------------------------------------------


def rolls(bench: Bench, at: int) -> bool:
    """Tell whether the account's day rolled at this time, and no second before."""
    before = len([each for each in bench.effects if type(each) is DayOpened])
    bench.silence((at - bench.now) / SECOND - 1)
    early = len([each for each in bench.effects if type(each) is DayOpened])
    bench.silence(1)
    return early == before and len([e for e in bench.effects if type(e) is DayOpened]) == before + 1


@pytest.mark.parametrize(("offset_h", "rolls_h"), [(0, 24), (5.5, 18.5), (-5, 5), (-24, 24)])
def test_the_day_rolls_at_the_accounts_midnight(offset_h: float, rolls_h: float) -> None:
    offsets = {VenueId("BYBIT"): int(offset_h * HOUR) * SECOND}
    bench = scene(limits=TWO, config={"day_offset_ns": offsets})
    assert rolls(bench, START + int(rolls_h * HOUR) * SECOND)
    assert rolls(bench, bench.now + DAY * SECOND)


def test_a_new_day_lifts_the_halt_and_counts_realised_and_fees_from_there() -> None:
    bench = alone()
    hold(bench, "1000")
    bench.fill(place(bench, SELL, "999", "100"), px="89.9", fee="3")
    assert state(bench) == "halted daily_loss"
    bench.silence(DAY)
    assert state(bench) == "active"
    last = [each for each in bench.effects if type(each) is TradingStateChanged][-1]
    assert last.cause == "a new trading day"
    quote(bench, BTC)
    hold(bench, "999")
    mark(bench, "91")  # 1000 units, nine less than the entry of 100 and of the day's first mark
    assert state(bench) == "active"


def test_the_days_capital_is_the_equity_at_its_beginning() -> None:
    bench = scene(limits=TWO, balance=D(10_000))
    hold(bench, "50")
    bench.fill(place(bench, SELL, "50", "100"), px="98")  # 9 900 is left
    bench.silence(DAY)
    opened = [each for each in bench.effects if type(each) is DayOpened]
    assert [each.capital for each in opened] == [10_000, 9_900]
    quote(bench, BTC)
    hold(bench, "99")
    mark(bench, "98")  # -198 is two percent of 9 900
    assert state(bench) == "active"
    mark(bench, "97.9")
    assert state(bench) == "halted daily_loss"


# --- rearm ------------------------------------------------------------------------------------


def test_a_rearm_counts_from_here_and_halts_after_as_much_again() -> None:
    bench = alone()
    hold(bench, "1000")
    mark(bench, "80")
    assert bench.command(Rearm(ACCOUNT)).confirmation is Confirmation.CONFIRMED
    assert state(bench) == "active"
    mark(bench, "70")
    assert state(bench) == "active"
    mark(bench, "69.9")
    assert state(bench) == "halted daily_loss"


def test_what_is_active_cannot_be_rearmed() -> None:
    answer = alone().command(Rearm(ACCOUNT))
    assert answer.confirmation is Confirmation.REFUSED
    assert "found it active" in answer.effect


# --- against the plain sum --------------------------------------------------------------------

EURO = perpetual("EUROSTOCK", quote=EUR, multiplier=D(5))
TRADED = ((BTC, "1"), (ETH, "1"), (EURO, "1.25"))


class Plain:
    """The day's result of one account in USDT, summed from every fill at every mark."""

    def __init__(self) -> None:
        self.cash = ZERO
        self.held: dict[InstrumentId, Decimal] = {}
        self.marks = {each.id: D(100) for each, _ in TRADED}

    def fill(self, instrument: Instrument, signed: Decimal, px: Decimal, fee: Decimal) -> None:
        """Pay for a fill."""
        paid = signed * px * instrument.multiplier + fee
        self.cash -= paid * rate_of(instrument)
        self.held[instrument.id] = self.held.get(instrument.id, ZERO) + signed

    def result(self) -> Decimal:
        """Return what the day has brought."""
        worth = ZERO
        for instrument, rate in TRADED:
            held = self.held.get(instrument.id, ZERO)
            worth += held * self.marks[instrument.id] * instrument.multiplier * D(rate)
        return self.cash + worth


def rate_of(instrument: Instrument) -> Decimal:
    return next(D(rate) for each, rate in TRADED if each is instrument)


def trading(bench: Bench, plain: Plain, dice: random.Random) -> None:
    """Fill one order near the mark, or move one mark."""
    instrument = dice.choice(TRADED)[0]
    at = plain.marks[instrument.id]
    if dice.random() < 0.35:
        side: Side = dice.choice((BUY, SELL))
        order = place(bench, side, dice.randint(1, 40), at, instrument=instrument)
        px, fee = at + D(dice.randint(-3, 3)) / 10, D(dice.randint(0, 20)) / 10
        plain.fill(instrument, order.qty * side.sign, px, fee)
        bench.fill(order, px=px, fee=str(fee))
    else:
        plain.marks[instrument.id] = at + D(dice.randint(-8, 8)) / 10
        mark(bench, plain.marks[instrument.id], instrument)


@pytest.mark.parametrize("seed", range(15), ids=lambda seed: f"seed {seed}")
def test_the_halt_comes_with_the_very_mark_or_fill_that_the_plain_sum_names(seed: int) -> None:
    dice = random.Random(seed)
    bench = Bench(account(limits=TWO), config={"reporting_currency": USDT})
    bench.define(*(each for each, _ in TRADED))
    bench.feed(CurrencyRate(EUR, D("1.25"), bench.now))
    for each, _ in TRADED:
        mark(bench, "100", each)
    bench.deploy(Hand, *(each for each, _ in TRADED))
    plain = Plain()
    for _ in range(400):
        trading(bench, plain, dice)
        if plain.result() < -200:
            break
        assert state(bench) == "active", plain.result()
    assert (state(bench) == "halted daily_loss") == (plain.result() < -200)
