"""The whole screen: it fits, whatever the terminal, and trouble shows without colour."""

import msgspec
import pytest

from tests.unit.cli.drawing.screens import calm, changed, drawn, styles, troubled
from tradewind.cli.drawing.figures import ALARM, BLUE, ORANGE, RULE, SOFT
from tradewind.cli.drawing.page import lines_of

SIZES = [(60, 15), (80, 24), (96, 28), (100, 30), (120, 40), (160, 50), (240, 80)]


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("view", [calm(), troubled()], ids=["calm", "troubled"])
def test_a_screen_fits_the_terminal(view: object, width: int, height: int) -> None:
    lines = lines_of(view, width, height)  # type: ignore[arg-type]
    assert len(lines) == height
    assert max(line.cell_len for line in lines) <= width


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_whether_all_is_well_is_never_cut_off(width: int, height: int) -> None:
    assert drawn(calm(), width, height)[1].endswith("● active")
    assert drawn(troubled(), width, height)[1].endswith("▲ halted")


def test_without_a_height_everything_is_shown() -> None:
    lines = drawn(calm(), 160, None)
    assert not any("more" in line for line in lines[:12])
    assert any("POSITIONS" in line for line in lines)


@pytest.mark.parametrize(
    "words",
    ["INSTANCES", "BOOKS", "ORDERS", "FILLS", "EVENTS", "RISK", "maker", "● running", "99.9"],
)
def test_a_calm_screen_shows_every_table(words: str) -> None:
    assert words in "\n".join(drawn(calm()))


@pytest.mark.parametrize(
    "words", ["▲ faulted", "on_quote raised", "▲ A", "halted: killed", "3 readings failed"]
)
def test_trouble_is_said_in_words_and_signs(words: str) -> None:
    assert words in "\n".join(drawn(troubled()))


def test_few_colours_and_no_red_or_green() -> None:
    used = styles(lines_of(calm(), 160, 50)) | styles(lines_of(troubled(), 160, 50))
    colours = {style.removeprefix("bold ") for style in used if "#" in style}
    known = {BLUE, ORANGE, SOFT, RULE, ALARM.removeprefix("bold ")}
    assert colours <= known


def test_columns_stand_still_while_numbers_change() -> None:
    view = calm()
    feed = msgspec.structs.replace(view.feeds[0], bid=view.feeds[0].tick * 990)
    moved = changed(view, feeds=(feed, *view.feeds[1:]))
    before, after = drawn(view), drawn(moved)
    assert before != after
    assert [len(line) for line in before] == [len(line) for line in after]


def test_an_empty_desk_can_be_drawn() -> None:
    empty = dict.fromkeys(("instances", "feeds", "positions", "orders", "fills", "news"), ())
    view = changed(calm(), **empty, scopes=(), curve=(), total=None)
    assert len(drawn(view, 100, 30)) == 30
    assert drawn(view, 100, None)
