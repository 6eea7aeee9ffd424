"""The built-in strategies can be found and started; the first strategy of the guide runs."""

import ast
import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import Bench, account, perpetual
from tradewind.core.strategy.parameters import validate
from tradewind.core.strategy.strategy import Strategy
from tradewind.model.order import Side
from tradewind.strategies.catalogue import BUILT_IN

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "examples" / "ema_cross.py"


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_strategy_is_where_the_catalogue_says(name: str) -> None:
    module, _, cls = BUILT_IN[name].partition(":")
    found = getattr(importlib.import_module(module), cls)
    assert issubclass(found, Strategy)
    assert found.__doc__
    required = [each.name for each in found.parameters.values() if each.required]
    if not required:
        assert validate(found.parameters, {}, name).keys() == found.parameters.keys()


def test_looking_at_the_catalogue_imports_no_strategy() -> None:
    code = (
        "import sys, tradewind.strategies.catalogue; "
        "print([name for name in sys.modules if name.startswith('tradewind.strategies.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "['tradewind.strategies.catalogue']"


def example() -> type[Strategy]:
    spec = importlib.util.spec_from_file_location("ema_cross_example", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found: type[Strategy] = module.EmaCross
    return found


def test_the_first_strategy_has_fifteen_lines_and_is_the_one_of_the_guide() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    (cls,) = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    source = ast.get_source_segment(text, cls)
    assert source is not None
    lines = [line for line in source.splitlines() if line.strip() and '"""' not in line]
    assert len(lines) <= 15
    assert source in (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")


def test_the_first_strategy_buys_a_rise_and_sells_a_fall_once() -> None:
    bench = Bench(account())
    coin = perpetual()
    bench.define(coin)
    bench.deploy(example(), coin, fast=2, slow=4)
    for close in ("100", "100", "100", "100", "101"):
        bench.candle(coin, close)
    (order,) = bench.orders()
    assert (order.side, str(order.qty)) == (Side.BUY, "0.01")
    bench.candle(coin, "102")
    assert bench.orders() == [order]
    bench.fill(order, px="101")
    for close in ("103", "98", "97"):
        bench.candle(coin, close)
    (order,) = bench.orders()
    assert (order.side, order.spec.reduce_only) == (Side.SELL, True)
