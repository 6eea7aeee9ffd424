"""A backtest put together: history, instruments, one strategy, the matching core, and a result."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from tradewind.app.histories import must_exist, read_stored, store_in
from tradewind.app.strategies import Catalogue
from tradewind.app.version import code_version
from tradewind.core.engine.days import equity
from tradewind.core.engine.desk import Desk
from tradewind.core.matching.latency import ConstantLatency
from tradewind.core.matching.simulated import SimulatedVenue
from tradewind.core.matching.slippage import Slippage
from tradewind.core.matching.state import CandleFills, VenueModel
from tradewind.core.strategy.parameters import validate
from tradewind.model.commands import Deploy
from tradewind.model.config import Account, DeskConfig, InstanceSpec, Limits
from tradewind.model.effects import CommandAnswered, Confirmation, Denied, Effect, SubmitOrder
from tradewind.model.errors import ConfigError, DataError
from tradewind.model.events import CommandReceived, DeskStarted, Event, FillReceived, OrderRejected
from tradewind.model.ids import AccountId, Currency, InstanceId, VenueId
from tradewind.model.instrument import Instrument
from tradewind.model.market import INTERVALS_NS
from tradewind.ports import Columns
from tradewind.research.collect import Collector, RunFacts, data_source
from tradewind.research.history.catalogue import recognise
from tradewind.research.history.findings import Findings
from tradewind.research.history.load import load
from tradewind.research.results import BacktestResult, Timing
from tradewind.research.statistics import calendar_named
from tradewind.runtime import feed
from tradewind.runtime.backtest import begin, run

HOUR_NS = 3_600_000_000_000
SALT = 0x7A4D1


class History(msgspec.Struct):
    """One feed of a backtest: whose it is, what kind, its rows and what was found in them."""

    instrument: Instrument
    kind: str
    columns: Columns
    findings: Findings

    @property
    def interval(self) -> str:
        """Return the candle interval, empty for other kinds."""
        return self.kind.partition(":")[2]


class BacktestRequest(msgspec.Struct, kw_only=True):
    """What to run. `balance` in `currency` (the instruments' quote currency by default).

    `interval` is the candle interval that the strategy sees; finer history is resampled to it.
    """

    strategy: str
    parameters: dict[str, Any]
    balance: Decimal = Decimal(10_000)
    leverage: Decimal = Decimal(10)
    interval: str | None = None
    model: VenueModel = VenueModel()
    limits: Limits = Limits()
    command: tuple[str, ...] = ()


def load_histories(
    paths: list[Path],
    instrument: str | None,
    interval: str | None,
    kind: str | None,
    say: Callable[[str], None],
) -> list[History]:
    """Read and check every path; `say` hears what was repaired or left out.

    A path may be a file, a folder of files, a tick store, or a desk's folder with its recorded one.
    Raises ConfigError for a file that is not there or whose rules cannot be told, DataError for
    one that is unreadable or refused.
    """
    histories = []
    for path in paths:
        must_exist(path)
        store = store_in(path)
        if store is not None:
            histories.append(History(*read_stored(store, instrument, interval, kind)))
            continue
        source = recognise(path, instrument, interval, kind=kind)
        columns, findings = load(source)
        if findings.items or findings.gaps:
            say(findings.text())
        histories.append(History(source.instrument, source.kind, columns, findings))
    return histories


def check_strategy(name: str, parameters: dict[str, Any]) -> None:
    """Raise ConfigError for a strategy or parameters that do not fit; cheap, so it comes first."""
    validate(Catalogue().find(name).parameters, parameters, name)


def venue_model(latency_ms: float, slippage_bps: Decimal) -> VenueModel:
    """Return what is assumed of the venue: latency each way, and slippage of candle fills."""
    way_ns = int(latency_ms * 1_000_000)
    latency = ConstantLatency(entry_ns=way_ns, response_ns=way_ns)
    candles = CandleFills(slippage=Slippage(bps=slippage_bps))
    if not way_ns:
        return VenueModel(candles=candles)
    return VenueModel(latency=latency, candles=candles)


def run_backtest(
    request: BacktestRequest,
    histories: list[History],
    load_s: float = 0.0,
    *,
    progress: bool = False,
    tell: Callable[[float], None] | None = None,
) -> BacktestResult:
    """Run one strategy over histories and return the result; the same input, the same result.

    With `progress` a bar with the time left is drawn on a terminal's standard error; `tell` hears
    the share that is done. Raises
    ConfigError for parameters or a strategy that do not fit, DataError for empty history.
    """
    catalogue = Catalogue()
    catalogue.find(request.strategy)
    rows = [history for history in histories if len(history.columns)]
    if not rows:
        raise DataError("Ran the backtest, found no rows in the history; check the file and dates.")
    instruments = list({history.instrument.id: history.instrument for history in rows}.values())
    accounts = _accounts(request, instruments)
    first_ns = min(int(history.columns.arrays[0][0]) for history in rows)
    config = DeskConfig(
        accounts=accounts,
        reporting_currency=accounts[0].currency,
        stale_book_ns=_patience_ns(rows),
    )
    desk = Desk(catalogue)
    desk.ledger.entries = []
    venue = SimulatedVenue(accounts, [], request.model)
    collector = Collector()
    observe = _Observer(desk, collector)
    started = DeskStarted(1, SALT, config, first_ns - 1, code_version())
    drive = begin(desk, venue, started, instruments, observe)
    _deploy(request, drive, instruments, accounts, first_ns)
    starting = _equity(desk)
    for history in rows:
        if history.kind.startswith("candle:"):
            interval = history.kind.partition(":")[2]
            collector.candles(history.instrument.id, interval, _floats(history))
    clock = time.perf_counter()
    streams = [_stream(history) for history in rows]
    events: Iterable[Any] = streams[0] if len(streams) == 1 else feed.merge(*streams)
    bulk = all(history.kind.startswith("candle:") for history in rows)
    if not bulk:
        events = _noted(events, collector)
    with shown(progress, rows) if tell is None else told(tell, rows) as step_to:
        count = run(drive, events, _Sampler(desk, collector, step_to))
    run_s = time.perf_counter() - clock
    instance = desk.instances[InstanceId("backtest")]
    if instance.standing.faulted:
        why = instance.standing.faulted.rstrip(".")
        raise ConfigError(f"Ran {request.strategy}, found that it faulted: {why}; mend it.")
    calendar = "NSE" if instruments[0].calendar.upper().startswith("NSE") else "24x7"
    return collector.finish(
        RunFacts(
            strategy=request.strategy,
            parameters=instance.parameters,
            instances=(instance.spec,),
            instruments=tuple(instruments),
            sources=tuple(data_source(history.findings) for history in rows),
            calendar=calendar_named(calendar),
            currency=config.reporting_currency,
            start_ns=first_ns,
            end_ns=desk.world.now_ns,
            starting_equity=starting,
            final_equity=_equity(desk),
            events=count,
            decision_hash=desk.decisions.digest(),
            code_version=code_version(),
            command=request.command,
            timing=Timing(load_s=load_s, run_s=run_s, events_per_s=count / max(run_s, 1e-9)),
        )
    )


def _accounts(request: BacktestRequest, instruments: list[Instrument]) -> tuple[Account, ...]:
    made: dict[VenueId, Account] = {}
    for instrument in instruments:
        if instrument.venue not in made:
            made[instrument.venue] = Account(
                id=AccountId(f"backtest-{instrument.venue}"),
                venue=instrument.venue,
                currency=Currency(instrument.quote),
                balance=request.balance,
                leverage=request.leverage,
                orders_per_s=Decimal(1000),
                order_burst=1000,
                limits=request.limits,
            )
    return tuple(made.values())


def _patience_ns(rows: list[History]) -> int:
    """Data is fresh until its next row is due: two intervals of the coarsest candles."""
    longest = 3_000_000_000
    for history in rows:
        if history.kind.startswith("candle:"):
            interval = INTERVALS_NS[history.kind.partition(":")[2]]
            longest = max(longest, 2 * interval)
    return longest


def _deploy(
    request: BacktestRequest,
    drive: Any,
    instruments: list[Instrument],
    accounts: tuple[Account, ...],
    first_ns: int,
) -> None:
    parameters = dict(request.parameters)
    cls = drive.desk.catalogue.find(request.strategy)
    if request.interval is not None and "interval" in cls.parameters:
        parameters.setdefault("interval", request.interval)
    spec = InstanceSpec(
        id=InstanceId("backtest"),
        strategy=request.strategy,
        accounts=tuple(account.id for account in accounts),
        instruments=tuple(instrument.id for instrument in instruments),
        parameters=parameters,
    )
    effects = drive.feed(CommandReceived(Deploy(spec), "deploy", "backtest", first_ns - 1))
    for effect in effects:
        if type(effect) is CommandAnswered and effect.confirmation is Confirmation.REFUSED:
            raise ConfigError(effect.effect)


class _Sampler:
    """Samples the equity on a coarse grid, and moves the progress bar."""

    def __init__(self, desk: Desk, collector: Collector, step_to: Callable[[int], None]) -> None:
        self.desk = desk
        self.collector = collector
        self.step_to = step_to
        self.calls = 0

    def __call__(self, ts: int) -> None:
        self.collector.sample(ts, _equity(self.desk))
        self.calls += 1
        if self.calls % 64 == 0:
            self.step_to(ts)


@contextmanager
def shown(wanted: bool, rows: list[History]) -> Iterator[Callable[[int], None]]:  # noqa: FBT001
    """Draw a progress bar over event time while the block runs, if it is wanted and seen."""
    if not wanted or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    first = min(int(history.columns.arrays[0][0]) for history in rows)
    last = max(int(history.columns.arrays[0][-1]) for history in rows)
    columns = (TextColumn("backtest"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("backtest", total=max(last - first, 1))
        yield lambda ts: bar.update(task, completed=ts - first)


@contextmanager
def told(tell: Callable[[float], None], rows: list[History]) -> Iterator[Callable[[int], None]]:
    """Tell the share of event time that is done, whenever it has grown by a hundredth."""
    first = min(int(history.columns.arrays[0][0]) for history in rows)
    last = max(int(history.columns.arrays[0][-1]) for history in rows)
    span = max(last - first, 1)
    before = 0.0

    def step_to(ts: int) -> None:
        nonlocal before
        share = min(1.0, (ts - first) / span)
        if share >= before + 0.01:
            before = share
            tell(share)

    yield step_to


class _Observer:
    """Notes orders, denials and fills for the collector."""

    def __init__(self, desk: Desk, collector: Collector) -> None:
        self.desk = desk
        self.collector = collector

    def __call__(self, event: Event, effects: Iterable[Effect]) -> None:
        entries = self.desk.ledger.entries
        if entries:
            if type(event) is FillReceived:
                fill = event.fill
                order = (
                    self.desk.orders.find(fill.client_order_id) if fill.client_order_id else None
                )
                entry = entries[0]
                reason = order.reason if order is not None else ""
                self.collector.fill(fill, reason, entry.owner, entry.realised)
                for other in entries[1:]:
                    self.collector.posting(other)
            else:
                for entry in entries:
                    self.collector.posting(entry)
            entries.clear()
        if type(event) is OrderRejected:
            self.collector.rejected(event.reason)
        for effect in effects:
            if type(effect) is SubmitOrder:
                self.collector.order()
            elif type(effect) is Denied:
                self.collector.denied(effect.rule, 1 + effect.unsaid)


def _floats(history: History) -> Any:
    named = dict(zip(history.columns.names, history.columns.arrays, strict=True))
    scale = 10.0**history.instrument.px_exponent
    return (named["ts_event"], *(named[name] / scale for name in ("open", "high", "low", "close")))


def _noted(events: Iterable[Any], collector: Collector) -> Iterable[Any]:
    for event in events:
        if hasattr(event, "bid") or hasattr(event, "px") or hasattr(event, "bids"):
            collector.price(event)
        yield event


def _stream(history: History) -> Any:
    kind, _, interval = history.kind.partition(":")
    if kind == "candle":
        return feed.candles(history.instrument, interval, history.columns)
    made = {"quote": feed.quotes, "trade": feed.trades, "book": feed.books, "funding": feed.funding}
    return made[kind](history.instrument, history.columns)


def _equity(desk: Desk) -> Decimal:
    total = Decimal(0)
    for name, state in desk.accounts.items():
        worth = desk.rates.convert(equity(desk, name), state.account.currency)
        total += worth if worth is not None else Decimal(0)
    return total
