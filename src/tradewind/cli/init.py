"""`tradewind init`: a folder to begin in, with a commented desk.toml and a first strategy."""

from pathlib import Path
from typing import Annotated

import typer

from tradewind.cli import options
from tradewind.model.errors import ConfigError

CONFIG = "desk.toml"
STRATEGY = "first_strategy.py"

DESK_TOML = """\
# One desk: its accounts, its limits, and what it runs. Every line that begins with # shows a
# default or an example; take the # away to change it. Decimals and durations stand in quotes.
# Secrets never stand here: tradewind accounts add. Every key that there is explains itself in
# tradewind init --example bybit-simulated

[desk]
name = "first"
# Two characters of A-Z and 2-7 that mark this installation in every order id.
tag = "TW"
reporting_currency = "USD"
# Data older than this lets no order pass.
# stale_book = "3s"
# How far the limit that protects a market order stands from the touch, in per cent.
# market_buffer_pct = "0.5"

# Limits of the whole desk; what is left out is not limited.
[limits]
max_daily_loss_pct = "5"
# max_exposure_notional = "50000"

# An account at a venue. mode: paper (the venue's public data, our own money), sandbox or live.
[accounts.paper]
venue = "bybit"
mode = "paper"
environment = "mainnet"
symbols = ["BTCUSDT"]
balance = "10000"
leverage = "10"

[accounts.paper.limits]
max_daily_loss_pct = "2"
max_open_orders = 40
# max_order_notional = "20000"
# max_position_notional = "50000"

# What to run. strategy: a name that `tradewind strategies` lists, or a file of your own.
[instances.first]
strategy = "first_strategy.py"
accounts = ["paper"]
instruments = ["BYBIT:BTCUSDT"]
auto_resume = false

[instances.first.parameters]
fast = 10
slow = 30
qty = "0.01"

[instances.first.limits]
max_order_notional = "5000"
"""

STRATEGY_PY = '''\
"""A first strategy: hold while the fast mean of closes is above the slow one.

    tradewind strategies first_strategy.py
    tradewind backtest first_strategy.py --data YOUR_CANDLES.csv
"""

from tradewind import Context, Strategy, param
from tradewind.core.strategy.indicators import EMA
from tradewind.model.events import Candle


class First(Strategy):
    """Hold `qty` of each instrument while its fast mean of closes is above the slow one."""

    fast: int = param(10, low=2, high=500, unit="candles", doc="length of the fast mean")
    slow: int = param(30, low=2, high=500, unit="candles", doc="length of the slow mean")
    qty: str = param("0.01", unit="units", doc="how much to hold")

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
'''

FILES = {CONFIG: DESK_TOML, STRATEGY: STRATEGY_PY}


def init(
    folder: Annotated[Path, typer.Argument(help="Where to; it is made if need be.")] = Path(),
    example: Annotated[
        str, typer.Option("--example", help="Write this example instead, into the file given.")
    ] = "",
    dry_run: options.DryRun = False,
) -> None:
    """Write a commented desk.toml and a first strategy. Nothing is ever overwritten.

    With --example one of the examples that explain every key: bybit-simulated, kalshi-simulated.
    """
    if example:
        text = _example(example)
        plain = folder == Path() or folder.is_dir()
        _write(folder / f"{example}.toml" if plain else folder, text, dry_run=dry_run)
        return
    made = [
        name
        for name, text in FILES.items()
        if _write(folder / name, text, dry_run=dry_run) and name == STRATEGY
    ]
    if made:
        typer.echo(f"\nTry it: tradewind backtest {folder / STRATEGY} --data YOUR_CANDLES.csv")


def _example(name: str) -> str:
    from importlib.resources import files

    there = {
        each.name.removesuffix(".toml"): each
        for each in files("tradewind.app").joinpath("examples").iterdir()
        if each.name.endswith(".toml")
    }
    if name not in there:
        raise ConfigError(
            f"Read --example, found {name!r}; give one of {', '.join(sorted(there))}."
        )
    return there[name].read_text(encoding="utf-8")


def _write(path: Path, text: str, *, dry_run: bool) -> bool:
    """Write a file unless one is there; tell what was done, and return whether it was written."""
    if dry_run:
        typer.echo(f"would keep {path}" if path.exists() else f"would write {path}")
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # "x" fails where a file of that name is, even one that came this very moment.
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        typer.echo(f"kept    {path} (it was there already)")
        return False
    except OSError as error:
        raise ConfigError(
            f"Wrote {path}, found {error.strerror}; choose another folder."
        ) from error
    typer.echo(f"written {path}")
    return True
