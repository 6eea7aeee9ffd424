"""Quanta, floats and ready Decimals agree with one another to the last bit."""

from decimal import Decimal

import numpy as np
import pytest

from tests.unit.runtime.instruments import perpetual
from tradewind.model.errors import DataError
from tradewind.runtime.columns import (
    READY_SPAN,
    ReadyDecimals,
    candle_columns,
    ordinals,
    quanta_of,
    quote_columns,
    trade_columns,
)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("a narrow span stays in the table", 100_000, 101_000),
        ("a moving span widens the table", 100_000, 100_000 + READY_SPAN // 2),
        ("a wide span goes to the dict", 0, READY_SPAN * 100),
        ("negative prices are prices", -5_000, 5_000),
    ],
)
def test_ready_decimals_are_the_exact_values(name: str, low: int, high: int, seed: int) -> None:
    ready = ReadyDecimals(2)
    dice = np.random.default_rng(seed)
    for start in np.linspace(low, high - 100, 20).astype(int):
        quanta = dice.integers(start, start + (high - low) // 4 + 1, 500)
        expected = [Decimal(int(value)).scaleb(-2) for value in quanta]
        assert ready.take(quanta) == expected, name


def test_ready_decimals_of_nothing_are_nothing() -> None:
    assert ReadyDecimals(2).take(np.empty(0, np.int64)) == []


def test_a_table_that_outgrows_its_limit_starts_anew_where_it_is() -> None:
    ready = ReadyDecimals(0)
    far = READY_SPAN * 3
    assert ready.take(np.array([1, 2])) == [1, 2]
    assert ready.take(np.array([far])) == [far]
    assert ready.take(np.array([2])) == [2]


@pytest.mark.parametrize(
    ("name", "values", "exponent", "expected"),
    [
        ("cents", [103.52, 0.01, 0.0], 2, [10_352, 1, 0]),
        ("eight decimals", [0.09946999], 8, [9_946_999]),
        ("whole numbers", [46_319.0], 0, [46_319]),
        ("negative", [-37.63], 2, [-3_763]),
    ],
)
def test_floats_become_quanta_exactly(
    name: str, values: list[float], exponent: int, expected: list[int]
) -> None:
    assert quanta_of(np.array(values), exponent, name).tolist() == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("finer than the quantum", 103.525),
        ("not a number", float("nan")),
        ("infinite", float("inf")),
        ("beyond exact floats", 1e18),
        ("noise of a sum", 0.1 + 0.2),
    ],
)
def test_floats_that_are_no_whole_quanta_are_refused(name: str, value: float) -> None:
    with pytest.raises(DataError, match=r"^Converted the open to quanta, found"):
        quanta_of(np.array([103.52, value]), 2, "the open")


def test_every_quanta_survives_being_a_float(seed: int) -> None:
    quanta = np.random.default_rng(seed).integers(0, 2**50, 10_000)
    for exponent in (0, 1, 2, 4, 8):
        floats = quanta / float(10**exponent)
        assert quanta_of(floats, exponent, "x").tolist() == quanta.tolist()
        exact = [float(str(Decimal(int(value)).scaleb(-exponent))) for value in quanta[:500]]
        assert floats[:500].tolist() == exact


def test_ordinals_count_the_rows_of_each_time() -> None:
    assert ordinals(np.array([5, 5, 5, 7, 9, 9])).tolist() == [0, 1, 2, 0, 0, 1]
    assert ordinals(np.empty(0, np.int64)).tolist() == []


def test_builders_name_the_columns_of_the_store() -> None:
    one = np.array([60])
    price, size = np.array([100.5]), np.array([2.0])
    instrument = perpetual()
    candles = candle_columns(instrument, 60, one, [price] * 4, size)
    assert candles.names[:3] == ("ts_event", "ts_recv", "open")
    assert candles.arrays[1].tolist() == [120], "a candle reaches us at its end"
    quotes = quote_columns(instrument, one, [price, price], [size, size])
    assert [array.tolist() for array in quotes.arrays] == [
        [60], [60], [0], [10_050], [10_050], [2_000], [2_000]
    ]  # fmt: skip
    trades = trade_columns(instrument, one, price, size, np.array([-1]))
    assert [array.tolist() for array in trades.arrays] == [
        [60], [60], [0], [10_050], [2_000], [-1]
    ]  # fmt: skip
