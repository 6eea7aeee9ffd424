"""A pair maker on a bench: base parameters of the worked examples, books and orders in one word."""

from decimal import Decimal
from typing import Any

from tests.harness import Bench, D, account, binary
from tradewind.model.commands import Tell
from tradewind.model.effects import CommandAnswered, Noted
from tradewind.model.ids import InstanceId
from tradewind.model.instrument import Instrument
from tradewind.model.order import Order
from tradewind.strategies.join_jump.strategy import JoinJumpPairMaker

Levels = dict[str, str | int]
YES_B0: Levels = {"0.42": 120, "0.41": 300}
NO_B0: Levels = {"0.55": 80, "0.54": 100}
BASE: dict[str, Any] = {
    "contract_increment": 3,
    "min_spread": "0.02",
    "max_spread": "0.15",
    "min_edge": "0.01",
}
Row = tuple[str, Decimal, Decimal]


class Pair:
    """One pair maker on one desk; `a` and `b` are its legs."""

    def __init__(
        self,
        bench: Bench,
        a: Instrument,
        b: Instrument,
        **parameters: Any,
    ) -> None:
        self.bench = bench
        self.a, self.b = a, b
        bench.define(a, b)
        self.maker: JoinJumpPairMaker = bench.deploy(
            JoinJumpPairMaker, a, b, **{**BASE, **parameters}
        )

    def books(self, yes: Levels | None = None, no: Levels | None = None) -> None:
        """Feed both mirrored books; B0 unless said otherwise."""
        self.bench.books(self.a, self.b, yes or YES_B0, no or NO_B0)

    def tick(self, seconds: float = 1.0) -> None:
        """Let a look at the market pass, with data verified."""
        self.bench.pass_time(seconds)

    def order(self, leg: Instrument) -> Order:
        """Return the one live order of a leg."""
        (found,) = self.bench.orders(leg)
        return found

    def rows(self) -> list[Row]:
        """Return the live orders as (outcome, quantity still open, price), YES first."""
        return sorted(
            ((_word(order), order.leaves_qty, order.px or D(0)) for order in self.bench.orders()),
            reverse=True,
        )

    def tell(self, action: str, **arguments: Any) -> CommandAnswered:
        """Give the strategy its own command."""
        return self.bench.command(Tell(InstanceId("s1"), action, arguments))

    def notes(self, kind: str) -> list[dict[str, str]]:
        """Return the remarks of one kind, oldest first."""
        return [
            each.fields for each in self.bench.effects if type(each) is Noted and each.kind == kind
        ]


def _word(order: Order) -> str:
    side = "" if order.side.value == "buy" else "sell "
    return f"{side}{order.instrument.rpartition(':')[2]}"


def yes(qty: str | int, px: str) -> Row:
    """Return the row of a YES order."""
    return ("YES", D(qty), D(px))


def no(qty: str | int, px: str) -> Row:
    """Return the row of a NO order."""
    return ("NO", D(qty), D(px))


def kalshi_pair(**parameters: Any) -> Pair:
    """Return a yes_no pair on one netting market, with both books at B0; nothing looked at yet."""
    more = parameters.pop("rules", {})
    config = parameters.pop("config", None)
    bench = Bench(account("K", "KALSHI", "USD"), config=config, **parameters.pop("bench", {}))
    pair = Pair(bench, *binary(**{"netting": True, **more}), **parameters)
    pair.books()
    return pair
