"""Results as JSON: the same bytes for the same run, decimals as text, and back again."""

from decimal import Decimal

import msgspec
import pytest

from tests.unit.research.sample import empty_result, sample_result
from tradewind.model.errors import DataError
from tradewind.research.results import SERIES, BacktestResult, Timing, from_json, to_json


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return sample_result(days=12)


def test_the_same_run_gives_the_same_bytes(result: BacktestResult) -> None:
    assert to_json(sample_result(days=12)) == to_json(result)


def test_order_in_which_parameters_were_given_does_not_show(result: BacktestResult) -> None:
    turned = dict(reversed(result.parameters.items()))
    assert to_json(msgspec.structs.replace(result, parameters=turned)) == to_json(result)


def test_only_timing_differs_by_run(result: BacktestResult) -> None:
    slower = msgspec.structs.replace(result, timing=Timing(load_s=9.0, run_s=9.0, events_per_s=1.0))
    assert to_json(slower) != to_json(result)
    assert to_json(slower, timing=False) == to_json(result, timing=False)
    assert b'"timing"' not in to_json(result, timing=False)


def test_decimals_are_text_and_keys_keep_their_order(result: BacktestResult) -> None:
    said = msgspec.json.decode(to_json(result))
    assert list(said) == list(BacktestResult.__struct_fields__)
    assert Decimal(said["net_pnl"]) == result.net_pnl
    assert isinstance(said["fills"][0]["px"], str)
    assert isinstance(said["statistics"]["sharpe"], float)


def test_a_short_result_leaves_the_series_out(result: BacktestResult) -> None:
    short = msgspec.json.decode(to_json(result, series=False))
    whole = msgspec.json.decode(to_json(result))
    assert short == {key: value for key, value in whole.items() if key not in SERIES}


def test_a_result_comes_back_from_its_json(result: BacktestResult) -> None:
    again = from_json(to_json(result))
    assert to_json(again) == to_json(result)
    assert (again.counts, again.round_trips) == (result.counts, result.round_trips)
    assert to_json(from_json(to_json(empty_result()))) == to_json(empty_result())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("no JSON", "nonsense"),
        ("something else", "{}"),
        ("a short result", to_json(empty_result(), series=False).decode()),
        ("another shape", to_json(empty_result()).decode().replace('"shape":1', '"shape":99')),
    ],
)
def test_what_is_no_result_is_refused_with_a_sentence(name: str, text: str) -> None:
    with pytest.raises(DataError, match="Read a backtest result, found"):
        from_json(text)
