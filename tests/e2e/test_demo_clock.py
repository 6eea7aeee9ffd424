"""The demo tells its views the session's clock: a desk that nothing reaches sees no time pass."""

from pathlib import Path

from tradewind.app.demo import Demo, DemoSettings
from tradewind.control.views import ScreenView
from tradewind.model.money import NANOS


async def test_the_views_of_a_demo_know_what_time_it_is(tmp_path: Path) -> None:
    demo = Demo(DemoSettings(data=tmp_path, seed=7, minutes=1))
    seen: list[tuple[int, int, int]] = []

    def look(screen: ScreenView) -> None:
        seen.append((demo.facing.vitals.now_ns, demo.clock.now_ns(), screen.now_ns))
        demo.stopping.set()

    try:
        demo.begin()
        await demo.run(look)
    finally:
        demo.close()
    ((told_ns, clock_ns, shown_ns),) = seen
    assert 0 <= clock_ns - told_ns < NANOS
    assert shown_ns >= told_ns >= demo.start_ns
