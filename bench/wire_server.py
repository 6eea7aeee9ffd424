"""The other side of bench/wire.py: a venue in a process of its own that ticks and times orders.

usage: python -m bench.wire_server bybit|kalshi

A simulated exchange answers whatever a desk asks before it trades; ticks and new orders are our
own, so that they cost the same every time: an order is stamped when its bytes are read, accepted,
and cancelled at once, as one that crosses nothing must be. The size at the touch says which tick it
is, and an order of that size is the answer to it. One thread and one `select`: nothing waits
behind a lock. Prints where it is as a line of JSON; each `ticks hz` on its input makes so many
ticks, and prints the nanoseconds from each tick's send call to its order's last byte read.
"""

import base64
import hashlib
import re
import select
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec

from bench.wire_venues import VENUES, Reply, Speech, Start
from tradewind.app.simulated import KINDS, Simulation
from tradewind.edge.simulators.wire import WireExchange, WireRequest

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
LENGTH = re.compile(rb"(?i)content-length: *(\d+)")
KEY = re.compile(rb"(?i)sec-websocket-key: *(\S+)")
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
LAST_WAIT_S = 0.3
now = time.perf_counter_ns


class Peer:
    """One connection of the desk; after its upgrade an open socket, as the exchange sees it."""

    def __init__(self, wire: socket.socket, venue: "Venue") -> None:
        self.wire = wire
        self.venue = venue
        self.read = b""
        self.path = ""
        self.muted: Callable[[bytes], bool] = lambda text: False

    def send(self, text: bytes) -> None:
        """Send a text frame of the exchange, unless it is about what we tell ourselves."""
        if not self.muted(text):
            self.write(text)

    def write(self, text: bytes, opcode: int = TEXT) -> None:
        """Send a frame."""
        size = len(text)
        head = bytes((0x80 | opcode, size if size < 126 else 126))
        self.wire.sendall(head + (size.to_bytes(2, "big") if size >= 126 else b"") + text)

    def ping(self, payload: bytes) -> None:
        """Send a protocol ping."""
        self.write(payload, PING)

    def close(self, code: int) -> None:
        """Close as the exchange wishes."""
        self.write(code.to_bytes(2, "big"), CLOSE)

    def answer(self, status: int, body: bytes, headers: str = "") -> None:
        """Answer a request."""
        head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\n{headers}"
        self.wire.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def take(self, fresh: bytes, at_ns: int) -> None:
        """Take what came; whole requests and frames are acted on."""
        self.read += fresh
        while self._next_frame(at_ns) if self.path else self._next_request(at_ns):
            pass

    def _next_request(self, at_ns: int) -> bool:
        head, found, rest = self.read.partition(b"\r\n\r\n")
        if not found:
            return False
        told = LENGTH.search(head)
        size = int(told.group(1)) if told else 0
        if len(rest) < size:
            return False
        body, self.read = rest[:size], rest[size:]
        first, *lines = head.decode().split("\r\n")
        method, target, _ = first.split(" ")
        pairs = [line.partition(":") for line in lines]
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        request = WireRequest(method, target, headers, body)
        key = KEY.search(head)
        if key:
            self._upgrade(request, key.group(1))
        else:
            self.venue.request(self, request, at_ns)
        return True

    def _upgrade(self, request: WireRequest, key: bytes) -> None:
        self.path = request.target
        token = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
        self.wire.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"Sec-WebSocket-Accept: {token}\r\n\r\n".encode()
        )
        self.venue.opened(self, request)

    def _next_frame(self, at_ns: int) -> bool:
        read = self.read
        if len(read) < 6:
            return False
        size, start = read[1] & 127, 2
        if size == 126:
            size, start = int.from_bytes(read[2:4], "big"), 4
        end = start + 4 + size
        if len(read) < end:
            return False
        mask = (read[start : start + 4] * (size // 4 + 1))[:size]
        masked = int.from_bytes(read[start + 4 : end], "big")
        text = (masked ^ int.from_bytes(mask, "big")).to_bytes(size, "big")
        self.read = read[end:]
        opcode = read[0] & 15
        if opcode == TEXT:
            self.venue.frame(self, text, at_ns)
        elif opcode == PING:
            self.write(text, PONG)
        return True


class Venue:
    """The exchange behind its sockets, and the ticks and orders that are measured."""

    def __init__(self, speech: Speech, exchange: WireExchange) -> None:
        self.speech = speech
        self.exchange = exchange
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.peers: dict[socket.socket, Peer] = {}
        self.sent_ns: dict[int, int] = {}
        self.laps: list[int] = []
        self.public: Peer | None = None
        self.private: Peer | None = None

    def opened(self, peer: Peer, request: WireRequest) -> None:
        """A socket has opened."""
        if self.exchange.opened(peer, request, time.time_ns()) is not None:
            peer.close(1008)

    def request(self, peer: Peer, request: WireRequest, at_ns: int) -> None:
        """Answer a new order ourselves, and let the exchange answer anything else."""
        orders = (self.speech.order_path, self.speech.batch_path)
        if request.method == "POST" and request.target in orders:
            answer, replies = self._orders(request.body, at_ns)
            peer.answer(replies[0].status, answer)
            self._tell(replies)
            return
        canned = self.speech.canned.get(request.target)
        if canned is not None:
            peer.answer(200, canned)
            return
        said = self.exchange.request(request, time.time_ns())
        headers = "".join(f"{name}: {value}\r\n" for name, value in said.headers.items())
        peer.answer(said.status, said.body, headers)

    def frame(self, peer: Peer, text: bytes, at_ns: int) -> None:
        """Take an order over a socket, or let the exchange hear anything else."""
        if self.speech.is_order(text):
            answer, replies = self._orders(text, at_ns)
            peer.write(answer)
            self._tell(replies)
            return
        if self.speech.is_subscription(text, peer.path):
            self.public = peer
            peer.muted = self.speech.overheard
        if self.speech.is_private(text, peer.path):
            self.private = peer
        self.exchange.frame(peer, text, time.time_ns())

    def _orders(self, text: bytes, at_ns: int) -> tuple[bytes, list[Reply]]:
        """Answer what came in one message: an order, or where ticks piled up a batch."""
        items = self.speech.items(text)
        replies = [self._order(each, at_ns) for each in items or [text]]
        answer = self.speech.together(text, replies) if items else replies[0].answer
        return answer, replies

    def _order(self, text: bytes, at_ns: int) -> Reply:
        reply = self.speech.reply(text, time.time_ns())
        sent_ns = self.sent_ns.pop(reply.tick, None)
        if sent_ns is not None:
            self.laps.append(at_ns - sent_ns)
        return reply

    def _tell(self, replies: list[Reply]) -> None:
        for reply in replies:
            if self.private is not None and reply.news:
                self.private.write(reply.news)

    def gone(self, peer: Peer) -> None:
        """Forget a connection."""
        del self.peers[peer.wire]
        if peer.path:
            self.exchange.closed(peer)
        peer.wire.close()

    def wait(self, extra: list[Any], timeout_s: float) -> list[Any]:
        """Serve until the time is over, or one of the others has something to say."""
        until_ns = now() + int(timeout_s * 1e9)
        while True:
            left_s = max(0.0, (until_ns - now()) / 1e9)
            ready, _, _ = select.select([self.listener, *self.peers, *extra], [], [], left_s)
            for each in ready:
                peer = self.peers.get(each)
                if peer is not None:
                    self._hear(peer)
                elif each is self.listener:
                    self._accept()
            others = [each for each in ready if each in extra]
            if others or now() >= until_ns:
                return others

    def _accept(self) -> None:
        wire, _ = self.listener.accept()
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.peers[wire] = Peer(wire, self)

    def _hear(self, peer: Peer) -> None:
        try:
            fresh = peer.wire.recv(65536)
            at_ns = now()
            if fresh:
                peer.take(fresh, at_ns)
                return
        except OSError:
            pass
        self.gone(peer)

    def tick(self, count: int, hz: float) -> list[int]:
        """Send so many ticks and return the laps of the orders that came back for them."""
        assert self.public is not None, "the desk listens"
        self.laps = []
        self.public.write(self.speech.begin(time.time_ns()))
        gap_ns = 1e9 / hz
        start_ns = now() + int(gap_ns)
        for number in range(count):
            due_ns = start_ns + int(number * gap_ns)
            self.wait([], (due_ns - now()) / 1e9)
            tick, text = self.speech.tick(time.time_ns())
            self.sent_ns[tick] = now()
            self.public.write(text)
        self.wait([], LAST_WAIT_S)
        return self.laps


def serve(name: str) -> None:
    """Serve until the input ends."""
    kind = KINDS[name]
    account = kind.account(1, "bench")
    now_ns = time.time_ns()
    exchange = kind.make(Simulation(venue=name), (account,), now_ns)
    speech = VENUES[name](exchange, now_ns)
    venue = Venue(speech, exchange)
    port = venue.listener.getsockname()[1]
    say(Start(port, dict(account.keys), speech.instrument, speech.symbol))
    while True:
        if venue.wait([sys.stdin], 3600.0):
            words = sys.stdin.readline().split()
            if not words:
                return
            say(venue.tick(int(words[0]), float(words[1])))


def say(value: object) -> None:
    """Print a value as a line of JSON."""
    print(msgspec.json.encode(value).decode(), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
