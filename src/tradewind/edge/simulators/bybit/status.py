"""Maintenance: what is announced, and whether the exchange is down."""

from tradewind.edge.simulators.bybit.words import Row, ms
from tradewind.model.money import NANOS

USUAL_LENGTH_NS = 600 * NANOS


class Status:
    """The announcements so far; `restarted_ns` is when the exchange came back last."""

    def __init__(self, start_ns: int) -> None:
        self.down = False
        self.restarted_ns = start_ns
        self._rows: list[Row] = []

    def begin(self, now_ns: int) -> None:
        """Go down for maintenance."""
        self.down = True
        number = len(self._rows) + 1
        self._rows.append(
            {
                "id": f"maintenance-{number}",
                "title": "System maintenance",
                "state": "ongoing",
                "begin": str(ms(now_ns)),
                "end": str(ms(now_ns + USUAL_LENGTH_NS)),
                "href": "",
                "serviceTypes": [1, 2, 3, 4, 5],
                "product": [1, 2, 3, 4],
                "uidSuffix": [],
                "maintainType": 1,
                "env": 1,
            }
        )

    def end(self, now_ns: int) -> None:
        """Come back."""
        self.down = False
        self.restarted_ns = now_ns
        if self._rows:
            self._rows[-1] |= {"state": "completed", "end": str(ms(now_ns))}

    def result(self) -> Row:
        """Return what `/v5/system/status` lists."""
        return {"list": self._rows[::-1]}

    def frame(self, now_ns: int) -> Row:
        """Return the announcement as the status socket tells it."""
        return {"topic": "system.status", "ts": ms(now_ns), "data": self._rows[-1:]}
