"""How the connections of one account are: ages of what is heard, and how often lines came back.

Knows what passes. Must not know a venue, nor decide anything by what it sees.
"""

from collections.abc import Callable

from tradewind.edge.net.line import Line
from tradewind.edge.net.offset import ClockOffset
from tradewind.model.ages import Ages
from tradewind.model.events import BookDelta, Event, FillReceived, Quote, Trade

STREAMS: dict[type, str] = {
    BookDelta: "book",
    Quote: "quote",
    Trade: "trade",
    FillReceived: "fill",
}
"""News that carries the venue's own time of what happened; snapshots are as old as we like."""


class Gauges:
    """What an account's adapter and its lines let be seen. An adapter calls `keep` and `add`.

    `ages` has a histogram for each stream that has been heard: from the venue's time to ours,
    nanoseconds, by our clock as far as the offset is known.
    """

    def __init__(self) -> None:
        self.ages: dict[str, Ages] = {}
        self.lines: dict[str, Line] = {}
        self.offset: ClockOffset | None = None

    def add(self, line: Line) -> Line:
        """Count the connections of a line from now on."""
        self.lines[line.settings.name] = line
        return line

    def hearing(self, sink: Callable[[Event], None]) -> Callable[[Event], None]:
        """Return a sink that sees how old each event is and hands it on."""

        def hear(event: Event) -> None:
            stream = STREAMS.get(type(event))
            if stream is not None:
                self._observe(stream, event.ts_recv - event.ts_event)  # type: ignore[union-attr]
            sink(event)

        return hear

    def reconnects(self) -> dict[str, int]:
        """Return how often each line stood again after it had stood before."""
        return {name: max(0, line.connections - 1) for name, line in self.lines.items()}

    def _observe(self, stream: str, age_ns: int) -> None:
        ages = self.ages.get(stream)
        if ages is None:
            ages = self.ages[stream] = Ages()
        ages.observe(age_ns + (self.offset.offset_ns if self.offset is not None else 0))
