"""Time for the runtime: the real clock, one that runs at a speed, and the doubt about both."""

import time

from tradewind.ports import Clock

CLOCK_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """Wall time, and a monotonic clock that counts while the machine sleeps."""

    def now_ns(self) -> int:
        """Return nanoseconds UTC."""
        return time.time_ns()

    def monotonic_ns(self) -> int:
        """Return nanoseconds that never step."""
        return time.clock_gettime_ns(CLOCK_BOOTTIME)


class ScaledClock:
    """A clock that starts at `start_ns` and runs `speed` times as fast as the monotonic one."""

    def __init__(self, start_ns: int, speed: float) -> None:
        self.start_ns = start_ns
        self.speed = speed
        self._origin_ns = time.clock_gettime_ns(CLOCK_BOOTTIME)

    def now_ns(self) -> int:
        """Return the scaled time, nanoseconds UTC."""
        passed = time.clock_gettime_ns(CLOCK_BOOTTIME) - self._origin_ns
        return self.start_ns + int(passed * self.speed)

    def monotonic_ns(self) -> int:
        """Return the unscaled monotonic time."""
        return time.clock_gettime_ns(CLOCK_BOOTTIME)


class ClockCheck:
    """Compares wall and monotonic clock; a step of the wall clock is an event for the desk."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._offset_ns = clock.now_ns() - clock.monotonic_ns()

    def step_ns(self) -> int:
        """Return by how much the wall clock stepped since the last look."""
        offset_ns = self.clock.now_ns() - self.clock.monotonic_ns()
        stepped = offset_ns - self._offset_ns
        self._offset_ns = offset_ns
        return stepped
