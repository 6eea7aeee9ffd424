"""A first strategy in a file of one's own: hold while the fast mean is above the slow one.

./tradewind backtest examples/ema_cross.py --data BTCUSDT_5m.csv
"""

from tradewind import Context, Strategy, param
from tradewind.core.strategy.indicators import EMA
from tradewind.model.events import Candle


class EmaCross(Strategy):
    """Hold `qty` of each instrument while its fast mean of closes is above the slow one."""

    fast: int = param(10, low=2, high=500, unit="candles")
    slow: int = param(20, low=2, high=500, unit="candles")
    qty: str = param("0.01", unit="coins")

    def on_start(self, ctx: Context) -> None:
        self.means = {name: (EMA(self.fast), EMA(self.slow)) for name in ctx.instruments}

    def on_candle(self, ctx: Context, candle: Candle) -> None:
        fast, slow = (mean.update(candle.close) for mean in self.means[candle.instrument])
        held = ctx.position(candle.instrument).qty
        if fast is None or slow is None or ctx.orders(candle.instrument):
            return
        if fast > slow and not held:
            ctx.buy(candle.instrument, self.qty)
        elif fast < slow and held:
            ctx.sell(candle.instrument, held, reduce_only=True)
