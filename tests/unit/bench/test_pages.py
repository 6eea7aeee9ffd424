"""What pages cost: a real measurement in small, what a page checks, and what the section says."""

import sys

import msgspec
import pytest

from bench import pages
from bench.engines import Failed, once
from bench.pages import LEAST_UPDATES, Taken, Way
from bench.pages_clients import Reader
from bench.pages_desk import ALONE, GATEWAY, PAGES, WAYS

pytestmark = pytest.mark.sockets


def figures(p50: float, p99: float, updates: float = 1_250) -> dict[str, float]:
    told = {f"{kind}_p{share}": p50 for kind in ("inside", "wire") for share in (10, 50, 90)}
    told |= {"inside_p99": p99, "wire_p99": p99, "updates_s": updates, "cpu_us": 50}
    return told | {"order_s": updates - 250, "fill_s": 0, "feed_s": 250, "frames_s": 18.5}


def taken_of(**ways: list[dict[str, float]]) -> Taken:
    return Taken(runs={way: dict(enumerate(rounds)) for way, rounds in ways.items()}, loads=[0.5])


def row(text: str, *cells: str) -> str:
    """Return the line of a table that begins with these cells."""
    begin = "| " + " | ".join(cells) + " |"
    return next(line for line in text.splitlines() if line.startswith(begin))


def test_three_pages_are_told_of_every_order_while_the_desk_trades() -> None:
    words = ["--pages", "3", "--ticks", "100", "--hz", "100"]
    told = once(PAGES, [sys.executable, "-m", "bench.pages_desk", PAGES, *words])
    # All but the fifth that warms up; a run in which a page misses a row gives no figures.
    assert (told["orders"], told["pages"]) == (80, 3)
    assert told["order_s"] > told["feed_s"] > 0
    assert 0 < told["frames_s"] <= pages.MOST_FRAMES
    assert 0 < told["piece_us_p99"] <= told["frame_us_p99"]
    assert told["page_kb_s"] > 0
    assert 0 < told["wire_p50"] <= told["wire_p99"]


def frame(*messages: tuple[str, int, dict[str, str]]) -> str:
    told = [{"type": kind, "seq": seq, "row": row} for kind, seq, row in messages]
    return msgspec.json.encode(told).decode()


NEW = {"client_order_id": "a", "ord_status": "new"}
FILLED = {"client_order_id": "a", "ord_status": "filled"}
HELLO = ("hello", 9, {"text": ""})


@pytest.mark.parametrize(
    ("frames", "ended", "twice", "back"),
    [
        ([frame(("order", 3, NEW)), frame(("order", 5, FILLED))], 1, 0, 0),
        ([frame(("order", 3, NEW)), frame(("order", 3, NEW))], 0, 1, 0),
        ([frame(("order", 5, FILLED)), frame(("fill", 4, {"exec_id": "x"}))], 1, 0, 1),
        # What a greeting brings is told kind by kind.
        ([frame(HELLO, ("order", 8, FILLED), ("fill", 4, {"exec_id": "x"}))], 1, 0, 0),
    ],
)
def test_a_page_counts_rows_that_come_twice_or_late(
    frames: list[str], ended: int, twice: int, back: int
) -> None:
    reader = Reader()
    for each in frames:
        reader.hear(each)
    page = reader.page
    assert (page.ended, page.twice, page.back) == (ended, twice, back)


def test_only_what_comes_between_begin_and_end_is_counted() -> None:
    reader = Reader()
    reader.hear(frame(("order", 3, NEW)))
    reader.begin()
    reader.hear(frame(("order", 4, NEW), ("order", 5, FILLED)))
    reader.end()
    reader.hear(frame(("order", 6, NEW)))
    assert (reader.page.frames, reader.page.messages) == (1, 2)
    assert reader.page.bytes == len(frame(("order", 4, NEW), ("order", 5, FILLED)))


def test_ratios_are_those_of_the_medians_and_those_of_neighbours() -> None:
    alone = [figures(100, 1_000), figures(300, 3_000), figures(200, 2_000)]
    busy = [figures(110, 1_100), figures(660, 9_000), figures(210, 2_400)]
    text = "\n".join(pages.lines(taken_of(alone=alone, pages=busy)))
    # Medians: 200 and 210; 2,000 and 2,400. Neighbours: 1.10, 2.20, 1.05; 1.10, 3.00, 1.20.
    assert row(text, PAGES, "wire").endswith(
        "| 1.05 | 1.10 | 1.10 | yes | 1.20 | 1.20 | 1.25 | yes |"
    )
    assert "| alone | 3 | 1,250 (1,000 + 0 + 250) |" in text


@pytest.mark.parametrize(
    ("p50", "p99", "met"), [(110, 1_250, ("yes", "yes")), (112, 1_270, ("no", "no"))]
)
def test_an_aim_is_met_up_to_its_bound(p50: float, p99: float, met: tuple[str, str]) -> None:
    taken = taken_of(alone=[figures(100, 1_000)], pages=[figures(p50, p99)])
    cells = row("\n".join(pages.lines(taken)), PAGES, "wire").split(" | ")
    assert (cells[5], cells[9].removesuffix(" |")) == met


def test_a_quiet_desk_is_no_measurement() -> None:
    taken = taken_of(alone=[figures(100, 1_000, LEAST_UPDATES - 1)])
    assert "fewer than 1,000" in pages.doubts(taken)[0]
    assert not pages.doubts(taken_of(alone=[figures(100, 1_000, LEAST_UPDATES)]))


def test_the_ways_take_turns_and_one_that_fails_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns = []

    def take(name: str, command: tuple[str, ...]) -> dict[str, float]:
        turns.append(name)
        if name == GATEWAY:
            raise Failed("Ran gateway, found no figures.")
        return figures(100, 1_000)

    monkeypatch.setattr(pages, "once", take)
    taken = pages.run(2, [Way(name, ()) for name in WAYS], lambda line: None)
    assert turns == [*WAYS, *WAYS]
    assert list(taken.runs) == [ALONE, PAGES]
    assert len(taken.loads) == 5
    assert taken.faults[0] in pages.lines(taken)
