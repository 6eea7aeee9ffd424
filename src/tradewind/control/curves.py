"""Net results over time, of the desk and of each instance, in a bounded number of points.

Knows times and figures only.
"""

from collections.abc import Mapping

from tradewind.control.frames import Point
from tradewind.model.money import NANOS

POINTS = 240
INSTANCE_POINTS = 120
MOST_INSTANCES = 200


class Curve:
    """Points at least a gap apart; when there are too many, half of them, twice as far apart.

    So it always spans the whole session.
    """

    __slots__ = ("_gap_ns", "_most", "points")

    def __init__(self, most: int = POINTS, gap_ns: int = NANOS) -> None:
        self.points: list[Point] = []
        self._most = most
        self._gap_ns = gap_ns

    def due(self, now_ns: int) -> bool:
        """Tell whether the gap since the last point has passed."""
        return not self.points or now_ns >= self.points[-1][0] + self._gap_ns

    def add(self, now_ns: int, net: float) -> None:
        """Add a point if one is due."""
        if not self.due(now_ns):
            return
        self.points.append((now_ns, net))
        if len(self.points) > self._most:
            self.points = self.points[::2]
            self._gap_ns *= 2

    def after(self, ts_ns: int) -> tuple[Point, ...]:
        """Return the points that are newer, oldest first."""
        if not self.points or self.points[-1][0] <= ts_ns:
            return ()
        return tuple(point for point in self.points if point[0] > ts_ns)


class Curves:
    """The curve of the desk, and those of its instances by name."""

    def __init__(self) -> None:
        self.desk = Curve()
        self.instances: dict[str, Curve] = {}

    def due(self, now_ns: int) -> bool:
        """Tell whether any figure is wanted."""
        return self.desk.due(now_ns)

    def add(self, now_ns: int, net: float, instances: Mapping[str, float]) -> None:
        """Add what is due."""
        self.desk.add(now_ns, net)
        for name, figure in instances.items():
            curve = self.instances.get(name)
            if curve is None:
                if len(self.instances) >= MOST_INSTANCES:
                    continue
                curve = self.instances[name] = Curve(INSTANCE_POINTS)
            curve.add(now_ns, figure)
