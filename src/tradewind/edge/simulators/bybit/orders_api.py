"""The seven order endpoints, by whichever road they come: windows, batches, faults.

Knows rate windows and parallel lists. Must not know how a request was signed. Source: Bybit API
documentation v5, batch and rate limit pages, state of 2026-07-24.
"""

from collections.abc import Callable

import msgspec

from tradewind.edge.simulators.bybit.accounts import Account
from tradewind.edge.simulators.bybit.entry import BAD_CATEGORY, CATEGORIES, Entry
from tradewind.edge.simulators.bybit.limits import Allowance, Windows, order_pool
from tradewind.edge.simulators.bybit.settings import SPOT, SPOT_KEY
from tradewind.edge.simulators.bybit.terms import Params
from tradewind.edge.simulators.bybit.words import (
    NO_PERMISSION,
    RESTARTING,
    SERVER_ERROR,
    TOO_MANY,
    Refusal,
    Row,
    bad,
    ms,
)
from tradewind.edge.simulators.fate import Fate
from tradewind.edge.simulators.wire_faults import Kind

Deed = Callable[[Account, Params, int], Row | Refusal]
BATCH = "-batch"
SIZES = {SPOT: 10}
USUAL_SIZE = 20
REFUSED = {
    Kind.TOO_MANY: TOO_MANY,
    Kind.RESTARTING: RESTARTING,
    Kind.FAILING: SERVER_ERROR,
}
"""Faults by which a request is refused before it is looked at."""


class Outcome(msgspec.Struct, frozen=True):
    """What an order endpoint answers, without its envelope."""

    result: Row | None
    refusal: Refusal | None = None
    ext: Row = {}
    headers: dict[str, str] = {}


class OrdersApi:
    """Order requests after their sender is known."""

    def __init__(self, entry: Entry, windows: Windows, fate: Fate) -> None:
        self._windows = windows
        self._fate = fate
        self._deeds: dict[str, Deed] = {
            "create": entry.create,
            "amend": entry.amend,
            "cancel": entry.cancel,
            "cancel-all": entry.cancel_all,
        }

    def do(self, account: Account, action: str, params: Params, now_ns: int) -> Outcome:
        """Carry an action out: one order, all orders, or a batch."""
        own = account.settings
        if own.read_only or not own.may_trade:
            return Outcome(None, NO_PERMISSION)
        category = params.get("category")
        if category not in CATEGORIES:
            return Outcome(None, BAD_CATEGORY)
        asked = self._requests(action, params)
        if isinstance(asked, Refusal):
            return Outcome(None, asked)
        pool, limit = order_pool(action, category, own.order_limit)
        grant = self._windows.take(account.uid, pool, limit, now_ns, len(asked))
        about = ((own.key,), _named(asked[0]))
        if not grant.granted:
            return Outcome(None, TOO_MANY, headers=grant.headers)
        for kind, refusal in REFUSED.items():
            if self._fate.strikes(kind, *about):
                return Outcome(None, refusal, headers=grant.headers)
        outcome = self._carry_out(account, action, (asked, grant), now_ns)
        if self._fate.strikes(Kind.BLIND, *about):
            return Outcome(None, SERVER_ERROR, headers=grant.headers)
        return outcome

    def _requests(self, action: str, params: Params) -> list[Params] | Refusal:
        if not action.endswith(BATCH):
            return [params]
        asked = params.get("request")
        most = SIZES.get(str(params.get("category")), USUAL_SIZE)
        if not isinstance(asked, list) or not 0 < len(asked) <= most:
            return bad(f"params error: request must hold 1 to {most} orders")
        common = {"category": params["category"]}
        return [{**each, **common} if isinstance(each, dict) else common for each in asked]

    def _carry_out(
        self, account: Account, action: str, what: tuple[list[Params], Allowance], now_ns: int
    ) -> Outcome:
        asked, grant = what
        if not action.endswith(BATCH):
            said = self._deeds[action](account, asked[0], now_ns)
            if isinstance(said, Refusal):
                return Outcome(None, said, headers=grant.headers)
            return Outcome(said, headers=grant.headers)
        deed = self._deeds[action.removesuffix(BATCH)]
        rows: list[Row] = []
        codes: list[Row] = []
        for number, each in enumerate(asked):
            said = TOO_MANY if number >= grant.granted else deed(account, each, now_ns)
            failed = isinstance(said, Refusal)
            row: Row = {"category": each.get("category"), "symbol": each.get("symbol")}
            row["orderId"] = "" if isinstance(said, Refusal) else said["orderId"]
            row["orderLinkId"] = str(each.get("orderLinkId") or "")
            if action.startswith("create"):
                row["createAt"] = "" if failed else str(ms(now_ns))
            rows.append(row)
            code = (said.code, said.text) if isinstance(said, Refusal) else (0, "OK")
            codes.append({"code": code[0], "msg": code[1]})
        return Outcome({"list": rows}, ext={"list": codes}, headers=grant.headers)


def _named(params: Params) -> str:
    """Return a request's symbol as faults name it."""
    symbol = str(params.get("symbol") or "")
    return SPOT_KEY + symbol if symbol and params.get("category") == SPOT else symbol
