"""A paper account outlives the code of its venue: what is carried over, and what is cancelled."""

import sqlite3
from decimal import Decimal
from pathlib import Path
from random import Random

import msgspec
import pytest

from tests.unit.core.matching import driving as matching
from tests.unit.edge.simulators.paper import START_NS, Desk, as_killed, order_id, place, read
from tests.unit.edge.simulators.paper import open_venue as reopened
from tests.unit.edge.simulators.test_inprocess import STEP_NS, answers, defined, holding_yes
from tradewind.core.matching.settlement import YES_WINS
from tradewind.core.matching.state import VenueModel
from tradewind.edge.simulators.venue_file import VenueFile
from tradewind.edge.simulators.venue_statement import statement_of, venue_of
from tradewind.model.errors import JournalError
from tradewind.model.events import SettlementReported, TradingChanged
from tradewind.model.ids import Currency, InstrumentId
from tradewind.model.market import Trading
from tradewind.model.money import NANOS
from tradewind.model.order import OrderStatus, Side

END_NS = START_NS + 300 * STEP_NS


def upgraded(path: Path) -> Path:
    """Make it so that the venue's classes have other fields than those in the file."""
    with sqlite3.connect(path) as connection:
        (text,) = connection.execute("SELECT shapes FROM venue_state").fetchone()
        kept = msgspec.json.decode(text)
        name = "tradewind.core.matching.simulated.SimulatedVenue"
        kept[name] = [*kept[name], "a_field_of_yesterday"]
        connection.execute(
            "UPDATE venue_state SET shapes = ?", (msgspec.json.encode(kept).decode(),)
        )
    connection.close()
    return path


def test_money_holdings_and_fills_are_carried_over_and_live_orders_are_cancelled(
    tmp_path: Path, seed: int
) -> None:
    venue = defined(tmp_path / "v")
    desk = Desk(Random(seed))
    for step in range(300):
        desk.live(venue, START_NS + step * STEP_NS)
    before = read(venue, END_NS)
    venue.close()
    again = reopened(upgraded(tmp_path / "v"))
    live = [order.client_order_id for order in before.orders if order.client_order_id]
    assert len(live) == len(before.orders)
    after = read(again, END_NS, *live)
    assert (after.balances, after.positions) == (before.balances, before.positions)
    assert (after.fills, after.cursor) == (before.fills, before.cursor)
    assert {order.status for order in after.orders} <= {OrderStatus.CANCELLED}
    assert [order.client_order_id for order in after.orders] == live
    assert again.live_orders == 0
    again.close()
    assert read(reopened(tmp_path / "v"), END_NS, *live) == after


def test_a_carried_over_holding_is_worth_what_it_was(tmp_path: Path) -> None:
    venue = holding_yes(tmp_path / "v")
    before = read(venue, START_NS)
    venue.close()
    again = reopened(upgraded(tmp_path / "v"))
    sale = place(2, START_NS + NANOS, Side.SELL, "0.50", 10)
    spec = msgspec.structs.replace(sale.spec, instrument=InstrumentId("Y"))
    again.submit(msgspec.structs.replace(sale, spec=spec), START_NS + NANOS)
    answers(again, START_NS + 2 * NANOS)
    after = read(again, START_NS + 2 * NANOS, order_id(2))
    assert (after.balances, after.positions) == (before.balances, before.positions)
    assert after.balances[Currency("USDT")] < Decimal(1_000_000)
    assert [order.status for order in after.orders] == [OrderStatus.NEW], "ten are there to sell"


def test_an_order_id_that_was_spent_stays_spent(tmp_path: Path) -> None:
    venue = defined(tmp_path / "v")
    venue.submit(place(1, START_NS, Side.BUY, "990"), START_NS)
    answers(venue, START_NS + NANOS)
    venue.close()
    again = reopened(upgraded(tmp_path / "v"))
    again.submit(place(1, START_NS + NANOS, Side.BUY, "990"), START_NS + NANOS)
    answers(again, START_NS + 2 * NANOS)
    assert again.live_orders == 0


def test_after_a_kill_only_its_own_version_may_go_on(tmp_path: Path) -> None:
    venue = defined(tmp_path / "v")
    read(venue, START_NS)
    killed = upgraded(as_killed(tmp_path / "v", tmp_path / "killed"))
    with pytest.raises(JournalError, match="inputs of a session that was killed"):
        reopened(killed)
    venue.close()
    file = VenueFile(tmp_path / "v")
    assert file.load() is not None
    file.close()


@pytest.mark.parametrize("answered", [False, True], ids=["open", "answered"])
def test_an_account_that_netted_everything_still_hears_what_its_question_pays(
    answered: bool,
) -> None:
    desk = matching.Desk(matching.binaries(netting=True))
    for on, ask in ((matching.YES, "0.42"), (matching.NO, "0.57")):
        desk.quote("0.40", ask, on=on)
        desk.order(Side.BUY, 10, on=on)
    desk.listen()
    if answered:
        for rules in matching.binaries(netting=True, statistics={"resolution": "1"}, version=2):
            desk.venue.define(rules, 2)
        desk.see(TradingChanged(matching.YES, 2, 2, Trading.SETTLED))
    told = statement_of(desk.venue, 3, ())
    again = venue_of(told, [matching.account()], VenueModel())
    again.settle(matching.RAIN, YES_WINS, 4)
    paid = [each for each in again.due(4) if isinstance(each, SettlementReported)]
    assert len(paid) == (0 if answered else 4)
