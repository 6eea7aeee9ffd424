"""The digest that ties every journal row to all rows before it. Knows bytes, not databases."""

from hashlib import blake2b
from struct import Struct

from tradewind.ports import JournalRow

GENESIS = bytes(32)
"""What the first row of a journal chains on."""

_NUMBERS = Struct(">qqqqq")


def link(previous: bytes, row: JournalRow) -> bytes:
    """Return the digest of `row` behind `previous`: 32 bytes of BLAKE2b over both.

    Every number has a fixed width and the kind is preceded by its length, so that no two
    different rows make the same bytes.
    """
    kind = row.kind.encode()
    numbers = _NUMBERS.pack(row.seq, row.ordinal, row.epoch, row.ts, len(kind))
    return blake2b(previous + numbers + kind + row.payload, digest_size=32).digest()
