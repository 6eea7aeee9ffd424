"""Does an event cost more when much has been? Ratios of two measurements in one process.

usage: python -m bench.growth CASE --data DIR [--n ROWS] [--many COUNT]

    orders       a new desk and one that has had COUNT orders (200,000), in turns
    instances    a desk without and one with COUNT running instances (1,000) that hear nothing,
                 because their instrument is silent, in turns
    instruments  candles of one instrument, and as many of COUNT (1,000), in turns

`quiet` is a quote that a strategy hears and does nothing about; `making` one of a market maker,
who answers every tenth with two new orders and two cancels. All figures are means of processor
time over what was measured.
"""

import argparse
import gc
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from bench.arrays import Cut, whole
from bench.workloads import (
    INTERVAL,
    Count,
    Ema,
    Maker,
    Noop,
    candles_of,
    deploy,
    instrument,
    open_desk,
    quiet,
    quotes_of,
    told,
)
from tradewind.model.instrument import Instrument
from tradewind.ports import Columns
from tradewind.runtime import feed
from tradewind.runtime.backtest import Watched, run

SLICE = 1_000
SLICES = 50
SECOND_NS = 1_000_000_000
WARM_UP = 20
MANY = {"orders": 200_000, "instances": 1_000, "instruments": 1_000}


class Timed(msgspec.Struct):
    """What a number of events took."""

    events: int = 0
    spent_ns: int = 0

    def run(self, drive: Watched, events: Any, count: int) -> None:
        """Feed events and add what they took."""
        clock = time.process_time_ns()
        run(drive, events, quiet)
        self.spent_ns += time.process_time_ns() - clock
        self.events += count

    @property
    def ns(self) -> float:
        """Return nanoseconds an event."""
        if not self.events:
            raise SystemExit("Measured growth, found too few rows for one turn; give a larger --n.")
        return self.spent_ns / self.events


class Tape:
    """Quotes that begin anew for ever, each lap later than what `clock` shows when it begins.

    Made once as columns, so that what is timed is the engine and not the conversion of arrays.
    """

    def __init__(self, rule: Instrument, rows: Any, clock: "Clock") -> None:
        self.rows = len(rows)
        self.columns = quotes_of(rule, rows)
        self.clock = clock
        self.events = iter(feed.quotes(rule, self._laps()))

    def lap(self) -> Iterator[Any]:
        """Return the events of the next lap, to be read before another lap is asked for."""
        return islice(self.events, self.rows)

    def _laps(self) -> Iterator[Columns]:
        named = dict(zip(self.columns.names, self.columns.arrays, strict=True))
        times = named["ts_event"] - named["ts_event"][0]
        while True:
            named["ts_event"] = named["ts_recv"] = times + self.clock.now_ns
            self.clock.now_ns += int(times[-1]) + SECOND_NS
            yield Columns(tuple(named), tuple(named.values()))


class Clock:
    """Where the time of a desk stands."""

    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns


class Makers:
    """A desk with a market maker on one instrument and a silent listener on another."""

    def __init__(self, rows: Any, idle: int = 0) -> None:
        clock = Clock(int(rows["ts"][0]))
        self.count = Count()
        making, hearing, silent = (instrument(f"S{k:02d}", "0.1") for k in range(3))
        self.drive = open_desk([Maker, Noop], [making, hearing, silent], self.count)
        deploy(self.drive, "making", Maker, making)
        deploy(self.drive, "quiet", Noop, hearing)
        for number in range(idle):
            deploy(self.drive, f"idle{number:05d}", Noop, silent)
        self.long = Tape(making, rows, clock)
        self.samples = Tape(hearing, rows[:SLICE], clock), Tape(making, rows[:SLICE], clock)

    def sample(self, *into: Timed) -> None:
        """Time the same few rows on both instruments."""
        for tape, timed in zip(self.samples, into, strict=True):
            timed.run(self.drive, tape.lap(), tape.rows)


def orders(rows: Any, many: int) -> dict[str, Any]:
    """Compare a new desk with one that has had many orders, in turns."""
    new, old = Makers(rows), Makers(rows)
    while old.count.orders < many:
        had = old.count.orders
        Timed().run(old.drive, old.long.lap(), old.long.rows)
        assert old.count.orders > had, "these quotes make no orders"
    past = old.count.orders
    return {"few": 0, "many": past, **_in_turns(new, old)}


def instances(rows: Any, many: int) -> dict[str, Any]:
    """Compare desks without and with many idle instances, in turns."""
    return {"few": 0, "many": many, **_in_turns(Makers(rows), Makers(rows, many))}


def _in_turns(few: Makers, many: Makers) -> dict[str, Any]:
    before, after = (Timed(), Timed()), (Timed(), Timed())
    for desk in (few, many):
        desk.sample(Timed(), Timed())
    for _ in range(SLICES):
        # All that the collector does is charged to the desk that may have grown.
        gc.disable()
        few.sample(*before)
        gc.enable()
        many.sample(*after)
    return {"quiet": _pair(before[0], after[0]), "making": _pair(before[1], after[1])}


def instruments(rows: Any, many: int) -> dict[str, Any]:
    """Compare one instrument's candles with as many of many instruments, in turns."""
    each = len(rows) // many
    rows = rows[: each * many]
    one = _averages([rows])
    several = _averages([rows[k * each : (k + 1) * each] for k in range(many)])
    few, more = Timed(), Timed()
    # Each desk has its own warm-up behind it, so one has more candles left: as many are compared.
    for start in range(0, (each - WARM_UP) * many, SLICE):
        count = min(SLICE, (each - WARM_UP) * many - start)
        for timed, (drive, events) in ((few, one), (more, several)):
            timed.run(drive, islice(events, count), count)
    return {"few": 1, "many": many, "candle": _pair(few, more)}


def _averages(parts: list[Any]) -> tuple[Watched, Iterator[Any]]:
    """Return a desk after the warm-up of its averages, and the candles that follow.

    Its instruments all begin at once, whatever the times of their rows.
    """
    rules = [instrument(f"S{k:04d}", "0.01") for k in range(len(parts))]
    drive = open_desk([Ema], rules, Count())
    for rule in rules:
        deploy(drive, f"on-{rule.symbol}", Ema, rule)
    streams = []
    for rule, part in zip(rules, parts, strict=True):
        together = part.copy()
        together["ts"] = parts[0]["ts"][: len(part)]
        streams.append(feed.candles(rule, INTERVAL, candles_of(rule, together)))
    events = iter(feed.merge(*streams))
    run(drive, islice(events, WARM_UP * len(parts)), quiet)
    return drive, events


def _pair(few: Timed, many: Timed) -> dict[str, float]:
    return {"few_ns": round(few.ns), "many_ns": round(many.ns), "ratio": round(many.ns / few.ns, 3)}


CASES = {"orders": orders, "instances": instances, "instruments": instruments}


def main() -> None:
    """Measure one case and print its figures as a line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--n", type=int, default=200_000)
    parser.add_argument("--many", type=int)
    asked = parser.parse_args()
    name = "bars" if asked.case == "instruments" else "quotes"
    rows = whole(Cut(asked.data / f"{name}.npy", asked.n))
    told({"case": asked.case, **CASES[asked.case](rows, asked.many or MANY[asked.case])})


if __name__ == "__main__":
    main()
