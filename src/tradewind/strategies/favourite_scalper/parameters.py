"""Every parameter of the scalper with its range and unit, and nothing else.

Fees are per contract and quadratic, coefficient x P x (1 - P): 0.07 for takers and nothing for
makers in Kalshi's usual series (fee schedule of 2026-02-05).
"""

from decimal import Decimal

from tradewind.core.strategy.parameters import param
from tradewind.core.strategy.strategy import Strategy


class ScalperParameters(Strategy):
    """What an operator may set; percentages as written (2 = 2 %)."""

    categories: list[str] = param([], doc="categories to trade; empty for all")
    discover_venue: str = param("", doc="watch every binary of this venue; empty for none")
    entry_threshold: Decimal = param("0.85", low="0.50", high="0.98", unit="best bid")
    max_entry_price: Decimal = param("0.95", low="0.50", high="0.99", unit="price")
    max_target_price: Decimal = param("0.99", low="0.60", high="0.999", unit="price")
    max_spread_pct: Decimal = param("2", low="0.1", high=10, unit="% of bid")
    min_depth_usd: Decimal = param("500", low=0, high=1_000_000, unit="USD on the best bid")
    min_volume_24h: Decimal = param("10000", low=0, high=1_000_000_000, unit="USD")
    min_hours: Decimal = param("1", low=0, high=8760, unit="h to close")
    max_hours: Decimal = param("24", low=0, high=8760, unit="h to close")
    entry_improve_ticks: int = param(0, low=0, high=2, unit="ticks above ask")
    max_over_ask_pct: Decimal = param("2", low=0, high=5, unit="%")
    take_profit_pct: Decimal = param("2", low="0.1", high=20, unit="%")
    stop_loss_pct: Decimal = param("1", low="0.1", high=50, unit="%")
    stop_min_ticks: int = param(2, low=1, high=20, unit="ticks")
    exit_aggression_pct: Decimal = param("5", low="0.5", high=20, unit="% below bid")
    entry_timeout_s: int = param(15, low=1, high=120, unit="s")
    partial_after_s: int = param(3, low=1, high=60, unit="s")
    partial_policy: str = param("cancel_rest", choices=("cancel_rest", "wait"))
    max_hold_min: int = param(120, low=1, high=1440, unit="min")
    exit_before_close_min: int = param(30, low=0, high=1440, unit="min")
    volume_spike_x: Decimal = param("3", low=1, high=50, unit="x average 1 h volume")
    risk_per_trade_pct: Decimal = param("1", low="0.01", high=5, unit="% of balance")
    max_position_pct: Decimal = param("10", low="0.01", high=100, unit="% of balance")
    max_position_usd: Decimal = param("1000", low=1, high=1_000_000_000, unit="USD")
    min_position_usd: Decimal = param("50", low=0, high=1_000_000_000, unit="USD")
    max_total_exposure_pct: Decimal = param("30", low=1, high=100, unit="% of balance")
    max_positions: int = param(5, low=1, high=50)
    max_correlated: int = param(2, low=1, high=10)
    min_net_profit: Decimal = param(
        "0.005", low="-0.05", high="0.10", unit="price per contract, after fees"
    )
    taker_fee_coefficient: Decimal = param("0.07", low=0, high=1, unit="x P x (1 - P)")
    maker_fee_coefficient: Decimal = param("0", low=0, high=1, unit="x P x (1 - P)")
    cooldown_after_stop_min: int = param(60, low=0, high=1440, unit="min per market")
    max_daily_loss_pct: Decimal = param("5", low="0.1", high=50, unit="% of the day's start")
    max_losses_in_row: int = param(5, low=1, high=100)
    breaker_flattens: bool = param(False, doc="leave all positions when a breaker opens")
    silence_warn_s: int = param(10, low=0, high=3600, unit="s without data; 0 never")
    silence_break_s: int = param(15, low=0, high=3600, unit="s until entries stop; 0 never")
    silence_exit_s: int = param(30, low=0, high=3600, unit="s until positions are left; 0 never")
