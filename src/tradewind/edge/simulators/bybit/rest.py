"""The REST door: who asks, may he, and which page is it.

Knows headers, signatures and paths. Must not know what the pages say. Source: Bybit API
documentation v5, integration guidance, state of 2026-07-24.
"""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

import msgspec

from tradewind.edge.simulators.bybit import order_pages
from tradewind.edge.simulators.bybit.account_pages import AccountPages
from tradewind.edge.simulators.bybit.accounts import Account
from tradewind.edge.simulators.bybit.limits import ORDERS, Windows, read_limit
from tradewind.edge.simulators.bybit.market_pages import MarketPages
from tradewind.edge.simulators.bybit.orders_api import OrdersApi
from tradewind.edge.simulators.bybit.paging import Query
from tradewind.edge.simulators.bybit.settings import BybitSettings
from tradewind.edge.simulators.bybit.signing import Signed, clock_refusal, verifies
from tradewind.edge.simulators.bybit.status import Status
from tradewind.edge.simulators.bybit.terms import Params
from tradewind.edge.simulators.bybit.words import (
    BAD_KEY,
    NO_PERMISSION,
    SERVER_ERROR,
    TOO_MANY,
    Refusal,
    Row,
    answer,
    bad,
    ms,
)
from tradewind.edge.simulators.wire import WireAnswer, WireRequest

TOO_FREQUENT = WireAnswer(403, b"access too frequent")
MISSING_AUTH = WireAnswer(401, b"missing authentication headers")
FORBIDDEN = WireAnswer(403, b"a GET request has no body")
NOT_FOUND = WireAnswer(404, b"not found")
BAD_METHOD = WireAnswer(400, b"bad method")
ORDER_PATHS = {f"/v5/order/{action}": action for action in ORDERS}
STATUS_PATH = "/v5/system/status"
PRIVATE_READS = frozenset({"/v5/order/realtime", "/v5/order/history", "/v5/execution/list"})
BAD_JSON = bad("request body is not valid JSON")


class Rest:
    """Answers HTTP requests. So long after it happened is told what closed or filled: `lag_ns`."""

    def __init__(
        self,
        settings: BybitSettings,
        accounts: Mapping[str, Account],
        pages: tuple[MarketPages, AccountPages, OrdersApi],
        windows: Windows,
        status: Status,
    ) -> None:
        self._settings = settings
        self._accounts = accounts
        self._market, self._account, self._orders = pages
        self._windows = windows
        self._status = status
        self.lag_ns = 0

    def request(self, request: WireRequest, now_ns: int) -> WireAnswer:
        """Answer one request."""
        path, _, query = request.target.partition("?")
        if not self._windows.address(self._settings.address_limit, now_ns):
            return TOO_FREQUENT
        if request.method not in ("GET", "POST"):
            return BAD_METHOD
        if request.method == "GET" and request.body:
            return FORBIDDEN
        if path == STATUS_PATH and request.method == "GET":
            return answer(self._status.result(), now_ns)
        page = self._market.pages.get(path)
        if page is not None and request.method == "GET":
            if self._status.down and path != "/v5/market/time":
                return answer(None, now_ns, refusal=SERVER_ERROR)
            return _said(page(parse(query), now_ns), now_ns)
        private = self._private(request.method, path)
        if private is None:
            return NOT_FOUND
        payload = query.encode() if request.method == "GET" else request.body
        account = self._who(request, payload, now_ns)
        if isinstance(account, WireAnswer):
            return account
        if self._status.down:
            return answer(None, now_ns, refusal=SERVER_ERROR)
        return private(account, path, payload, now_ns)

    def _private(
        self, method: str, path: str
    ) -> Callable[[Account, str, bytes, int], WireAnswer] | None:
        if method == "GET":
            known = path in PRIVATE_READS or path in self._account.reads
            return self._read if known else None
        if path in ORDER_PATHS:
            return self._order
        return self._write if path in self._account.writes else None

    def _who(self, request: WireRequest, payload: bytes, now_ns: int) -> Account | WireAnswer:
        """Return who sent a request, or the answer that refuses him."""
        signed = Signed.of(request.headers)
        if not signed.complete:
            return MISSING_AUTH
        account = self._accounts.get(signed.key)
        if account is None:
            return answer(None, now_ns, refusal=BAD_KEY)
        late = clock_refusal(signed.timestamp, signed.window, ms(now_ns))
        if late:
            return answer(None, now_ns, refusal=Refusal(10002, late))
        origin = signed.origin(payload)
        if not verifies(account.settings, origin, signed.signature):
            text = f"error sign! origin_string[{origin.decode(errors='replace')}]"
            return answer(None, now_ns, refusal=Refusal(10004, text))
        if account.settings.refusal:
            code = account.settings.refusal
            return answer(None, now_ns, refusal=Refusal(code, REFUSALS.get(code, "refused")))
        return account

    def _read(self, account: Account, path: str, payload: bytes, now_ns: int) -> WireAnswer:
        grant = self._windows.take(account.uid, path, read_limit(path), now_ns)
        if not grant.granted:
            return answer(None, now_ns, refusal=TOO_MANY, headers=grant.headers)
        query = parse(payload.decode(errors="replace"))
        if path in PRIVATE_READS:
            said = self._read_orders(account, path, query, now_ns)
        else:
            said = self._account.reads[path](account, query, now_ns)
        return _said(said, now_ns, grant.headers)

    def _read_orders(self, account: Account, path: str, query: Query, now_ns: int) -> Row | Refusal:
        settings = self._settings
        if path == "/v5/order/realtime":
            shows = settings.realtime_shows_closed
            since_ns = self._status.restarted_ns
            return order_pages.realtime(account, query, closed_too=shows, since_ns=since_ns)
        if path == "/v5/order/history":
            lag_ns = max(settings.history_lag_ns, self.lag_ns)
            return order_pages.history(account, query, now_ns, lag_ns)
        return order_pages.fills(account, query, now_ns, self.lag_ns)

    def _write(self, account: Account, path: str, payload: bytes, now_ns: int) -> WireAnswer:
        grant = self._windows.take(account.uid, path, read_limit(path), now_ns)
        if not grant.granted:
            return answer(None, now_ns, refusal=TOO_MANY, headers=grant.headers)
        if account.settings.read_only or not account.settings.may_trade:
            return answer(None, now_ns, refusal=NO_PERMISSION, headers=grant.headers)
        params = decode(payload)
        if params is None:
            return answer(None, now_ns, refusal=BAD_JSON, headers=grant.headers)
        return _said(self._account.writes[path](account, params, now_ns), now_ns, grant.headers)

    def _order(self, account: Account, path: str, payload: bytes, now_ns: int) -> WireAnswer:
        params = decode(payload)
        if params is None:
            return answer(None, now_ns, refusal=BAD_JSON)
        said = self._orders.do(account, ORDER_PATHS[path], params, now_ns)
        return answer(said.result, now_ns, refusal=said.refusal, ext=said.ext, headers=said.headers)


REFUSALS = {
    10010: "Unmatched IP, please check your API key's bound IP addresses.",
    33004: "Your api key has expired.",
    10024: "The product or service you are seeking to access is not available to you.",
    10027: "Transactions are banned.",
    10028: "The API can only be accessed by unified account users.",
}


def parse(query: str) -> Query:
    """Return the parameters of a raw query string; a cursor arrives percent-encoded once."""
    return dict(parse_qsl(query, keep_blank_values=True))


def decode(body: bytes) -> Params | None:
    """Return the object that a body holds; None where it holds none."""
    try:
        found = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found if isinstance(found, dict) else None


def _said(said: Row | Refusal, now_ns: int, headers: Mapping[str, str] | None = None) -> WireAnswer:
    if isinstance(said, Refusal):
        return answer(None, now_ns, refusal=said, headers=headers)
    return answer(said, now_ns, headers=headers)
