"""A bench with one scalper and markets whose books are moved by hand."""

from typing import Any

from tests.harness import SECOND, START, Bench, account, binary
from tradewind.model.effects import Effect, Noted
from tradewind.model.instrument import Instrument
from tradewind.model.order import Order
from tradewind.strategies.favourite_scalper.strategy import FavouriteScalper

HOUR_NS = 3_600 * SECOND


def market(name: str = "RAIN", **more: Any) -> Instrument:
    """Return the YES outcome of a market that passes every filter of its own."""
    terms = {
        "close_ns": START + 6 * HOUR_NS,
        "statistics": {"volume_24h": "25000"},
        "event": name,
        **more,
    }
    return binary(name, **terms)[0]


class Scalping:
    """One scalper at work; the first market is `rain`."""

    def __init__(self, *markets: Instrument, auto_ack: bool = True, **parameters: Any) -> None:
        self.markets = markets or (market(),)
        self.rain = self.markets[0]
        self.bench = Bench(account("K", "KALSHI", "USD"), auto_ack=auto_ack)
        self.bench.define(*self.markets)
        self.strategy = self.bench.deploy(FavouriteScalper, *self.markets, **parameters)

    def book(self, bid: str, ask: str, on: Instrument | None = None) -> list[Effect]:
        self.bench.pass_time(0.1)
        return self.bench.book(on or self.rain, {bid: 2000}, {ask: 2000})

    def enter(self, fill: str | None = None) -> Order:
        self.book("0.91", "0.92")
        (order,) = self.bench.orders(self.rain)
        self.bench.fill(order, fill)
        return order

    def slot(self) -> Any:
        return self.strategy.state.slots.get(self.rain.id)

    def rejects(self) -> list[str]:
        return [
            each.fields["rule"]
            for each in self.bench.effects
            if type(each) is Noted and each.kind == "reject"
        ]

    def live(self) -> list[tuple[str, str, str, str]]:
        """Return side, quantity, price and reason of each live order, oldest first."""
        return [
            (each.side.value, str(each.leaves_qty), str(each.px), each.reason)
            for each in self.bench.orders()
        ]
