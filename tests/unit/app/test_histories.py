"""What a desk recorded is history like any other: listed, imported again, and run on."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from tests.harness import START, account, perpetual
from tests.unit.cli.calling import call
from tradewind.app.backtests import BacktestRequest, load_histories, run_backtest
from tradewind.app.desks import RECORD, DeskFolder, OpenDesk
from tradewind.app.histories import import_run, store_in, stored
from tradewind.app.strategies import Catalogue
from tradewind.core.engine.step import step
from tradewind.model.config import DeskConfig
from tradewind.model.errors import DataError
from tradewind.model.events import Candle, Event, InstrumentDefined, Quote, ReferencePrice
from tradewind.model.market import INTERVALS_NS
from tradewind.ports import Columns

BTC = perpetual(px_exponent=2, qty_exponent=3)
ETH = perpetual("ETHUSDT", px_exponent=2, qty_exponent=3)
MINUTE = INTERVALS_NS["1m"]
SCALE = 10**BTC.px_exponent


def candle(number: int) -> Candle:
    opened = START + number * MINUTE
    quanta = (100 + number % 7) * SCALE
    px = quanta / SCALE
    return Candle(
        BTC.id, opened, opened + MINUTE, "1m", quanta, quanta, quanta, quanta, px, px, px, px, 1.0
    )


def quote(number: int) -> Quote:
    ts = START + number * MINUTE
    return Quote(
        ETH.id, ts, ts, Decimal(100 + number), Decimal(101 + number), Decimal(1), Decimal(1)
    )


@pytest.fixture
def folder(tmp_path: Path) -> DeskFolder:
    """Return the folder of a desk that saw an hour of candles, quotes and references."""
    folder = DeskFolder(tmp_path / "demo")
    desk = OpenDesk(folder, Catalogue(), "process", RECORD)
    events: list[Event] = [desk.started(DeskConfig(accounts=(account(),)), START)]
    events += [InstrumentDefined(each, START) for each in (BTC, ETH)]
    for number in range(60):
        reference = ReferencePrice("oracle", START + number, START + number * MINUTE, 1.5)
        events += [quote(number), reference, candle(number)]
    for event in events:
        desk.keeper.note(event, step(desk.desk, event))
    desk.close()
    return folder


def test_a_desk_that_closes_leaves_history_beside_its_record(folder: DeskFolder) -> None:
    rows = [(each.instrument, each.kind, each.rows) for each in stored(folder.history)]
    assert rows == [
        (BTC.id, "candle:1m", 60), (ETH.id, "quote", 60), ("oracle", "reference", 60),
    ]  # fmt: skip
    listed = call("data", "list", "--json", data=folder.root.parent).json()
    assert [(each["instrument"], each["kind"], each["rows"]) for each in listed] == rows
    assert {each["folder"] for each in listed} == {str(folder.history)}


def test_an_import_of_the_run_gives_the_same_and_adds_nothing(folder: DeskFolder) -> None:
    assert [each.new for each in import_run(folder.root)] == [0, 0, 0]
    before = stored(folder.history)
    for path in sorted(folder.history.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    called = call("data", "import", str(folder.root), "--json", data=folder.root.parent)
    assert [each["new"] for each in called.json()] == [60, 60, 60]
    assert stored(folder.history) == before
    with pytest.raises(DataError, match="found no desk's record"):
        import_run(folder.events)


@pytest.mark.parametrize("interval", ["1m", "5m"])
def test_a_backtest_runs_on_what_was_recorded(folder: DeskFolder, interval: str) -> None:
    (history,) = load_histories([folder.root], BTC.id, interval, None, print)
    named = dict(zip(history.columns.names, history.columns.arrays, strict=True))
    every = INTERVALS_NS[interval] // MINUTE
    assert history.instrument == BTC
    assert named["ts_event"].tolist() == [candle(n).ts_event for n in range(0, 60, every)]
    assert named["close"].tolist() == [candle(n).close_quanta for n in range(every - 1, 60, every)]
    request = BacktestRequest(
        strategy="dual_ema_short",
        parameters={"ema_fast": 2, "ema_slow": 4, "interval": interval},
    )
    timing = run_backtest(request, [history]).timing
    assert timing is not None
    assert timing.events_per_s > 0


def test_the_kind_and_the_instrument_are_chosen_or_asked_for(folder: DeskFolder) -> None:
    store = store_in(folder.root)
    assert store == store_in(folder.history) == folder.history
    (history,) = load_histories([folder.root], ETH.id, None, None, print)
    assert history.kind == "quote"
    assert isinstance(history.columns, Columns)
    assert np.all(np.diff(history.columns.arrays[0]) > 0)
    with pytest.raises(DataError, match=f"found {BTC.id}, {ETH.id}; name an --instrument"):
        load_histories([folder.root], None, None, None, print)
    with pytest.raises(DataError, match=f"found only quote of {ETH.id}"):
        load_histories([folder.root], ETH.id, None, "book", print)
