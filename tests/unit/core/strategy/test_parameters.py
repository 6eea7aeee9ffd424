"""Parameters are typed, ranged and documented; what does not fit is refused with what would."""

from decimal import Decimal
from typing import Any

import pytest

from tradewind.core.strategy.parameters import Parameter, collect, describe, param, validate
from tradewind.core.strategy.strategy import Strategy
from tradewind.model.errors import ConfigError


class Sample(Strategy):
    """One parameter of each kind."""

    fast: int = param(10, low=2, high=500, unit="candles", doc="the quick one")
    share: Decimal = param("0.02", low=0, high=1)
    speed: float = param(1.5, low=0)
    mode: str = param("auto", choices=("auto", "manual"))
    jump: bool = param(default=False)
    sizes: list[int] = param([1, 2], low=1, high=9)
    caps: dict[str, Decimal] = param({"a": "0.5"}, high=1)
    lane: int = param(1, fixed=True)
    plain: int = 7


class Needy(Sample):
    """Inherits, overrides, and needs something."""

    target: Decimal = param(doc="where to")
    fast: int = param(20, low=2)


def check(cls: type[Strategy] = Sample, **given: Any) -> dict[str, Any]:
    return validate(cls.parameters, given, cls.__name__)


def test_defaults_stand_where_nothing_was_given() -> None:
    assert check() == {
        "fast": 10,
        "share": Decimal("0.02"),
        "speed": 1.5,
        "mode": "auto",
        "jump": False,
        "sizes": [1, 2],
        "caps": {"a": Decimal("0.5")},
        "lane": 1,
    }


TAKEN: list[tuple[str, Any, Any]] = [
    ("fast", "12", 12),
    ("fast", 2, 2),
    ("fast", 500, 500),
    ("share", "0.1", Decimal("0.1")),
    ("share", 0.1, Decimal("0.1")),
    ("share", 1, Decimal(1)),
    ("speed", "2.5", 2.5),
    ("mode", "manual", "manual"),
    ("jump", "true", True),
    ("sizes", ["3", 4], [3, 4]),
    ("caps", {"b": 0.25}, {"b": Decimal("0.25")}),
]


@pytest.mark.parametrize(("name", "given", "value"), TAKEN)
def test_what_means_the_type_is_taken_exactly(name: str, given: Any, value: Any) -> None:
    found = check(**{name: given})[name]
    assert found == value
    assert type(found) is type(value)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"fats": 3}, "found no such name; did you mean fast?"),
    ({"qqq": 3}, "it has fast, share, speed, mode"),
    ({"fast": "many"}, "found 'many'; give int from 2 to 500 candles."),
    ({"fast": 1}, "found 1; give int from 2 to 500 candles."),
    ({"fast": 501}, "found 501; give"),
    ({"fast": 2.5}, "found '2.5'; give int"),
    ({"fast": None}, "found None"),
    ({"share": "NaN"}, "found NaN; give Decimal from 0 to 1"),
    ({"share": "-0.01"}, "found -0.01"),
    ({"speed": float("inf")}, "found inf"),
    ({"mode": "manuel"}, "found 'manuel'; did you mean manual?"),
    ({"mode": "zzz"}, "one of auto, manual"),
    ({"jump": "perhaps"}, "found 'perhaps'"),
    ({"sizes": [3, 10]}, "found 10"),
    ({"caps": {"a": "1.1"}}, "found 1.1"),
    ({"plain": 8}, "found no such name"),
]


@pytest.mark.parametrize(("given", "text"), REFUSED)
def test_what_does_not_fit_is_refused_with_what_would(given: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check(**given)
    assert text in str(refused.value)


def test_a_required_one_must_be_given_and_says_what_it_is() -> None:
    with pytest.raises(ConfigError, match="no value for parameter target; give one: where to"):
        check(Needy)
    assert check(Needy, target="5")["target"] == Decimal(5)


def test_a_subclass_inherits_and_overrides() -> None:
    assert check(Needy, target=1)["fast"] == 20
    assert (Needy.parameters["fast"].high, Sample.parameters["fast"].high) == (None, Decimal(500))
    assert "target" not in Sample.parameters


def test_what_is_shown_of_a_parameter() -> None:
    fast = Sample.parameters["fast"]
    assert (fast.doc, fast.fixed, Sample.parameters["lane"].fixed) == ("the quick one", False, True)
    assert describe(fast) == "int from 2 to 500 candles"
    assert describe(Sample.parameters["sizes"]) == "list[int] from 1 to 9"
    assert describe(Sample.parameters["mode"]) == "str one of auto, manual"


def test_a_default_out_of_its_own_range_is_found_when_the_class_is_made() -> None:
    with pytest.raises(ConfigError, match="Set parameter size, found 0"):
        type("Wrong", (Strategy,), {"__annotations__": {"size": int}, "size": param(0, low=1)})


def test_a_parameter_without_a_type_is_found_when_the_class_is_made() -> None:
    with pytest.raises(ConfigError, match="found no type; write `size: int = param"):
        type("Wrong", (Strategy,), {"size": param(1)})


def test_two_instances_do_not_share_a_list() -> None:
    first, second = check()["sizes"], check()["sizes"]
    first.append(9)
    assert second == [1, 2]
    assert check()["sizes"] == [1, 2]


def test_collect_looks_at_one_class_with_its_bases() -> None:
    found = collect(Needy)
    assert list(found)[:2] == ["fast", "share"]
    assert all(type(each) is Parameter for each in found.values())
