"""The asker's side: every wait ends, and what may have happened is not said to have failed."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.faces.local.serving import running
from tradewind.control.frames import Frame
from tradewind.control.requests import (
    Do,
    Follow,
    Instances,
    Receipt,
    Show,
    ViewName,
    Watch,
)
from tradewind.control.views import ScreenView
from tradewind.faces.local import client as room
from tradewind.faces.local.client import LocalClient, answers
from tradewind.faces.local.wire import line_of
from tradewind.model.commands import Pause
from tradewind.model.errors import BadReply, ConfigError, OutcomeUnknown, Unreachable
from tradewind.model.ids import InstanceId

PAUSE = Do(command=Pause(InstanceId("maker")), command_id="p")
LOOK = Show(view=ViewName.INSTANCES)


@contextmanager
def odd_desk(path: Path, serve: Callable[[socket.socket], None]) -> Iterator[None]:
    """Listen on `path` and treat the one client as `serve` says."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def live() -> None:
        client, _ = listener.accept()
        client.recv(1 << 16)
        serve(client)
        client.close()

    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    yield
    listener.close()


def test_a_desk_answers_and_several_questions_share_a_connection(folder: Path) -> None:
    path = folder / "desk.sock"
    with running(path) as stage, LocalClient(path) as client:
        shown = client.ask(LOOK)
        assert isinstance(shown, Instances)
        assert len(shown.rows) == 2
        receipt = client.ask(PAUSE)
        assert isinstance(receipt, Receipt)
        assert stage.state("maker") == "paused"


def test_a_watch_can_be_left_at_any_time(folder: Path) -> None:
    path = folder / "desk.sock"
    with running(path), LocalClient(path) as client:
        seen = [view for view, _ in zip(client.watch(Watch(every_s=0.05)), range(3), strict=False)]
    assert len(seen) == 3
    assert isinstance(seen[0], ScreenView)


def test_an_error_of_the_desk_is_raised_here(folder: Path) -> None:
    path = folder / "desk.sock"
    with (
        running(path),
        LocalClient(path) as client,
        pytest.raises(ConfigError, match="letters, digits"),
    ):
        client.ask(Do(command=Pause(InstanceId("maker")), command_id="no id"))


def test_nobody_there_is_unreachable(folder: Path) -> None:
    with pytest.raises(Unreachable, match="start it first"), LocalClient(folder / "desk.sock"):
        pass


def test_whether_somebody_answers_is_not_whether_there_is_a_file(folder: Path) -> None:
    path = folder / "desk.sock"
    assert not answers(path)
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    assert path.exists()
    assert not answers(path)
    path.unlink()
    with running(path):
        assert answers(path)


@pytest.mark.parametrize("silence", ["closes", "says nothing"])
def test_a_command_without_an_answer_may_have_happened(
    silence: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "ANSWER_S", 0.2)
    path = folder / "desk.sock"
    wait = threading.Event()

    def serve(client: socket.socket) -> None:
        if silence == "says nothing":
            wait.wait(5)

    asked = Do(command=Pause(InstanceId("maker")), command_id="p", wait_s=0.0)
    with (
        odd_desk(path, serve),
        LocalClient(path) as client,
        pytest.raises(OutcomeUnknown, match="ask again with --id p"),
    ):
        client.ask(asked)
    wait.set()


def test_a_look_without_an_answer_can_be_tried_again(folder: Path) -> None:
    path = folder / "desk.sock"
    with (
        odd_desk(path, lambda client: None),
        LocalClient(path) as client,
        pytest.raises(Unreachable, match="the connection closed"),
    ):
        client.ask(LOOK)


@pytest.mark.parametrize("line", [b"nonsense\n", b'{"type":"fly"}\n', b"\xff\n"])
def test_an_answer_that_cannot_be_read_is_said_to_be_so(line: bytes, folder: Path) -> None:
    path = folder / "desk.sock"
    with (
        odd_desk(path, lambda client: client.sendall(line)),
        LocalClient(path) as client,
        pytest.raises(BadReply, match="use the version that runs the desk"),
    ):
        client.ask(LOOK)


def test_an_answer_without_end_is_not_read_for_ever(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MAX_ANSWER", 1 << 12)
    path = folder / "desk.sock"
    with (
        odd_desk(path, lambda client: client.sendall(b"x" * (1 << 14))),
        LocalClient(path) as client,
        pytest.raises(BadReply, match="longer than"),
    ):
        client.ask(LOOK)


def test_a_follower_gets_frames_until_it_stops(folder: Path) -> None:
    path = folder / "desk.sock"
    with running(path), LocalClient(path) as client:
        frames = client.follow(Follow())
        kinds = {type(each).__name__ for _ in range(3) for each in next(frames).messages}
        assert {"Hello", "InstancesMessage", "VitalsMessage"} <= kinds


def test_a_frame_that_nobody_asked_for_is_a_bad_reply(folder: Path) -> None:
    def serve(client: socket.socket) -> None:
        client.sendall(line_of(Frame(seq=1, messages=())))

    path = folder / "desk.sock"
    with odd_desk(path, serve), LocalClient(path) as client, pytest.raises(BadReply):
        client.ask(LOOK)
