"""Everybody's market data in one stream: many flows, merged by the time at which we see them.

Knows flows and time. Must not know what a flow tells, nor who listens. The same seed and the same
times give the same events, however the stream is cut into calls or pickled in between.
"""

from heapq import heapify, heapreplace
from typing import Protocol

from tradewind.edge.simulators.latent import Latent
from tradewind.model.events import CurrencyRate, Event, ReferencePrice

NEVER = 1 << 62


class Flow(Protocol):
    """One source of public events; `next_ns` is the venue's time of the next thing it tells."""

    next_ns: int
    feed_ns: int

    def open(self, out: list[Event]) -> None:
        """Append what is told first, at `next_ns`, and move on."""
        ...

    def step(self, out: list[Event]) -> None:
        """Append what happens at `next_ns`, possibly nothing, and move on."""
        ...


class Crowd:
    """The public of all venues.

    Every event has `ts_recv` = the venue's time + the delay of the feed, and events come in order
    of `ts_recv`; of equal times, the first flow's. `next_due_ns` is when the next one may come.
    """

    __slots__ = ("_flows", "_heap", "_unopened")

    def __init__(self, flows: tuple[Flow, ...]) -> None:
        self._flows = flows
        self._unopened = set(range(len(flows)))
        self._heap = [(flow.next_ns + flow.feed_ns, place) for place, flow in enumerate(flows)]
        heapify(self._heap)

    @property
    def next_due_ns(self) -> int:
        """Return when the next event may reach us."""
        return self._heap[0][0]

    def due(self, until_ns: int) -> list[Event]:
        """Return all events that reach us up to `until_ns`, in order."""
        out: list[Event] = []
        heap = self._heap
        while heap[0][0] <= until_ns:
            place = heap[0][1]
            flow = self._flows[place]
            if place in self._unopened:
                self._unopened.discard(place)
                flow.open(out)
            else:
                flow.step(out)
            heapreplace(heap, (flow.next_ns + flow.feed_ns, place))
        return out


class RateFlow:
    """What currencies are worth in the reporting currency, told once."""

    __slots__ = ("_rates", "feed_ns", "next_ns")

    def __init__(self, rates: tuple[CurrencyRate, ...], start_ns: int) -> None:
        self._rates = rates
        self.next_ns = start_ns
        self.feed_ns = 0

    def open(self, out: list[Event]) -> None:
        """Tell the rates."""
        out.extend(self._rates)
        self.next_ns = NEVER

    def step(self, out: list[Event]) -> None:
        """Tell nothing more."""
        self.next_ns = NEVER


class ReferenceFlow:
    """A price feed of something that is not traded here, every `every_ns`.

    `confidence` is a fraction of the price.
    """

    __slots__ = ("_confidence", "_every_ns", "_feed", "_price", "feed_ns", "next_ns")

    def __init__(
        self, feed: str, price: Latent, *, start_ns: int, every_ns: int, confidence: float
    ) -> None:
        self._feed = feed
        self._price = price
        self._every_ns = every_ns
        self._confidence = confidence
        self.next_ns = start_ns
        self.feed_ns = 0

    def open(self, out: list[Event]) -> None:
        """Tell the first price."""
        self.step(out)

    def step(self, out: list[Event]) -> None:
        """Tell the price of now."""
        ts = self.next_ns
        out.append(reference(self._feed, self._price.at(ts), ts, self._confidence))
        self.next_ns = ts + self._every_ns


def reference(feed: str, px: float, ts: int, confidence: float) -> ReferencePrice:
    """Return a reference price at a time; `confidence` is a fraction of the price."""
    # Feeds print digits, not doubles.
    return ReferencePrice(feed, ts, ts, round(px, 4), round(px * confidence, 6))
