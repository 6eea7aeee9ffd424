"""Events and effects as journal rows and back. Knows the wire form of committed facts; it must not
know which database keeps them.

JSON with tagged structs: `type` names the class, Decimals are text, bytes are base 64. A field of
free form (parameters, details) comes back as plain JSON values.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import get_args

import msgspec

from tradewind.model.effects import Effect
from tradewind.model.errors import JournalError
from tradewind.model.events import JOURNALED, Event
from tradewind.ports import JournalRow, Published

JOURNALED_TYPES = frozenset(kind for kind in get_args(Event) if issubclass(kind, JOURNALED))
"""The classes whose events are rows of the journal; all others go to the event log."""

_encode = msgspec.json.Encoder().encode
_decode_event = msgspec.json.Decoder(Event).decode
_decode_effect = msgspec.json.Decoder(Effect).decode


def encode_rows(
    seq: int, epoch: int, ts: int, event: Event | None, effects: Sequence[Effect]
) -> list[JournalRow]:
    """Return the rows of one step: the event at ordinal 0 if it is journaled, effects from 1."""
    rows = []
    if type(event) in JOURNALED_TYPES:
        rows.append(JournalRow(seq, 0, epoch, ts, type(event).__name__, _encode(event)))
    for ordinal, effect in enumerate(effects, 1):
        rows.append(JournalRow(seq, ordinal, epoch, ts, type(effect).__name__, _encode(effect)))
    return rows


def decode(row: JournalRow) -> Event | Effect:
    """Return the event (ordinal 0) or effect of a row.

    Raises JournalError where this version does not know its kind or its fields.
    """
    return _effect(row) if row.ordinal else _event(row)


def steps(rows: Iterable[JournalRow]) -> Iterator[Published]:
    """Yield the committed steps that the rows belong to, one for each sequence number.

    Raises JournalError as `decode` does.
    """
    for seq, group in groupby(rows, attrgetter("seq")):
        members = list(group)
        event = None if members[0].ordinal else _event(members[0])
        effects = tuple(_effect(row) for row in members if row.ordinal)
        yield Published(seq, members[0].ts, event, effects)


def _event(row: JournalRow) -> Event:
    try:
        event: Event = _decode_event(row.payload)
    except msgspec.DecodeError as error:
        raise _unreadable(row, error) from error
    return event


def _effect(row: JournalRow) -> Effect:
    try:
        effect: Effect = _decode_effect(row.payload)
    except msgspec.DecodeError as error:
        raise _unreadable(row, error) from error
    return effect


def _unreadable(row: JournalRow, error: msgspec.DecodeError) -> JournalError:
    return JournalError(
        f"Read the {row.kind} of journal row {row.seq}/{row.ordinal}, found {error}; "
        f"start the version of Tradewind that wrote it."
    )
