"""Synthetic market data for the benches: the same arrays for every engine, from fixed seeds.

Two properties make engines comparable: a candle opens where the last one closed, and every size is
large enough to fill one unit at once. Times are nanoseconds; a candle is stamped at its close.

usage: python -m bench.market DIR [ROWS]
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

START_NS = 1_577_836_800_000_000_000
MINUTE_NS = 60_000_000_000
ROWS = 1_000_000
INSTRUMENTS = 50
CANDLE = [("ts", "i8"), ("o", "f8"), ("h", "f8"), ("l", "f8"), ("c", "f8"), ("v", "f8")]
QUOTE = [("ts", "i8"), ("bid", "f8"), ("ask", "f8"), ("bs", "f8"), ("as", "f8")]
TRADE = [("ts", "i8"), ("px", "f8"), ("sz", "f8"), ("side", "i1")]


def candles(seed: int, rows: int) -> Any:
    """Return one-minute candles of a random walk in cents."""
    dice = np.random.default_rng(seed)
    close = 100_000 + np.cumsum(dice.integers(-60, 61, rows))
    close = np.maximum(close, 10_000)
    made = np.zeros(rows, CANDLE)
    opened = np.concatenate(([100_000], close[:-1]))
    made["ts"] = START_NS + MINUTE_NS * np.arange(1, rows + 1)
    made["o"], made["c"] = opened / 100, close / 100
    made["h"] = (np.maximum(opened, close) + dice.integers(0, 40, rows)) / 100
    made["l"] = (np.minimum(opened, close) - dice.integers(0, 40, rows)) / 100
    made["v"] = dice.integers(1_000, 9_000_000, rows) / 1000
    return made


def quotes(seed: int, rows: int) -> Any:
    """Return quotes with a tick of 0.1 whose touch moves about every tenth time."""
    dice = np.random.default_rng(seed)
    moves = np.where(dice.random(rows) < 0.1, dice.choice([-3, -2, -1, 1, 2, 3], rows), 0)
    bid = 300_000 + np.cumsum(moves)
    made = np.zeros(rows, QUOTE)
    made["ts"] = START_NS + np.cumsum(dice.integers(1_000_000, 200_000_000, rows))
    made["bid"], made["ask"] = bid / 10, (bid + 1) / 10
    made["bs"] = dice.integers(2_000, 30_000, rows) / 1000
    made["as"] = dice.integers(2_000, 30_000, rows) / 1000
    return made


def trades(seed: int, rows: int) -> Any:
    """Return prints around a moving price with a tick of 0.1."""
    dice = np.random.default_rng(seed)
    made = np.zeros(rows, TRADE)
    made["ts"] = START_NS + np.cumsum(dice.integers(1_000_000, 200_000_000, rows))
    made["px"] = (300_000 + np.cumsum(dice.integers(-1, 2, rows))) / 10
    made["sz"] = dice.integers(2_000, 30_000, rows) / 1000
    made["side"] = dice.choice([-1, 1], rows)
    return made


def make(folder: Path, rows: int = ROWS) -> None:
    """Write every array that is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = {"bars": candles, "quotes": quotes, "trades": trades}
    for number, (name, kind) in enumerate(kinds.items()):
        if not (folder / f"{name}.npy").exists():
            np.save(folder / f"{name}.npy", kind(number + 1, rows))
    for number in range(INSTRUMENTS):
        path = folder / f"multi_{number:02d}.npy"
        if not path.exists():
            np.save(path, candles(100 + number, rows // INSTRUMENTS))


if __name__ == "__main__":
    make(Path(sys.argv[1]), *map(int, sys.argv[2:]))
