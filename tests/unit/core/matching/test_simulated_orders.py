"""Order types, time in force and the venue's own checks, on quotes."""

import pytest

from tests.unit.core.matching.driving import (
    BUY,
    FOK,
    GTC,
    IOC,
    NO,
    PERP,
    SELL,
    YES,
    D,
    Desk,
    account,
    binaries,
    instrument,
)
from tradewind.core.matching.self_trade import SelfTrade
from tradewind.core.matching.state import VenueModel
from tradewind.model.events import CancelRejected, OrderCancelled, TradingChanged
from tradewind.model.instrument import InstrumentKind, TickBand, single_tick
from tradewind.model.market import Trading
from tradewind.model.order import Side, TimeInForce

AS_DISPLAYED = VenueModel(fill_whole=False)


@pytest.mark.parametrize(
    ("name", "model", "side", "px", "tif", "expected"),
    [
        ("a limit away from the touch rests", VenueModel(), BUY, "99.0", GTC, []),
        ("a limit at the touch takes it", VenueModel(), BUY, "100.1", GTC, ["taker 15@100.1"]),
        ("a limit beyond takes the touch", VenueModel(), BUY, "101.0", GTC, ["taker 15@100.1"]),
        ("a market order takes the touch", VenueModel(), SELL, None, GTC, ["taker 15@100.0"]),
        ("IOC away is cancelled", VenueModel(), BUY, "99.0", IOC, ["cancelled unfilled"]),
        ("FOK away is cancelled", VenueModel(), SELL, "101.0", FOK, ["cancelled unfilled"]),
        (
            "IOC takes what is displayed and ends",
            AS_DISPLAYED,
            BUY,
            "100.1",
            IOC,
            ["taker 10@100.1", "cancelled unfilled"],
        ),
        (
            "a market order takes what is displayed and ends",
            AS_DISPLAYED,
            SELL,
            None,
            GTC,
            ["taker 10@100.0", "cancelled unfilled"],
        ),
        ("FOK takes all or nothing", AS_DISPLAYED, BUY, "100.1", FOK, ["cancelled unfilled"]),
        ("GTC takes and rests", AS_DISPLAYED, BUY, "100.1", GTC, ["taker 10@100.1"]),
    ],
)
def test_time_in_force_decides_what_becomes_of_an_order(
    name: str,
    model: VenueModel,
    side: Side,
    px: str | None,
    tif: TimeInForce,
    expected: list[str],
) -> None:
    desk = Desk(model=model)
    desk.quote("100.0", "100.1")
    desk.order(side, 15, px, tif=tif)
    assert desk.listen() == [f"o1 {what}" for what in ["accepted", *expected]], name
    rests = tif is GTC and px is not None and "15@" not in "".join(expected)
    assert desk.venue.live_orders == int(rests), name


def test_a_resting_order_fills_at_its_own_price_when_the_touch_comes() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(BUY, 2, "99.9")
    desk.order(SELL, 3, "100.3")
    assert desk.quote("99.9", "100.0")[2:] == []
    assert desk.quote("99.7", "99.8") == ["o1 maker 2@99.9"]
    assert desk.quote("100.4", "100.5") == ["o2 maker 3@100.3"]
    assert (desk.venue.busy, desk.venue.live_orders, desk.position()) == (0, 0, D(-1))


def test_own_orders_fill_in_price_time_priority() -> None:
    desk = Desk(model=VenueModel(fill_whole=False))
    desk.quote("100.0", "100.1")
    for px in ("99.0", "99.5", "99.5", "99.2"):
        desk.order(BUY, 4, px)
    desk.listen()
    heard = desk.quote("98.0", "98.9", sizes=(10, 11))
    assert heard == ["o2 maker 4@99.5", "o3 maker 4@99.5", "o4 maker 3@99.2"]
    assert desk.quote("98.0", "98.9", sizes=(10, 9)) == ["o4 maker 1@99.2", "o1 maker 4@99.0"]


def test_a_side_without_orders_fills_nothing() -> None:
    desk = Desk()
    desk.quote("0", "0", sizes=(0, 0))
    desk.order(BUY, 1, "99.9")
    desk.order(SELL, 1, "100.1")
    desk.order(BUY, 1)
    assert desk.listen() == [
        "o1 accepted",
        "o2 accepted",
        "o3 accepted",
        "o3 cancelled self_trade",
    ]


@pytest.mark.parametrize(
    ("name", "terms", "reason"),
    [
        ("off tick", {"px": "99.95"}, "off_tick"),
        ("negative price", {"px": "-1.0"}, "off_tick"),
        ("below the minimum", {"px": "99.0", "qty": 1}, "quantity_too_small"),
        ("above the maximum", {"px": "99.0", "qty": 2000}, "quantity_too_large"),
        ("off lot", {"px": "99.0", "qty": "2.5"}, "off_lot"),
        ("below the notional", {"px": "0.1", "qty": 2}, "notional_too_small"),
        ("post-only that takes", {"px": "100.1", "post_only": True}, "post_only_would_take"),
        (
            "post-only IOC",
            {"px": "99.0", "post_only": True, "tif": IOC},
            "post_only_needs_a_resting_limit",
        ),
        ("reduce-only while flat", {"px": "99.0", "reduce_only": True}, "reduce_only"),
        ("more than the balance", {"px": "99.0", "qty": 1000}, "insufficient_balance"),
        ("a strange account", {"px": "99.0", "by": "nobody"}, "unknown_account"),
        ("a strange instrument", {"px": "99.0", "on": YES}, "unknown_instrument"),
        ("an id used before", {"px": "99.0", "order_id": "o1"}, "duplicate_order_id"),
        ("a stop off tick", {"px": None, "trigger_px": "99.95"}, "off_tick"),
    ],
)
def test_the_venue_rejects_what_breaks_its_rules(
    name: str, terms: dict[str, object], reason: str
) -> None:
    rules = instrument(min_qty=D(2), max_qty=D(1000), min_notional=D(5))
    desk = Desk([rules], accounts=[account(balance="5000")])
    desk.quote("100.0", "100.1")
    desk.order(BUY, 2, "90.0")
    desk.listen()
    key = desk.order(BUY, **({"qty": 2} | terms))  # type: ignore[arg-type]
    assert desk.listen() == [f"{key} rejected {reason}"], name
    assert desk.used() == D("18.0"), "a rejected order reserves nothing"


def test_a_closed_order_id_is_refused_until_it_is_forgotten() -> None:
    desk = Desk(model=VenueModel(history=3))
    desk.quote("100.0", "100.1")
    for number in range(8):
        desk.order(BUY, 1, "99.0", order_id=f"a{number}")
        desk.cancel(f"a{number}")
    desk.listen()
    desk.order(BUY, 1, "99.0", order_id="a7")
    desk.order(BUY, 1, "99.0", order_id="a0")
    assert desk.listen() == ["a7 rejected duplicate_order_id", "a0 accepted"]


def test_tick_bands_are_the_venues_grid_too() -> None:
    bands = (
        TickBand(low=D(0), high=D("0.1"), tick=D("0.001")),
        TickBand(low=D("0.1"), high=D(1), tick=D("0.01")),
    )
    desk = Desk(binaries(ticks=bands))
    desk.order(BUY, 1, "0.055", on=YES)
    desk.order(BUY, 1, "0.555", on=YES)
    desk.order(BUY, 1, "1.00", on=YES)
    assert desk.listen() == ["o1 accepted", "o2 rejected off_tick", "o3 rejected off_tick"]


def test_cancel_ends_an_order_once() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(BUY, 2, "99.9")
    desk.cancel("o1")
    desk.cancel("o1")
    desk.cancel("never")
    assert desk.listen() == [
        "o1 accepted",
        "o1 cancelled",
        "o1 cancel rejected not_found",
        "never cancel rejected not_found",
    ]
    assert all(one.not_found for one in desk.heard if isinstance(one, CancelRejected))
    assert (desk.used(), desk.venue.busy) == (D(0), 0)


def test_a_cancel_tells_the_final_filled_quantity() -> None:
    desk = Desk(model=AS_DISPLAYED)
    desk.quote("100.0", "100.1")
    desk.order(BUY, 15, "100.1")
    desk.cancel("o1")
    desk.listen()
    last = desk.heard[-1]
    assert isinstance(last, OrderCancelled)
    assert last.filled_qty == 10


def test_cancel_all_may_spare_protection() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(BUY, 2)
    desk.order(BUY, 1, "99.0")
    desk.order(SELL, 2, trigger_px="95.0", reduce_only=True)
    desk.listen()
    desk.cancel_all(keep_protective=True)
    assert desk.listen() == ["o2 cancelled"]
    desk.cancel_all()
    assert desk.listen() == ["o3 cancelled"]


@pytest.mark.parametrize(
    ("name", "qty", "px", "expected", "order_of_fills"),
    [
        ("less keeps the place", 3, None, "o1 amended 3@99.9", ["o1 maker 3", "o2 maker 5"]),
        ("more loses the place", 6, None, "o1 amended 6@99.9", ["o2 maker 5", "o1 maker 6"]),
        ("a price moves it", 5, "99.8", "o1 amended 5@99.8", ["o2 maker 5", "o1 maker 5"]),
    ],
)
def test_amend_keeps_time_priority_only_for_less(
    name: str, qty: int, px: str | None, expected: str, order_of_fills: list[str]
) -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(BUY, 5, "99.9")
    desk.order(BUY, 5, "99.9")
    desk.listen()
    desk.amend("o1", qty, px)
    assert desk.listen() == [expected], name
    heard = desk.quote("99.0", "99.1")
    assert [one.split("@")[0] for one in heard] == order_of_fills, name


@pytest.mark.parametrize(
    ("name", "qty", "px", "reason"),
    [
        ("unknown", 5, "99.0", "not_found"),
        ("off tick", 5, "99.95", "off_tick"),
        ("nothing left", 0, None, "quantity_already_filled"),
        ("post-only that takes", 5, "100.1", "post_only_would_take"),
        ("beyond the balance", 999999, None, "insufficient_balance"),
    ],
)
def test_a_refused_amend_leaves_the_order_alone(
    name: str, qty: int, px: str | None, reason: str
) -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(BUY, 5, "99.9", post_only=True)
    key = "never" if reason == "not_found" else "o1"
    desk.listen()
    desk.amend(key, qty, px)
    assert desk.listen() == [f"{key} amend rejected {reason}"], name
    assert desk.used() == D("49.95"), name
    assert desk.quote("99.0", "99.1") == ["o1 maker 5@99.9"], name


def test_an_amend_across_the_touch_takes_it() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(BUY, 5, "99.9")
    desk.listen()
    desk.amend("o1", 5, "100.5")
    assert desk.listen() == ["o1 amended 5@100.5", "o1 taker 5@100.1"]


def test_a_venue_without_native_amend_refuses_it() -> None:
    desk = Desk([instrument(native_amend=False, native_stops=False)])
    desk.quote("100.0", "100.1")
    desk.order(BUY, 5, "99.9")
    desk.order(BUY, 5, trigger_px="105.0")
    desk.amend("o1", 4)
    assert desk.listen() == [
        "o1 accepted",
        "o2 rejected stops_unsupported",
        "o1 amend rejected amend_unsupported",
    ]


def test_reduce_only_never_takes_more_than_the_position() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(BUY, 3)
    desk.order(SELL, 5, "100.5", reduce_only=True)
    desk.order(SELL, 5, "100.6", reduce_only=True)
    desk.listen()
    assert desk.quote("100.7", "100.8") == [
        "o2 maker 3@100.5",
        "o2 cancelled reduce_only",
        "o3 cancelled reduce_only",
    ]
    assert desk.position() == 0


def test_a_taking_reduce_only_order_ends_when_flat() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(BUY, 3)
    desk.order(SELL, 5, "100.0", reduce_only=True)
    assert desk.listen()[-2:] == ["o2 taker 3@100.0", "o2 cancelled reduce_only"]
    assert desk.venue.busy == 0


def test_a_changed_tick_cancels_orders_off_the_new_grid() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(BUY, 1, "99.9")
    desk.order(BUY, 1, "99.5")
    desk.order(BUY, 1, trigger_px="105.3")
    desk.listen()
    desk.venue.define(instrument(ticks=single_tick(D("0.5")), version=2), desk.now_ns)
    assert desk.listen() == ["o1 cancelled off_tick", "o3 cancelled off_tick"]


def test_a_pause_keeps_orders_and_a_close_cancels_them() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(BUY, 1, "99.9")
    desk.see(TradingChanged(PERP, 0, 0, Trading.PAUSED))
    assert desk.quote("99.0", "99.1") == []
    desk.order(BUY, 1, "99.0")
    assert desk.listen() == ["o2 rejected market_closed"]
    desk.see(TradingChanged(PERP, 0, 0, Trading.OPEN))
    assert desk.quote("99.0", "99.1") == ["o1 maker 1@99.9"]
    desk.order(BUY, 1, "98.0")
    desk.listen()
    assert desk.see(TradingChanged(PERP, 0, 0, Trading.CLOSED)) == ["o3 cancelled market_closed"]


def test_an_order_after_the_close_time_is_rejected() -> None:
    desk = Desk([instrument(close_ns=1000)])
    desk.quote("100.0", "100.1")
    desk.order(BUY, 1, "99.0", at_ns=999)
    desk.order(BUY, 1, "99.0", at_ns=1000)
    assert desk.listen() == ["o1 accepted", "o2 rejected market_closed"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (SelfTrade.CANCEL_TAKER, ["o2 accepted", "o2 cancelled self_trade"]),
        (
            SelfTrade.CANCEL_MAKER,
            ["o2 accepted", "o1 cancelled self_trade", "o2 taker 5@100.1"],
        ),
        (
            SelfTrade.CANCEL_BOTH,
            ["o2 accepted", "o1 cancelled self_trade", "o2 cancelled self_trade"],
        ),
        (SelfTrade.REJECT, ["o2 rejected self_trade"]),
    ],
)
def test_own_orders_never_trade_with_each_other(rule: SelfTrade, expected: list[str]) -> None:
    desk = Desk(model=VenueModel(self_trade=rule), accounts=[account("one"), account("two")])
    desk.quote("99.0", "100.1")
    desk.order(SELL, 5, "100.0")
    desk.listen()
    desk.order(BUY, 5, "100.2", by="two")
    assert desk.listen() == expected
    assert desk.position(by="one") == 0


def test_what_is_better_than_our_own_order_is_taken_before_the_rest_is_prevented() -> None:
    desk = Desk()
    desk.book({"99.0": 5}, {"100.0": 2, "100.1": 2, "100.4": 9})
    desk.order(SELL, 5, "100.3")
    desk.order(BUY, 5, "100.4")
    assert desk.listen() == [
        "o1 accepted",
        "o2 accepted",
        "o2 taker 2@100.0",
        "o2 taker 2@100.1",
        "o2 cancelled self_trade",
    ]


@pytest.mark.parametrize(
    ("name", "first", "second", "prevented"),
    [
        ("bid NO at 1 - p meets bid YES at p", (BUY, "0.60", YES), (BUY, "0.40", NO), True),
        ("bid NO below 1 - p does not", (BUY, "0.60", YES), (BUY, "0.39", NO), False),
        ("ask YES meets ask NO", (SELL, "0.45", NO), (SELL, "0.55", YES), True),
        ("ask YES above does not", (SELL, "0.45", NO), (SELL, "0.56", YES), False),
    ],
)
def test_the_two_outcomes_are_one_market_for_self_trades(
    name: str,
    first: tuple[Side, str, object],
    second: tuple[Side, str, object],
    prevented: bool,
) -> None:
    desk = Desk(binaries(netting=True))
    for side, px, on in (first, second):
        desk.order(side, 10, px, on=on)  # type: ignore[arg-type]
    ending = ["o2 cancelled self_trade"] if prevented else []
    assert desk.listen() == ["o1 accepted", "o2 accepted", *ending], name


def test_a_report_lists_live_and_asked_orders_and_new_fills() -> None:
    desk = Desk()
    desk.quote("100.0", "100.1")
    desk.order(BUY, 2)
    desk.order(BUY, 1, "99.0")
    desk.cancel(desk.order(BUY, 1, "98.0"))
    desk.listen()
    venue = desk.venue
    report = venue.report(account().id, (desk.fills[0].client_order_id, "never"), 7)  # type: ignore[arg-type]
    seen = [(one.client_order_id, one.status.value, one.filled_qty) for one in report.orders]
    assert seen == [("o2", "new", D(0)), ("o1", "filled", D(2))]
    assert [one.key for one in report.fills] == ["o1.0"]
    assert [(one.instrument, one.qty) for one in report.positions] == [(PERP, D(2))]
    assert report.ts_recv == 7
    desk.order(BUY, 2)
    again = venue.report(account().id, (), 8, report.cursor)
    assert [one.key for one in again.fills] == ["o4.0"]


def test_an_index_takes_no_orders() -> None:
    desk = Desk([instrument(PERP, InstrumentKind.INDEX)])
    desk.quote("100.0", "100.1")
    desk.order(BUY, 1)
    assert desk.listen() == ["o1 rejected market_closed"]
