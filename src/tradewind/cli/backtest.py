"""`tradewind backtest`: one strategy over history, and what came of it."""

import errno
import os
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli.exits import USAGE
from tradewind.cli.failing import tell
from tradewind.cli.options import Json, values
from tradewind.model.errors import ConfigError
from tradewind.model.money import decimal

if TYPE_CHECKING:
    from tradewind.research.results import BacktestResult


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
    latency_ms: Annotated[
        float, typer.Option(help="Milliseconds to the venue, and back.", min=0, max=60_000)
    ] = 0.0,
    slippage_bps: Annotated[str, typer.Option(help="Slippage of candle fills.")] = "0",
    report: Annotated[
        Path | None, typer.Option(help="Write the report as one HTML file here.")
    ] = None,
    as_json: Json = False,
    progress: Annotated[
        bool, typer.Option("--progress", help="Tell on stderr, line by line, how far it is.")
    ] = False,
) -> None:
    """Run one strategy over recorded history.

    The same input gives the same result, decision hash included; speed stands under `timing`.
    """
    from tradewind.app.backtests import (
        BacktestRequest,
        check_strategy,
        load_histories,
        run_backtest,
        venue_model,
    )

    parameters = values(parameter or [])
    check_strategy(strategy, parameters)
    money = _amount(balance, "--balance", above_zero=True)
    times = _amount(leverage, "--leverage", above_zero=True)
    model = venue_model(latency_ms, _amount(slippage_bps, "--slippage-bps", above_zero=False))
    if report is not None:
        _make_room(report)
    clock = time.perf_counter()
    histories = load_histories(data, instrument, interval, kind, _silent if as_json else _say)
    loaded_s = time.perf_counter() - clock
    request = BacktestRequest(
        strategy=strategy,
        parameters=parameters,
        interval=histories[0].interval or interval,
        model=model,
        balance=money,
        leverage=times,
        command=("tradewind", *sys.argv[1:]),
    )
    tell = _tell_share if progress else None
    result = run_backtest(request, histories, loaded_s, progress=not as_json, tell=tell)
    _print(result, as_json=as_json)
    if report is not None:
        _write_report(result, report, as_json=as_json)


def _amount(word: str, option: str, *, above_zero: bool) -> Decimal:
    value = decimal(word, option)
    if value < 0 or (above_zero and not value):
        wanted = "a number above zero" if above_zero else "zero or more"
        raise ConfigError(f"Read {option}, found {word}; give {wanted}.")
    return value


def _make_room(report: Path) -> None:
    """See that the report can be written, before the run and not after it."""
    try:
        report.parent.mkdir(parents=True, exist_ok=True)
        if report.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        part = _part(report)
        part.open("ab").close()
        _forget(part, report)
    except OSError as error:
        raise _unwritten(report, error) from error


def _part(report: Path) -> Path:
    """Return where to write first, so that a report is whole or not there; a device has no such."""
    is_device = report.exists() and not report.is_file()
    return report if is_device else report.with_name(f".{report.name}.part")


def _forget(part: Path, report: Path) -> None:
    if part != report:
        part.unlink(missing_ok=True)


def _unwritten(report: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"Wrote the report {report}, found {error.strerror}; free some space there, or name "
        f"another place with --report."
    )


def _print(result: "BacktestResult", *, as_json: bool) -> None:
    if as_json:
        from tradewind.research.results import to_json

        typer.echo(to_json(result).decode())
        return
    from rich.console import Console

    from tradewind.research.summary import summary

    Console().print(summary(result))


def _write_report(result: "BacktestResult", report: Path, *, as_json: bool) -> None:
    from tradewind.research.report import render

    part = _part(report)
    try:
        part.write_text(render(result), encoding="utf-8")
        if part != report:
            part.replace(report)
    except OSError as error:
        _forget(part, report)
        # The result stands on stdout already: a second JSON object there would spoil it.
        tell(_unwritten(report, error), as_json=False)
        raise typer.Exit(USAGE) from error
    if not as_json:
        typer.echo(f"Report: {report}")


def _tell_share(share: float) -> None:
    typer.echo(f"progress {share:.2f}", err=True)


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _silent(text: str) -> None:
    pass
