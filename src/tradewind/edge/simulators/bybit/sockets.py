"""The sockets' door: login, subscriptions, pings, order requests, idle cuts.

Knows the four dialects of the frames. Must not know what the topics tell. Source: Bybit API
documentation v5, connect page and websocket trade guideline, state of 2026-07-24.
"""

from collections.abc import Mapping
from typing import Any

from tradewind.edge.simulators.bybit.accounts import Account
from tradewind.edge.simulators.bybit.agenda import Agenda
from tradewind.edge.simulators.bybit.limits import ORDERS
from tradewind.edge.simulators.bybit.orders_api import OrdersApi
from tradewind.edge.simulators.bybit.private import PRIVATE_TOPICS, Private
from tradewind.edge.simulators.bybit.public import Public
from tradewind.edge.simulators.bybit.rest import decode
from tradewind.edge.simulators.bybit.sessions import (
    LINEAR,
    PATHS,
    PRIVATE,
    SPOT,
    STATUS,
    TRADE,
    Session,
    idle_s,
)
from tradewind.edge.simulators.bybit.signing import clock_refusal, login_origin, verifies
from tradewind.edge.simulators.bybit.status import Status
from tradewind.edge.simulators.bybit.words import Refusal, Row, bad, encode, ms
from tradewind.edge.simulators.wire import Connection, WireAnswer, WireRequest
from tradewind.model.money import NANOS

CHECK_NS = 30 * NANOS
SPOT_ARGS = 10
ARGS_LENGTH = 21_000
LONGEST_ID = 36
RESTART = 1012
AWAY = 1001
DUPLICATE = Refusal(20006, "Duplicate reqId")
UNKNOWN_OP = Refusal(10404, "op type is not found")
NOT_IN = Refusal(10005, "Please log in first.")


class Sockets:
    """All open sockets."""

    def __init__(
        self,
        doors: tuple[Public, Private, OrdersApi],
        accounts: Mapping[str, Account],
        status: Status,
        agenda: Agenda,
        times: tuple[int, int],
    ) -> None:
        self._public, self._private, self._orders = doors
        self._accounts = accounts
        self._uids = {account.uid: account for account in accounts.values()}
        self._status = status
        self._agenda = agenda
        self._idle_s, self._delay_ns = times
        self._sessions: dict[Connection, Session] = {}
        self._count = 0

    # --- comings and goings -------------------------------------------------------------------

    def opened(
        self, connection: Connection, request: WireRequest, now_ns: int
    ) -> WireAnswer | None:
        """Take a new socket; an answer refuses it."""
        kind = PATHS.get(request.target.partition("?")[0])
        if kind is None:
            return WireAnswer(404, b"not found")
        if self._status.down and kind != STATUS:
            return WireAnswer(503, b"maintenance")
        quiet_s = idle_s(request.target, self._idle_s)
        if quiet_s is None:
            return WireAnswer(400, b"max_active_time must be 30s to 600s")
        session = self._sessions[connection] = Session(connection, kind, quiet_s, now_ns)
        self._count += 1
        session.id = f"c{self._count:07x}-{kind}"

        def check(at_ns: int) -> None:
            if self._sessions.get(connection) is not session:
                return
            if at_ns - session.heard_ns >= session.quiet_ns:
                self.cut(session, AWAY)
            else:
                self._agenda.at(at_ns + CHECK_NS, check)

        self._agenda.at(now_ns + CHECK_NS, check)
        return None

    def closed(self, connection: Connection) -> None:
        """Forget a socket."""
        session = self._sessions.pop(connection, None)
        if session is None:
            return
        for topic in list(session.topics):
            self._public.leave(session, topic)
        self._private.leave(session)

    def cut(self, session: Session, code: int) -> None:
        """Close a socket from this side."""
        self.closed(session.connection)
        session.connection.close(code)

    def cut_all(self) -> None:
        """Close all sockets but those for the status, as a restart does."""
        for session in list(self._sessions.values()):
            if session.kind != STATUS:
                self.cut(session, RESTART)

    def tell_status(self, now_ns: int) -> None:
        """Announce the newest maintenance."""
        for session in list(self._sessions.values()):
            if session.kind == STATUS and "system.status" in session.topics:
                session.send(encode(self._status.frame(now_ns)), now_ns)

    # --- frames -------------------------------------------------------------------------------

    def frame(self, connection: Connection, text: bytes, now_ns: int) -> None:
        """Take a frame of a client; it is read after the delay that is set, in order."""
        session = self._sessions.get(connection)
        if session is None:
            return
        session.heard_ns = now_ns
        if not self._delay_ns:
            self._read(session, text, now_ns)
            return

        def read(at_ns: int) -> None:
            if connection in self._sessions:
                self._read(session, text, at_ns)

        self._agenda.at(now_ns + self._delay_ns, read)

    def _read(self, session: Session, text: bytes, now_ns: int) -> None:
        told = decode(text)
        if told is None:
            refused = {"success": False, "ret_msg": "error:invalid json", "conn_id": session.id}
            session.send(encode(refused), now_ns)
            return
        op = told.get("op")
        if op == "ping":
            session.send(encode(_pong(session, told, now_ns)), now_ns)
        elif session.kind == TRADE:
            session.send(encode(self._trade(session, told, now_ns)), now_ns)
        elif op == "auth" and session.kind == PRIVATE:
            why = self._log_in(session, told, now_ns)
            text_of = "" if why is None else why.text
            self._say(session, told, (why is None, text_of), now_ns)
        elif op in ("subscribe", "unsubscribe"):
            self._subscribe(session, told, now_ns)
        else:
            self._say(session, told, (False, "error:unknown op"), now_ns)

    def _say(self, session: Session, told: Row, what: tuple[bool, str], now_ns: int) -> None:
        success, text = what
        said: Row = {"success": success, "ret_msg": text, "conn_id": session.id}
        if "req_id" in told or session.kind == LINEAR:
            said["req_id"] = told.get("req_id", "")
        said["op"] = told.get("op", "")
        session.send(encode(said), now_ns)

    # --- login --------------------------------------------------------------------------------

    def _log_in(self, session: Session, told: Row, now_ns: int) -> Refusal | None:
        match told.get("args"):
            case [str(key), int(expires) | str(expires), str(signature)]:
                pass
            case _:
                return bad("error:auth params invalid")
        if not str(expires).isdecimal() or int(expires) <= ms(now_ns):
            return bad("error:request expired")
        account = self._accounts.get(key)
        if account is None:
            return Refusal(10003, "error:API key is invalid.")
        if not verifies(account.settings, login_origin(int(expires)), signature):
            return Refusal(10004, "error:invalid signature")
        if account.settings.refusal:
            return Refusal(account.settings.refusal, "error:refused")
        if session.uid:
            return Refusal(20001, "error:repeat auth")
        session.uid = account.uid
        if session.kind == PRIVATE:
            self._private.join(session)
        return None

    # --- subscriptions ------------------------------------------------------------------------

    def _subscribe(self, session: Session, told: Row, now_ns: int) -> None:
        args = told.get("args")
        topics = [each for each in args if isinstance(each, str)] if isinstance(args, list) else []
        why = self._refusal(session, topics)
        joins = told["op"] == "subscribe"
        if why and joins:
            self._say(session, told, (False, why), now_ns)
            return
        self._say(session, told, (True, "subscribe" if session.kind == SPOT else ""), now_ns)
        for topic in topics:
            if session.kind not in (SPOT, LINEAR):
                if joins:
                    session.topics[topic] = None
                else:
                    session.topics.pop(topic, None)
            elif joins:
                self._public.join(session, topic, now_ns)
            else:
                self._public.leave(session, topic)

    def _refusal(self, session: Session, topics: list[str]) -> str:
        """Return why topics cannot be had; one wrong topic fails them all."""
        if not topics:
            return "Invalid topic: "
        if session.kind == SPOT and len(topics) > SPOT_ARGS:
            return "args size >10"
        if sum(len(topic) for topic in (*topics, *session.topics)) > ARGS_LENGTH:
            return "args length exceeds 21000"
        if session.kind == PRIVATE:
            if not session.uid:
                return "Request not authorized"
            unknown = [topic for topic in topics if topic not in PRIVATE_TOPICS]
            whole = {topic for topic in topics if "." not in topic}
            mixed = [topic for topic in topics if topic.rpartition(".")[0] in whole]
            wrong = unknown or [topic for topic in mixed if topic != "execution.fast"]
        elif session.kind == STATUS:
            wrong = [topic for topic in topics if topic != "system.status"]
        else:
            wrong = [topic for topic in topics if not self._public.knows(session.kind, topic)]
        return f"Invalid topic: {wrong[0]}" if wrong else ""

    # --- the trade socket ---------------------------------------------------------------------

    def _trade(self, session: Session, told: Row, now_ns: int) -> Row:
        """Answer a frame of the trade socket."""
        said: Row = {"retCode": 0, "retMsg": "OK", "op": told.get("op", ""), "connId": session.id}
        if "reqId" in told:
            said = {"reqId": told["reqId"], **said}
        if told.get("op") == "auth":
            why = self._log_in(session, told, now_ns)
            if why is not None:
                said |= {"retCode": why.code, "retMsg": why.text.removeprefix("error:")}
            return said
        return said | self._trade_order(session, told, now_ns)

    def _trade_order(self, session: Session, told: Row, now_ns: int) -> Row:
        op, args = str(told.get("op")), told.get("args")
        action = op.removeprefix("order.")
        why = self._trade_refusal(session, told, now_ns)
        if why is None and (not op.startswith("order.") or action not in ORDERS):
            why = UNKNOWN_OP
        if why is None and action == "cancel-all":
            why = UNKNOWN_OP
        params = args[0] if isinstance(args, list) and len(args) == 1 else None
        if why is None and not isinstance(params, dict):
            why = bad("args must hold exactly one object")
        header: dict[str, str] = {"Traceid": session.id, "Timenow": str(ms(now_ns))}
        if why is not None or not isinstance(params, dict):
            assert why is not None
            return _trade_said(None, why, {}, header)
        if params.get("category") not in (LINEAR, SPOT):
            return _trade_said(None, Refusal(10404, "category is not found"), {}, header)
        done = self._orders.do(self._uids[session.uid], action, params, now_ns)
        return _trade_said(done.result, done.refusal, done.ext, {**done.headers, **header})

    def _trade_refusal(self, session: Session, told: Row, now_ns: int) -> Refusal | None:
        if not session.uid:
            return NOT_IN
        request_id = told.get("reqId")
        if request_id is not None:
            if not isinstance(request_id, str) or len(request_id) > LONGEST_ID:
                return bad("reqId invalid")
            if request_id in session.asked:
                return DUPLICATE
            session.asked.add(request_id)
        header = told.get("header")
        header = header if isinstance(header, dict) else {}
        # The official client sends numbers where the documentation has texts.
        stamp, window = (
            str(header.get(name, "")) for name in ("X-BAPI-TIMESTAMP", "X-BAPI-RECV-WINDOW")
        )
        late = clock_refusal(stamp, window, ms(now_ns))
        return Refusal(10002, late) if late else None


def _trade_said(result: Row | None, why: Refusal | None, ext: Row, header: Row) -> Row:
    said: dict[str, Any] = {"data": result or {}, "retExtInfo": ext, "header": header}
    if why is not None:
        said |= {"retCode": why.code, "retMsg": why.text}
    return said


def _pong(session: Session, told: Row, now_ns: int) -> Row:
    stamp = str(ms(now_ns))
    if session.kind == TRADE:
        pong: Row = {"retCode": 0, "retMsg": "OK", "op": "pong", "data": [stamp]}
        pong["connId"] = session.id
        return {"reqId": told["reqId"], **pong} if "reqId" in told else pong
    if session.kind == PRIVATE:
        said = {"req_id": told.get("req_id", ""), "op": "pong", "args": [stamp]}
        return {**said, "conn_id": session.id}
    said = {"success": True, "ret_msg": "pong", "conn_id": session.id}
    if session.kind != SPOT:
        said["req_id"] = told.get("req_id", "")
    return {**said, "op": "ping"}
