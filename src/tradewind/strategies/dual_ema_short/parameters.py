"""Every parameter of the short seller with its range and unit, and nothing else.

Maps are by asset: instrument id, symbol or base, and `*` for every other.
"""

from decimal import Decimal

from tradewind.core.strategy.parameters import param
from tradewind.core.strategy.strategy import Strategy
from tradewind.model.market import INTERVALS_NS


class ShortParameters(Strategy):
    """What an operator may set; percentages as written (2 = 2 %)."""

    interval: str = param("5m", choices=tuple(INTERVALS_NS), fixed=True, doc="candle interval")
    ema_fast: int = param(240, low=2, high=2000, unit="candles", fixed=True)
    ema_slow: int = param(600, low=2, high=2000, unit="candles", fixed=True)
    min_candles: int = param(
        0, low=0, high=5000, unit="candles", doc="closed candles before an entry; 0: ema_slow"
    )
    regime_mode: str = param("below_both", choices=("below_both", "stacked"), fixed=True)
    cross_window_min: int = param(5, low=1, high=120, unit="min since the last cross")
    max_crosses_per_day: int = param(12, low=1, high=500, unit="crosses per asset")
    allocation_pct: Decimal = param("5", low="0.1", high=50, unit="% of balance per asset")
    leverage: Decimal = param("10", low=1, high=25, unit="x")
    stop_loss_pct: dict[str, Decimal] = param(
        {"BTC": "1", "*": "1.5"}, low="0.1", high=20, unit="% above the entry"
    )
    take_profit_pct: dict[str, Decimal] = param(
        {"BTC": "3", "ETH": "4", "*": "5"}, low="0.1", high=50, unit="% below the entry"
    )
    trailing_pct: dict[str, Decimal] = param(
        {"BTC": "1", "*": "2"}, low=0, high=20, unit="% of the entry; 0 for none"
    )
    trailing_activation_pct: dict[str, Decimal] = param(
        {"BTC": "2", "ETH": "2", "*": "3"}, low=0, high=50, unit="% below the entry; 0 at once"
    )
    max_hold_h: Decimal = param("24", low="0.1", high=720, unit="h")
    regime_exit: bool = param(True, doc="leave when the close is no longer below the means")
    cooldown_min: int = param(60, low=0, high=1440, unit="min")
    cooldown_on: str = param("after_entry", choices=("after_entry", "quick_exit"))
    cooldown_blocks_regime_exit: bool = param(False, doc="no regime exit while cooling down")
    max_daily_loss_pct: Decimal = param("5", low="0.1", high=50, unit="% of the day's equity")
    max_drawdown_pct: Decimal = param("20", low=1, high=90, unit="% from peak equity")
    max_exposure_pct: Decimal = param("210", low=1, high=1000, unit="% of equity, notional")
    status_times_utc: list[str] = param(["00:00", "08:00", "14:30"], doc="daily reports, HH:MM")
    alerts: bool = param(True, doc="tell of moves, volumes and regimes; never places orders")
