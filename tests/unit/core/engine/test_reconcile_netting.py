"""Two instances with opposite outcomes on one account whose venue nets them."""

from decimal import Decimal

import pytest

from tests.harness import Bench, account, binary
from tests.unit.core.hand import BUY, SELL, Hand, denial, hold, place, quote
from tradewind.model.commands import EnableAccount
from tradewind.model.effects import PositionCorrected
from tradewind.model.ids import NET, UNMANAGED, AccountId, InstrumentId
from tradewind.model.instrument import Instrument

K = AccountId("K")
YES, NO = binary(netting=True)
Rows = list[tuple[Instrument, str]]


def desk() -> Bench:
    """Return a desk with YES in the hand of s1 and NO in that of s2, eight and five."""
    bench = Bench(account("K", "KALSHI", "USD"))
    bench.define(YES, NO)
    quote(bench, YES)
    quote(bench, NO)
    bench.deploy(Hand, YES, name="s1")
    bench.deploy(Hand, NO, name="s2")
    hold(bench, "8", "0.40", instrument=YES)
    hold(bench, "5", "0.50", instrument=NO, name="s2")
    return bench


def read(bench: Bench, rows: Rows, times: int = 3) -> None:
    """Let the account be read some times, finding these positions."""
    bench.positions = {(K, each.id): Decimal(qty) for each, qty in rows}
    for _ in range(times):
        bench.pass_time(10)
        bench.feed(bench.report(K))


def corrected(bench: Bench) -> list[tuple[str, Decimal]]:
    """Return the differences that were posted."""
    found = [each for each in bench.effects if isinstance(each, PositionCorrected)]
    return [(each.instrument, each.qty) for each in found]


@pytest.mark.parametrize(
    "rows",
    [
        [(YES, "3")],
        [(NO, "-3")],
        [(YES, "8"), (NO, "5")],
        [(YES, "-2"), (NO, "-5")],
    ],
    ids=["netted", "as a short", "apart", "sold short"],
)
def test_readings_agree_however_the_venue_names_the_rest(rows: Rows) -> None:
    bench = desk()
    read(bench, rows)
    assert corrected(bench) == []
    assert not bench.desk.accounts[K].locks
    assert bench.alerts("position_mismatch") == []
    assert [bench.position(YES, "s1"), bench.position(NO, "s2")] == [8, 5]


@pytest.mark.parametrize(
    ("rows", "posted"),
    [
        ([(YES, "5")], (YES.id, Decimal(2))),
        ([], (NO.id, Decimal(3))),
        ([(NO, "4")], (NO.id, Decimal(7))),
    ],
)
def test_what_no_fill_explains_locks_both_outcomes_and_is_posted_once(
    rows: Rows, posted: tuple[InstrumentId, Decimal]
) -> None:
    bench = desk()
    read(bench, rows, times=1)
    assert set(bench.desk.accounts[K].locks) == {YES.id, NO.id}
    assert corrected(bench) == []
    read(bench, rows)
    assert corrected(bench) == [posted]
    assert not bench.desk.accounts[K].locks
    unmanaged = bench.desk.ledger.position(K, posted[0], NET, UNMANAGED)
    assert unmanaged is not None
    assert unmanaged.qty == posted[1]


def test_an_exit_is_what_reduces_the_account_and_not_only_the_instance() -> None:
    bench = desk()
    bench.command(EnableAccount(K, enabled=False))
    # Of the eight the account holds three: a fourth would buy back what the other one holds.
    assert denial(bench, SELL, 4, "0.40", instrument=YES).rule == "account_disabled"
    assert place(bench, SELL, 3, "0.40", instrument=YES).qty == 3
    assert denial(bench, SELL, 1, "0.40", instrument=NO, name="s2").rule == "account_disabled"
    assert denial(bench, BUY, 1, "0.40", instrument=NO, name="s2").rule == "account_disabled"
