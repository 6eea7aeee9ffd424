"""Small files in the formats that are published, written by hand."""

from pathlib import Path
from typing import Any

from tradewind.model.instrument import Instrument
from tradewind.ports import Columns
from tradewind.research.history import Catalogue, Findings, load, recognise

MINUTE = 60_000_000_000
START = 1_704_080_700_000_000_000  # 2024-01-01 03:45:00 UTC
BTC = "BYBIT:BTCUSDT"


def instrument(name: str = BTC) -> Instrument:
    """Return an instrument of the shipped catalogue."""
    return Catalogue.shipped().instrument(name)


def written(folder: Path, name: str, *lines: str) -> Path:
    """Write a file of lines."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def candle_lines(*closes: str, step_s: int = 60) -> list[str]:
    """Return CSV candles with a header, one a minute, that only move by their close."""
    rows = []
    opened = closes[0]
    for place, close in enumerate(closes):
        high, low = max(opened, close, key=float), min(opened, close, key=float)
        ts = START // 10**9 + place * step_s
        rows.append(f"{ts},{opened},{high},{low},{close},1")
        opened = close
    return ["timestamp,open,high,low,close,volume", *rows]


def read(path: Path, name: str | None = BTC, interval: str | None = None) -> dict[str, list[Any]]:
    """Return the columns of a file by name."""
    return by_name(load(recognise(path, name, interval))[0])


def by_name(columns: Columns) -> dict[str, list[Any]]:
    """Return columns as lists by name."""
    return {name: array.tolist() for name, array in zip(columns.names, columns.arrays, strict=True)}


def rules(findings: Findings) -> dict[str, tuple[str, int]]:
    """Return what was found as severity and count by rule."""
    return {item.rule: (item.severity.value, item.count) for item in findings.items}
