"""The private stream: frames by account and topic, each topic with a delay of its own.

Knows who is logged in on which connection and what he asked for. Must not know matching. Source:
Bybit API documentation v5, private topics, state of 2026-07-24.
"""

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

from tradewind.edge.simulators.bybit.account_rows import position_frame
from tradewind.edge.simulators.bybit.accounts import Account, AccountFill, Position
from tradewind.edge.simulators.bybit.agenda import Agenda
from tradewind.edge.simulators.bybit.orders import Order, order_frame
from tradewind.edge.simulators.bybit.sessions import Session
from tradewind.edge.simulators.bybit.words import Row, encode, ms

TOPICS = ("order", "execution", "execution.fast", "position", "wallet", "greeks")
CATEGORIES = ("linear", "spot", "inverse", "option")
PRIVATE_TOPICS = (
    frozenset(TOPICS)
    | {
        f"{topic}.{category}"
        for topic in ("order", "execution", "execution.fast", "position")
        for category in CATEGORIES
    }
    | {"dcp.future", "dcp.spot", "dcp.option"}
)
FAST = (
    "category",
    "symbol",
    "orderId",
    "isMaker",
    "orderLinkId",
    "execId",
    "execPrice",
    "execQty",
    "side",
    "execTime",
    "seq",
)


class Private:
    """Tells accounts what happens to them. Order within a topic is kept, between topics not."""

    def __init__(self, agenda: Agenda, delay_ns: tuple[int, int], dice: Random) -> None:
        self._agenda = agenda
        self._delay_ns = delay_ns
        self._dice = dice
        self._sessions: dict[int, list[Session]] = {}
        self._due: dict[tuple[int, str], int] = {}
        self._frames = 0
        self.wallet_row: Callable[[Account, int], Row]

    def join(self, session: Session) -> None:
        """Take a connection that has logged in."""
        self._sessions.setdefault(session.uid, []).append(session)

    def leave(self, session: Session) -> None:
        """Forget a connection."""
        mine = self._sessions.get(session.uid, [])
        if session in mine:
            mine.remove(session)

    def order(self, order: Order, now_ns: int) -> None:
        """Tell an order as it stands."""
        if self._heard(order.uid):
            self._tell(order.uid, ("order", order.symbol.category), [order_frame(order)], now_ns)

    def fill(self, account: Account, fill: AccountFill, now_ns: int) -> None:
        """Tell an execution on both topics that know them."""
        if not self._heard(account.uid):
            return
        row = fill.row
        category = row["category"]
        self._tell(account.uid, ("execution", category), [row], now_ns)
        if row["execType"] == "Trade":
            fast = {key: row[key] for key in FAST}
            if row["isMaker"]:
                fast["orderLinkId"] = ""
            self._tell(account.uid, ("execution.fast", category), [fast], now_ns)

    def position(self, account: Account, position: Position, mark: Decimal, now_ns: int) -> None:
        """Tell a position, changed or not."""
        if self._heard(account.uid):
            row = position_frame(account, position, mark)
            self._tell(account.uid, ("position", position.symbol.category), [row], now_ns)

    def wallet(self, account: Account, now_ns: int) -> None:
        """Tell a wallet."""
        if self._heard(account.uid):
            self._tell(account.uid, ("wallet", ""), [self.wallet_row(account, now_ns)], now_ns)

    def _heard(self, uid: int) -> bool:
        return bool(self._sessions.get(uid))

    def _tell(self, uid: int, about: tuple[str, str], data: list[Row], now_ns: int) -> None:
        topic, category = about
        due_ns = now_ns + self._dice.randint(*self._delay_ns)
        key = (uid, topic)
        due_ns = self._due[key] = max(due_ns, self._due.get(key, 0))
        self._frames += 1
        number = self._frames
        frame: dict[str, Any] = {"id": f"{uid}_{number}", "topic": topic}
        first = data[0]
        if topic == "execution":
            frame["id"] = f"{uid}_{first['symbol']}_{first['seq']}"

        def send(at_ns: int) -> None:
            for session in list(self._sessions.get(uid, ())):
                for name in (topic, f"{topic}.{category}"):
                    if name in session.topics:
                        told = {**frame, "topic": name, "creationTime": ms(at_ns), "data": data}
                        session.send(encode(told), at_ns)

        self._agenda.at(due_ns, send)
