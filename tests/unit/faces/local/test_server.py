"""The desk's side of the socket: who may come in, what they get, and that nobody holds it up."""

import asyncio
import contextlib
import os
import socket
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.unit.control.stage import BTC, YES, Stage, stage_with_maker
from tests.unit.faces.local.serving import served
from tradewind.control.frames import CommandMessage, Frame, Watched
from tradewind.control.market_rows import BookView
from tradewind.control.requests import (
    Answer,
    Do,
    Failure,
    Follow,
    Instances,
    Preview,
    Receipt,
    Request,
    Show,
    ViewName,
    Watch,
    WatchMarket,
)
from tradewind.control.showing import SHOW
from tradewind.control.views import ScreenView, Wanted
from tradewind.faces.local import server as room
from tradewind.faces.local.server import open_socket
from tradewind.faces.local.wire import MAX_REQUEST, line_of
from tradewind.model.commands import Pause, Resume
from tradewind.model.errors import ConfigError, Fenced, JournalError
from tradewind.model.ids import InstanceId

PAUSE = Pause(InstanceId("maker"))


async def ask(path: Path, *requests: Request | bytes) -> list[Answer]:
    """Send requests over one connection and return the answers."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    answers = []
    for request in requests:
        writer.write(request if isinstance(request, bytes) else line_of(request))
        line = await reader.readline()
        if not line:
            break
        answers.append(msgspec.json.decode(line, type=Answer))
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return answers


async def test_only_the_owner_may_open_the_socket_and_it_goes_with_the_desk(folder: Path) -> None:
    path = folder / "desk.sock"
    async with served(path, stage_with_maker()):
        mode = path.stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600
    assert not path.exists()


async def test_a_command_is_previewed_then_carried_out_and_audited(folder: Path) -> None:
    path = folder / "desk.sock"
    stage = stage_with_maker()
    async with served(path, stage):
        preview, receipt, again = await ask(
            path,
            Do(command=PAUSE, dry_run=True),
            Do(command=PAUSE, command_id="p", why="lunch"),
            Do(command=PAUSE, command_id="p", why="lunch"),
        )
    assert isinstance(preview, Preview)
    assert preview.text.startswith("begins no new cycle")
    assert isinstance(receipt, Receipt)
    assert receipt.effect == "paused; 1 orders kept, no position"
    assert again == receipt
    entry = stage.views.commands()[-1]
    assert entry.by.startswith("local:")
    assert (entry.why, entry.effect) == ("lunch", receipt.effect)


@pytest.mark.parametrize("view", list(SHOW))
async def test_every_view_is_served(view: ViewName, folder: Path) -> None:
    path = folder / "desk.sock"
    stage = stage_with_maker()
    wanted = Wanted(instrument=BTC.id, order=stage.orders()[0].client_order_id)
    async with served(path, stage):
        [answer] = await ask(path, Show(view=view, wanted=wanted))
    assert not isinstance(answer, Failure | Receipt | Preview)


async def test_a_wrong_request_gets_the_error_shape_and_the_next_one_is_heard(folder: Path) -> None:
    path = folder / "desk.sock"
    async with served(path, stage_with_maker()):
        wrong, unknown, refused, right = await ask(
            path,
            b"nonsense\n",
            b'{"type":"fly"}\n',
            Do(command=PAUSE, command_id="not an id"),
            Show(view=ViewName.INSTANCES),
        )
    for answer in (wrong, unknown, refused):
        assert isinstance(answer, Failure)
        assert (answer.code, answer.retryable) == ("bad_request", False)
    assert isinstance(right, Instances)


async def test_a_line_without_end_is_cut_off(folder: Path) -> None:
    path = folder / "desk.sock"
    async with served(path, stage_with_maker()):
        [answer] = await ask(path, b"x" * (MAX_REQUEST + 10) + b"\n")
        assert isinstance(answer, Failure)
        assert "longer than" in answer.message
        assert len(await ask(path, Show(view=ViewName.HEALTH))) == 1


async def test_a_watch_tells_again_and_again(folder: Path) -> None:
    path = folder / "desk.sock"
    stage = stage_with_maker()
    async with served(path, stage):
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(line_of(Watch(every_s=0.05)))
        seqs = []
        for _ in range(3):
            screen = msgspec.json.decode(await reader.readline(), type=ScreenView)
            seqs.append(screen.seq)
            stage.pass_time(1)
        writer.close()
    assert seqs == sorted(set(seqs))


async def test_a_client_that_does_not_read_is_dropped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "SLOW_S", 0.1)
    monkeypatch.setattr(room, "FASTEST_S", 0.0)
    path = folder / "desk.sock"
    async with served(path, stage_with_maker()) as faults:
        lazy = socket.socket(socket.AF_UNIX)
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.connect(str(path))
        lazy.sendall(line_of(Watch(every_s=0.0)))
        await asyncio.sleep(1.0)
        # Whatever was under way is read; then the line is dead.
        lazy.settimeout(1.0)
        with contextlib.suppress(ConnectionError):
            while await asyncio.to_thread(lazy.recv, 1 << 16):
                pass
        lazy.close()
        assert len(await ask(path, Show(view=ViewName.HEALTH))) == 1
    assert faults == []


async def frames_of(reader: asyncio.StreamReader, count: int) -> list[Frame]:
    """Return the next frames."""
    return [msgspec.json.decode(await reader.readline(), type=Frame) for _ in range(count)]


async def test_a_follower_gets_what_is_and_then_what_is_new(folder: Path) -> None:
    path = folder / "desk.sock"
    stage = stage_with_maker()
    async with served(path, stage) as faults:
        reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 24)
        writer.write(line_of(Follow(instruments=(Watched(BTC.id),))))
        [first] = await frames_of(reader, 1)
        kinds = [type(message).__name__ for message in first.messages]
        assert kinds[0] == "Hello"
        assert {"OrderMessage", "InstancesMessage", "FeedsMessage", "BookView"} <= set(kinds)
        stage.command(PAUSE)
        later = [message for frame in await frames_of(reader, 3) for message in frame.messages]
        commands = [each.row.name for each in later if isinstance(each, CommandMessage)]
        assert commands == ["Pause"]
        writer.write(line_of(WatchMarket(instruments=(Watched(YES.id),))))
        later = [message for frame in await frames_of(reader, 2) for message in frame.messages]
        assert [each.instrument for each in later if isinstance(each, BookView)][-1:] == [YES.id]
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(0.2)
        assert not stage.views.tape.watched
        assert stage.history._ears == []
    assert faults == []


async def test_a_follower_that_does_not_read_is_dropped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "SLOW_S", 0.1)
    monkeypatch.setattr(room, "FRAME_S", 0.0)
    path = folder / "desk.sock"
    stage = stage_with_maker()
    async with served(path, stage) as faults:
        lazy = socket.socket(socket.AF_UNIX)
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.connect(str(path))
        lazy.sendall(line_of(Follow()))
        for number in range(400):
            stage.history.remark("test", "x" * 2000, number)
            await asyncio.sleep(0.002)
        await asyncio.sleep(0.3)
        assert stage.history._ears == [], "nobody listens for it any more"
        lazy.close()
        assert len(await ask(path, Show(view=ViewName.HEALTH))) == 1
    assert faults == []


async def test_a_fifth_follower_is_told_that_there_are_too_many(folder: Path) -> None:
    path = folder / "desk.sock"
    async with served(path, stage_with_maker()):
        kept = []
        line = b""
        for _ in range(room.MAX_FOLLOWERS + 1):
            reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 24)
            writer.write(line_of(Follow()))
            line = await reader.readline()
            kept.append(writer)
        answer = msgspec.json.decode(line, type=Answer)
        assert isinstance(answer, Failure)
        assert answer.code == "too_many"
        for other in kept:
            other.close()


async def test_a_follower_that_says_something_else_is_dropped(folder: Path) -> None:
    path = folder / "desk.sock"
    async with served(path, stage_with_maker()) as faults:
        reader, writer = await asyncio.open_unix_connection(str(path), limit=1 << 24)
        writer.write(line_of(Follow()))
        await frames_of(reader, 1)
        writer.write(b"nonsense\n")
        async with asyncio.timeout(2):
            await reader.read()
        writer.close()
        [answer] = await ask(path, WatchMarket())
        assert isinstance(answer, Failure)
        assert answer.code == "bad_request"
    assert faults == []


async def test_what_was_decided_on_an_older_preview_is_not_done(folder: Path) -> None:
    path = folder / "desk.sock"
    stage = stage_with_maker()
    async with served(path, stage):
        [old] = await ask(path, Do(command=PAUSE, dry_run=True))
        assert isinstance(old, Preview)
        stage.command(PAUSE)
        stale, fresh = await ask(
            path,
            Do(command=PAUSE, command_id="s", preview_hash=old.hash),
            Do(command=Resume(InstanceId("maker")), by="web:ada", why="again"),
        )
    assert isinstance(stale, Failure)
    assert (stale.code, stale.message) == ("preview_changed", "nothing: maker is paused already")
    assert isinstance(fresh, Receipt)
    assert [each.name for each in stage.views.commands()][-1] == "Resume"
    assert stage.views.commands()[-1].by == "web:ada"


async def test_too_many_clients_are_told_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_CLIENTS", 2)
    path = folder / "desk.sock"
    async with served(path, stage_with_maker()):
        kept = [await asyncio.open_unix_connection(str(path)) for _ in range(2)]
        await asyncio.sleep(0.05)
        reader, writer = await asyncio.open_unix_connection(str(path))
        answer = msgspec.json.decode(await reader.readline(), type=Answer)
        assert isinstance(answer, Failure)
        assert (answer.code, answer.retryable) == ("too_many", True)
        for _, other in [*kept, (reader, writer)]:
            other.close()


async def test_a_client_that_leaves_while_it_waits_frees_its_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LOOK_S", 0.05)
    path = folder / "desk.sock"
    stage = stage_with_maker()
    stage.deaf = True
    async with served(path, stage):
        _, writer = await asyncio.open_unix_connection(str(path))
        writer.write(line_of(Do(command=PAUSE, wait_s=600.0)))
        await asyncio.sleep(0.1)
        assert stage.plane._waiters
        writer.close()
        await asyncio.sleep(0.3)
        assert not stage.plane._waiters


async def test_a_fault_of_ours_is_told_to_the_client_and_to_us_and_ends_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "desk.sock"
    stage = stage_with_maker()

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(stage.views, "health", broken)
    async with served(path, stage) as faults:
        broken_answer, right = await ask(
            path, Show(view=ViewName.HEALTH), Show(view=ViewName.INSTANCES)
        )
    assert isinstance(broken_answer, Failure)
    assert (broken_answer.code, "ZeroDivisionError: a bug" in broken_answer.message) == (
        "internal",
        True,
    )
    assert isinstance(right, Instances)
    assert [type(fault) for fault in faults] == [ZeroDivisionError]


async def test_the_file_of_a_dead_desk_is_replaced(folder: Path) -> None:
    path = folder / "desk.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    async with served(path, stage_with_maker()):
        assert len(await ask(path, Show(view=ViewName.HEALTH))) == 1


async def test_a_living_desk_keeps_its_socket(folder: Path) -> None:
    path = folder / "desk.sock"
    async with served(path, stage_with_maker()):
        with pytest.raises(Fenced, match="a living desk"):
            open_socket(path)
        assert len(await ask(path, Show(view=ViewName.HEALTH))) == 1


def test_another_file_of_that_name_is_left_alone(folder: Path) -> None:
    path = folder / "desk.sock"
    path.write_text("mine")
    with pytest.raises(ConfigError, match="another file"):
        open_socket(path)
    assert path.read_text() == "mine"


def test_a_path_that_no_system_takes_gets_a_sentence(folder: Path) -> None:
    with pytest.raises(ConfigError, match="shorter one"):
        open_socket(folder / ("x" * 200) / "desk.sock")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_gets_a_sentence(folder: Path) -> None:
    folder.chmod(0o500)
    with pytest.raises(ConfigError, match="writable"):
        open_socket(folder / "desk.sock")


async def test_what_goes_wrong_inside_comes_out_as_it_is(folder: Path) -> None:
    path = folder / "desk.sock"
    with pytest.raises(JournalError, match="disk"):
        async with served(path, Stage()):
            raise JournalError("the disk is full")
    assert not path.exists()


async def test_a_cancelled_desk_closes_its_socket(folder: Path) -> None:
    path = folder / "desk.sock"

    async def live() -> None:
        async with served(path, Stage()):
            await asyncio.sleep(60)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(live())
        await asyncio.sleep(0.1)
        assert path.exists()
        task.cancel()
    assert task.cancelled()
    assert not path.exists()
