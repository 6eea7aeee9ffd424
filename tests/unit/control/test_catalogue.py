"""The schema that a deploy form is made from."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal

import pytest

from tests.unit.control.stage import Maker
from tradewind.app.strategies import Catalogue
from tradewind.control.catalogue import strategy_view, strategy_views, title_of, type_of
from tradewind.core.strategy.parameters import validate
from tradewind.core.strategy.strategy import Strategy
from tradewind.model.errors import ConfigError


def test_a_parameter_says_what_a_form_needs() -> None:
    view = strategy_view("maker", Maker)
    size, lane = view.parameters
    assert (size.name, size.type, size.default, size.min, size.max) == (
        "size",
        "decimal",
        "2",
        Decimal(1),
        Decimal(100),
    )
    assert (size.unit, size.help, size.required, size.fixed) == (
        "coins",
        "how much to bid for",
        False,
        False,
    )
    assert (lane.type, lane.fixed) == ("int", True)
    assert view.commands == Maker.commands


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (int, "int"),
        (bool, "bool"),
        (Decimal | None, "decimal"),
        (str, "text"),
        (float, "float"),
        (list[str], "json"),
        (dict[str, str], "json"),
        (Literal["a", "b"], "text"),
    ],
)
def test_types_are_told_in_words_that_a_form_knows(kind: Any, word: str) -> None:
    assert type_of(kind) == word


def test_the_defaults_of_every_built_in_strategy_are_taken_back_by_it() -> None:
    catalogue = Catalogue()
    views = strategy_views(catalogue)
    assert {"join_jump_pair_maker", "favourite_scalper", "dual_ema_short"} <= views.keys()
    for name, view in views.items():
        assert not view.error
        filled = {each.name: each.default for each in view.parameters if not each.required}
        declared = catalogue[name].parameters
        optional = {key: value for key, value in declared.items() if not value.required}
        validate(optional, filled, name)


class Broken(Mapping[str, type[Strategy]]):
    """A catalogue of which one strategy does not load."""

    def __getitem__(self, name: str) -> type[Strategy]:
        if name == "broken":
            raise ConfigError("Loaded strategy broken, found nothing; mend the file.")
        return Maker

    def __iter__(self) -> Iterator[str]:
        return iter(("broken", "maker"))

    def __len__(self) -> int:
        return 2


def test_one_that_does_not_load_says_why_and_hides_no_other() -> None:
    views = strategy_views(Broken())
    assert "mend the file" in views["broken"].error
    assert not views["maker"].error


def test_a_title_is_readable() -> None:
    assert title_of("dual_ema_short") == "Dual ema short"
    assert title_of("my/own_one.py:Mine") == "Own one"
