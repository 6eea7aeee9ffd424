"""What a drill writes down: orders as they left, and on request everything in order of time."""

from collections import Counter
from hashlib import sha256
from pathlib import Path

import msgspec

from tradewind.app.drill.network import Carriage
from tradewind.app.drill.world import ordered
from tradewind.model.effects import Effect
from tradewind.model.events import Event
from tradewind.runtime.codec import JOURNALED_TYPES

TEXT = 400
"""Bytes of a frame that a trace shows."""


class Note(msgspec.Struct, frozen=True):
    """One line of a trace: nanoseconds UTC, what kind of thing, and what it says."""

    ts: int
    kind: str
    text: str


class Tape:
    """Hears the network and the desk. `left` counts new orders by the digest of their bytes.

    With `whole`, `notes` keep all that happened, for a trace.
    """

    def __init__(self, *, whole: bool) -> None:
        self.left: Counter[str] = Counter()
        self.whole = whole
        self.notes: list[Note] = []

    def carry(self, carriage: Carriage) -> None:
        """Take note of bytes that a client sends or gets."""
        body = ordered(carriage)
        if body is not None:
            self.left[sha256(body).hexdigest()] += 1
        if self.whole:
            text = carriage.text[:TEXT].decode("utf-8", "replace")
            words = f"{carriage.client} {carriage.where} {text}"
            self.notes.append(Note(carriage.ts, f"wire {carriage.way}", words))

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
