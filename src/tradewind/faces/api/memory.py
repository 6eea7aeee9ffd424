"""What the desk has told lately, kept as it came: journaled rows by number, states by key.

Knows the messages of a frame by their bytes and decodes of each only what names it. Must not know
who looks at them.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from tradewind.model.order import TERMINAL, OrderStatus

RING = 20_000
"""Journaled messages that a page may have missed and still gets."""
NEWEST = 200
"""Rows of each journaled kind that a new page gets."""
CURVE_POINTS = 2_000
CANDLES = 1_500
PRINTS = 200

JOURNALED = frozenset({"order", "fill", "event", "command"})
STATES = frozenset({"instances", "positions", "scopes", "feeds"})
WATCHED = frozenset({"book", "candles", "trades"})


class Frame(msgspec.Struct, frozen=True):
    """A frame of the desk, its messages unread."""

    seq: int
    messages: list[msgspec.Raw]


class Told(msgspec.Struct, frozen=True):
    """One message: its kind, its number where it is journaled, its market where it is of one."""

    kind: str
    seq: int
    instrument: str
    interval: str
    raw: bytes


class _Peek(msgspec.Struct, frozen=True):
    type: str
    seq: int = 0
    instrument: str = ""
    interval: str = ""


class _Names(msgspec.Struct, frozen=True):
    """Whatever may name a row."""

    client_order_id: str = ""
    ord_status: str = ""
    exec_id: str = ""
    command_id: str = ""
    kind: str = ""
    name: str = ""
    account: str = ""
    instance: str = ""
    instrument: str = ""
    bucket: str = ""


class _Row(msgspec.Struct, frozen=True):
    row: _Names


class _State(msgspec.Struct, frozen=True):
    rows: list[msgspec.Raw] = []
    gone: list[msgspec.Raw] = []


class _Series(msgspec.Struct, frozen=True):
    rows: list[list[Any]]
    provisional: bool = False


_frame = msgspec.json.Decoder(Frame).decode
_peek = msgspec.json.Decoder(_Peek).decode
_row = msgspec.json.Decoder(_Row).decode
_names = msgspec.json.Decoder(_Names).decode
_state = msgspec.json.Decoder(_State).decode
_series = msgspec.json.Decoder(_Series).decode
_object = msgspec.json.Decoder(dict[str, Any]).decode
_text = msgspec.json.Decoder(str).decode
_encode = msgspec.json.encode
ENDED = frozenset(OrderStatus(each).value for each in TERMINAL)


def read_frame(line: bytes) -> tuple[int, list[Told]]:
    """Return a frame's number and its messages; raises msgspec.DecodeError for anything else."""
    frame = _frame(line)
    return frame.seq, [_told(bytes(raw)) for raw in frame.messages]


def _told(raw: bytes) -> Told:
    peek = _peek(raw)
    return Told(peek.type, peek.seq, peek.instrument, peek.interval, raw)


class Memory:
    """Everything that a page needs which comes now, or comes back."""

    def __init__(self) -> None:
        self.seq = 0
        self.floor = 0
        """Of every step after this one, all messages are in the ring."""
        self.hello: dict[str, Any] = {}
        self._ring: deque[Told] = deque()
        self._rows: dict[str, dict[str, Told]] = {kind: {} for kind in JOURNALED}
        self._ended: dict[str, None] = {}
        self._states: dict[str, dict[str, bytes]] = {}
        self._vitals: dict[str, Any] = {}
        self._markets: dict[tuple[str, str, str], dict[str, Any]] = {}

    def begin(self, hello: Told) -> None:
        """Take the desk's first message: forget what is void, which is all unless it resumed."""
        self.hello = _object(hello.raw)
        self._states.clear()
        self._vitals.clear()
        self._markets.clear()
        if not self.hello.get("resumed"):
            self._ring.clear()
            for rows in self._rows.values():
                rows.clear()
            self._ended.clear()
            self.floor = self.seq = hello.seq
        self.seq = max(self.seq, hello.seq)

    def take(self, told: Told) -> None:
        """Take in any other message."""
        if told.kind in JOURNALED:
            self._journaled(told)
        elif told.kind in STATES:
            self._changed(told)
        elif told.kind == "vitals":
            self._fold_vitals(told)
        elif told.kind in WATCHED:
            self._fold_market(told)

    def reached(self, seq: int) -> None:
        """Note that all messages up to a step are here."""
        self.seq = max(self.seq, seq)

    def can_resume(self, since: int) -> bool:
        """Tell whether everything after a step is still in the ring."""
        return 0 < since <= self.seq and since >= self.floor

    def missed(self, since: int) -> Iterator[bytes]:
        """Yield what was journaled after a step, oldest first."""
        return (told.raw for told in self._ring if told.seq > since)

    def newest(self) -> Iterator[bytes]:
        """Yield the newest rows of each journaled kind, oldest first, and every live order."""
        for kind in sorted(JOURNALED):
            yield from (told.raw for told in self._rows[kind].values())

    def states(self) -> Iterator[bytes]:
        """Yield every state whole."""
        for kind, rows in self._states.items():
            yield b'{"type":"%s","rows":[%s],"gone":[]}' % (kind.encode(), b",".join(rows.values()))
        if self._vitals:
            yield _encode(self._vitals)

    def market(self, instrument: str, interval: str) -> Iterator[bytes]:
        """Yield what is known of a watched market."""
        for (_, name, own), message in self._markets.items():
            if name == instrument and own in ("", interval):
                yield _encode(message)

    def forget_markets(self, kept: Iterable[tuple[str, str]]) -> None:
        """Forget the markets that nobody watches any more."""
        wanted = set(kept)
        names = {name for name, _ in wanted}
        for key in list(self._markets):
            _, name, interval = key
            if name not in names or (interval and (name, interval) not in wanted):
                del self._markets[key]

    # --- folding ---------------------------------------------------------------------------------

    def _journaled(self, told: Told) -> None:
        self.seq = max(self.seq, told.seq)
        if told.seq > self.floor:
            self._ring.append(told)
            if len(self._ring) > RING:
                self.floor = max(self.floor, self._ring.popleft().seq)
        rows = self._rows[told.kind]
        names = _row(told.raw).row
        key = _key_of(told, names)
        # At the end again: it is sent in the order in which it was last changed.
        rows.pop(key, None)
        rows[key] = told
        if told.kind != "order":
            if len(rows) > NEWEST:
                del rows[next(iter(rows))]
            return
        self._ended.pop(key, None)
        if names.ord_status in ENDED:
            self._ended[key] = None
            if len(self._ended) > NEWEST:
                oldest = next(iter(self._ended))
                del self._ended[oldest], rows[oldest]

    def _changed(self, told: Told) -> None:
        state = _state(told.raw)
        rows = self._states.setdefault(told.kind, {})
        for raw in state.gone:
            rows.pop(_gone(bytes(raw)), None)
        for raw in state.rows:
            row = bytes(raw)
            rows[_name_of(told.kind, _names(row))] = row

    def _fold_vitals(self, told: Told) -> None:
        new = _object(told.raw)
        old = self._vitals
        curves = dict(old.get("instance_curves") or {})
        for name, points in (new.get("instance_curves") or {}).items():
            curves[name] = [*curves.get(name, ()), *points][-CURVE_POINTS:]
        curve = [*old.get("curve", ()), *(new.get("curve") or ())][-CURVE_POINTS:]
        self._vitals = {**new, "curve": curve, "instance_curves": curves}

    def _fold_market(self, told: Told) -> None:
        key = (told.kind, told.instrument, told.interval)
        new = _object(told.raw)
        old = self._markets.get(key)
        if old is not None and told.kind == "trades":
            new["rows"] = [*old["rows"], *new["rows"]][-PRINTS:]
        elif old is not None and told.kind == "candles":
            by_time = {row[0]: row for row in (*old["rows"], *new["rows"])}
            new["rows"] = [by_time[ts] for ts in sorted(by_time)][-CANDLES:]
        self._markets[key] = new


def _key_of(told: Told, names: _Names) -> str:
    if told.kind == "order":
        return names.client_order_id
    if told.kind == "fill":
        return f"{names.account}\n{names.exec_id}"
    if told.kind == "command":
        return names.command_id
    return str(hash(told.raw))


def _name_of(kind: str, names: _Names) -> str:
    if kind == "instances":
        return names.instance
    if kind == "scopes":
        return f"{names.kind}\n{names.name}"
    if kind == "feeds":
        return names.instrument
    return "\n".join((names.account, names.instance, names.instrument, names.bucket))


def _gone(raw: bytes) -> str:
    if raw.startswith(b'"'):
        return _text(raw)
    return _name_of("positions", _names(raw))
