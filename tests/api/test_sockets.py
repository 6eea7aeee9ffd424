"""/ws: what a page sees at first, what it gets when it comes back, and that nobody waits for it."""

import os
import signal
import socket
import time
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.api.serving import Browser, Served, served, until

STATES = {"instances", "positions", "scopes", "feeds", "vitals"}
JOURNALED = ("order", "fill", "event", "command")


class Seen:
    """What a page has heard: its rows as a reducer keeps them, and what came twice."""

    def __init__(self) -> None:
        self.seq = 0
        self.resumed: list[bool] = []
        self.fills: dict[tuple[str, str], int] = {}
        self.rows: dict[str, list[bytes]] = {kind: [] for kind in JOURNALED}
        self.kinds: set[str] = set()
        self.frames = 0

    def read(self, page: ClientConnection, for_s: float) -> None:
        """Read frames for a while."""
        ends = time.monotonic() + for_s
        while (left := ends - time.monotonic()) > 0:
            try:
                self.take(page.recv(timeout=left))
            except TimeoutError:
                return

    def take(self, frame: str | bytes) -> None:
        self.frames += 1
        for message in msgspec.json.decode(frame):
            kind = message["type"]
            self.kinds.add(kind)
            if kind == "hello":
                self.resumed.append(message["resumed"])
                if not message["resumed"]:
                    self.rows = {kind: [] for kind in JOURNALED}
            if kind in JOURNALED:
                assert message["seq"] > 0
                self.seq = max(self.seq, message["seq"])
                self.rows[kind].append(msgspec.json.encode(message))
            elif kind in ("hello", "vitals"):
                # Of this step and those before it, all rows are here.
                self.seq = max(self.seq, message["seq"] if kind == "hello" else 0)

    def fill_keys(self) -> list[tuple[str, str]]:
        rows = [msgspec.json.decode(raw)["row"] for raw in self.rows["fill"]]
        return [(row["account"], row["exec_id"]) for row in rows]


def newest_fills(desk: Served, count: int) -> list[tuple[str, str, int]]:
    rows = desk.get(f"/api/fills?limit={count}")["rows"]
    return [(row["account"], row["exec_id"], row["seq"]) for row in rows]


def test_a_page_sees_everything_at_first_and_then_what_changes(desk: Served) -> None:
    seen = Seen()
    with desk.page() as page:
        first = page.recv(timeout=10)
        kinds = [message["type"] for message in msgspec.json.decode(first)]
        assert kinds[0] == "hello"
        assert set(kinds) >= STATES
        seen.take(first)
        began = time.monotonic()
        seen.read(page, 3.0)
        rate = seen.frames / (time.monotonic() - began)
    assert seen.resumed == [False]
    assert {"order", "fill", "event"} <= seen.kinds
    assert 2 < rate <= 21


def test_what_a_page_gets_is_what_the_lists_say(desk: Served) -> None:
    seen = Seen()
    with desk.page() as page:
        seen.read(page, 2.0)
        mine = set(seen.fill_keys())
        told = [key for *key, seq in newest_fills(desk, 50) if seq <= seen.seq]
    assert [key for key in told if tuple(key) not in mine] == []


def test_a_page_that_comes_back_gets_what_it_missed_and_nothing_twice(desk: Served) -> None:
    whole, parts = Seen(), Seen()
    with desk.page() as steady:
        whole.read(steady, 1.0)
        for _ in range(4):
            with desk.page(parts.seq) as page:
                parts.read(page, 0.7)
            whole.read(steady, 0.4)
        with desk.page(parts.seq) as page:
            parts.read(page, 0.5)
            whole.read(steady, 0.5)
    assert parts.resumed == [False, True, True, True, True]
    for kind in ("fill", "event", "command"):
        last = min(seen_seq(each.rows[kind]) for each in (whole, parts))
        mine, theirs = (
            [raw for raw in each.rows[kind] if seq_of(raw) <= last] for each in (parts, whole)
        )
        # The page that stayed began earlier; from where the other began they heard the same.
        assert mine == theirs[-len(mine) :], kind
        assert len(set(mine)) == len(mine)


def seq_of(raw: bytes) -> int:
    return int(msgspec.json.decode(raw)["seq"])


def seen_seq(rows: list[bytes]) -> int:
    return max([seq_of(raw) for raw in rows], default=0)


def test_a_watched_market_comes_to_those_who_watch_it(desk: Served) -> None:
    market = {"instrument": "SIM-BYBIT:BTCUSDT", "interval": "1m"}
    watching, idle = Seen(), Seen()
    with desk.page() as page, desk.page() as other:
        page.send(msgspec.json.encode({"type": "watch", "instruments": [market]}).decode())
        watching.read(page, 2.5)
        idle.read(other, 0.3)
        # A second one gets what is known, however quiet the market is.
        other.send(msgspec.json.encode({"type": "watch", "instruments": [market]}).decode())
        late = Seen()
        late.read(other, 0.5)
        page.send(msgspec.json.encode({"type": "watch", "instruments": []}).decode())
        watching.read(page, 0.5)
        after = Seen()
        after.read(page, 1.0)
    assert {"book", "candles", "trades"} <= watching.kinds
    assert not {"book", "candles", "trades"} & idle.kinds
    assert {"book", "candles"} <= late.kinds
    assert not {"book", "candles", "trades"} & after.kinds


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer twd_nothing"}, 401),
        ({"Origin": "http://evil.example"}, 403),
    ],
)
def test_no_stranger_sees_anything(desk: Served, headers: dict[str, str], status: int) -> None:
    with pytest.raises(InvalidStatus) as caught, desk.page(0, **{"X-Test": "1", **headers}):
        pass
    assert caught.value.response.status_code == status
    told = msgspec.json.decode(caught.value.response.body)
    assert set(told) == {"code", "message", "rule", "retryable"}


def test_a_session_needs_its_own_pages_origin(desk: Served, admin: Browser) -> None:
    with pytest.raises(InvalidStatus), desk.page(Cookie=admin.cookie):
        pass
    with desk.page(Cookie=admin.cookie, Origin=desk.url) as page:
        assert msgspec.json.decode(page.recv(timeout=10))[0]["type"] == "hello"


def to_the_end(page: ClientConnection, seen: Seen) -> None:
    """Read until the connection is over."""
    while True:
        seen.take(page.recv(timeout=5))


@pytest.mark.parametrize("said", ["", "{", "[]", '{"type":"dance"}', '{"type":"watch"}'])
def test_a_page_that_says_what_nobody_understands_is_let_go(desk: Served, said: str) -> None:
    with desk.page() as page:
        page.recv(timeout=10)
        page.send(said)
        with pytest.raises(ConnectionClosed) as caught:
            to_the_end(page, Seen())
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1003


def test_a_page_that_does_not_read_is_let_go_and_nobody_waits_for_it(desk: Served) -> None:
    seen = Seen()
    with socket.create_connection(("127.0.0.1", desk.port)) as stuck, desk.page() as page:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.sendall(greeting(desk, "127.0.0.1"))
        assert b"101" in stuck.recv(64)
        stuck.sendall(masked({"type": "watch", "instruments": everything(desk)}))
        began = time.monotonic()
        until(lambda: bool(pages_ended(desk, 4408)) or reads(seen, page), 60, lambda: "held")
        assert time.monotonic() - began > 4
    assert seen.frames > 20
    assert seen.kinds >= STATES


def reads(seen: Seen, page: ClientConnection) -> bool:
    seen.read(page, 0.3)
    return False


def everything(desk: Served) -> list[dict[str, str]]:
    rows = desk.get("/api/markets?watched=true&limit=4")["rows"]
    return [{"instrument": row["instrument"], "interval": "1m"} for row in rows]


def masked(message: object) -> bytes:
    """Return a message as a page sends it, with a mask of zeros."""
    data = msgspec.json.encode(message)
    return bytes([0x81, 0xFE]) + len(data).to_bytes(2) + bytes(4) + data


def test_no_page_calls_us_by_another_name(desk: Served) -> None:
    with socket.create_connection(("127.0.0.1", desk.port)) as page:
        page.sendall(greeting(desk, "evil.example"))
        assert b" 400 " in page.recv(64)


def greeting(desk: Served, host: str) -> bytes:
    lines = (
        "GET /ws HTTP/1.1",
        f"Host: {host}:{desk.port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        f"Authorization: Bearer {desk.token}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def pages_ended(desk: Served, code: int) -> list[Any]:
    lines = [msgspec.json.decode(line) for line in desk.log().splitlines() if line[:1] == "{"]
    return [line for line in lines if line["event"] == "page" and line["ended"] == code]


def test_nothing_is_lost_when_the_gateway_is_killed() -> None:
    with served() as desk:
        seen = Seen()
        with desk.page() as page:
            seen.read(page, 2.0)
            pid = desk.gateway_pid()
            os.kill(pid, signal.SIGKILL)
            with pytest.raises(ConnectionClosed):
                to_the_end(page, seen)
        # The port is the desk's: whoever calls now waits for the next gateway.
        with connect(
            f"ws://127.0.0.1:{desk.port}/ws?since={seen.seq}",
            additional_headers={"Authorization": f"Bearer {desk.token}"},
            max_size=None,
            open_timeout=30,
        ) as page:
            until(lambda: len(seen.resumed) > 1 or reads(seen, page), 20, desk.log)
            seen.read(page, 2.0)
            told = newest_fills(desk, 100)
            seen.read(page, 1.0)
        assert desk.gateway_pid() != pid
        mine = set(seen.fill_keys())
        lost = [key for *key, seq in told if seq <= seen.seq and tuple(key) not in mine]
        assert lost == []
        if seen.resumed[-1]:
            keys = seen.fill_keys()
            assert len(keys) == len(set(seen.rows["fill"]))
