"""The workloads make the orders, fills and P&L that a few plain lines make of the same arrays."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from bench import market
from bench.workloads import Asked, measure

ROWS = 2_000
FEE = Decimal("0.0005")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("arrays")
    market.make(folder, ROWS)
    return folder


def exactly(price: float) -> Decimal:
    return Decimal(f"{price:.2f}")


class Books:
    """Orders, fills, cash and position of one instrument, one unit at a time."""

    def __init__(self) -> None:
        self.orders = self.fills = self.position = 0
        self.cash = Decimal(0)

    def fill(self, side: int, px: Decimal) -> None:
        self.fills += 1
        self.position += side
        self.cash -= side * px + px * FEE

    def outcome(self, mark: Decimal) -> tuple[int, int, Decimal]:
        return self.orders, self.fills, self.cash + self.position * mark


def averages(closes: list[float], fast: int, slow: int) -> tuple[int, int, Decimal]:
    books = Books()
    quick = lazy = closes[0]
    for seen, close in enumerate(closes, start=1):
        quick += 2 / (fast + 1) * (close - quick)
        lazy += 2 / (slow + 1) * (close - lazy)
        wanted = int(quick > lazy)
        if seen >= slow and quick != lazy and wanted != books.position:
            books.orders += 1
            books.fill(wanted - books.position, exactly(close))
    return books.outcome(exactly(closes[-1]))


def making(quotes: Any) -> tuple[int, int, Decimal]:
    books = Books()
    tick = Decimal("0.1")
    resting: dict[int, Decimal | None] = {1: None, -1: None}
    bid = ask = Decimal(0)
    for row in quotes:
        bid, ask = exactly(row["bid"]), exactly(row["ask"])
        for side, px in resting.items():
            if px is not None and (ask <= px if side > 0 else bid >= px):
                books.fill(side, px)
                resting[side] = None
        for side, px in ((1, bid - tick), (-1, ask + tick)):
            if resting[side] != px:
                books.orders += 1
                resting[side] = px
    return books.outcome((bid + ask) / 2)


def expected(asked: Asked) -> tuple[int, int, Decimal]:
    if asked.case in ("noopq", "noopt"):
        return 0, 0, Decimal(0)
    if asked.case == "mmq":
        return making(np.load(asked.data / "quotes.npy")[: asked.n])
    names = ["bars"] if asked.case == "ema" else [f"multi_{k:02d}" for k in range(50)]
    closes = [np.load(asked.data / f"{name}.npy")[: asked.n]["c"].tolist() for name in names]
    parts = [averages(each, asked.fast, asked.slow) for each in closes]
    orders, fills, profits = zip(*parts, strict=True)
    return sum(orders), sum(fills), sum(profits, Decimal(0))


@pytest.mark.parametrize(
    ("case", "fast", "slow", "n", "least_orders"),
    [
        ("ema", 10, 20, None, 50),
        ("ema", 240, 600, None, 1),
        ("ema", 10, 20, 700, 10),
        ("multi", 5, 10, None, 50),
        ("mmq", 0, 0, None, 300),
        ("mmq", 0, 0, 500, 50),
        ("noopq", 0, 0, None, 0),
        ("noopt", 0, 0, None, 0),
    ],
)
def test_a_workload_ends_like_a_few_plain_lines(
    data: Path, case: str, fast: int, slow: int, n: int | None, least_orders: int
) -> None:
    asked = Asked(case, data, fast, slow, n)
    orders, fills, profit = expected(asked)
    figures = measure(asked)
    assert orders >= least_orders
    assert (figures["orders"], figures["fills"]) == (orders, fills)
    assert figures["pnl"] == float(round(profit, 2))
    assert figures["n"] == (n or ROWS)


@pytest.mark.parametrize("laps", [1, 3])
def test_quotes_in_pieces_make_the_same_decisions(data: Path, laps: int) -> None:
    whole = measure(Asked("mmq", data, laps=laps))
    parts = measure(Asked("mmq", data, laps=laps, pieces=True))
    same = ("n", "orders", "fills", "pnl", "hash")
    assert [whole[name] for name in same] == [parts[name] for name in same]
    assert whole["n"] == laps * ROWS


def test_the_run_alone_is_what_is_watched(data: Path) -> None:
    class Entered:
        times = 0

        def __enter__(self) -> None:
            self.times += 1

        def __exit__(self, *_: object) -> None:
            self.times += 10

    around = Entered()
    measure(Asked("noopq", data, n=10), cast(AbstractContextManager[None], around))
    assert around.times == 11


def test_the_same_rows_are_made_every_time(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        market.make(folder, 100)

    def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
        for path in sorted(folder.iterdir()):
            yield path.name, path.read_bytes()

    assert list(contents(folders[0])) == list(contents(folders[1]))
