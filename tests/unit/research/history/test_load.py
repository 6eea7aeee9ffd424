"""What cannot be loaded is refused with a reason; tests/walks loads what was recorded."""

from pathlib import Path

import pytest

from tests.unit.research.history.samples import candle_lines, written
from tradewind.model.errors import DataError
from tradewind.research.history import load, recognise


def test_a_refused_import_says_why_and_where_to_look(tmp_path: Path) -> None:
    path = written(tmp_path, "x.csv", *candle_lines("100", "101"), "1704080700,5,5,5,5,1")
    with pytest.raises(DataError, match=r"nothing was imported: .* tradewind data check"):
        load(recognise(path, "BYBIT:BTCUSDT", "1m"))
