"""Tradewind: write a strategy once; backtest it, paper-trade it, run it.

What a strategy author needs is re-exported here, and loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tradewind.core.strategy.context import Context
    from tradewind.core.strategy.parameters import param
    from tradewind.core.strategy.strategy import Strategy

__version__ = "0.1.0"

__all__ = ["Context", "Strategy", "__version__", "param"]

_HOMES = {
    "Context": "tradewind.core.strategy.context",
    "Strategy": "tradewind.core.strategy.strategy",
    "param": "tradewind.core.strategy.parameters",
}


def __getattr__(name: str) -> Any:
    """Load a public name; every verb of the command line imports this package."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'tradewind' has no attribute {name!r}")
    return getattr(import_module(home), name)
