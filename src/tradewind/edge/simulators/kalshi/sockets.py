"""Commands of the WebSocket: subscribe, unsubscribe, change, list.

Knows commands, their replies and error codes. Must not know matching or routes. Source: Kalshi
WebSocket API v2 (AsyncAPI 2.0.0), read 2026-11; recordings of 2026-04.
"""

from collections.abc import Mapping

import msgspec

from tradewind.edge.simulators.kalshi import messages
from tradewind.edge.simulators.kalshi.feeds import (
    BOOK,
    BY_MARKET,
    CHANNELS,
    TICKER,
    Feeds,
    Session,
    Subscription,
)
from tradewind.edge.simulators.kalshi.settings import KalshiSettings
from tradewind.model.errors import Refused
from tradewind.model.money import NANOS

ERRORS = {
    1: "Unable to process message",
    2: "Params required",
    3: "Channels required",
    4: "Subscription IDs required",
    5: "Unknown command",
    7: "Unknown subscription ID",
    8: "Unknown channel name",
    9: "Authentication required",
    10: "Channel error",
    11: "Invalid parameter",
    12: "Exactly one subscription ID is required",
    13: "Unsupported action",
    14: "Market Ticker required",
    15: "Action required",
    25: "Subscription buffer overflow",
    26: "Subscription market limit exceeded",
    27: "Too many requests",
}
ACTIONS = ("add_markets", "delete_markets", "get_snapshot")
Params = Mapping[str, object]


class Commands:
    """Answers the frames of all sockets."""

    __slots__ = ("_feeds", "_settings")

    def __init__(self, feeds: Feeds, settings: KalshiSettings) -> None:
        self._feeds = feeds
        self._settings = settings

    def frame(self, session: Session, text: bytes, now_ns: int) -> None:
        """Take one frame of a client and answer it."""
        try:
            command = msgspec.json.decode(text)
        except msgspec.DecodeError:
            command = None
        if not isinstance(command, dict):
            _fail(session, 0, 1)
            return
        number = command.get("id")
        number = number if type(number) is int else 0
        try:
            self._pace(session, now_ns)
            self._run(session, number, command, now_ns)
        except Refused as error:
            _fail(session, number, int(error.rule))

    def _pace(self, session: Session, now_ns: int) -> None:
        second = now_ns // NANOS
        if second != session.second:
            session.second, session.commands = second, 0
        session.commands += 1
        if session.commands > self._settings.commands_per_second:
            raise _error(27)

    def _run(self, session: Session, number: int, command: Params, now_ns: int) -> None:
        name, params = command.get("cmd"), command.get("params")
        if name == "list_subscriptions":
            rows = [{"channel": each.channel, "sid": each.sid} for each in session.by_sid.values()]
            session.say({"id": number, "type": "ok", "msg": rows})
            return
        if name not in ("subscribe", "unsubscribe", "update_subscription"):
            raise _error(5)
        if not isinstance(params, dict) or not params:
            raise _error(2)
        if name == "subscribe":
            self._subscribe(session, number, params, now_ns)
        elif name == "unsubscribe":
            self._unsubscribe(session, number, params)
        else:
            self._update(session, number, params, now_ns)

    # --- subscribe ---------------------------------------------------------------------------

    def _subscribe(self, session: Session, number: int, params: Params, now_ns: int) -> None:
        channels = params.get("channels")
        if not isinstance(channels, list) or not channels:
            raise _error(3)
        tickers = self._tickers(params)
        for channel in channels:
            if channel not in CHANNELS:
                _fail(session, number, 8)
            elif channel == BOOK and not tickers:
                _fail(session, number, 14)
            else:
                self._open(session, number, channel, (tickers, params), now_ns)

    def _open(
        self,
        session: Session,
        number: int,
        channel: str,
        asked: tuple[list[str] | None, Params],
        now_ns: int,
    ) -> None:
        tickers, params = asked
        if channel not in BY_MARKET:
            tickers = None
        found = session.of(channel)
        new = tickers or []
        if found is None:
            session.sids += 1
            yes_price = params.get("use_yes_price") is True
            found = Subscription(session.sids, channel, tickers, yes_price=yes_price)
            session.by_sid[found.sid] = found
        elif found.tickers is not None:
            # One subscription per channel: asked again, it grows.
            new = [ticker for ticker in new if ticker not in found.tickers]
            found.tickers = None if tickers is None else {**found.tickers, **dict.fromkeys(new)}
        body = {"channel": channel, "sid": found.sid}
        session.say({"id": number, "type": "subscribed", "msg": body})
        self._greet(session, found, new, params, now_ns)

    def _greet(
        self,
        session: Session,
        found: Subscription,
        tickers: list[str],
        params: Params,
        now_ns: int,
    ) -> None:
        if found.channel == BOOK:
            for ticker in tickers:
                self._feeds.snapshot(session, found, ticker)
        elif found.channel == TICKER and params.get("send_initial_snapshot") is True:
            for ticker in tickers or list(self._feeds.markets):
                body = messages.ticker(self._feeds.markets[ticker], now_ns)
                session.tell(found, "ticker", body)

    def _tickers(self, params: Params) -> list[str] | None:
        """Return the markets that a command names, None where it names none."""
        one, many = params.get("market_ticker"), params.get("market_tickers")
        if one is None and many is None:
            return None
        named = many if isinstance(many, list) else [one]
        if len(named) > self._settings.markets_per_session:
            raise _error(26)
        found = []
        for each in named:
            if not isinstance(each, str) or each not in self._feeds.markets:
                raise _error(11)
            found.append(each)
        return list(dict.fromkeys(found))

    # --- unsubscribe and change --------------------------------------------------------------

    def _unsubscribe(self, session: Session, number: int, params: Params) -> None:
        sids = params.get("sids")
        if not isinstance(sids, list) or not sids:
            raise _error(4)
        for sid in sids:
            found = session.by_sid.get(sid) if isinstance(sid, int) else None
            if found is None:
                _fail(session, number, 7)
                continue
            session.tell(found, "unsubscribed", None, number)
            del session.by_sid[found.sid]

    def _update(self, session: Session, number: int, params: Params, now_ns: int) -> None:
        sids = params.get("sids")
        sid = params.get("sid")
        if isinstance(sids, list) and sid is None:
            if len(sids) != 1:
                raise _error(12)
            sid = sids[0]
        if not isinstance(sid, int):
            raise _error(12)
        found = session.by_sid.get(sid)
        if found is None:
            raise _error(7)
        action = params.get("action")
        if action is None:
            raise _error(15)
        if action not in ACTIONS:
            session.tell(found, "error", {"code": 13, "msg": ERRORS[13]}, number)
            return
        tickers = self._tickers(params)
        if not tickers:
            session.tell(found, "error", {"code": 14, "msg": ERRORS[14]}, number)
            return
        self._change(session, number, found, (str(action), tickers, params), now_ns)

    def _change(
        self,
        session: Session,
        number: int,
        found: Subscription,
        asked: tuple[str, list[str], Params],
        now_ns: int,
    ) -> None:
        action, tickers, params = asked
        if action == "get_snapshot":
            if found.channel != BOOK:
                session.tell(found, "error", {"code": 13, "msg": ERRORS[13]}, number)
                return
            for ticker in tickers:
                self._feeds.snapshot(session, found, ticker, number)
            return
        mine = {} if found.tickers is None else dict(found.tickers)
        new = [ticker for ticker in tickers if ticker not in mine]
        if action == "add_markets":
            mine |= dict.fromkeys(new)
        else:
            mine = {ticker: None for ticker in mine if ticker not in tickers}
        if found.tickers is not None:
            found.tickers = mine
        session.tell(found, "ok", {"market_tickers": list(mine)}, number)
        if action == "add_markets":
            self._greet(session, found, new, params, now_ns)


def _error(code: int) -> Refused:
    return Refused(ERRORS[code], rule=str(code))


def _fail(session: Session, number: int, code: int) -> None:
    frame: dict[str, object] = {"type": "error", "msg": {"code": code, "msg": ERRORS[code]}}
    if number:
        frame["id"] = number
    session.say(frame)
