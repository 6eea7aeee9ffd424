"""The backtest loop over a question: who holds an outcome is paid, and ends flat."""

from decimal import Decimal

import msgspec
import pytest

from tests.harness import SECOND, START, account, binary
from tradewind import Context, Strategy
from tradewind.core.engine.desk import Desk
from tradewind.core.ledger.proof import check
from tradewind.core.matching.latency import ConstantLatency
from tradewind.core.matching.settlement import RESOLUTION
from tradewind.core.matching.simulated import SimulatedVenue
from tradewind.core.matching.state import VenueModel
from tradewind.model.commands import Deploy
from tradewind.model.config import DeskConfig, InstanceSpec
from tradewind.model.events import (
    CommandReceived,
    DeskStarted,
    Event,
    InstrumentDefined,
    Quote,
    TradingChanged,
)
from tradewind.model.ids import AccountId, Currency, InstanceId
from tradewind.model.instrument import Instrument
from tradewind.model.market import Trading
from tradewind.runtime.backtest import Watched, begin, run

D = Decimal
ACCOUNT, USD = AccountId("K"), Currency("USD")
SLOW = VenueModel(latency=ConstantLatency(entry_ns=SECOND // 10, response_ns=SECOND // 10))


class Holds(Strategy):
    """Buys five of its outcome once, and waits for the answer."""

    def on_quote(self, ctx: Context, quote: Quote) -> None:
        if not ctx.orders(quote.instrument) and not ctx.position(quote.instrument).qty:
            ctx.buy(quote.instrument, 5, quote.ask)


def history(yes: Instrument, no: Instrument, answer: str) -> list[Event]:
    """Return the life of a question: some quotes, its close, its answer, and its payment."""
    told: list[Event] = [InstrumentDefined(each, START) for each in (yes, no)]
    for second in range(1, 4):
        ts = START + second * SECOND
        for each, bid, ask in ((yes, "0.40", "0.42"), (no, "0.58", "0.60")):
            told.append(Quote(each.id, ts, ts, D(bid), D(ask), D(50), D(50)))
    end = START + 9 * SECOND
    told += [TradingChanged(each.id, end, end, Trading.CLOSED) for each in (yes, no)]
    for each in (yes, no):
        answered = msgspec.structs.replace(each, statistics={RESOLUTION: answer}, version=2)
        told.append(InstrumentDefined(answered, end + SECOND))
    settled = end + SECOND
    return told + [TradingChanged(each.id, settled, settled, Trading.SETTLED) for each in (yes, no)]


def backtest(events: list[Event], owners: dict[str, Instrument], model: VenueModel) -> Watched:
    """Run one holder an outcome, all on one account."""
    mine = account(ACCOUNT, "KALSHI", "USD", balance=D(100))
    desk = Desk({"holds": Holds})
    desk.ledger.entries = []
    config = DeskConfig(accounts=(mine,), reporting_currency=USD)
    venue = SimulatedVenue([mine], [], model)
    started = DeskStarted(1, 7, config, START)
    known = [each.instrument for each in events if isinstance(each, InstrumentDefined)][:2]
    drive = begin(desk, venue, started, known, lambda event, effects: None)
    for name, instrument in owners.items():
        spec = InstanceSpec(
            id=InstanceId(name),
            strategy="holds",
            accounts=(mine.id,),
            instruments=(instrument.id,),
        )
        drive.feed(CommandReceived(Deploy(spec), f"deploy {name}", "test", START))
    run(drive, events, lambda ts: None)
    return drive


@pytest.mark.parametrize("model", [VenueModel(), SLOW], ids=["at once", "with latency"])
@pytest.mark.parametrize("netting", [True, False], ids=["netting", "two tokens"])
@pytest.mark.parametrize(
    ("answer", "yes_won", "no_won"),
    [("1", "2.90", "-3.00"), ("0", "-2.10", "2.00"), ("0.5", "0.40", "-0.50")],
)
def test_a_question_that_resolves_pays_each_holder_and_ends_flat(
    model: VenueModel, netting: bool, answer: str, yes_won: str, no_won: str
) -> None:
    yes, no = binary(netting=netting)
    drive = backtest(history(yes, no, answer), {"one": yes, "other": no}, model)
    ledger = drive.desk.ledger
    # One account holds both, and where outcomes net the venue has paid for that before the end.
    assert [(each.owner, each.qty, each.realised) for each in ledger.positions()] == [
        ("one", 0, D(yes_won)),
        ("other", 0, D(no_won)),
    ]
    cash = ledger.cash(drive.desk.config.accounts[0].id, Currency("USD"))
    assert cash == 100 + D(yes_won) + D(no_won)
    assert (
        cash
        == drive.simulated.accounts[drive.desk.config.accounts[0].id].wallet(Currency("USD")).cash
    )
    assert check(ledger, ledger.entries or []) == []
    assert not drive.desk.accounts[drive.desk.config.accounts[0].id].locks


def test_who_holds_one_outcome_of_a_void_question_gets_its_cost_back() -> None:
    yes, no = binary(netting=True)
    drive = backtest(history(yes, no, "void"), {"one": yes}, VenueModel())
    (held,) = drive.desk.ledger.positions()
    assert (held.fees, held.qty, held.realised) == (0, 0, 0)
    assert drive.desk.ledger.cash(ACCOUNT, USD) == 100
