"""The read side's fold of executions and postings, with the desk's own ledger as referee."""

import random
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.unit.edge.store.reads import open_projector
from tests.unit.edge.store.samples import ACCOUNT, BOT, number, opening
from tradewind.core.ledger.ledger import Ledger
from tradewind.model.effects import Effect, PositionCorrected, SubmitOrder
from tradewind.model.errors import BadReply
from tradewind.model.events import (
    Event,
    FeeAdjusted,
    FillFailed,
    FillFinalised,
    FillReceived,
    FundingPaid,
    InstrumentDefined,
    SettlementPhase,
    SettlementReported,
)
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import (
    NET,
    UNMANAGED,
    Currency,
    FillKey,
    InstanceId,
    InstrumentId,
    MarketId,
    OrderId,
    VenueId,
)
from tradewind.model.instrument import Instrument, InstrumentKind, Outcome, single_tick
from tradewind.model.money import ZERO
from tradewind.model.order import Liquidity, PlaceOrder, Side
from tradewind.ports import Published

OTHER = InstanceId("pair_maker_002")
OWNERS = (BOT, OTHER)


def _instrument(symbol: str, kind: InstrumentKind, **rules: object) -> Instrument:
    return Instrument(
        id=InstrumentId(f"SIM:{symbol}"),
        venue=VenueId("SIM"),
        symbol=symbol,
        kind=kind,
        quote=Currency("USD"),
        ticks=single_tick(Decimal("0.01")),
        qty_step=Decimal("0.01"),
        px_exponent=2,
        qty_exponent=2,
        **rules,  # type: ignore[arg-type]
    )


PERP = _instrument("PERP", InstrumentKind.PERPETUAL, multiplier=Decimal("0.1"))
SPOT = _instrument("SPOT", InstrumentKind.SPOT, base=Currency("COIN"))
YES, NO = (
    _instrument(
        outcome.name,
        InstrumentKind.BINARY,
        market=MarketId("Q"),
        outcome=outcome,
        mirror=InstrumentId(f"SIM:{other.name}"),
        netting=True,
    )
    for outcome, other in ((Outcome.YES, Outcome.NO), (Outcome.NO, Outcome.YES))
)
INSTRUMENTS = (PERP, SPOT, YES, NO)


class Session:
    """A random session: every piece goes to the ledger and, as news, to the projection."""

    def __init__(self, seed: int, pieces: tuple[str, ...], instruments: tuple[Instrument, ...]):
        self.dice = random.Random(seed)
        self.instruments = instruments
        self.pieces = pieces
        self.ledger = Ledger([])
        self.steps: list[tuple[Event | None, tuple[Effect, ...]]] = [
            (InstrumentDefined(each, 1), ()) for each in INSTRUMENTS
        ]
        self.fills: list[Fill] = []
        self.now = 100

    def run(self, length: int) -> list[Published]:
        for _ in range(length):
            self.now += self.dice.randrange(3)
            getattr(self, self.dice.choice(self.pieces))()
        return opening() + number(*self.steps, after=len(opening()))

    def fill(self) -> None:
        dice, rules = self.dice, self.dice.choice(self.instruments)
        owner = dice.choice((*OWNERS, UNMANAGED))
        order = None if owner == UNMANAGED else OrderId(f"O{len(self.steps)}")
        side = Side.BUY if dice.random() < 0.55 else Side.SELL
        qty, px = Decimal(dice.randrange(1, 900)) / 100, Decimal(dice.randrange(1, 99)) / 100
        if order is not None:
            spec = PlaceOrder(ACCOUNT, rules.id, side, qty, px)
            self.steps.append((None, (SubmitOrder(order, owner, spec, self.now, 0),)))
        fee_currency = dice.choice(("USD", "USD", "COIN", "BNB"))
        life = FillLife.MATCHED if dice.random() < 0.3 else FillLife.FINAL
        late = dice.randrange(20) if dice.random() < 0.3 else 0
        made = Fill(
            FillKey(f"K{dice.randrange(10**9)}"),
            ACCOUNT,
            rules.id,
            side,
            qty,
            px,
            Decimal(dice.randrange(-2, 5)) / 1000,
            Currency(fee_currency),
            Liquidity.TAKER,
            self.now - late,
            order,
            life=life,
        )
        self.fills.append(made)
        self._take(made, owner)

    def again(self) -> None:
        if self.fills:
            made = self.dice.choice(self.fills)
            self._take(made, UNMANAGED)

    def _take(self, made: Fill, owner: InstanceId) -> None:
        rules = next(each for each in INSTRUMENTS if each.id == made.instrument)
        self._say(FillReceived(ACCOUNT, made.ts_event, self.now, made))
        try:
            entry = self.ledger.post_fill(made, owner, rules)
        except BadReply:
            return
        if entry is not None and rules.netting and made.client_order_id is not None:
            mirror = NO if rules is YES else YES
            self.ledger.net_pairs(ACCOUNT, rules, mirror, owner, made.ts_event)

    def finalise(self) -> None:
        if self.fills:
            key = self.dice.choice(self.fills).key
            self._say(FillFinalised(ACCOUNT, self.now, self.now, key))
            try:
                self.ledger.finalise(ACCOUNT, key)
            except BadReply:
                return

    def fail(self) -> None:
        if self.fills:
            key = self.dice.choice(self.fills).key
            self._say(FillFailed(ACCOUNT, self.now, self.now, key, "undone"))
            try:
                self.ledger.fail(ACCOUNT, key, "undone", self.now)
            except BadReply:
                return

    def fee(self) -> None:
        rules = self.dice.choice(self.instruments)
        amount = Decimal(self.dice.randrange(-50, 50)) / 1000
        key = FillKey(f"F{self.dice.randrange(10**9)}")
        event = FeeAdjusted(ACCOUNT, self.now, self.now, key, rules.id, amount, rules.quote)
        self._say(event)
        self.ledger.fee_adjust(event, rules)

    def funding(self) -> None:
        rules = self.dice.choice(self.instruments)
        amount = Decimal(self.dice.randrange(-50, 50)) / 1000
        key = FillKey(f"P{self.dice.randrange(10**9)}")
        event = FundingPaid(ACCOUNT, self.now, self.now, key, rules.id, amount, rules.quote)
        for _ in range(self.dice.choice((1, 1, 2))):
            self._say(event)
            self.ledger.funding(event, rules)

    def correct(self) -> None:
        rules = self.dice.choice(self.instruments)
        qty = Decimal(self.dice.choice((-300, -100, 100, 200))) / 100
        px = self.dice.choice((None, Decimal("0.5")))
        key = FillKey(f"C{self.dice.randrange(10**9)}")
        effect = PositionCorrected(key, ACCOUNT, rules.id, NET, qty, px, "differs", self.now)
        self.steps.append((None, (effect,)))
        self.ledger.correct(effect, rules)

    def settle(self) -> None:
        rules = self.dice.choice((YES, NO))
        phase = self.dice.choice(tuple(SettlementPhase))
        payout = Decimal(self.dice.choice((0, 1)))
        number = self.dice.choice((1, 1, 2))
        event = SettlementReported(ACCOUNT, self.now, self.now, rules.id, phase, payout, number)
        self._say(event)
        try:
            self.ledger.settle(rules, ACCOUNT, phase, payout, number, self.now)
        except BadReply:
            return

    def _say(self, event: Event) -> None:
        self.steps.append((event, ()))


MIXES = {
    "fills alone": (("fill", "again"), INSTRUMENTS),
    "fills that fail": (("fill", "fill", "fill", "finalise", "fail", "again"), (PERP, SPOT)),
    "fees and funding": (("fill", "fill", "fee", "funding"), (PERP, SPOT)),
    "corrections": (("fill", "fill", "fill", "correct"), (PERP,)),
    "pairs": (("fill", "fill", "fill", "finalise", "fail", "again"), (YES, NO)),
    "corrections of outcomes": (("fill", "fill", "fill", "correct"), (YES, NO)),
    "settlement": (("fill", "fill", "fill", "settle"), (YES, NO)),
}


@pytest.mark.parametrize("mix", MIXES)
def test_positions_are_those_of_the_desks_ledger(mix: str, seed: int, tmp_path: Path) -> None:
    session = Session(seed, *MIXES[mix])
    news = session.run(150)
    path = tmp_path / "read.sqlite"
    projector = open_projector(path)
    for start in range(0, len(news), 7):
        projector.apply(news[start : start + 7])
    shown = _shown(path)
    assert shown == _held(session.ledger)
    assert {key: row[:3] for key, row in shown.items()} == _summed(session.ledger)
    projector.close()


def _held(ledger: Ledger) -> dict[tuple[str, ...], tuple[Decimal, ...]]:
    return {
        (each.owner, each.instrument): (
            each.qty,
            each.cost,
            each.realised,
            each.fees,
            each.funding,
        )
        for each in ledger.positions()
    }


def _summed(ledger: Ledger) -> dict[tuple[str, ...], tuple[Decimal, ...]]:
    """Quantity, cost and realised profit as the sums of the entries."""
    sums: dict[tuple[str, ...], tuple[Decimal, ...]] = {
        (each.owner, each.instrument): (ZERO, ZERO, ZERO) for each in ledger.positions()
    }
    for entry in ledger.entries or ():
        if entry.instrument is not None:
            qty, cost, realised = sums[entry.owner, entry.instrument]
            sums[entry.owner, entry.instrument] = (
                qty + entry.qty,
                cost + entry.cost,
                realised + entry.realised,
            )
    return sums


def _shown(path: Path) -> dict[tuple[str, ...], tuple[Decimal, ...]]:
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT bot_id, symbol, qty, cost, realised, fees, funding FROM trading_positions"
        ).all()
    engine.dispose()
    return {(row[0], row[1]): tuple(Decimal(each) for each in row[2:]) for row in rows}
