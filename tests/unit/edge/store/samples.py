"""Rows, events and news for the tests of the stores."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tradewind.edge.store.journal_sqlite import Durability, SqliteJournal
from tradewind.edge.store.schema import prepare
from tradewind.model.commands import Deploy, Lifecycle
from tradewind.model.config import Account, DeskConfig, InstanceSpec
from tradewind.model.effects import Effect, LifecycleChanged, SubmitOrder
from tradewind.model.events import (
    CommandReceived,
    DeskStarted,
    Event,
    FillReceived,
    InstrumentDefined,
    OrderAccepted,
    Quote,
)
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import (
    AccountId,
    Currency,
    FillKey,
    InstanceId,
    InstrumentId,
    OrderId,
    VenueId,
    VenueOrderId,
)
from tradewind.model.instrument import Instrument, InstrumentKind, single_tick
from tradewind.model.money import ZERO
from tradewind.model.order import Liquidity, PlaceOrder, Side
from tradewind.ports import JournalRow, Published

ACCOUNT = AccountId("paper")
BOT = InstanceId("shortseller_001")
BTC = InstrumentId("BYBIT:BTCUSDT")
USDT = Currency("USDT")
SMALL = 4096
"""Bytes of ballast: enough for a test, quick to lay."""


def row(seq: int, ordinal: int = 1, epoch: int = 1, payload: bytes = b'{"n":1}') -> JournalRow:
    """Return a journal row that says little."""
    return JournalRow(seq, ordinal, epoch, seq * 10, "Noted", payload)


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.sqlite"
        prepare(path)
        return path.read_bytes()


def made(path: Path) -> Path:
    """Make an empty database unless there is a file: the tables come from a copy, not anew."""
    if path.parent.is_dir() and not path.exists():
        path.write_bytes(_empty())
    return path


def open_journal(path: Path, *, durability: str = "process") -> SqliteJournal:
    """Open a journal with a small ballast, made where there is none."""
    kind: Durability = "power" if durability == "power" else "process"
    return SqliteJournal(made(path), durability=kind, ballast_bytes=SMALL)


def perpetual(symbol: str = "BTCUSDT") -> Instrument:
    """Return a perpetual that is quoted in USDT."""
    return Instrument(
        id=InstrumentId(f"BYBIT:{symbol}"),
        venue=VenueId("BYBIT"),
        symbol=symbol,
        kind=InstrumentKind.PERPETUAL,
        quote=USDT,
        ticks=single_tick(Decimal("0.1")),
        qty_step=Decimal("0.001"),
        px_exponent=1,
        qty_exponent=3,
    )


def quote(ts: int, px: str = "100.5") -> Quote:
    """Return a quote around `px`."""
    return Quote(BTC, ts, ts, Decimal(px), Decimal(px) + 1, Decimal("0.5"), Decimal("1.25"))


def submit(
    order: str, side: Side = Side.BUY, qty: str = "1", *, ts: int = 0, reason: str = "entry"
) -> SubmitOrder:
    """Return the effect that sends a limit order."""
    spec = PlaceOrder(ACCOUNT, BTC, side, Decimal(qty), Decimal(100), reason=reason)
    return SubmitOrder(OrderId(order), BOT, spec, ts, ts)


def accepted(order: str, ts: int = 0) -> OrderAccepted:
    """Return the venue's acknowledgement of an order."""
    return OrderAccepted(ACCOUNT, ts, ts, OrderId(order), VenueOrderId(f"venue-{order}"))


def fill(
    key: str,
    side: Side,
    qty: str,
    px: str,
    *,
    ts: int,
    order: str | None = None,
    fee: Decimal = ZERO,
    life: FillLife = FillLife.FINAL,
) -> FillReceived:
    """Return one execution."""
    execution = Fill(
        FillKey(key),
        ACCOUNT,
        BTC,
        side,
        Decimal(qty),
        Decimal(px),
        fee,
        USDT,
        Liquidity.TAKER,
        ts,
        OrderId(order) if order is not None else None,
        life=life,
    )
    return FillReceived(ACCOUNT, ts, ts, execution)


def deploy(ts: int = 2) -> CommandReceived:
    """Return the command that made the bot."""
    spec = InstanceSpec(
        id=BOT,
        strategy="dual_ema_short",
        accounts=(ACCOUNT,),
        instruments=(BTC,),
        parameters={"fast": 240, "slow": 600},
    )
    return CommandReceived(Deploy(spec), "c-1", "ada", ts, "first run")


def started(epoch: int = 1, ts: int = 1) -> DeskStarted:
    """Return the start of a desk with one paper account."""
    account = Account(id=ACCOUNT, venue=VenueId("BYBIT"), currency=USDT, balance=Decimal(10_000))
    return DeskStarted(epoch, 7, DeskConfig(accounts=(account,)), ts, "0.1.0")


def running(ts: int = 2) -> LifecycleChanged:
    """Return the fact that the bot runs."""
    return LifecycleChanged(BOT, Lifecycle.RUNNING, "deployed by c-1", ts)


def opening() -> list[Published]:
    """Return the steps that every session begins with."""
    return number(
        (started(), ()), (InstrumentDefined(perpetual(), 1), ()), (deploy(), (running(),))
    )


def number(*steps: tuple[Event | None, tuple[Effect, ...]], after: int = 0) -> list[Published]:
    """Return steps as news, numbered from `after` + 1; the number is the time."""
    return [
        Published(seq, seq, event, effects) for seq, (event, effects) in enumerate(steps, after + 1)
    ]
