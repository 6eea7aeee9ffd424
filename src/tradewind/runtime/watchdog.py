"""A stopwatch around strategy callbacks, and the end of one that never returns."""

import threading
import time
from collections.abc import Callable

from tradewind.model.events import CallbackOverran
from tradewind.model.ids import InstanceId


class Stopwatch:
    """Times every callback; those over `budget_ns` wait in `overruns` to become events.

    The desk's thread begins and ends; the watchdog's thread only reads `running`.
    """

    def __init__(self, budget_ns: int) -> None:
        self.budget_ns = budget_ns
        self.overruns: list[tuple[InstanceId, str, int]] = []
        self.running: tuple[InstanceId, str, int] | None = None
        self.worst_ns = 0

    def begin(self, instance: InstanceId, callback: str) -> None:
        """A callback is about to run."""
        self.running = (instance, callback, time.perf_counter_ns())

    def end(self) -> None:
        """It has returned or raised."""
        running = self.running
        self.running = None
        if running is None:
            return
        took_ns = time.perf_counter_ns() - running[2]
        if took_ns > self.worst_ns:
            self.worst_ns = took_ns
        if took_ns > self.budget_ns and len(self.overruns) < 1000:
            self.overruns.append((running[0], running[1], took_ns))

    def events(self, now_ns: int) -> list[CallbackOverran]:
        """Take the overruns as events for the desk, the worst of each callback."""
        worst: dict[tuple[InstanceId, str], int] = {}
        for instance, callback, took_ns in self.overruns:
            key = (instance, callback)
            worst[key] = max(worst.get(key, 0), took_ns)
        self.overruns.clear()
        return [
            CallbackOverran(instance, callback, took_ns, now_ns)
            for (instance, callback), took_ns in worst.items()
        ]


class Watchdog:
    """Looks at a stopwatch from its own thread and acts when a callback hangs.

    `on_hang(instance, callback)` is called once, from the watchdog's thread; the desk's thread is
    stuck then, so it must end the process (and note who hung, for the restart).
    """

    def __init__(
        self, stopwatch: Stopwatch, hang_s: float, on_hang: Callable[[InstanceId, str], None]
    ) -> None:
        self._stopwatch = stopwatch
        self._hang_ns = int(hang_s * 1e9)
        self._on_hang = on_hang
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> "Watchdog":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(timeout=2)

    def _watch(self) -> None:
        while not self._done.wait(self._hang_ns / 4e9):
            running = self._stopwatch.running
            if running is None:
                continue
            if time.perf_counter_ns() - running[2] > self._hang_ns:
                self._on_hang(running[0], running[1])
                return
