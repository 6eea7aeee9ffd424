"""Events that are made while they are read: blocks of rows, and the stream of them.

Knows columns as arrays. Must not know where they come from, nor who reads.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, repeat
from typing import Any, Generic, TypeVar

import msgspec
import numpy as np

from tradewind.model.events import Candle, MarketEvent
from tradewind.model.history import STATUSES
from tradewind.runtime.columns import Floats, Ints

Made = TypeVar("Made", bound=MarketEvent)

ROWS = 2_048
"""Rows that become objects together; more leave the processor's cache."""


class Block(msgspec.Struct, Generic[Made]):
    """Rows of one feed that may become events: their `ts_recv`, and what makes rows [from, to).

    `candles` are the same rows as columns, where they all are candles.
    """

    ts_recv: Any
    make: Callable[[int, int], Iterator[Made]]
    candles: "CandleRows | None" = None


class Stream(Generic[Made]):
    """The events of a feed in order of `ts_recv`; can be read once, as events or as blocks."""

    __slots__ = ("blocks",)

    def __init__(self, blocks: Iterator[Block[Made]]) -> None:
        self.blocks = blocks

    def __iter__(self) -> Iterator[Made]:
        return chain.from_iterable(
            block.make(start, start + ROWS)
            for block in self.blocks
            for start in range(0, len(block.ts_recv), ROWS)
        )


class CandleRows(msgspec.Struct):
    """Rows of candles as columns; `of` says for each row whose it is, None: all the first's."""

    recv: Ints
    ts_event: Ints
    prices: list[Ints]
    volume: Floats
    status: Any
    owners: list[tuple[str, str, float]]
    of: Any = None

    def make(self, start: int, stop: int) -> Iterator[Candle]:
        """Return the candles [start, stop)."""
        part = slice(start, stop)
        prices = [quanta[part] for quanta in self.prices]
        name, interval, scale = self._owner(part)
        fields: list[Iterable[Any]] = [
            name,
            self.ts_event[part].tolist(),
            self.recv[part].tolist(),
            interval,
            *[quanta.tolist() for quanta in prices],
            # Whole doubles divided by a power of ten: the nearest float to the decimal value.
            *[(quanta / scale).tolist() for quanta in prices],
            self.volume[part].tolist(),
        ]
        if self.status is not None:
            fields.append(map(STATUSES.__getitem__, self.status[part].tolist()))
        return map(Candle, *fields)

    def _owner(self, part: slice) -> tuple[Iterable[str], Iterable[str], Any]:
        if self.of is None:
            name, interval, scale = self.owners[0]
            return repeat(name), repeat(interval), scale
        names, intervals, scales = zip(*self.owners, strict=True)
        of = self.of[part]
        rows = of.tolist()
        return (
            map(names.__getitem__, rows),
            map(intervals.__getitem__, rows),
            np.array(scales).take(of),
        )
