"""Fee schedules against every number that a venue has published or been seen to charge."""

import pickle
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.core.matching.fees import (
    MEMORY_LIMIT,
    BybitFees,
    FeeInput,
    FeeMemory,
    FeeModel,
    FlatFee,
    KalshiFees,
    KiteFees,
    LimitlessFees,
    NoFee,
    PolymarketFees,
    PredictFunFees,
    fee_model,
    forget,
)
from tradewind.model.errors import ConfigError
from tradewind.model.order import Liquidity, Side

BUY, SELL = Side.BUY, Side.SELL
MAKER, TAKER = Liquidity.MAKER, Liquidity.TAKER


def fill(
    qty: str,
    px: str,
    side: Side = BUY,
    liquidity: Liquidity = TAKER,
    *,
    order: str = "o-1",
    product: str = "",
    multiplier: str = "1",
) -> FeeInput:
    return FeeInput(
        side=side,
        qty=Decimal(qty),
        px=Decimal(px),
        liquidity=liquidity,
        order_key=order,
        multiplier=Decimal(multiplier),
        product=product,
    )


def test_no_fee_and_flat_fee() -> None:
    assert NoFee().fee(fill("3", "0.42"), {}) == 0
    flat = FlatFee(maker_bps=-1, taker_bps="5.5")
    assert flat.fee(fill("2", "65000"), {}) == Decimal("71.5")
    assert flat.fee(fill("2", "65000", multiplier="0.1"), {}) == Decimal("7.15")
    assert flat.fee(fill("2", "65000", SELL, MAKER), {}) == Decimal(-13)
    assert flat.withheld_qty(fill("2", "65000")) == 0


# Bybit documentation v5, state of 2026-07-24: execution 0ab1bdf7, execFee 0.052 at feeRate 0.0002;
# typical non-VIP rates of the fee-rate page.
LINEAR = BybitFees(category="linear", maker_rate="0.0002", taker_rate="0.00055")
SPOT = BybitFees(category="spot", maker_rate="-0.0001", taker_rate="0.001")


@pytest.mark.parametrize(
    ("model", "filled", "cost", "withheld"),
    [
        pytest.param(LINEAR, fill("0.004", "65000", BUY, MAKER), "0.052", "0", id="recorded"),
        pytest.param(LINEAR, fill("0.004", "65000", SELL), "0.143", "0", id="taker"),
        pytest.param(SPOT, fill("2", "100", BUY), "0.2", "0.002", id="spot buy pays in base"),
        pytest.param(SPOT, fill("2", "100", SELL), "0.2", "0", id="spot sell pays in quote"),
        pytest.param(
            SPOT, fill("2", "100", BUY, MAKER), "-0.02", "0", id="rebate on a buy is in quote"
        ),
        pytest.param(
            SPOT, fill("2", "100", SELL, MAKER), "-0.02", "-0.0002", id="rebate on a sell in base"
        ),
    ],
)
def test_bybit_charges_value_times_rate(
    model: BybitFees, filled: FeeInput, cost: str, withheld: str
) -> None:
    assert model.fee(filled, {}) == Decimal(cost)
    assert model.withheld_qty(filled) == Decimal(withheld)


def test_bybit_adds_indian_tax_to_a_fee_but_not_to_a_rebate() -> None:
    model = BybitFees(category="linear", maker_rate="-0.0001", taker_rate="0.001", gst_rate="0.18")
    assert model.fee(fill("1", "1000"), {}) == Decimal("1.18")
    assert model.fee(fill("1", "1000", BUY, MAKER), {}) == Decimal("-0.1")


def kalshi(
    fee_type: str = "quadratic", multiplier: str = "1", precision: str = "0.0001"
) -> KalshiFees:
    return KalshiFees(fee_type=fee_type, fee_multiplier=multiplier, balance_precision=precision)


MAKER_FEES = kalshi("quadratic_with_maker_fees")
COMBO_FEES = kalshi("quadratic_with_combo_maker_fees")


# Kalshi: fee schedule of 2026-02-05, observed fills of 2026-06, fee-rounding page of 2026-08.
@pytest.mark.parametrize(
    ("model", "filled", "cost"),
    [
        pytest.param(kalshi(), fill("1", "0.52"), "0.0175", id="seen on the wire as 0.017500"),
        pytest.param(kalshi(), fill("1", "0.99"), "0.0007", id="observed"),
        pytest.param(kalshi(), fill("100", "0.50"), "1.7500", id="100 at 0.50"),
        pytest.param(kalshi(), fill("100", "0.25"), "1.3125", id="100 at 0.25"),
        pytest.param(kalshi(), fill("7.77", "0.03"), "0.0159", id="fractional"),
        pytest.param(kalshi(), fill("12.5", "0.415"), "0.2125", id="subpenny"),
        pytest.param(kalshi(), fill("100", "0.50", BUY, MAKER), "0", id="maker, no maker fees"),
        pytest.param(MAKER_FEES, fill("100", "0.50", SELL, MAKER), "0.4375", id="maker"),
        pytest.param(MAKER_FEES, fill("100", "0.50"), "1.7500", id="taker, maker fees"),
        pytest.param(COMBO_FEES, fill("100", "0.50", BUY, MAKER), "0.8750", id="combo maker"),
        pytest.param(kalshi(multiplier="0.5"), fill("10", "0.42"), "0.0853", id="index series"),
        pytest.param(kalshi(multiplier="0"), fill("10", "0.42"), "0", id="waived"),
        # The published table is in cents: what an account with cent precision pays.
        pytest.param(kalshi(precision="0.01"), fill("100", "0.25"), "1.32", id="cent table"),
    ],
)
def test_kalshi_charges_the_published_fee(model: KalshiFees, filled: FeeInput, cost: str) -> None:
    assert model.fee(filled, {}) == Decimal(cost)
    assert model.withheld_qty(filled) == 0


# The strategy specification, example HF-3, read 2026-11-21: 1 086 in at 0.92, out at 0.90.
@pytest.mark.parametrize(
    ("filled", "cost"),
    [(fill("1086", "0.92"), "5.60"), (fill("1086", "0.90", SELL), "6.85")],
    ids=["in", "out"],
)
def test_kalshi_charges_the_scalper_of_example_hf_3(filled: FeeInput, cost: str) -> None:
    assert kalshi(precision="0.01").fee(filled, {}) == Decimal(cost)


def charged(model: FeeModel, fills: list[FeeInput], memory: FeeMemory) -> list[Decimal]:
    return [model.fee(filled, memory) for filled in fills]


# Worked examples of Kalshi's fee-rounding page, read 2026-08, cent precision. The page's first
# example states a trade fee of 0.0085 for 1 contract at 0.055; the multiplier below yields it.
@pytest.mark.parametrize(
    ("multiplier", "qty", "px", "net", "left"),
    [
        pytest.param(
            "2.33", "1", "0.055", ["0.0150", "0.0050", "0.0150"], "0.0095", id="subpenny prices"
        ),
        pytest.param(
            "0.78", "0.30", "0.50", ["0.0100", "0", "0.0100"], "0.0077", id="fractional contracts"
        ),
        pytest.param(
            "1", "0.03", "0.3301", ["0.010097", "0.000097", "0.000097"], "0.008791", id="both"
        ),
    ],
)
def test_kalshi_gives_back_a_cent_once_rounding_has_cost_more_than_one(
    multiplier: str, qty: str, px: str, net: list[str], left: str
) -> None:
    memory: FeeMemory = {}
    paid = charged(kalshi(multiplier=multiplier, precision="0.01"), [fill(qty, px)] * 3, memory)
    assert paid == [Decimal(fee) for fee in net]
    assert memory == {"o-1": Decimal(left)}


def test_kalshi_adds_up_taker_and_maker_fills_of_one_order_but_not_of_two() -> None:
    model, memory = kalshi(multiplier="2.33", precision="0.01"), FeeMemory()
    assert model.fee(fill("1", "0.055"), memory) == Decimal("0.0150")
    assert model.fee(fill("1", "0.055", order="o-2"), memory) == Decimal("0.0150")
    # A maker fill without a trade fee: -0.055 becomes -0.06, which costs 0.0050. The cent that
    # is due by then (0.0115) would make the fee negative, so it waits.
    assert model.fee(fill("1", "0.055", BUY, MAKER), memory) == Decimal("0.0050")
    assert memory == {"o-1": Decimal("0.0115"), "o-2": Decimal("0.0065")}
    assert model.fee(fill("1", "0.055"), memory) == Decimal("0.0050")


@pytest.mark.parametrize("cents", ["0.0550", "0.3301", "0.98"])
def test_kalshi_rounds_the_no_side_like_its_yes_mirror(cents: str) -> None:
    model = kalshi(precision="0.01")
    mirror = str(1 - Decimal(cents))
    for qty in ("0.01", "0.30", "7.77", "12"):
        assert model.fee(fill(qty, cents), {}) == model.fee(fill(qty, mirror, SELL), {})


def test_kalshi_memory_survives_pickle_and_json_in_the_middle_of_an_order() -> None:
    model, fills = kalshi(multiplier="2.33", precision="0.01"), [fill("1", "0.055")] * 6
    whole = charged(model, fills, {})
    memory: FeeMemory = {}
    head = charged(model, fills[:2], memory)
    for copy in (
        pickle.loads(pickle.dumps(memory)),  # noqa: S301 - our own bytes
        msgspec.json.decode(msgspec.json.encode(memory), type=FeeMemory),
    ):
        assert head + charged(pickle.loads(pickle.dumps(model)), fills[2:], copy) == whole  # noqa: S301


def test_memory_is_bounded_and_forgets_on_request() -> None:
    model, memory = kalshi(precision="0.01"), FeeMemory()
    for number in range(MEMORY_LIMIT + 10):
        model.fee(fill("1", "0.055", order=f"o-{number}"), memory)
    assert len(memory) == MEMORY_LIMIT
    assert "o-9" not in memory
    assert "o-10" in memory
    forget(memory, "o-10")
    forget(memory, "never seen")
    assert len(memory) == MEMORY_LIMIT - 1


# docs.polymarket.com, trading fees, read 2026-08, and the recorded market of the same date.
@pytest.mark.parametrize(
    ("model", "filled", "cost"),
    [
        (PolymarketFees(rate="0.05"), fill("100", "0.52"), "1.24800"),
        (PolymarketFees(rate="0.05"), fill("100", "0.52", BUY, MAKER), "0"),
        (PolymarketFees(rate="0.07"), fill("100", "0.50", SELL), "1.75"),  # the page's peak
        (PolymarketFees(rate="0.05"), fill("100", "0.99"), "0.04950"),
        (PolymarketFees(rate="0.05"), fill("25", "0.13"), "0.14138"),  # 0.141375, half up
        (PolymarketFees(rate="0"), fill("100", "0.52"), "0"),
        (PolymarketFees(rate="0.05"), fill("0.1", "0.001"), "0"),  # 0.000004995: too small
        (PolymarketFees(rate="0.05"), fill("0.18", "0.001"), "0"),  # 0.000008991: too small
        (PolymarketFees(rate="0.25", exponent=2), fill("100", "0.50"), "1.56250"),
        (PolymarketFees(rate="0.05", builder_taker_bps=10), fill("100", "0.52"), "1.30000"),
        (
            PolymarketFees(rate="0.05", builder_maker_bps=10),
            fill("100", "0.52", BUY, MAKER),
            "0.05200",
        ),
    ],
    ids=[
        "the page's example",
        "maker",
        "crypto peak",
        "edge",
        "half up",
        "geopolitics",
        "too small",
        "below one unit",
        "squared",
        "builder, taker",
        "builder, maker",
    ],
)
def test_polymarket_charges_the_taker_in_pusd(
    model: PolymarketFees, filled: FeeInput, cost: str
) -> None:
    assert model.fee(filled, {}) == Decimal(cost)
    assert model.withheld_qty(filled) == 0


# docs.limitless.exchange: order example with totalsRaw (contractsFee 120000 of 4000000, BUY at
# 0.42) and the published bounds, changelog to 2026-10-02.
@pytest.mark.parametrize(
    ("filled", "cost", "withheld"),
    [
        pytest.param(fill("4", "0.42"), "0.0504", "0.12", id="totalsRaw of the order example"),
        pytest.param(fill("4", "0.42", BUY, MAKER), "0", "0", id="maker"),
        pytest.param(fill("100", "0.01"), "0.03", "3", id="300 bps at 0.01"),
        pytest.param(fill("100", "0.50"), "1.5", "3", id="300 bps at 0.50"),
        pytest.param(fill("100", "0.99"), "0.396", "0.4", id="40 bps at 0.99"),
        # 300 - 260 x 0.151/0.49 = 219.87755 bps of 12.345 shares is 0.27143883...
        pytest.param(fill("12.345", "0.651"), "0.176706138", "0.271438", id="on the taper"),
        pytest.param(fill("100", "0.50", SELL), "0.75", "0", id="sell peak 150 bps"),
        pytest.param(fill("100", "1", SELL), "0.42", "0", id="sell floor 42 bps"),
        # 42 + 108 x (1 - 0.3/0.5) = 85.2 bps of 20 USDC
        pytest.param(fill("100", "0.20", SELL), "0.1704", "0", id="sell below the peak"),
        pytest.param(fill("100", "0.20", SELL, MAKER), "0", "0", id="maker sells"),
        # 20 raw units of USDC x 85.2/10000 is below one
        pytest.param(fill("0.0001", "0.20", SELL), "0", "0", id="rounded down"),
    ],
)
def test_limitless_takes_its_share_of_what_the_taker_receives(
    filled: FeeInput, cost: str, withheld: str
) -> None:
    model = LimitlessFees()
    assert model.fee(filled, {}) == Decimal(cost)
    assert model.withheld_qty(filled) == Decimal(withheld)


def test_limitless_takes_another_curve() -> None:
    model = LimitlessFees(buy_curve="0:100 1:100", sell_curve="0:0 1:200")
    assert model.withheld_qty(fill("50", "0.7")) == Decimal("0.5")
    assert model.fee(fill("50", "0.5", SELL), {}) == Decimal("0.25")


# dev.predict.fun, read 2026-11: wallet event and match of BUY 10 at 0.52; live fills.
@pytest.mark.parametrize(
    ("discount_bps", "filled", "cost", "withheld"),
    [
        pytest.param(0, fill("10", "0.52"), None, "0.184615384615384615", id="wallet event"),
        pytest.param(
            1000,
            fill("8.409090909090909700", "0.1112"),
            None,
            "0.151363636363636374",
            id="live buy with a 10 % referral",
        ),
        pytest.param(0, fill("1", "0.02", SELL), "0.0004", "0", id="live sell"),
        pytest.param(0, fill("10", "0.48", SELL), "0.096", "0", id="sell below a half"),
        pytest.param(0, fill("10", "0.52", SELL), "0.096", "0", id="the same above it"),
        pytest.param(0, fill("10", "0.48", BUY, MAKER), "0", "0", id="maker"),
    ],
)
def test_predictfun_charges_the_taker_in_what_it_receives(
    discount_bps: int, filled: FeeInput, cost: str | None, withheld: str
) -> None:
    model = PredictFunFees(fee_rate_bps=200, discount_bps=discount_bps)
    value = Decimal(withheld) * filled.px if cost is None else Decimal(cost)
    assert model.fee(filled, {}) == value
    assert model.withheld_qty(filled) == Decimal(withheld)


# Zerodha's list of charges for the financial year 2026-27, read 2026-11-20: its rates, our sums.
@pytest.mark.parametrize(
    ("segment", "filled", "legs"),
    [
        pytest.param(
            "delivery",
            fill("100", "1500"),
            ["0", "150", "4.605", "0.15", "22.5", "0.8559"],
            id="delivery buy",
        ),
        pytest.param(
            "delivery",
            fill("100", "1500", SELL),
            ["0", "150", "4.605", "0.15", "0", "0.8559"],
            id="delivery sell",
        ),
        pytest.param(
            "intraday",
            fill("100", "1500"),
            ["20", "0", "4.605", "0.15", "4.5", "4.4559"],
            id="intraday buy at the cap",
        ),
        pytest.param(
            "intraday",
            fill("10", "1500", SELL),
            ["4.5", "3.75", "0.4605", "0.015", "0", "0.89559"],
            id="intraday sell below the cap",
        ),
        pytest.param(
            "futures",
            fill("65", "25000", SELL),
            ["20", "812.5", "29.7375", "1.625", "0", "9.24525"],
            id="futures sell",
        ),
        pytest.param(
            "options",
            fill("65", "200", SELL),
            ["20", "19.5", "4.6189", "0.013", "0", "4.433742"],
            id="options sell",
        ),
        pytest.param(
            "options",
            fill("65", "200", BUY, MAKER),
            ["20", "0", "4.6189", "0.013", "0.39", "4.433742"],
            id="options buy, resting or not",
        ),
    ],
)
def test_kite_charges_its_legs(segment: str, filled: FeeInput, legs: list[str]) -> None:
    model = KiteFees(segment=segment)
    charges = model.charges(filled, {})
    assert list(msgspec.structs.astuple(charges)) == [Decimal(leg) for leg in legs]
    assert model.fee(filled, {}) == sum(Decimal(leg) for leg in legs)


def test_kite_owes_brokerage_per_order_however_it_fills() -> None:
    memory: FeeMemory = {}
    options, intraday = KiteFees(segment="options"), KiteFees(segment="intraday")
    paid = [options.charges(fill("65", "200"), memory).brokerage for _ in range(3)]
    assert paid == [20, 0, 0]
    fills = [fill("20", "1500", order="o-2")] * 3  # 9 rupees each, 20 in all
    assert [intraday.charges(filled, memory).brokerage for filled in fills] == [9, 9, 2]


def test_kite_equity_follows_the_product_of_the_fill() -> None:
    equity = KiteFees(segment="equity")
    for product, segment in (("CNC", "delivery"), ("MIS", "intraday")):
        filled = fill("10", "1500", product=product)
        assert equity.fee(filled, {}) == KiteFees(segment=segment).fee(filled, {})
    with pytest.raises(ConfigError, match="found 'NRML'; use one of CNC, MIS"):
        equity.fee(fill("10", "1500", product="NRML"), {})


@pytest.mark.parametrize(
    ("name", "parameters", "kind"),
    [
        ("none", {}, NoFee),
        ("flat", {"maker_bps": "0", "taker_bps": "5"}, FlatFee),
        ("bybit", {"category": "linear", "maker_rate": "0", "taker_rate": "0"}, BybitFees),
        ("kalshi", {"fee_type": "quadratic", "fee_multiplier": "1"}, KalshiFees),
        ("polymarket", {"rate": "0.07"}, PolymarketFees),
        ("limitless", {}, LimitlessFees),
        ("predictfun", {"fee_rate_bps": "200"}, PredictFunFees),
        ("kite", {"segment": "options"}, KiteFees),
    ],
)
def test_registry_builds_each_model_from_text(
    name: str, parameters: dict[str, str], kind: type[FeeModel]
) -> None:
    model = fee_model(name, **parameters)
    assert isinstance(model, kind)
    assert model.fee(fill("1", "0.5", BUY, MAKER), {}) >= 0


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        ("kalsi", {}, "fee model, found 'kalsi'; use one of none, flat, bybit, kalshi"),
        ("flat", {"maker": "1"}, "found 'maker'; use one of maker_bps, taker_bps"),
        ("none", {"rate": "1"}, "found 'rate'; use one of none"),
        ("flat", {"maker_bps": "1"}, "found no taker_bps; give it"),
        ("flat", {"maker_bps": "1", "taker_bps": "five"}, "Read taker_bps, found 'five'"),
        ("kalshi", {"fee_type": "flat", "fee_multiplier": "1"}, "found 'flat'; use one of quad"),
        (
            "kalshi",
            {"fee_type": "quadratic", "fee_multiplier": "1", "balance_precision": "0.1"},
            "use 0.0001 or 0.01",
        ),
        ("polymarket", {"rate": "0.05", "exponent": "0.5"}, "give a whole number"),
        ("predictfun", {"fee_rate_bps": "-2"}, "give a whole number"),
        ("limitless", {"buy_curve": "0.5:300 0:40"}, "rising knots"),
        ("limitless", {"buy_curve": "0.5-300"}, "Read buy_curve"),
        ("kite", {"segment": "commodity"}, "found 'commodity'; use one of delivery"),
        ("bybit", {"category": "x", "maker_rate": "0", "taker_rate": "0"}, "use one of linear"),
    ],
)
def test_registry_refuses_in_one_sentence(
    name: str, parameters: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        fee_model(name, **parameters)


def test_registry_refuses_a_float() -> None:
    with pytest.raises(ConfigError, match="found the float"):
        fee_model("flat", maker_bps=0.1, taker_bps=1)  # type: ignore[arg-type]


@settings(max_examples=50, deadline=None, print_blob=True)
@given(
    st.lists(
        st.tuples(st.integers(1, 500), st.integers(1, 9_999), st.sampled_from(Liquidity)),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from(Side),
    st.sampled_from(["0.01", "0.0001"]),
)
def test_kalshi_keeps_every_balance_on_the_account_s_grid_and_no_fee_below_zero(
    fills: list[tuple[int, int, Liquidity]], side: Side, precision: str
) -> None:
    model, memory = kalshi("quadratic_with_maker_fees", precision=precision), FeeMemory()
    for hundredths, px, liquidity in fills:
        filled = fill(str(Decimal(hundredths) / 100), str(Decimal(px) / 10_000), side, liquidity)
        fee = model.fee(filled, memory)
        balance = -side.sign * filled.qty * filled.px - fee
        assert fee >= 0
        assert balance % Decimal(precision) == 0


@settings(max_examples=50, deadline=None, print_blob=True)
@given(st.lists(st.integers(1, 200_000), min_size=1, max_size=30))
def test_kite_brokerage_of_an_order_never_depends_on_how_it_was_cut(parts: list[int]) -> None:
    model, memory = KiteFees(segment="intraday"), FeeMemory()
    in_parts = sum(model.charges(fill(str(qty), "1"), memory).brokerage for qty in parts)
    assert in_parts == model.charges(fill(str(sum(parts)), "1"), {}).brokerage
