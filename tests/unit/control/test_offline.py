"""The views from the tables say what the running desk said, apart from the market."""

import asyncio

import msgspec
import pytest

from tests.harness import D
from tests.unit.control.stage import ASKED, BTC, NO, YES, Stage, hold, stage_with_maker
from tests.unit.control.test_tally import trade
from tradewind.control.offline import OfflineViews
from tradewind.control.refold import prove
from tradewind.control.requests import ViewName
from tradewind.control.showing import SHOW, show
from tradewind.control.table_rows import FillLine, PositionLine, PostingLine
from tradewind.control.views import Wanted
from tradewind.edge.store.read_archive import TableArchive
from tradewind.edge.store.read_tables import Projector
from tradewind.model.commands import Kill, Scope, ScopeKind
from tradewind.model.errors import ConfigError, Refused
from tradewind.model.events import SettlementPhase, SettlementReported
from tradewind.model.ids import AccountId, InstanceId
from tradewind.model.order import Side

ALL = Wanted(limit=10_000)


@pytest.fixture(scope="module")
def stage() -> Stage:
    """Return a stage after a session with trades, pairs, a settlement, commands and a halt."""
    made = stage_with_maker()
    hold(made, "2", "99.9")
    made.quote(BTC, "99.8", "100.0")
    for outcome in (YES, NO):
        made.quote(outcome, "0.40", "0.60")
    trade(made, YES, Side.BUY, "10", "0.45", fee="0.02")
    trade(made, NO, Side.BUY, "7", "0.50")
    paid = SettlementReported(
        AccountId("K"), made.now, made.now, YES.id, SettlementPhase.PAID, D(1)
    )
    made.feed(paid)
    asyncio.run(made.plane.set_parameters(ASKED, InstanceId("maker"), {"size": "3"}))
    asyncio.run(made.plane.pause(ASKED, InstanceId("nobody")))
    # The bench's venue has not heard of the settlement; what it would report is not of interest.
    made.readable = False
    made.command(Kill(Scope(ScopeKind.ACCOUNT, "K")))
    return made


@pytest.fixture(scope="module")
def views(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> OfflineViews:
    path = tmp_path_factory.mktemp("desk") / "read.sqlite"
    projector = Projector.in_file(path)
    projector.apply(stage.news)
    projector.close()
    return OfflineViews(TableArchive.in_file(path), "desk")


def test_fills_are_the_same(stage: Stage, views: OfflineViews) -> None:
    assert views.fills(ALL) == stage.views.fills(ALL)


def test_orders_are_the_same(stage: Stage, views: OfflineViews) -> None:
    theirs = {each.client_order_id: each for each in views.orders(ALL)}
    ours = {each.client_order_id: each for each in stage.views.orders(ALL)}
    assert theirs.keys() == ours.keys()
    for name, order in ours.items():
        # The desk does not keep the epoch and the last price of a protected market order as told.
        assert msgspec.structs.replace(theirs[name], epoch=order.epoch) == order


def test_positions_are_the_same_but_for_the_market(stage: Stage, views: OfflineViews) -> None:
    ours = [
        msgspec.structs.replace(
            each,
            mark=None,
            notional=None,
            unrealised=None if each.qty else D(0),
            net=each.realised - each.fees - each.funding,
        )
        for each in stage.views.positions(ALL)
    ]
    theirs = list(views.positions(ALL))
    assert theirs[0] == ours[0]
    # Of a merged pair only the sum over both legs is settled; which leg shows it is not.
    assert sum(each.net for each in theirs[1:]) == sum(each.net for each in ours[1:])
    assert [each.qty for each in theirs] == [each.qty for each in ours]


def test_results_are_the_same_and_proved_from_the_tables(stage: Stage, views: OfflineViews) -> None:
    ours, theirs = stage.views.pnl(ALL), views.pnl(ALL)
    assert [(row.instance, row.realised, row.fees) for row in theirs.rows] == [
        (row.instance, row.realised, row.fees) for row in ours.rows
    ]
    assert theirs.fills_fold.proved
    assert theirs.fills_fold.fills == ours.fills_fold.fills == 3
    assert {(row.instance, row.realised) for row in theirs.fills_fold.rows} == {
        (row.instance, row.realised) for row in ours.fills_fold.rows
    }


def test_instances_are_the_same(stage: Stage, views: OfflineViews) -> None:
    ours = {each.instance: each for each in stage.views.instances(ALL)}
    for each in views.instances(ALL):
        live = ours.pop(each.instance)
        assert (each.state, each.cause, each.version) == (live.state, live.cause, live.version)
        assert each.parameters == live.parameters
        assert each.positions == live.positions
        assert each.open_orders == live.open_orders
    assert ours == {}


def test_the_audit_is_the_same(stage: Stage, views: OfflineViews) -> None:
    def plain(rows: tuple[object, ...]) -> list[tuple[object, ...]]:
        return [
            (each.command_id, each.name, each.by, each.why, each.confirmation, each.effect)  # type: ignore[attr-defined]
            for each in rows
        ]

    assert plain(views.commands(ALL)) == plain(stage.views.commands(ALL))


def test_a_halt_and_its_cause_are_in_the_tables(views: OfflineViews) -> None:
    scopes = {(each.kind, each.name): each for each in views.risk()}
    account = scopes[ScopeKind.ACCOUNT, "K"]
    assert account.state.value == "halted"
    assert not account.ready


def test_rows_are_filtered_and_cut(views: OfflineViews) -> None:
    assert [each.instance for each in views.fills(Wanted(instance="maker"))] == ["maker"]
    assert len(views.fills(Wanted(limit=1))) == 1
    assert views.fills(Wanted(limit=1)) == views.fills(ALL)[-1:]
    assert views.fills(Wanted(before=views.fills(ALL)[1].seq)) == views.fills(ALL)[:1]
    assert all(each.qty for each in views.positions(Wanted(open_only=True)))
    assert all(each.leaves_qty for each in views.orders(Wanted(open_only=True)))


def test_health_says_that_nothing_runs(stage: Stage, views: OfflineViews) -> None:
    health = views.health()
    assert not health.running
    assert not health.ok
    assert health.seq == stage.news[-1].seq


MARKETS = {ViewName.BOOK, ViewName.CANDLES, ViewName.TRADES}


@pytest.mark.parametrize("view", [each for each in SHOW if each not in MARKETS])
def test_every_view_can_be_shown_without_a_desk(view: ViewName, views: OfflineViews) -> None:
    wanted = msgspec.structs.replace(ALL, order=views.orders(ALL)[0].client_order_id)
    shown = show(views, view, wanted)
    assert msgspec.json.decode(msgspec.json.encode(shown), type=type(shown)) == shown


@pytest.mark.parametrize("view", sorted(MARKETS))
def test_a_desk_that_does_not_run_refuses_to_show_markets(
    view: ViewName, views: OfflineViews
) -> None:
    with pytest.raises(Refused, match="does not run"):
        show(views, view, Wanted(instrument=BTC.id))


def test_an_orders_life_is_the_same_from_the_record(stage: Stage, views: OfflineViews) -> None:
    recorded = OfflineViews(
        views._archive, "desk", lambda after: [each for each in stage.news if each.seq > after]
    )
    for order in stage.views.orders(ALL):
        wanted = Wanted(order=order.client_order_id)
        assert recorded.order_life(wanted).steps == stage.views.order_life(wanted).steps
        assert recorded.order_life(wanted).fills == stage.views.order_life(wanted).fills
    first = Wanted(order=stage.views.orders(ALL)[0].client_order_id)
    assert recorded.order_life(first).whole
    assert not views.order_life(first).whole, "the tables alone do not tell the steps"
    with pytest.raises(ConfigError, match="found none of that id"):
        recorded.order_life(Wanted(order="nobody"))


def test_instruments_keep_their_rules_without_a_desk(stage: Stage, views: OfflineViews) -> None:
    told = {each.instrument: each for each in views.markets().rows}
    for live in stage.views.markets().rows:
        assert told[live.instrument] == msgspec.structs.replace(live, feed=None, watched=False)


@pytest.mark.parametrize("field", ["qty", "realised", "fees", "funding"])
def test_a_table_that_was_meddled_with_is_found_out(views: OfflineViews, field: str) -> None:
    from tradewind.control.offline import Question

    archive = views._archive
    positions = archive.rows("positions", PositionLine, Question(order="first_seq"))
    fills = archive.rows("fills", FillLine, Question())
    postings = archive.rows("postings", PostingLine, Question())
    assert prove(positions, fills, postings).proved
    setattr(positions[0], field, getattr(positions[0], field) + 1)
    assert len(prove(positions, fills, postings).differences) == 1
    assert not prove(positions, fills[1:], postings).proved
