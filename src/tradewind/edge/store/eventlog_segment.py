"""One segment of the event log: records [length][crc32][seq][payload], one behind the other.

Knows frames and where a file was torn; it must not know what a payload says.
"""

import mmap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from os import SEEK_END
from pathlib import Path
from struct import Struct
from zlib import crc32

import msgspec

HEADER = Struct("<IIQ")
"""Length of the payload, its CRC-32 with the sequence number folded in, the sequence number."""
MAX_PAYLOAD = 1 << 28
_SECTOR = 512
_LOW_32 = 0xFFFFFFFF

Buffer = bytes | mmap.mmap


class Scan(msgspec.Struct, frozen=True):
    """What a segment holds: `end` is where its last whole record ends, `size` its length in bytes.

    `damaged` says that records are lost in the middle, not at a torn tail.
    """

    records: int
    last_seq: int
    end: int
    size: int
    damaged: bool

    @property
    def torn(self) -> int:
        """Return the bytes behind the last whole record."""
        return self.size - self.end


def frame(records: Iterable[tuple[int, bytes]]) -> bytes:
    """Return records as the bytes of a segment."""
    pack = HEADER.pack
    parts: list[bytes] = []
    for seq, payload in records:
        parts.append(pack(len(payload), crc32(payload, (seq ^ seq >> 32) & _LOW_32), seq))
        parts.append(payload)
    return b"".join(parts)


def records(data: Buffer) -> Iterator[tuple[int, bytes, int]]:
    """Yield (seq, payload, end) of every whole record from the start; stop at the first bad one."""
    position, size = 0, len(data)
    head, unpack = HEADER.size, HEADER.unpack_from
    while position + head <= size:
        length, checksum, seq = unpack(data, position)
        start, position = position + head, position + head + length
        if not length or position > size:
            return
        payload = data[start:position]
        if crc32(payload, (seq ^ seq >> 32) & _LOW_32) != checksum:
            return
        yield seq, payload, position


def scan(path: Path) -> Scan:
    """Read a whole segment and say what it holds."""
    with load(path) as data:
        count = last_seq = end = 0
        for seq, _, position in records(data):
            count, last_seq, end = count + 1, seq, position
        damaged = end < len(data) and not torn(data, end, last_seq)
        return Scan(count, last_seq, end, len(data), damaged)


@contextmanager
def load(path: Path) -> Iterator[Buffer]:
    """Give a segment's bytes to a `with` block: mapped, since a segment may be large."""
    with path.open("rb") as file:
        if not file.seek(0, SEEK_END):
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data


def torn(data: Buffer, position: int, last_seq: int) -> bool:
    """Tell whether the bad record at `position` is a torn tail rather than a changed byte.

    A killed process leaves a part of a record with nothing behind it. A power cut may besides
    leave whole sectors of zeros, with good ones behind them; no record of ours has those.
    """
    return _has_hole(data, position) or not _goes_on(data, position + 1, last_seq)


def _has_hole(data: Buffer, position: int) -> bool:
    length = 0
    if position + HEADER.size <= len(data):
        length = HEADER.unpack_from(data, position)[0]
    last = min(position + HEADER.size + min(length, MAX_PAYLOAD), len(data))
    first_sector = -(-position // _SECTOR) * _SECTOR
    zeros = bytes(_SECTOR)
    return any(
        data[start : start + _SECTOR] == zeros
        for start in range(first_sector, last + _SECTOR, _SECTOR)
    )


def _goes_on(data: Buffer, position: int, last_seq: int) -> bool:
    head, size = HEADER.size, len(data)
    for start in range(position, size - head):
        length, checksum, seq = HEADER.unpack_from(data, start)
        end = start + head + length
        if not 0 < length <= size - start - head or not last_seq < seq <= last_seq + _LOW_32:
            continue
        if crc32(data[start + head : end], (seq ^ seq >> 32) & _LOW_32) == checksum:
            return True
    return False
