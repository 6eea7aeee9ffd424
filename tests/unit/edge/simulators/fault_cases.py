"""What each kind of fault does to whoever trades through it, over sockets and in memory alike."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from tests.unit.edge.simulators.echo import EchoExchange
from tradewind.edge.net.transport import Heard, HttpAnswer, HttpRequest, Socket, Transport
from tradewind.edge.simulators.road import Road
from tradewind.edge.simulators.wire_faults import Carried, Fault, Kind, Scope, Way
from tradewind.model.errors import AuthFailed, OutcomeUnknown, Unreachable
from tradewind.model.money import MILLIS, NANOS
from tradewind.ports import Clock

HTTP = Scope(carried=Carried.HTTP)


class Ear:
    """What a socket told."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.pongs = 0
        self.closes: list[str] = []

    def heard(self) -> Heard:
        return Heard(lambda text, recv_ns: self.texts.append(text), self._pong, self.closes.append)

    def _pong(self, recv_ns: int) -> None:
        self.pongs += 1

    def others(self) -> list[bytes]:
        """Return the frames that are neither a beat nor the greeting."""
        return [text for text in self.texts if not text.startswith(b"{")]


class World(msgspec.Struct):
    """One exchange, the way to it, and a client; `host` is its address without a scheme."""

    transport: Transport
    host: str
    exchange: EchoExchange
    road: Road
    clock: Clock

    def fault(self, kind: Kind, scope: Scope | None = None, **words: object) -> None:
        now_ns = self.clock.now_ns()
        planned: dict[str, object] = {"start_ns": now_ns - NANOS, **words}
        fault = Fault(kind=kind, scope=scope or Scope(), **planned)  # type: ignore[arg-type]
        self.road.faults.plan(fault)

    async def post(self, path: str = "/order", timeout_s: float = 0.3) -> HttpAnswer:
        request = HttpRequest("POST", f"http://{self.host}{path}", {"X-Key": "k"}, b'{"px":"1.50"}')
        return await self.transport.ask(request, timeout_s=timeout_s)

    async def listen(self, path: str = "/public") -> tuple[Socket, Ear]:
        ear = Ear()
        socket = await self.transport.connect(
            f"ws://{self.host}{path}", {}, ear.heard(), timeout_s=0.3
        )
        return socket, ear

    async def until(self, true: Callable[[], object], timeout_s: float = 3.0) -> None:
        async with asyncio.timeout(timeout_s):
            while not true():  # noqa: ASYNC110 - real sockets and virtual time alike
                await asyncio.sleep(0.005)

    async def more(self, ear: Ear, count: int) -> None:
        await self.until(lambda: len(ear.texts) >= count)


async def heard_all(world: World, ear: Ear, count: int) -> None:
    await world.until(lambda: len(ear.others()) >= count)


async def a_dropped_request_never_arrives(world: World) -> None:
    world.fault(Kind.DROP, HTTP, times=1)
    with pytest.raises(OutcomeUnknown):
        await world.post()
    assert world.exchange.orders == []
    assert (await world.post()).status == 200


async def a_connection_may_be_cut_after_the_exchange_accepted(world: World) -> None:
    world.fault(Kind.DROP_AFTER, HTTP, times=1)
    with pytest.raises(OutcomeUnknown):
        await world.post()
    assert len(world.exchange.orders) == 1


async def a_status_comes_before_the_exchange_has_seen_anything(world: World) -> None:
    world.fault(Kind.STATUS, Scope(path="/order"), status=429, body="slow", retry_after_s=3)
    answer = await world.post()
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (429, b"slow", "3")
    assert world.exchange.orders == []
    assert (await world.post("/other")).status == 200


async def a_status_may_hide_that_the_exchange_accepted(world: World) -> None:
    world.fault(Kind.STATUS_AFTER, HTTP, status=502)
    assert (await world.post()).status == 502
    assert len(world.exchange.orders) == 1


async def a_request_may_be_swallowed_on_its_way(world: World) -> None:
    world.fault(Kind.HANG, HTTP)
    with pytest.raises(OutcomeUnknown):
        await world.post()
    assert world.exchange.orders == []


async def an_order_may_be_accepted_and_never_answered(world: World) -> None:
    world.fault(Kind.HANG_AFTER, HTTP)
    with pytest.raises(OutcomeUnknown):
        await world.post()
    assert len(world.exchange.orders) == 1


async def an_answer_may_be_late(world: World) -> None:
    before_ns = world.clock.monotonic_ns()
    for _ in range(3):
        await world.post()
    usual_ns = (world.clock.monotonic_ns() - before_ns) // 3
    world.fault(Kind.DELAY, Scope(way=Way.BACK, carried=Carried.HTTP), length_ns=150 * MILLIS)
    before_ns = world.clock.monotonic_ns()
    for _ in range(3):
        await world.post()
    assert (world.clock.monotonic_ns() - before_ns) // 3 > usual_ns
    assert world.road.faults.counts[Kind.DELAY] == 3


async def a_silence_holds_everything_and_keeps_the_connection(world: World) -> None:
    socket, ear = await world.listen()
    await world.until(lambda: ear.texts)
    world.fault(Kind.SILENCE, times=1, length_ns=500 * MILLIS)
    socket.send(b"order")
    with pytest.raises(OutcomeUnknown):
        await world.post(timeout_s=0.2)
    socket.ping()
    assert (world.exchange.frames, world.exchange.orders) == ([], [])
    assert (ear.pongs, ear.others(), ear.closes) == (0, [], [])
    await world.until(lambda: ear.others() and ear.pongs)
    # What was given up on was not unsent.
    assert (world.exchange.frames, len(world.exchange.orders)) == ([b"order"], 1)
    socket.close()


async def a_cleared_silence_lets_go_of_what_it_held(world: World) -> None:
    socket, ear = await world.listen()
    world.fault(Kind.SILENCE)
    socket.send(b"order")
    await asyncio.sleep(0.05)
    assert world.exchange.frames == []
    world.road.clear(world.clock.now_ns())
    # Whoever ends faults by hand lets the carrier look again.
    socket.ping()
    await world.until(ear.others)
    socket.close()


async def a_socket_is_dropped_for_both_sides(world: World) -> None:
    socket, ear = await world.listen()
    await world.until(lambda: ear.texts)
    world.fault(Kind.DROP, Scope(carried=Carried.SOCKET, way=Way.THERE), times=1)
    socket.send(b"order")
    await world.until(lambda: ear.closes)
    await world.until(lambda: world.exchange.closes == 1)
    assert world.exchange.frames == []
    with pytest.raises(Unreachable):
        socket.send(b"more")


async def frames_are_left_out_doubled_and_swapped(world: World) -> None:
    for kind, struck, told in (
        (Kind.GAP, b"2", [b"0", b"1", b"3", b"4"]),
        (Kind.DUPLICATE, b"2", [b"0", b"1", b"2", b"2", b"3", b"4"]),
        (Kind.REORDER, b"2", [b"0", b"1", b"3", b"2", b"4"]),
        (Kind.REORDER, b"4", [b"0", b"1", b"2", b"3", b"4"]),
    ):
        world.road.faults.clear()
        socket, ear = await world.listen()
        world.fault(kind, Scope(path="/public", way=Way.BACK, text=struck.decode()), times=1)
        socket.send(b"burst")
        await heard_all(world, ear, len(told))
        assert ear.others() == told
        assert world.road.faults.happened[-1].kind is kind
        socket.close()


async def frames_and_answers_lose_their_form(world: World) -> None:
    socket, ear = await world.listen()
    for kind, words in (
        (Kind.TRUNCATE, {}),
        (Kind.GARBAGE, {}),
        (Kind.RENAME, {"field": "px", "to": "price"}),
        (Kind.OMIT, {"field": "px"}),
    ):
        world.road.faults.clear()
        known = len(ear.texts)
        world.fault(kind, Scope(way=Way.BACK), **words)
        await world.more(ear, known + 2)
        for text in (ear.texts[-1], (await world.post()).body):
            if kind in (Kind.TRUNCATE, Kind.GARBAGE):
                with pytest.raises(msgspec.DecodeError):
                    msgspec.json.decode(text)
            else:
                fields = msgspec.json.decode(text)
                assert "px" not in fields
                assert fields["ts"] > 0
                assert fields.get("price") == ("1.50" if kind is Kind.RENAME else None)
    socket.close()


async def the_clock_of_the_venue_is_off_for_a_while(world: World) -> None:
    world.fault(Kind.SKEW, length_ns=5 * NANOS, end_ns=world.clock.now_ns() + 300 * MILLIS)
    ahead_ns = msgspec.json.decode((await world.post()).body)["ts"] - world.clock.now_ns()
    assert 4 * NANOS < ahead_ns < 6 * NANOS
    await asyncio.sleep(0.35)
    # It stands until the time has come up with it, as a clock that is set right smoothly.
    await world.post()
    assert world.exchange.times == sorted(world.exchange.times)


async def maintenance_comes_and_goes(world: World) -> None:
    now_ns = world.clock.now_ns()
    world.fault(Kind.MAINTENANCE, start_ns=now_ns + 100 * MILLIS, end_ns=now_ns + 300 * MILLIS)
    statuses = []
    for _ in range(5):
        statuses.append((await world.post()).status)
        await asyncio.sleep(0.1)
    assert statuses[0] == statuses[-1] == 200
    assert 503 in statuses


async def an_order_frame_is_lost_or_taken_without_an_answer(world: World) -> None:
    socket, ear = await world.listen()
    world.fault(Kind.HANG, Scope(text="lost"))
    world.fault(Kind.HANG_AFTER, Scope(text="taken"))
    for text in (b"lost", b"taken", b"answered"):
        socket.send(text)
    await world.until(ear.others)
    assert ear.others() == [b"echo answered"]
    assert world.exchange.frames == [b"taken", b"answered"]
    socket.close()


async def an_upgrade_is_refused_cut_or_never_answered(world: World) -> None:
    with pytest.raises(AuthFailed):
        await world.listen("/refused")
    for kind in (Kind.STATUS, Kind.DROP, Kind.HANG):
        world.road.faults.clear()
        world.fault(kind, Scope(carried=Carried.SOCKET))
        with pytest.raises(Unreachable):
            await world.listen()
    assert world.exchange.sockets == []


async def a_chance_strikes_some_and_a_bound_ends_it(world: World) -> None:
    world.fault(Kind.STATUS, chance=0.5, times=3)
    statuses = [(await world.post()).status for _ in range(30)]
    assert statuses.count(503) == 3
    assert 200 in statuses[: 30 - statuses[::-1].index(503)]


CASES: tuple[Callable[[World], Awaitable[None]], ...] = (
    a_dropped_request_never_arrives,
    a_connection_may_be_cut_after_the_exchange_accepted,
    a_status_comes_before_the_exchange_has_seen_anything,
    a_status_may_hide_that_the_exchange_accepted,
    a_request_may_be_swallowed_on_its_way,
    an_order_may_be_accepted_and_never_answered,
    an_answer_may_be_late,
    a_silence_holds_everything_and_keeps_the_connection,
    a_cleared_silence_lets_go_of_what_it_held,
    a_socket_is_dropped_for_both_sides,
    frames_are_left_out_doubled_and_swapped,
    frames_and_answers_lose_their_form,
    the_clock_of_the_venue_is_off_for_a_while,
    maintenance_comes_and_goes,
    an_order_frame_is_lost_or_taken_without_an_answer,
    an_upgrade_is_refused_cut_or_never_answered,
    a_chance_strikes_some_and_a_bound_ends_it,
)
"""Every kind of fault, by what it promises."""
