"""The decision hash: one digest over every effect of a run, byte for byte."""

from hashlib import blake2b

import msgspec

from tradewind.model.effects import Effect

CHUNK = 256


class Decisions:
    """A running digest. Two runs that decided the same have the same `digest()`.

    Effects are folded in chunks of a fixed number, so that hashing costs little per effect and
    does not depend on how the events were grouped.
    """

    __slots__ = ("_chain", "_pending", "count")

    def __init__(self) -> None:
        self._chain = b"\0" * 32
        self._pending: list[Effect] = []
        self.count = 0

    def add(self, effects: list[Effect]) -> None:
        """Fold the effects of one step."""
        pending = self._pending
        pending += effects
        if len(pending) >= CHUNK:
            while len(pending) >= CHUNK:
                self._chain = _fold(self._chain, pending[:CHUNK])
                self.count += CHUNK
                del pending[:CHUNK]

    def digest(self) -> str:
        """Return the digest over everything so far, as 64 hexadecimal digits."""
        return _fold(self._chain, self._pending).hex()

    def total(self) -> int:
        """Return how many effects have been folded."""
        return self.count + len(self._pending)


def _fold(chain: bytes, effects: list[Effect]) -> bytes:
    return blake2b(chain + msgspec.msgpack.encode(effects), digest_size=32).digest()
