"""Too many tries: how many may fail before a name or a peer has to wait, and for how long.

Knows times and counts; must not know passwords. A try counts from its beginning, so that many at
once are no way around it.
"""

import threading
from collections import OrderedDict

import msgspec

from tradewind.model.errors import LockedOut
from tradewind.ports import Clock

WINDOW_S = 15 * 60
FAILURES_PER_NAME = 5
FAILURES_PER_PEER = 20
FIRST_LOCK_S = 60
LONGEST_LOCK_S = 3600
FORGET_S = 24 * 3600
REMEMBERED = 10_000
"""Names and peers, invented ones too, of which tries are remembered; then the oldest goes."""
SECOND = 1_000_000_000


class Tries(msgspec.Struct):
    """What one name or peer has tried: when, until when it is shut, and how often it was."""

    at_ns: list[int]
    until_ns: int = 0
    locks: int = 0
    last_ns: int = 0


class Lockout:
    """Counts tries on the monotonic clock. Usable from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: OrderedDict[tuple[str, str], Tries] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, name: str, peer: str) -> None:
        """Count a try; raises LockedOut, and counts nothing, while the name or the peer is shut."""
        now_ns = self._clock.monotonic_ns()
        with self._lock:
            both = ((("name", name), FAILURES_PER_NAME), (("peer", peer), FAILURES_PER_PEER))
            wait_ns = max(self._of(key, now_ns).until_ns - now_ns for key, _ in both)
            if wait_ns > 0:
                raise _locked_out(wait_ns)
            for key, allowed in both:
                _count(self._of(key, now_ns), now_ns, allowed)

    def forgive(self, name: str, peer: str) -> None:
        """Take a try back that was right: the name begins anew, the peer keeps its other tries."""
        now_ns = self._clock.monotonic_ns()
        with self._lock:
            self._tries.pop(("name", name), None)
            tries = self._of(("peer", peer), now_ns)
            if tries.at_ns:
                tries.at_ns.pop()
            if tries.until_ns > now_ns:
                tries.until_ns, tries.locks = 0, tries.locks - 1

    def _of(self, key: tuple[str, str], now_ns: int) -> Tries:
        tries = self._tries.get(key)
        if tries is None or now_ns - tries.last_ns > FORGET_S * SECOND:
            tries = self._tries[key] = Tries([], last_ns=now_ns)
        self._tries.move_to_end(key)
        while len(self._tries) > REMEMBERED:
            self._tries.popitem(last=False)
        return tries


def _count(tries: Tries, now_ns: int, allowed: int) -> None:
    tries.last_ns = now_ns
    tries.at_ns = [at for at in tries.at_ns if now_ns - at < WINDOW_S * SECOND][1 - allowed :]
    tries.at_ns.append(now_ns)
    if len(tries.at_ns) >= allowed:
        seconds = min(FIRST_LOCK_S << min(tries.locks, 16), LONGEST_LOCK_S)
        tries.until_ns = now_ns + seconds * SECOND
        tries.locks += 1


def _locked_out(wait_ns: int) -> LockedOut:
    seconds = -(-wait_ns // SECOND)
    return LockedOut(
        f"Tried to sign in, found too many failed tries before this one; wait {seconds} s and "
        f"try again.",
        retry_after_s=float(seconds),
    )
