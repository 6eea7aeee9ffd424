"""A bench with one short seller and candles that are fed by hand."""

from typing import Any

from tests.harness import Bench, account, perpetual
from tradewind.model.effects import Effect, Noted, SubmitOrder
from tradewind.model.instrument import Instrument
from tradewind.model.order import Order, OrderType
from tradewind.strategies.dual_ema_short.strategy import DualEmaShort

FALL = ("100", "101", "102", "103", "104", "105", "104.5", "102.5")
"""The closes of the worked entry: the last one crosses both means."""
WORKED: dict[str, Any] = {
    "ema_fast": 3,
    "ema_slow": 5,
    "min_candles": 8,
    "stop_loss_pct": {"*": "1"},
    "take_profit_pct": {"*": "3"},
    "trailing_pct": {"*": "1"},
    "trailing_activation_pct": {"*": "2"},
    "alerts": False,
}


def coin(symbol: str = "XUSDT", **more: Any) -> Instrument:
    """Return a perpetual with ticks and steps of a hundredth."""
    return perpetual(symbol, "0.01", "0.01", **more)


def sent(effects: list[Effect]) -> list[SubmitOrder]:
    """Return the orders sent among some effects."""
    return [each for each in effects if type(each) is SubmitOrder]


class Shorting:
    """One short seller at work on some coins; the first is `coin`."""

    def __init__(
        self,
        *coins: Instrument,
        account_terms: dict[str, Any] | None = None,
        auto_ack: bool = True,
        **parameters: Any,
    ) -> None:
        self.coins = coins or (coin(),)
        self.coin = self.coins[0]
        self.bench = Bench(account(**(account_terms or {})), auto_ack=auto_ack)
        self.bench.define(*self.coins)
        self.strategy = self.bench.deploy(DualEmaShort, *self.coins, **{**WORKED, **parameters})

    def feed(self, *closes: str, on: Instrument | None = None) -> list[Effect]:
        """Feed one closed candle for each close and return what the last one led to."""
        effects: list[Effect] = []
        for close in closes:
            effects = self.bench.candle(on or self.coin, close)
        return effects

    def enter(self, px: str = "102.5", qty: str | None = None) -> Order:
        """Fall through the means and fill the entry."""
        self.feed(*FALL)
        (order,) = self.bench.orders(self.coin)
        self.bench.fill(order, qty, px)
        return order

    def slot(self, on: Instrument | None = None) -> Any:
        """Return the slot of a coin."""
        return self.strategy.state.slots[(on or self.coin).id]

    def stops(self) -> list[Order]:
        """Return the stop orders that rest."""
        return [each for each in self.bench.orders() if each.spec.order_type is OrderType.STOP]

    def notes(self, kind: str) -> list[dict[str, str]]:
        """Return the strategy's remarks of one kind."""
        return [
            each.fields for each in self.bench.effects if type(each) is Noted and each.kind == kind
        ]
