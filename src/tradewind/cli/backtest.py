"""`tradewind backtest`: one strategy over history, and what came of it."""

import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from tradewind.model.errors import ConfigError


def backtest(
    strategy: Annotated[str, typer.Argument(help="A strategy's name, or file.py[:Class].")],
    data: Annotated[list[Path], typer.Option("--data", help="A file or folder; repeat for more.")],
    instrument: Annotated[
        str | None, typer.Option(help="Whose trading rules hold, e.g. BYBIT:BTCUSDT.")
    ] = None,
    interval: Annotated[
        str | None, typer.Option(help="Candle interval; finer history is made larger.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="quote, trade or book, where the file holds several.")
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--set", "-p", help="name=value of a parameter; repeat.")
    ] = None,
    balance: Annotated[str, typer.Option(help="Starting balance.")] = "10000",
    leverage: Annotated[str, typer.Option(help="Leverage of the account.")] = "10",
    latency_ms: Annotated[float, typer.Option(help="Order entry and answer, each way.")] = 0.0,
    slippage_bps: Annotated[str, typer.Option(help="Slippage of candle fills.")] = "0",
    report: Annotated[
        Path | None, typer.Option(help="Write the report as one HTML file here.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")] = False,
) -> None:
    """Run one strategy over recorded history.

    The same input gives the same result, decision hash included; speed stands under `timing`.
    """
    from tradewind.app.backtests import BacktestRequest, load_histories, run_backtest, venue_model

    clock = time.perf_counter()
    say = _silent if json_ or not sys.stderr.isatty() else _say
    histories = load_histories(data, instrument, interval, kind, say)
    loaded_s = time.perf_counter() - clock
    request = BacktestRequest(
        strategy=strategy,
        parameters=read_parameters(parameter or []),
        balance=Decimal(balance),
        leverage=Decimal(leverage),
        interval=histories[0].interval or interval,
        model=venue_model(latency_ms, Decimal(slippage_bps)),
        command=("tradewind", *sys.argv[1:]),
    )
    result = run_backtest(request, histories, loaded_s, progress=not json_)
    if report is not None:
        from tradewind.research.report import render

        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(render(result), encoding="utf-8")
    if json_:
        from tradewind.research.results import to_json

        sys.stdout.write(to_json(result).decode() + "\n")
        return
    from rich.console import Console

    from tradewind.research.summary import summary

    console = Console()
    console.print(summary(result))
    if report is not None:
        console.print(f"Report: {report}")


def read_parameters(pairs: list[str]) -> dict[str, object]:
    """Return name=value pairs as parameters; values are JSON where they parse as it, else text."""
    import msgspec

    found: dict[str, object] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise ConfigError(f"Read the parameter {pair!r}, found no name=value; write it so.")
        try:
            found[name] = msgspec.json.decode(value) if value[:1] in "[{" else value
        except msgspec.DecodeError:
            found[name] = value
    return found


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def _silent(text: str) -> None:
    pass
