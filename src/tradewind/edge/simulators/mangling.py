"""What faults do to the bytes of a venue: cut short, no JSON at all, another field.

Knows bytes and JSON. Must not know what any field means.
"""

from decimal import Decimal
from random import Random
from typing import Any

import msgspec

from tradewind.edge.simulators.wire_faults import Fault, Kind

MANGLES = frozenset({Kind.TRUNCATE, Kind.GARBAGE, Kind.RENAME, Kind.OMIT})
GARBAGE = b"<html><head><title>502 Bad Gateway</title></head></html>"
# Numbers keep the digits that they were written with.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def mangled(text: bytes, struck: dict[Kind, Fault], dice: Random) -> bytes:
    """Return what is left of the bytes after the faults that struck them, fields first."""
    for kind in (Kind.RENAME, Kind.OMIT):
        if kind in struck:
            text = _edited(text, struck[kind])
    if Kind.GARBAGE in struck:
        return struck[Kind.GARBAGE].body.encode() or GARBAGE
    if Kind.TRUNCATE in struck and text:
        return text[: dice.randrange(len(text))]
    return text


def _edited(text: bytes, fault: Fault) -> bytes:
    try:
        whole = _DECODER.decode(text)
    except msgspec.DecodeError:
        # Not JSON, as a plain "pong": it has no fields.
        return text
    return _ENCODER.encode(_without(whole, fault.field, fault.to))


def _without(value: Any, field: str, to: str) -> Any:
    if isinstance(value, dict):
        return {
            (to if key == field else key): _without(each, field, to)
            for key, each in value.items()
            if key != field or to
        }
    if isinstance(value, list):
        return [_without(each, field, to) for each in value]
    return value
