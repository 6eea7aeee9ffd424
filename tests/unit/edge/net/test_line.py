"""A line that comes back: greeted anew, never silent for long, and loud when its owner fails."""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest

from tests.unit.edge.net.virtual import VirtualClock, quickly
from tradewind.edge.net.line import Line, LineSettings
from tradewind.edge.net.transport import Heard, HttpAnswer, HttpRequest, Socket
from tradewind.model.errors import AuthFailed, BadReply, RateLimited, Unreachable, VenueError

SETTINGS = LineSettings(
    venue="BYBIT",
    name="private",
    connect_s=5.0,
    greet_s=2.0,
    silence_s=10.0,
    backoff_min_s=1.0,
    backoff_max_s=16.0,
    steady_s=60.0,
)
PLACE = {"venue": "BYBIT", "endpoint": "private"}


def now_s() -> float:
    return asyncio.get_running_loop().time()


class Pipe:
    """One open socket of `Wires`; a test is its other side."""

    def __init__(self, heard: Heard, *, answers_pings: bool) -> None:
        self.heard = heard
        self.sent: list[bytes] = []
        self.closed = False
        self._answers_pings = answers_pings

    def send(self, text: bytes) -> None:
        if self.closed:
            raise Unreachable("closed", **PLACE)
        self.sent.append(text)

    def ping(self) -> None:
        if self._answers_pings and not self.closed:
            self.heard.on_pong(VirtualClock().now_ns())

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            asyncio.get_running_loop().call_soon(self.heard.on_close, "closed by us")


class Wires:
    """A transport inside the process: each connection is a Pipe, or fails as scripted."""

    def __init__(self, *, answers_pings: bool = True) -> None:
        self.refusals: list[VenueError] = []
        self.pipes: list[Pipe] = []
        self.asked: list[tuple[float, str, Mapping[str, str]]] = []
        self.on_open: Callable[[Pipe], None] = lambda pipe: None
        self._answers_pings = answers_pings

    async def ask(
        self, request: HttpRequest, *, timeout_s: float, not_after_ns: int | None = None
    ) -> HttpAnswer:
        raise NotImplementedError

    async def connect(
        self, url: str, headers: Mapping[str, str], heard: Heard, *, timeout_s: float
    ) -> Socket:
        self.asked.append((now_s(), url, headers))
        if self.refusals:
            raise self.refusals.pop(0)
        pipe = Pipe(heard, answers_pings=self._answers_pings)
        self.pipes.append(pipe)
        self.on_open(pipe)
        return pipe

    async def close(self) -> None:
        raise NotImplementedError


class Ear:
    """A listener that notes what it is told; `greeting` and `hearing` do what a test wants."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.lost_at_s: list[float] = []
        self.greeting: Callable[[Line], Any] | None = None
        self.hearing: Callable[[bytes], None] = lambda text: None

    async def greet(self, line: Line) -> None:
        self.told.append(("greet", line.up))
        line.send(b"login")
        if self.greeting is not None:
            await self.greeting(line)

    def text(self, text: bytes, recv_ns: int) -> None:
        self.told.append(text)
        self.hearing(text)

    def heartbeat(self, recv_ns: int) -> None:
        self.told.append("heartbeat")

    def lost(self, reason: str) -> None:
        self.told.append(("lost", reason))
        self.lost_at_s.append(now_s())

    @property
    def reasons(self) -> list[str]:
        return [told[1] for told in self.told if told[0] == "lost"]


class Scene:
    def __init__(self, *, answers_pings: bool = True) -> None:
        self.wires = Wires(answers_pings=answers_pings)
        self.ear = Ear()
        stamps = iter(range(1000))
        self.line = Line(
            self.wires,
            lambda: ("ws://venue", {"X-Stamp": str(next(stamps))}),
            self.ear,
            SETTINGS,
            VirtualClock(),
            Random(5),
        )

    async def run_for(self, seconds: float, *steps: tuple[float, Callable[[], None]]) -> None:
        """Run the line and take each step at its second."""
        async with asyncio.TaskGroup() as group:
            running = group.create_task(self.line.run())
            for at_s, step in steps:
                await asyncio.sleep(at_s - now_s())
                step()
            await asyncio.sleep(seconds - now_s())
            running.cancel()


def test_a_line_greets_hears_and_beats() -> None:
    async def play() -> None:
        scene = Scene()

        def speak() -> None:
            assert scene.line.up
            scene.wires.pipes[0].heard.on_text(b"tick", 7)
            scene.line.send(b"order")

        await scene.run_for(3.5, (3.2, speak))
        assert scene.ear.told[0] == ("greet", False)
        assert scene.ear.told.count("heartbeat") == 4
        assert b"tick" in scene.ear.told
        assert scene.wires.pipes[0].sent == [b"login", b"order"]

    quickly(play)


def test_a_line_that_is_cancelled_closes_its_socket_and_says_no_more() -> None:
    async def play() -> None:
        scene = Scene()
        await scene.run_for(1.0)
        assert scene.wires.pipes[0].closed
        assert scene.ear.reasons == []
        assert not scene.line.up
        with pytest.raises(Unreachable, match="the private line to BYBIT is down"):
            scene.line.send(b"order")
        assert asyncio.all_tasks() == {asyncio.current_task()}

    quickly(play)


def test_a_closed_line_comes_back_with_a_fresh_address_and_a_new_greeting() -> None:
    async def play() -> None:
        scene = Scene()
        await scene.run_for(5.0, (1.0, lambda: scene.wires.pipes[0].heard.on_close("code 1006")))
        assert scene.ear.reasons == ["code 1006"]
        assert [headers["X-Stamp"] for _, _, headers in scene.wires.asked] == ["0", "1"]
        assert 1.5 <= scene.wires.asked[1][0] <= 2.0
        assert [told[0] for told in scene.ear.told if told != "heartbeat"] == [
            "greet",
            "lost",
            "greet",
        ]

    quickly(play)


def test_a_line_that_is_silent_though_it_stands_is_dropped_and_made_anew() -> None:
    async def play() -> None:
        scene = Scene(answers_pings=False)
        await scene.run_for(13.0)
        assert scene.ear.reasons == ["heard nothing of BYBIT on the private line for 10 s"]
        assert scene.wires.pipes[0].closed
        assert len(scene.wires.pipes) == 2

    quickly(play)


def test_a_line_that_speaks_but_answers_no_ping_stays() -> None:
    async def play() -> None:
        scene = Scene(answers_pings=False)
        speak = [
            (at_s, lambda: scene.wires.pipes[0].heard.on_text(b"tick", 1))
            for at_s in range(9, 99, 9)
        ]
        await scene.run_for(99.0, *speak)
        assert scene.ear.reasons == []

    quickly(play)


def test_pauses_double_with_jitter_up_to_the_longest_and_begin_anew_after_a_steady_time() -> None:
    async def play() -> None:
        scene = Scene()
        scene.wires.refusals = [Unreachable("no way", **PLACE)] * 7
        await scene.run_for(200.0, (150.0, lambda: scene.wires.pipes[0].heard.on_close("gone")))
        at_s = [at for at, _, _ in scene.wires.asked]
        pauses = [later - sooner for sooner, later in itertools.pairwise(at_s[:8])]
        for pause_s, longest_s in zip(pauses, [1, 2, 4, 8, 16, 16, 16], strict=True):
            assert longest_s / 2 <= pause_s < longest_s
        assert 0.5 <= at_s[8] - 150.0 <= 1.0
        assert scene.ear.reasons == ["no way"] * 7 + ["gone"]

    quickly(play)


def test_a_connection_that_falls_at_once_does_not_begin_the_pauses_anew() -> None:
    async def play() -> None:
        scene = Scene()
        scene.wires.on_open = lambda pipe: pipe.heard.on_close("kicked")
        await scene.run_for(60.0)
        assert 6 <= len(scene.wires.asked) <= 11
        assert all(pipe.closed for pipe in scene.wires.pipes)

    quickly(play)


def test_a_refused_login_backs_off_and_is_told_as_what_it_is() -> None:
    async def play() -> None:
        scene = Scene()
        refused = AuthFailed("the key is unknown", **PLACE)
        scene.wires.refusals = [refused]
        troubles: list[VenueError | None] = []
        await scene.run_for(3.0, (0.1, lambda: troubles.append(scene.line.trouble)))
        assert troubles == [refused]
        assert scene.ear.reasons == ["the key is unknown"]
        assert len(scene.wires.asked) == 2
        assert scene.line.trouble is None

    quickly(play)


def test_a_venue_that_asks_for_patience_gets_it() -> None:
    async def play() -> None:
        scene = Scene()
        scene.wires.refusals = [RateLimited("slower", retry_after_s=30, **PLACE)]
        await scene.run_for(40.0)
        assert [at for at, _, _ in scene.wires.asked] == [0, 30]

    quickly(play)


async def wait_for_ever(line: Line) -> None:
    await asyncio.Event().wait()


async def fail_to_log_in(line: Line) -> None:
    raise AuthFailed("wrong signature", **PLACE)


@pytest.mark.parametrize(
    ("greeting", "lost_at_s", "reason"),
    [
        (fail_to_log_in, 0.0, "wrong signature"),
        (wait_for_ever, 2.0, "greeted BYBIT on the private line and was not answered within 2 s"),
    ],
)
def test_a_greeting_that_fails_ends_the_connection(
    greeting: Callable[[Line], Any], lost_at_s: float, reason: str
) -> None:
    async def play() -> None:
        scene = Scene()
        scene.ear.greeting = greeting
        await scene.run_for(3.0)
        assert (scene.ear.reasons[0], scene.ear.lost_at_s[0]) == (reason, lost_at_s)
        assert scene.wires.pipes[0].closed
        assert not any(told == ("greet", True) for told in scene.ear.told)

    quickly(play)


def test_a_connection_lost_while_it_is_greeted_is_not_waited_for() -> None:
    async def play() -> None:
        scene = Scene()
        scene.ear.greeting = wait_for_ever
        await scene.run_for(0.8, (0.5, lambda: scene.wires.pipes[0].heard.on_close("code 4004")))
        assert scene.ear.reasons == ["code 4004"]

    quickly(play)


def test_texts_are_heard_while_the_line_is_greeted() -> None:
    async def play() -> None:
        scene = Scene()
        answered = asyncio.Event()

        async def log_in(line: Line) -> None:
            await answered.wait()

        scene.ear.greeting = log_in
        scene.ear.hearing = lambda text: answered.set()
        ups: list[bool] = []
        await scene.run_for(
            1.0,
            (0.4, lambda: ups.append(scene.line.up)),
            (0.5, lambda: scene.wires.pipes[0].heard.on_text(b"welcome", 1)),
            (0.6, lambda: ups.append(scene.line.up)),
        )
        assert ups == [False, True]

    quickly(play)


def test_a_line_can_be_dropped_from_within_a_text_and_hears_no_more_of_it() -> None:
    async def play() -> None:
        scene = Scene()
        scene.ear.hearing = lambda text: scene.line.drop("a gap in the book")

        def speak() -> None:
            scene.wires.pipes[0].heard.on_text(b"one", 1)
            scene.wires.pipes[0].heard.on_text(b"two", 2)
            with pytest.raises(Unreachable):
                scene.line.send(b"order")

        await scene.run_for(1.2, (0.1, speak))
        assert scene.ear.reasons == ["a gap in the book"]
        assert b"two" not in scene.ear.told
        assert len(scene.wires.pipes) == 2
        scene.line.drop("nothing stands, nothing happens")

    quickly(play)


def test_what_comes_late_from_a_dead_connection_is_not_heard() -> None:
    async def play() -> None:
        scene = Scene()

        def haunt() -> None:
            scene.wires.pipes[0].heard.on_text(b"ghost", 1)
            scene.wires.pipes[0].heard.on_close("twice")

        await scene.run_for(
            4.0, (0.5, lambda: scene.wires.pipes[0].heard.on_close("gone")), (3.0, haunt)
        )
        assert b"ghost" not in scene.ear.told
        assert scene.ear.reasons == ["gone"]
        assert len(scene.wires.pipes) == 2

    quickly(play)


@pytest.mark.parametrize("error", [ZeroDivisionError("ours"), BadReply("theirs", **PLACE)])
def test_what_a_listener_raises_ends_the_task_group_loudly(error: Exception) -> None:
    async def play() -> None:
        scene = Scene()

        def stumble(text: bytes) -> None:
            raise error

        scene.ear.hearing = stumble
        with pytest.raises(ExceptionGroup) as caught:
            await scene.run_for(9.0, (0.5, lambda: scene.wires.pipes[0].heard.on_text(b"x", 1)))
        assert caught.value.exceptions == (error,)
        assert scene.wires.pipes[0].closed
        assert scene.ear.reasons == []

    quickly(play)


def test_a_greeting_with_a_fault_of_ours_ends_the_task_group_and_closes_the_socket() -> None:
    async def play() -> None:
        scene = Scene()

        async def stumble(line: Line) -> None:
            raise KeyError("ours")

        scene.ear.greeting = stumble
        with pytest.raises(ExceptionGroup):
            await scene.run_for(9.0)
        assert scene.wires.pipes[0].closed

    quickly(play)
