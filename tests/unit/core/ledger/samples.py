"""Small instruments, fills and reads for the tests of the ledger room."""

from decimal import Decimal

import msgspec

from tradewind.core.ledger.entries import Entry
from tradewind.core.ledger.ledger import Ledger
from tradewind.core.ledger.proof import check
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import (
    NET,
    AccountId,
    BucketId,
    Currency,
    FillKey,
    InstanceId,
    InstrumentId,
    MarketId,
    VenueId,
)
from tradewind.model.instrument import Instrument, InstrumentKind, Outcome, single_tick
from tradewind.model.order import Liquidity, Side
from tradewind.model.position import Position

D = Decimal
ACCOUNT = AccountId("main")
A = InstanceId("a")
B = InstanceId("b")
USD = Currency("USD")
BNB = Currency("BNB")
MATCHED, FINAL, FAILED = FillLife.MATCHED, FillLife.FINAL, FillLife.FAILED


def instrument(name: str, kind: InstrumentKind, **rules: object) -> Instrument:
    """Return an instrument quoted in USD."""
    plain = Instrument(
        id=InstrumentId(f"X:{name}"),
        venue=VenueId("X"),
        symbol=name,
        kind=kind,
        quote=USD,
        ticks=single_tick(D("0.01")),
        qty_step=D("0.01"),
        px_exponent=4,
        qty_exponent=2,
    )
    return msgspec.structs.replace(plain, **rules)


PERP = instrument("PERP", InstrumentKind.PERPETUAL)
STOCK = instrument("STOCK", InstrumentKind.EQUITY, qty_step=D(1))
COIN = instrument("COIN", InstrumentKind.SPOT, base=Currency("COIN"))
FUTURE = instrument("FUT", InstrumentKind.FUTURE, multiplier=D(50))
YES = instrument(
    "RAIN:YES",
    InstrumentKind.BINARY,
    market=MarketId("X:RAIN"),
    outcome=Outcome.YES,
    mirror=InstrumentId("X:RAIN:NO"),
    netting=True,
)
NO = instrument(
    "RAIN:NO",
    InstrumentKind.BINARY,
    market=MarketId("X:RAIN"),
    outcome=Outcome.NO,
    mirror=InstrumentId("X:RAIN:YES"),
    netting=True,
)


def fill(
    text: str,
    rules: Instrument = PERP,
    *,
    key: str = "",
    ts: int = 1,
    fee: str = "0",
    fee_currency: Currency = USD,
    life: FillLife = FINAL,
    bucket: BucketId = NET,
) -> Fill:
    """Read `+10 @ 2.5` or `-10 @ 2.5` as a fill; without a key it is named for its time."""
    qty, px = text.split(" @ ")
    return Fill(
        FillKey(key or f"t{ts}"),
        ACCOUNT,
        rules.id,
        Side.BUY if qty[0] == "+" else Side.SELL,
        D(qty[1:]),
        D(px),
        D(fee),
        fee_currency,
        Liquidity.TAKER,
        ts,
        life=life,
        bucket=bucket,
    )


class Recorded:
    """A ledger, its entries from the first on, and short ways to read it."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.ledger = Ledger(self.entries)

    def fills(self, *texts: str, rules: Instrument = PERP, owner: InstanceId = A) -> None:
        """Post final fills, one a nanosecond."""
        for text in texts:
            ts = len(self.entries) + 1
            assert self.ledger.post_fill(fill(text, rules, ts=ts), owner, rules) is not None

    def held(self, rules: Instrument = PERP, owner: InstanceId = A) -> Position:
        """Return a position that must exist."""
        position = self.ledger.position(ACCOUNT, rules.id, NET, owner)
        assert position is not None
        return position

    def cash(self, currency: Currency = USD) -> Decimal:
        """Return the account's cash."""
        return self.ledger.cash(ACCOUNT, currency)

    def prove(self) -> None:
        """Assert that the ledger is the sum of its entries."""
        assert check(self.ledger, self.entries) == []
