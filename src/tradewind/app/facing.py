"""What faces see of one running desk: its plane, its views, and what keeps them fresh.

The demo and a live desk are looked at by the same words; here those are put together once.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping

import msgspec

import tradewind
from tradewind.app.desks import DeskFolder, OpenDesk
from tradewind.control.history import History
from tradewind.control.live import LiveViews
from tradewind.control.markets import Ahead, nobody_knows
from tradewind.control.plane import Ask, Plane
from tradewind.control.views import AgeView, Latency, LinkView, Vitals
from tradewind.edge.net.gauges import Gauges
from tradewind.model.ages import Ages
from tradewind.model.events import Event
from tradewind.model.ids import AccountId, InstanceId
from tradewind.model.money import MICROS
from tradewind.runtime.codec import steps

HANG_S = 20.0
"""A callback that has run so long never returns: the desk starts again without its instance."""


class Facing:
    """The outside of an open desk; `ask` puts commands into its inbox.

    `ahead` knows what our orders stand behind, where the venue is in this process.
    """

    def __init__(
        self, opened: OpenDesk, ask: Ask, vitals: Vitals, ahead: Ahead = nobody_knows
    ) -> None:
        self._open = opened
        self.vitals = vitals
        vitals.version = tradewind.__version__
        self.history = History()
        self.history.load(steps(opened.journal.read()))
        opened.bus.subscribe(self.history)
        self.views = LiveViews(opened.desk, self.history, vitals, ahead)
        self.views.tape.on_change = self._listen
        self.plane = Plane(opened.desk, ask, opened.bus)
        self._measured = (time.monotonic(), 0)

    def _listen(self, listener: Callable[[Event], None] | None) -> None:
        self._open.keeper.listener = listener

    def measure(self, events: int, now_ns: int) -> None:
        """Note how many events there have been by now."""
        now = time.monotonic()
        passed = now - self._measured[0]
        if passed > 0:
            self.vitals.events_per_s = (events - self._measured[1]) / passed
        self.vitals.events = events
        self.vitals.now_ns = now_ns
        self.views.sample()
        self._measured = (now, events)

    def time_orders(self, ages: Ages) -> None:
        """Note how long orders took from their cause to the wire."""
        if ages.count:
            p50, p99 = (ages.quantile(share) // MICROS for share in (0.5, 0.99))
            worst = ages.longest_ns // MICROS
            self.vitals.latency = Latency(orders=ages.count, p50_us=p50, p99_us=p99, worst_us=worst)

    def see_links(
        self, gauges: Mapping[AccountId, Gauges], failed_reads: Mapping[AccountId, int]
    ) -> None:
        """Note how the connections of each account are, and how many readings of it failed."""
        self.vitals.links = tuple(
            self._link(name, each, failed_reads.get(name, 0)) for name, each in gauges.items()
        )

    def _link(self, account: AccountId, gauges: Gauges, failed_reads: int) -> LinkView:
        offset = gauges.offset
        known = offset is not None and offset.known
        return LinkView(
            account=account,
            ages={stream: _age(ages) for stream, ages in gauges.ages.items()},
            reconnects=gauges.reconnects(),
            failed_reads=failed_reads,
            clock_ahead_us=offset.offset_ns // MICROS if offset is not None and known else None,
        )

    def hear_recorder(self) -> None:
        """Show what the recorder could not do: an alert of the runtime, which moves no desk."""
        for text in self._open.recorder.alerts[len(self.vitals.notes) :]:
            self.history.remark("recorder", text, self._open.desk.world.now_ns)
            self.vitals.notes = (*self.vitals.notes, text)

    def trouble(self, text: str) -> None:
        """Show what went wrong beside the desk; it moves no desk."""
        self.history.remark("gateway", text, self._open.desk.world.now_ns)

    def not_posted(self, text: str) -> None:
        """Show that a notice did not go out; no channel is told of that."""
        self.history.remark("notice", text, self._open.desk.world.now_ns)

    def client_fault(self, error: Exception) -> None:
        """Note what went wrong with a client beyond what it could be told."""
        self._open.faults.append(f"a client failed: {type(error).__name__}: {error}")


def _age(ages: Ages) -> AgeView:
    p50, p99 = (ages.quantile(share) // MICROS for share in (0.5, 0.99))
    return AgeView(count=ages.count, p50_us=p50, p99_us=p99, worst_us=ages.longest_ns // MICROS)


def hung_before(folder: DeskFolder) -> tuple[InstanceId, str] | None:
    """Return whose callback ended the last process here, and which; forget it."""
    if not folder.hung.is_file():
        return None
    try:
        told = msgspec.json.decode(folder.hung.read_bytes(), type=dict[str, str])
    except msgspec.DecodeError:
        return None  # the process ended while it wrote it
    finally:
        folder.hung.unlink()
    return InstanceId(told["instance"]), told["callback"]


def start_again(folder: DeskFolder, instance: InstanceId, callback: str) -> None:
    """A callback never returned: note who, and start this program again in place."""
    told = {"instance": instance, "callback": callback}
    folder.hung.write_bytes(msgspec.json.encode(told))
    os.execv(sys.executable, [sys.executable, "-m", "tradewind", *sys.argv[1:]])
