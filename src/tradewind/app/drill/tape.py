"""What a drill writes down: orders as they left, and on request everything in order of time."""

from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import msgspec

from tradewind.app.drill.network import Carriage
from tradewind.app.drill.world import asks, ordered
from tradewind.model.effects import Effect
from tradewind.model.events import Event
from tradewind.model.money import NANOS
from tradewind.runtime.codec import JOURNALED_TYPES
from tradewind.runtime.live import SEND_LIMIT_NS

TEXT = 400
"""Bytes of a frame that a trace shows."""


class Note(msgspec.Struct, frozen=True):
    """One line of a trace: nanoseconds UTC, what kind of thing, and what it says."""

    ts: int
    kind: str
    text: str


class Tape:
    """Hears the network and the desk. `left` counts new orders by the digest of their bytes,
    `batches` by where they went how often several of them left in one message.

    `wrong` has sentences of what left and should not have; `now_ns` is time that never steps.

    With `whole`, `notes` keep all that happened, for a trace.
    """

    def __init__(self, *, whole: bool) -> None:
        self.left: Counter[str] = Counter()
        self.batches: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.fenced = False
        self.now_ns: Callable[[], int] = lambda: 0
        self._approved: dict[str, tuple[str, int]] = {}
        self.whole = whole
        self.notes: list[Note] = []

    def carry(self, carriage: Carriage) -> None:
        """Take note of bytes that a client sends or gets."""
        if self.fenced and asks(carriage):
            self.wrong.append(f"after the lease was lost this left: {carriage.where}")
        leaving = ordered(carriage)
        for body in leaving:
            self._leave(sha256(body).hexdigest())
        if len(leaving) > 1:
            self.batches[carriage.where] += 1
        if self.whole:
            text = carriage.text[:TEXT].decode("utf-8", "replace")
            words = f"{carriage.client} {carriage.where} {text}"
            self.notes.append(Note(carriage.ts, f"wire {carriage.way}", words))

    def fence(self) -> None:
        """Take note that the process has lost its lease."""
        self.fenced = True

    def approve(self, digest: str, name: str) -> None:
        """Take note that the bytes of this digest may leave, as the order of that name."""
        self._approved[digest] = (name, self.now_ns())

    def _leave(self, digest: str) -> None:
        self.left[digest] += 1
        name, approved_ns = self._approved.get(digest, ("", 0))
        late_ns = self.now_ns() - approved_ns
        if not name:
            self.wrong.append(f"an order left as bytes that were never approved: {digest:.12}")
        elif late_ns > SEND_LIMIT_NS:
            self.wrong.append(f"order {name} left {late_ns / NANOS:.1f} s after its approval")
        if self.left[digest] > 1:
            self.wrong.append(f"order {name} left {self.left[digest]} times")

    def step(self, ts: int, event: Event, effects: list[Effect]) -> None:
        """Take note of one step of the desk; data without effects is left out."""
        if not self.whole:
            return
        if effects or type(event) in JOURNALED_TYPES:
            self.notes.append(Note(ts, "event", repr(event)))
        self.notes += [Note(ts, "effect", repr(effect)) for effect in effects]

    def tell(self, ts: int, kind: str, text: str) -> None:
        """Take note of what was done to the desk."""
        if self.whole:
            self.notes.append(Note(ts, kind, text))

    def write(self, file: Path, start_ns: int) -> None:
        """Write the notes in order of time, one a line; seconds since the start come first."""
        with file.open("w", encoding="utf-8") as out:
            for note in sorted(self.notes, key=lambda each: each.ts):
                text = note.text.replace("\n", " ")
                out.write(f"{(note.ts - start_ns) / 1e9:12.6f} {note.kind:<8} {text}\n")
