"""Numbers in files become integers without ever being rounded unseen."""

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tradewind.research.history.exact import floats, quanta, texts


@pytest.mark.parametrize(
    ("name", "column", "exponent", "expected"),
    [
        ("text", pa.array(["730.24", "12", "0.5", "-3.25"]), 2, [73_024, 1_200, 50, -325]),
        ("exponents", pa.array(["1e-05", "2.5E3"]), 5, [1, 250_000_000]),
        ("trailing zeros beyond the quantum", pa.array(["1.50000"]), 1, [15]),
        ("more digits than a double has", pa.array(["90071992547409.93"]), 2, [9007199254740993]),
        ("spaces, found one by one", pa.array([" 1.5 ", "2"]), 1, [15, 20]),
        ("integers", pa.array([7, 8]), 2, [700, 800]),
        ("decimals", pa.array([Decimal("1.25")]), 2, [125]),
        ("doubles", pa.array([0.09946999, 0.5]), 8, [9_946_999, 50_000_000]),
        ("several chunks", pa.chunked_array([["1"], ["2"]]), 0, [1, 2]),
        ("a dictionary", pa.array(["1", "1"]).dictionary_encode(), 1, [10, 10]),
        ("nothing", pa.chunked_array([], pa.string()), 2, []),
        ("a slice", pa.array(["1", "2", "3"])[1:], 0, [2, 3]),
    ],
)
def test_values_are_exact(name: str, column: Any, exponent: int, expected: list[int]) -> None:
    parsed = quanta(column, exponent)
    assert parsed.values.tolist() == expected, name
    assert not parsed.bad.any()
    assert parsed.noisy == 0


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("letters", "abc", "'abc' is no number"),
        ("nothing", "", "a field is empty"),
        ("thousands", "1,000", "no number"),
        ("infinity", "inf", "no finite number"),
        ("not a number", "nan", "no finite number"),
        ("too fine", "1.005", "finer than 1e-2"),
        ("too large", "1" + "0" * 20, "too large"),
    ],
)
def test_a_bad_value_is_marked_and_the_others_are_kept(name: str, value: str, why: str) -> None:
    parsed = quanta(pa.array(["1.25", value, "3"]), 2)
    assert parsed.values.tolist() == [125, 0, 300], name
    assert parsed.bad.tolist() == [False, True, False]
    assert why in parsed.why


def test_float_noise_is_rounded_and_counted() -> None:
    parsed = quanta(pa.array([0.09946999000000001, 0.1 + 0.2, 0.3]), 8)
    assert parsed.values.tolist() == [9_946_999, 30_000_000, 30_000_000]
    assert parsed.noisy == 2
    single = quanta(pa.array([13.329999], pa.float32()), 2)
    assert (single.values.tolist(), single.noisy) == ([1_333], 1)


@pytest.mark.parametrize("value", [0.123456789, float("nan"), float("inf"), 1e300])
def test_floats_that_are_no_whole_quanta_are_bad(value: float) -> None:
    assert quanta(pa.array([1.0, value]), 2).bad.tolist() == [False, True]


def test_text_and_decimal_agree_on_random_numbers(seed: int) -> None:
    dice = np.random.default_rng(seed)
    numbers = [
        Decimal(int(dice.integers(-(10**10), 10**10))).scaleb(-int(dice.integers(0, 9)))
        for _ in range(2_000)
    ]
    parsed = quanta(pa.array([str(number) for number in numbers]), 8)
    assert parsed.values.tolist() == [int(number.scaleb(8)) for number in numbers]


def test_volumes_are_floats_and_never_negative() -> None:
    parsed = floats(pa.array(["0.0105339", "1e-8", "-1", "x"]))
    assert parsed.values.tolist() == [0.0105339, 1e-8, 0.0, 0.0]
    assert parsed.bad.tolist() == [False, False, True, True]


def test_a_float_as_text_is_the_shortest_decimal() -> None:
    assert texts(pa.array([0.0001, 1e-07, 30.0])).tolist() == ["0.0001", "0.0000001", "30.0"]
    assert texts(pa.array(["a", None])).tolist() == ["a", ""]
