"""Each limit at each scope where it applies, in money of several currencies."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.harness import Bench, D, account, binary, perpetual
from tests.unit.core.hand import BTC, BUY, ETH, SELL, Hand, ask, denial, hold, place, quote
from tradewind.core.risk.states import ScopeState
from tradewind.model.config import Limits
from tradewind.model.errors import DataError
from tradewind.model.events import CurrencyRate
from tradewind.model.ids import Currency, InstrumentId, VenueId
from tradewind.model.instrument import Instrument
from tradewind.model.order import OrderType, Side

USDT, USD, EUR = Currency("USDT"), Currency("USD"), Currency("EUR")
BYBIT = VenueId("BYBIT")
YES, _ = binary()
OPENING = {"balance": D(10_000)}


def rate(bench: Bench, currency: Currency, worth: str) -> None:
    bench.feed(CurrencyRate(currency, D(worth), bench.now))


def relimit(bench: Bench, scope: ScopeState, limits: Limits) -> None:
    scope.limits = limits
    for lane in bench.desk.lanes.values():
        lane.find_limits()


def limited(scope: str, limits: Limits, *instruments: Instrument, **more: Any) -> Bench:
    """Return a desk reporting in USDT, where only `scope` limits the instance s1."""
    known = instruments or (BTC, ETH)
    config: dict[str, Any] = {"reporting_currency": USDT}
    if scope == "venue":
        config["venue_limits"] = {BYBIT: limits}
    if scope == "desk":
        config["desk_limits"] = limits
    own = limits if scope == "account" else Limits()
    bench = Bench(account(limits=own, **{**OPENING, **more}), config=config)
    bench.define(*known)
    for each in known:
        quote(bench, each)
    bench.deploy(Hand, *known, limits=limits if scope == "instance" else None)
    return bench


def nothing(bench: Bench) -> None:
    """Change nothing."""


def four_and_three(bench: Bench) -> None:
    """Hold four, and bid for three more."""
    hold(bench, "4")
    place(bench, BUY, "3", "99", reason="first")


def other_market(bench: Bench) -> None:
    """Hold four of another instrument at 100, and bid for three more of it."""
    hold(bench, "4", instrument=ETH)
    place(bench, BUY, "3", "99", instrument=ETH, reason="first")


def two_orders(bench: Bench) -> None:
    """Bid on two instruments."""
    place(bench, BUY, "1", "99")
    place(bench, BUY, "1", "99", instrument=ETH)


Row = tuple[str, Limits, Callable[[Bench], None], tuple[Side, str, str], str, tuple[str, str]]
ROWS: list[Row] = [
    # rule, limits, before, what is asked, what is said to pass, the order that then passes
    (
        "order_qty",
        Limits(max_order_qty=D(5)),
        nothing,
        (BUY, "5.001", "100"),
        "a quantity of at most 5",
        ("5", "100"),
    ),
    (
        "order_notional",
        Limits(max_order_notional=D(1000)),
        nothing,
        (BUY, "11", "99.5"),
        "a quantity of at most 10.05",
        ("10.05", "99.5"),
    ),
    (
        "position_qty",
        Limits(max_position_qty=D(10)),
        four_and_three,
        (BUY, "4", "100"),
        "a quantity of at most 3",
        ("3", "100"),
    ),
    (
        "position_qty",
        Limits(max_position_qty=D(10)),
        four_and_three,
        (SELL, "15", "101"),
        "a quantity of at most 14",
        ("14", "101"),
    ),
    (
        "position_notional",
        Limits(max_position_notional=D(1000)),
        four_and_three,
        (BUY, "4", "100"),
        "a quantity of at most 3",
        ("3", "100"),
    ),
    (
        "exposure",
        Limits(max_exposure_notional=D(1000)),
        other_market,
        (BUY, "4", "100"),
        "a quantity of at most 3",
        ("3", "100"),
    ),
    (
        "exposure",
        Limits(max_exposure_pct=D(10)),
        other_market,
        (SELL, "4", "100"),
        "a quantity of at most 3",
        ("3", "100"),
    ),
    (
        "open_orders",
        Limits(max_open_orders=2),
        two_orders,
        (BUY, "1", "98"),
        "at most 2 open orders",
        ("", ""),
    ),
    (
        "price_collar",
        Limits(price_collar_pct=D(5)),
        nothing,
        (BUY, "1", "105.1"),
        "105.0",
        ("1", "105.0"),
    ),
    (
        "price_collar",
        Limits(price_collar_pct=D(5)),
        nothing,
        (SELL, "1", "94.9"),
        "95.0",
        ("1", "95"),
    ),
]


@pytest.mark.parametrize("scope", ["instance", "account", "venue", "desk"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[3][0].value}")
def test_what_a_scope_limits_is_denied_by_its_name_and_what_is_said_to_pass_does(
    row: Row, scope: str
) -> None:
    rule, limits, before, (side, qty, px), passes, (least, at) = row
    bench = limited(scope, limits)
    before(bench)
    found = denial(bench, side, qty, px, reason="asked")
    assert (found.rule, found.passes) == (rule, passes)
    assert found.why.startswith({"account": "A"}.get(scope, scope))
    if least:
        place(bench, side, least, at, reason="asked")
    else:
        bench.cancelled(bench.orders()[0])
        place(bench, side, qty, px, reason="asked")


def test_of_several_limits_the_first_is_named_and_what_is_said_passes_all_of_them() -> None:
    bench = limited("account", Limits(max_order_qty=D(8), max_position_qty=D(5)))
    bench.deploy(Hand, BTC, name="s2", limits=Limits(max_order_notional=D(300)))
    found = denial(bench, BUY, "9", "100", name="s2")
    assert (found.rule, found.passes) == ("order_notional", "a quantity of at most 3")
    found = denial(bench, BUY, "9", "100")
    assert (found.rule, found.passes) == ("order_qty", "a quantity of at most 5")
    place(bench, BUY, "5", "100")
    assert denial(bench, BUY, "9", "100").passes == "no quantity"


def test_where_less_than_the_venues_least_is_left_no_quantity_passes() -> None:
    rules = perpetual(min_qty=D(2))
    bench = limited("account", Limits(max_position_qty=D(5)), rules)
    place(bench, BUY, "4", "100")
    assert denial(bench, BUY, "2", "100").passes == "no quantity"


def test_where_the_other_side_alone_is_beyond_the_limit_no_quantity_passes() -> None:
    bench = limited("account", Limits(max_position_qty=D(10)))
    place(bench, SELL, "8", "101")
    relimit(bench, bench.desk.accounts[bench.accounts[0].id], Limits(max_position_qty=D(5)))
    assert denial(bench, BUY, "1", "99").passes == "no quantity"


Shared = tuple[str, Limits, int]
SHARED: list[Shared] = [
    # who is limited, to what, how many of four like orders on a, b (one account), c, d pass
    ("instance", Limits(max_open_orders=1), 4),
    ("account", Limits(max_open_orders=1), 3),
    ("venue", Limits(max_open_orders=2), 3),
    ("desk", Limits(max_open_orders=2), 2),
    ("instance", Limits(max_position_qty=D(1)), 4),
    ("account", Limits(max_position_qty=D(1)), 3),
    ("instance", Limits(max_exposure_notional=D(100)), 4),
    ("account", Limits(max_exposure_notional=D(100)), 3),
    ("venue", Limits(max_exposure_notional=D(200)), 3),
    ("desk", Limits(max_exposure_notional=D(200)), 2),
    ("desk", Limits(max_exposure_notional=D(250)), 2),
    ("desk", Limits(max_exposure_pct=D("0.667")), 2),
]


@pytest.mark.parametrize(("scope", "limits", "passing"), SHARED)
def test_a_scope_counts_what_is_inside_and_nothing_else(
    scope: str, limits: Limits, passing: int
) -> None:
    config: dict[str, Any] = {"reporting_currency": USDT}
    if scope == "venue":
        config["venue_limits"] = {BYBIT: limits}
    if scope == "desk":
        config["desk_limits"] = limits
    own = limits if scope == "account" else Limits()
    bench = Bench(
        account("A", limits=own),
        account("B", limits=own),
        account("K", venue="KALSHI", limits=own),
        config=config,
    )
    other = perpetual("BTCUSDT", id=InstrumentId("KALSHI:BTC"), venue=VenueId("KALSHI"))
    bench.define(BTC, other)
    quote(bench, BTC)
    quote(bench, other)
    sent = 0
    for name, where, what in (
        ("a", "A", BTC),
        ("b", "A", BTC),
        ("c", "B", BTC),
        ("d", "K", other),
    ):
        mine = limits if scope == "instance" else None
        bench.deploy(Hand, what, name=name, accounts=(where,), limits=mine)
    for name, what in (("a", BTC), ("b", BTC), ("c", BTC), ("d", other)):
        before = len(bench.submitted())
        ask(bench, BUY, "1", "100", name=name, instrument=what)
        sent += len(bench.submitted()) - before
    assert sent == passing


# --- money ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "limits",
    [
        Limits(max_order_notional=D(1000)),
        Limits(max_position_notional=D(1000)),
        Limits(max_exposure_notional=D(1000)),
        Limits(max_exposure_pct=D(50)),
    ],
)
def test_a_limit_in_money_needs_a_rate_and_counts_in_the_reporting_currency(
    limits: Limits,
) -> None:
    bench = Bench(account(balance=D(4000)), config={"desk_limits": limits})
    bench.define(BTC)
    quote(bench, BTC)
    bench.deploy(Hand, BTC)
    found = denial(bench, BUY, "1", "100")
    assert (found.rule, found.passes) == ("currency_rate", "a rate of USDT")
    rate(bench, USDT, "0.5")
    assert denial(bench, BUY, "20.001", "100").passes == "a quantity of at most 20"
    place(bench, BUY, "20", "100")


def test_without_a_rate_an_exit_passes_and_limits_that_only_count_stand() -> None:
    bench = Bench(account(), config={"desk_limits": Limits(max_order_qty=D(5))})
    bench.define(BTC)
    quote(bench, BTC)
    bench.deploy(Hand, BTC)
    hold(bench, "4")
    assert denial(bench, BUY, "6", "100").rule == "order_qty"
    relimit(bench, bench.desk.desk_scope, Limits(max_exposure_pct=D(100)))
    assert denial(bench, BUY, "1", "100").rule == "currency_rate"
    place(bench, SELL, "4", "100")


def test_a_loss_limit_alone_locks_new_risk_in_a_currency_without_a_rate() -> None:
    stock = perpetual("STOCK", quote=EUR)
    bench = Bench(account(limits=Limits(max_daily_loss_pct=D(2))))
    bench.define(BTC, stock)
    quote(bench, BTC)
    quote(bench, stock)
    bench.deploy(Hand, BTC, stock)
    place(bench, BUY, "1", "100")
    assert denial(bench, BUY, "1", "100", instrument=stock).passes == "a rate of EUR"
    rate(bench, USDT, "1")
    rate(bench, EUR, "1.1")
    place(bench, BUY, "1", "100", instrument=stock)


def test_a_limit_in_units_beside_it_does_not_hide_that_a_rate_is_missing() -> None:
    limits = Limits(max_order_qty=D(5))
    bench = Bench(account(limits=limits), config={"desk_limits": Limits(max_daily_loss_pct=D(2))})
    bench.define(BTC)
    quote(bench, BTC)
    bench.deploy(Hand, BTC)
    assert denial(bench, BUY, "1", "100").rule == "currency_rate"
    rate(bench, USDT, "1")
    place(bench, BUY, "1", "100")


def test_an_account_counts_in_its_own_currency_what_trades_in_another() -> None:
    stock = perpetual("STOCK", quote=EUR, multiplier=D(10))
    bench = Bench(account(limits=Limits(max_exposure_notional=D(10_000))))
    bench.define(BTC, stock)
    quote(bench, BTC)
    quote(bench, stock)
    rate(bench, USDT, "0.8")
    rate(bench, EUR, "1.2")
    bench.deploy(Hand, BTC, stock)
    hold(bench, "4", instrument=stock)  # 4 x 100 x 10 EUR x 1.2 / 0.8 = 6000 USDT
    assert denial(bench, BUY, "41", "100").passes == "a quantity of at most 40"
    place(bench, BUY, "40", "100")


def test_a_position_that_lost_its_price_counts_what_was_paid_for_it_in_the_limits_currency() -> (
    None
):
    stock = perpetual("STOCK", quote=EUR)
    bench = Bench(account(limits=Limits(max_exposure_notional=D(1000))))
    bench.define(BTC, stock)
    quote(bench, BTC)
    quote(bench, stock)
    rate(bench, USDT, "1")
    rate(bench, EUR, "2")
    bench.deploy(Hand, BTC, stock)
    hold(bench, "4", instrument=stock)
    bench.quote(stock, "100", "0", ask_qty="0")
    assert denial(bench, BUY, "3", "100").passes == "a quantity of at most 2"


@pytest.mark.parametrize("bad", ["0", "-1", "NaN", "Infinity"])
def test_a_rate_that_is_none_is_not_taken(bad: str) -> None:
    bench = limited("desk", Limits())
    with pytest.raises(DataError, match="positive rate"):
        bench.desk.rates.apply(CurrencyRate(EUR, Decimal(bad), bench.now))
    assert bench.desk.rates.rate(EUR) is None


# --- capital ----------------------------------------------------------------------------------


def test_a_percentage_is_of_the_days_capital_or_of_a_fixed_one() -> None:
    limits = Limits(max_exposure_pct=D(10))
    for more, most in (({}, 10), ({"capital_base": D(50_000)}, 50)):
        bench = limited("account", limits, **more)
        assert denial(bench, BUY, str(most + 1), "100").passes == f"a quantity of at most {most}"
        place(bench, BUY, str(most), "100")


# --- exits and stops --------------------------------------------------------------------------


def test_an_exit_passes_every_limit_even_one_that_the_position_is_beyond() -> None:
    for limits in (
        Limits(max_order_qty=D(1)),
        Limits(max_order_notional=D(1)),
        Limits(max_position_qty=D(1)),
        Limits(max_position_notional=D(1)),
        Limits(max_exposure_notional=D(1)),
        Limits(max_open_orders=0),
        Limits(price_collar_pct=D("0.1")),
    ):
        bench = limited("account", Limits())
        hold(bench, "4")
        relimit(bench, bench.desk.accounts[bench.accounts[0].id], limits)
        denial(bench, SELL, "4.001", "90")
        place(bench, SELL, "4", "90")


def test_a_stop_without_a_limit_counts_at_its_trigger() -> None:
    bench = limited("account", Limits(max_order_notional=D(1000)))
    terms = {"order_type": OrderType.STOP, "trigger_px": D(200)}
    assert denial(bench, BUY, "5.001", **terms).passes == "a quantity of at most 5"
    place(bench, BUY, "5", **terms)


def test_a_binary_counts_what_it_costs() -> None:
    bench = limited(
        "account", Limits(max_order_notional=D(10)), YES, venue="KALSHI", currency="USD"
    )
    assert denial(bench, BUY, "26", "0.40", instrument=YES).passes == "a quantity of at most 25"
    place(bench, BUY, "25", "0.40", instrument=YES)


def test_the_least_notional_counts_the_multiplier() -> None:
    future = perpetual("FUTURE", multiplier=D(10), min_notional=D(1000))
    bench = limited("account", Limits(), future)
    assert denial(bench, BUY, "0.999", "100", instrument=future).rule == "below_minimum"
    place(bench, BUY, "1", "100", instrument=future)
