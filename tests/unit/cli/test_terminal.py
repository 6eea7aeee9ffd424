"""The live view: drawn on a terminal, as lines without one, from here or over the socket."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.unit.cli.calling import call
from tests.unit.cli.drawing.screens import calm, changed, drawn, stage_to_show, troubled
from tests.unit.faces.local.serving import running
from tradewind.cli import terminal
from tradewind.cli.terminal import PLAIN_S, PlainLines, render, screen, state_line


def printed(view: object, width: int, height: int | None) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height)
    console.print(render(view, height))  # type: ignore[arg-type]
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_what_is_rendered_is_what_is_drawn() -> None:
    view = calm()
    expected = [line.rstrip() for line in drawn(view, 100, 30)]
    assert printed(view, 100, 30) == expected


def test_without_a_terminal_a_line_comes_every_few_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now_s = [100.0]
    lines = PlainLines(lambda: now_s[0])
    view = calm()
    for _ in range(10):
        lines.look(view)
        now_s[0] += PLAIN_S / 5
    lines.close()
    out = capsys.readouterr().out.splitlines()
    assert out == [state_line(view)] * 3
    assert "1 fills, 1 working orders, 2 of 2 instances running" in out[0]


def test_an_alert_is_printed_once_and_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = PlainLines(lambda: 0.0)
    view = troubled()
    lines.look(view)
    lines.look(view)
    out = capsys.readouterr().out
    assert out.count("CRITICAL trading: account A is halted") == 1


def test_a_total_that_is_unknown_is_said_to_be() -> None:
    assert "net unknown" in state_line(changed(calm(), total=None))


def test_on_a_terminal_a_summary_stays_behind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    console = Console(file=io.StringIO(), width=100, height=30, force_terminal=True)
    monkeypatch.setattr(terminal, "Console", lambda: console)
    with screen(drawn=True) as look:
        look(calm())
        look(calm())
    assert isinstance(console.file, io.StringIO)
    left = console.file.getvalue().rpartition("\x1b[?1049l")[2]
    assert "TRADEWIND" in left
    assert "maker" in left
    assert "BOOKS" not in left


def test_status_shows_the_whole_desk(folder: Path) -> None:
    with running(folder / "desk.sock", stage_to_show()):
        called = call("status", data=folder)
    assert called.code == 0
    for words in ("TRADEWIND", "INSTANCES", "BOOKS", "maker"):
        assert words in called.out


def test_a_live_status_ends_with_the_desk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = stage_to_show()
    looks = []

    def look(view: object) -> None:
        looks.append(view)
        if len(looks) == 2:
            serving.__exit__(None, None, None)

    class Lines(PlainLines):
        def look(self, view: object) -> None:
            look(view)

    monkeypatch.setattr(terminal, "PlainLines", Lines)
    serving = running(folder / "desk.sock", stage)
    serving.__enter__()
    called = call("status", "--live", data=folder)
    assert len(looks) >= 2
    assert called.code == 5
    assert "the connection closed" in called.err
