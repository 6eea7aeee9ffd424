"""Fills on candles: the next open, ranges, gaps, and the worse of two that are both possible."""

from itertools import pairwise

import pytest

from tests.unit.core.matching.driving import BUY, FOK, IOC, MINUTE_NS, SELL, D, Desk
from tradewind.core.matching.slippage import Slippage
from tradewind.core.matching.state import CandleFills, VenueModel
from tradewind.model.events import Candle
from tradewind.model.market import CandleStatus
from tradewind.model.order import Side


def flat(model: VenueModel = VenueModel()) -> Desk:  # noqa: B008  # frozen
    """Return a desk that has seen one candle closing at 100."""
    desk = Desk(model=model)
    desk.candle(0, "100 101 99 100")
    return desk


def holding(side: Side, model: VenueModel = VenueModel()) -> Desk:  # noqa: B008  # frozen
    """Return a desk that has held 2 since the open of candle 1, at 100."""
    desk = flat(model)
    desk.order(side, 2)
    desk.candle(1, "100 101 99 100")
    desk.candle(2, "100 101 99 100")
    return desk


@pytest.mark.parametrize(
    ("name", "side", "px", "candle", "expected"),
    [
        ("market buys the open", BUY, None, "102 103 98 99", ["taker 2@102"]),
        ("market sells the open", SELL, None, "102 103 98 99", ["taker 2@102"]),
        ("a limit below the open fills in range", BUY, "99.0", "102 103 98 99", ["maker 2@99.0"]),
        ("a limit at the low fills", BUY, "98.0", "102 103 98 99", ["maker 2@98.0"]),
        ("a limit below the low rests", BUY, "97.9", "102 103 98 99", []),
        ("a sale at the high fills", SELL, "103.0", "102 103 98 99", ["maker 2@103.0"]),
        ("a marketable limit takes the open", BUY, "105.0", "102 103 98 99", ["taker 2@102"]),
    ],
)
def test_orders_fill_in_the_next_candle(
    name: str, side: Side, px: str | None, candle: str, expected: list[str]
) -> None:
    desk = flat()
    desk.order(side, 2, px)
    assert desk.listen() == ["o1 accepted"], name
    heard = [one.replace(".00", "") for one in desk.candle(1, candle)]
    assert heard == [f"o1 {what}" for what in expected], name


def test_a_fill_at_the_open_says_so_in_venue_time() -> None:
    desk = flat()
    desk.order(BUY, 2)
    desk.candle(1, "102 103 98 99")
    (fill,) = desk.fills
    assert fill.ts_event == MINUTE_NS
    assert desk.heard[-1].ts_recv == 2 * MINUTE_NS


def test_a_resting_limit_that_the_open_gaps_through_fills_at_the_open() -> None:
    desk = flat()
    desk.order(BUY, 2, "99.5")
    desk.order(SELL, 2, "120.0")
    desk.candle(1, "100 101 99.6 100")
    assert desk.candle(2, "98 99 97 98") == ["o1 maker 2@98.00"]


def test_a_post_only_limit_is_never_better_off_than_its_price() -> None:
    desk = flat()
    desk.order(BUY, 2, "100.0", post_only=True)
    desk.order(BUY, 2, "99.5", post_only=True)
    assert desk.listen() == ["o1 rejected post_only_would_take", "o2 accepted"]
    assert desk.candle(1, "98 99 97 98") == ["o2 maker 2@99.5"]


@pytest.mark.parametrize(
    ("slippage", "side", "px", "expected"),
    [
        (Slippage(ticks=2), BUY, None, "102.20"),
        (Slippage(ticks=2), SELL, None, "101.80"),
        (Slippage(bps=D(10)), BUY, None, "102.2"),
        (Slippage(bps=D(10)), SELL, None, "101.8"),
        (Slippage(ticks=2), BUY, "102.1", "102.1"),
    ],
)
def test_slippage_worsens_taking_but_not_beyond_the_limit(
    slippage: Slippage, side: Side, px: str | None, expected: str
) -> None:
    desk = flat(VenueModel(candles=CandleFills(slippage=slippage)))
    desk.order(side, 2, px)
    desk.candle(1, "102 103 98 99")
    assert desk.fills[0].px == D(expected)


@pytest.mark.parametrize(
    ("name", "px", "tif", "expected"),
    [
        ("IOC within its limit fills", "102.0", IOC, ["o1 taker 2@102.00"]),
        ("IOC that the open has left is cancelled", "101.9", IOC, ["o1 cancelled unfilled"]),
        ("FOK likewise", "101.9", FOK, ["o1 cancelled unfilled"]),
    ],
)
def test_immediate_orders_wait_for_the_open_and_no_longer(
    name: str, px: str, tif: object, expected: list[str]
) -> None:
    desk = flat()
    desk.order(BUY, 2, px, tif=tif)
    assert desk.listen() == ["o1 accepted"], name
    assert desk.candle(1, "102 103 98 99") == expected, name
    assert desk.venue.busy == 0


def test_at_close_fills_at_the_candle_just_seen() -> None:
    desk = flat(VenueModel(candles=CandleFills(at_close=True)))
    desk.order(BUY, 2)
    desk.order(SELL, 1, "99.0", tif=IOC)
    desk.order(SELL, 1, "101.0", tif=IOC)
    desk.order(SELL, 1, "102.0")
    assert desk.listen() == [
        "o1 accepted",
        "o1 taker 2@100.00",
        "o2 accepted",
        "o2 taker 1@100.00",
        "o3 accepted",
        "o3 cancelled unfilled",
        "o4 accepted",
    ]
    assert desk.candle(1, "100 103 98 99") == ["o4 maker 1@102.0"]


def test_next_open_and_at_close_agree_where_the_next_opens_at_this_close() -> None:
    prices = [D("100"), D("101.3"), D("99.4"), D("102.2"), D("98.7")]
    cash = []
    for at_close in (False, True):
        desk = flat(VenueModel(candles=CandleFills(at_close=at_close)))
        for number, (open_, close) in enumerate(pairwise(prices), start=1):
            desk.order(BUY if number % 2 else SELL, 3)
            desk.candle(number, f"{open_} 110 90 {close}")
        cash.append(desk.cash())
    assert cash[0] == cash[1]


@pytest.mark.parametrize(
    ("name", "side", "trigger", "candle", "expected"),
    [
        ("a long's stop in range fills at the stop", BUY, "97.0", "99 101 96 98", "97.0"),
        ("a long's stop gapped through fills at the open", BUY, "97.0", "95 98 94 96", "95.00"),
        ("a short's stop in range", SELL, "103.0", "101 104 100 102", "103.0"),
        ("a short's stop gapped through", SELL, "103.0", "105 106 104 105", "105.00"),
        ("at the very low", BUY, "96.0", "99 101 96 98", "96.0"),
        ("below the low it sleeps on", BUY, "95.9", "99 101 96 98", None),
    ],
)
def test_stops_fill_at_their_trigger_or_at_a_worse_open(
    name: str, side: Side, trigger: str, candle: str, expected: str | None
) -> None:
    desk = holding(side)
    out = SELL if side is BUY else BUY
    desk.order(out, 2, trigger_px=trigger, reduce_only=True)
    desk.listen()
    heard = desk.candle(3, candle)
    assert heard == ([] if expected is None else ["o2 triggered", f"o2 taker 2@{expected}"]), name


@pytest.mark.parametrize("side", [BUY, SELL])
def test_a_candle_that_holds_stop_and_target_is_resolved_as_the_stop(side: Side) -> None:
    desk = holding(side)
    out = SELL if side is BUY else BUY
    stop, target = ("97.0", "103.0") if side is BUY else ("103.0", "97.0")
    desk.order(out, 2, target, reduce_only=True)
    desk.order(out, 2, trigger_px=stop, reduce_only=True)
    desk.listen()
    assert desk.candle(3, "100 104 96 100") == [
        "o3 triggered",
        f"o3 taker 2@{stop}",
        "o2 cancelled reduce_only",
    ]


def test_an_open_beyond_the_target_comes_before_a_stop_in_range() -> None:
    desk = holding(BUY)
    desk.order(SELL, 2, "103.0", reduce_only=True)
    desk.order(SELL, 2, trigger_px="97.0", reduce_only=True)
    desk.candle(3, "100 101 99 100")
    assert desk.candle(4, "104 105 96 100") == ["o2 maker 2@104.00", "o3 cancelled reduce_only"]


def test_slippage_counts_on_stops_too() -> None:
    desk = holding(BUY, VenueModel(candles=CandleFills(slippage=Slippage(ticks=3))))
    desk.order(SELL, 2, trigger_px="97.0", reduce_only=True)
    desk.candle(3, "99 101 96 98")
    assert desk.fills[-1].px == D("96.7")


@pytest.mark.parametrize(
    ("name", "px", "candle", "expected"),
    [
        ("within its limit it takes", "96.5", "99 101 96 98", ["triggered", "taker 2@97.0"]),
        ("left behind it rests", "97.5", "99 101 96 98", ["triggered"]),
        (
            "gapped, the range may come back to it",
            "97.0",
            "96 97.5 95 96",
            ["triggered", "maker 2@97.0"],
        ),
    ],
)
def test_a_stop_limit_becomes_a_limit(name: str, px: str, candle: str, expected: list[str]) -> None:
    desk = holding(BUY)
    desk.order(SELL, 2, px, trigger_px="97.0", reduce_only=True)
    desk.listen()
    assert desk.candle(3, candle) == [f"o2 {what}" for what in expected], name


def test_the_first_stop_of_a_position_is_held_against_the_candle_of_its_entry() -> None:
    """The entry is heard of when its candle is over; its low of 96 would have hit the stop."""
    desk = flat()
    desk.order(BUY, 2)
    desk.candle(1, "100 102 96 101")
    desk.order(SELL, 2, "101.5", reduce_only=True)
    desk.order(SELL, 2, trigger_px="97.0", reduce_only=True)
    assert desk.listen() == [
        "o2 accepted",
        "o3 accepted",
        "o3 triggered",
        "o3 taker 2@97.0",
        "o2 cancelled reduce_only",
    ]


def test_a_later_stop_is_not_held_against_the_past() -> None:
    desk = flat()
    desk.order(BUY, 2)
    desk.candle(1, "100 102 96 101")
    desk.order(SELL, 2, trigger_px="95.0", reduce_only=True)
    desk.cancel("o2")
    desk.order(SELL, 2, trigger_px="98.0", reduce_only=True)
    assert desk.listen()[-1] == "o3 accepted"


def test_a_stop_beyond_the_last_close_goes_at_the_next_open() -> None:
    desk = holding(BUY)
    desk.order(SELL, 2, trigger_px="100.5", reduce_only=True)
    assert desk.listen() == ["o2 accepted", "o2 triggered"]
    assert desk.candle(3, "99 101 98 100") == ["o2 taker 2@99.00"]


def test_an_order_that_misses_the_open_waits_for_the_next_one() -> None:
    """Ordered in the middle of candle 1, whose open is the past by then."""
    desk = flat()
    desk.order(BUY, 2, at_ns=MINUTE_NS + MINUTE_NS // 2)
    desk.order(BUY, 2, "90.0", post_only=True)
    assert desk.candle(1, "100 101 80 100") == ["o1 accepted", "o2 accepted"]
    assert desk.candle(2, "103 104 102 103") == ["o1 taker 2@103.00"]


def test_a_candle_that_comes_late_still_lets_its_successor_be_bought_at_the_open() -> None:
    desk = Desk()
    desk.candle(0, "100 101 99 100", late_ns=2_000_000_000)
    desk.order(BUY, 2)
    assert desk.candle(1, "102 103 101 102")[-1] == "o1 taker 2@102.00"
    assert desk.fills[0].ts_event == MINUTE_NS + 2_000_000_000


def test_only_closed_candles_of_the_finest_interval_fill() -> None:
    desk = flat()
    desk.order(BUY, 2, "95.0")
    desk.listen()
    for interval, status in (("1h", CandleStatus.CLOSED), ("1m", CandleStatus.PROVISIONAL)):
        ts = desk.now_ns
        quanta = (10000, 10100, 9000, 10000)
        prices = (100.0, 101.0, 90.0, 100.0)
        assert desk.see(Candle("SIM:PERP", ts, ts, interval, *quanta, *prices, 0.0, status)) == []  # type: ignore[arg-type]


def test_candles_fill_nothing_where_quotes_come_too() -> None:
    desk = flat()
    desk.quote("100.0", "100.1")
    desk.order(BUY, 2, "99.0")
    desk.listen()
    assert desk.candle(1, "100 101 90 100") == []
    assert desk.quote("98.0", "98.9") == ["o1 maker 2@99.0"]


def test_an_amended_limit_waits_for_the_next_open_like_a_new_one() -> None:
    desk = flat()
    desk.order(BUY, 2, "95.0")
    desk.candle(1, "100 101 99 100")
    desk.amend("o1", 2, "105.0")
    assert desk.listen() == ["o1 amended 2@105.0"]
    assert desk.candle(2, "101 102 100 101") == ["o1 taker 2@101.00"]


def test_an_amended_stop_wakes_at_its_new_trigger() -> None:
    desk = holding(BUY)
    desk.order(SELL, 2, trigger_px="90.0", reduce_only=True)
    desk.amend("o2", 2, trigger_px="98.0")
    desk.listen()
    assert desk.candle(3, "100 101 97 98") == ["o2 triggered", "o2 taker 2@98.0"]
