"""What an account may read and set beside its orders: positions, wallet, fees, log, key.

Source: Bybit API documentation v5, position, account and user pages, state of 2026-07-24.
"""

from collections.abc import Callable
from decimal import Decimal

from tradewind.edge.simulators.bybit.account_rows import closed_row, position_row, wallet_row
from tradewind.edge.simulators.bybit.accounts import LONG, ONE_WAY, SHORT, Account, Position
from tradewind.edge.simulators.bybit.engine import Engine
from tradewind.edge.simulators.bybit.entry import NO_SYMBOL
from tradewind.edge.simulators.bybit.market_pages import BAD_CATEGORY, BAD_SYMBOL, MarketPages
from tradewind.edge.simulators.bybit.markets import Market
from tradewind.edge.simulators.bybit.paging import Query, listed, page, window
from tradewind.edge.simulators.bybit.settings import LINEAR, SPOT
from tradewind.edge.simulators.bybit.terms import MODE, Params, guards_refusal, number, read_guards
from tradewind.edge.simulators.bybit.words import Refusal, Row, bad, ms, plain
from tradewind.model.ids import InstrumentId
from tradewind.model.money import ONE, ZERO

Read = Callable[[Account, Query, int], Row | Refusal]
Write = Callable[[Account, Params, int], Row | Refusal]
MARGIN_MODES = frozenset({"ISOLATED_MARGIN", "REGULAR_MARGIN", "PORTFOLIO_MARGIN"})
DAY_MS = 86_400_000
SAME_GUARDS = Refusal(34040, "not modified")


class AccountPages:
    """The private pages that are not about orders."""

    def __init__(self, engine: Engine, worth: Callable[[str, int], Decimal], open_: MarketPages):
        self._engine = engine
        self._worth = worth
        self._open = open_
        self.reads: dict[str, Read] = {
            "/v5/position/list": self._positions,
            "/v5/position/closed-pnl": self._closed,
            "/v5/position/symbol-info": self._symbol_info,
            "/v5/account/wallet-balance": self._wallet,
            "/v5/account/info": self._info,
            "/v5/account/fee-rate": self._fee_rate,
            "/v5/account/transaction-log": self._log,
            "/v5/account/instruments-info": self._instruments,
            "/v5/user/query-api": self._key,
        }
        self.writes: dict[str, Write] = {
            "/v5/position/set-leverage": self._set_leverage,
            "/v5/position/switch-mode": self._switch_mode,
            "/v5/position/trading-stop": self._trading_stop,
            "/v5/account/set-margin-mode": self._set_margin_mode,
        }

    def wallet(self, account: Account, now_ns: int) -> Row:
        """Return the wallet as page and stream show it."""
        markets = self._engine.markets
        return wallet_row(
            account,
            lambda key: markets[key].mark(now_ns),
            lambda coin: self._worth(coin, now_ns),
        )

    # --- reads --------------------------------------------------------------------------------

    def _positions(self, account: Account, query: Query, now_ns: int) -> Row | Refusal:
        if query.get("category") != LINEAR:
            return BAD_CATEGORY
        symbol, settle = query.get("symbol"), query.get("settleCoin")
        if not symbol and not settle:
            return bad("Missing some parameters that must be filled in: symbol or settleCoin")
        found: list[Position] = []
        for market in self._engine.markets.values():
            rules = market.symbol
            if not rules.linear or (rules.name != symbol if symbol else rules.quote != settle):
                continue
            indices = (LONG, SHORT) if account.hedges(rules) else (ONE_WAY,)
            mine = [account.position(rules, idx, now_ns) for idx in indices]
            found += [each for each in mine if symbol or each.qty]
        if symbol and not found:
            return BAD_SYMBOL
        paged = page(found, query, (20, 200), lambda each: (each.symbol.name, each.idx))
        if isinstance(paged, Refusal):
            return paged
        markets = self._engine.markets
        rows = [
            position_row(account, each, markets[each.symbol.id].mark(now_ns)) for each in paged[0]
        ]
        return listed(rows, paged[1], LINEAR)

    def _closed(self, account: Account, query: Query, now_ns: int) -> Row | Refusal:
        times = window(query, ms(now_ns))
        if isinstance(times, Refusal):
            return times
        found = [
            closed
            for closed in reversed(account.closed.values())
            if times[0] <= ms(closed.updated_ns) <= times[1]
            and query.get("symbol") in (None, "", closed.order.symbol.name)
        ]
        paged = page(found, query, (50, 100), lambda one: (one.order.id, ms(one.updated_ns)))
        if isinstance(paged, Refusal):
            return paged
        return listed([closed_row(each) for each in paged[0]], paged[1], LINEAR)

    def _symbol_info(self, account: Account, query: Query, now_ns: int) -> Row | Refusal:
        rows = []
        for market in self._engine.markets.values():
            rules = market.symbol
            if rules.linear and query.get("symbol") in (None, "", rules.name):
                for idx in (LONG, SHORT) if account.hedges(rules) else (ONE_WAY,):
                    leverage = plain(account.leverage_of(rules))
                    rows.append({"symbol": rules.name, "leverage": leverage, "positionIdx": idx})
        return listed(rows, "", LINEAR)

    def _wallet(self, account: Account, query: Query, now_ns: int) -> Row | Refusal:
        if query.get("accountType") != "UNIFIED":
            return bad("accountType only support UNIFIED.")
        row = self.wallet(account, now_ns)
        coins = query.get("coin")
        if coins:
            wanted = coins.split(",")
            for coin in wanted:
                account.cash.setdefault(coin, ZERO)
            row["coin"] = [each for each in row["coin"] if each["coin"] in wanted]
        return {"list": [row]}

    def _info(self, account: Account, query: Query, now_ns: int) -> Row:
        return {
            "marginMode": account.margin_mode,
            "updatedTime": str(ms(now_ns)),
            "unifiedMarginStatus": 5,
            "dcpStatus": "OFF",
            "timeWindow": 0,
            "smpGroup": 0,
            "isMasterTrader": False,
            "spotHedgingStatus": "OFF",
        }

    def _fee_rate(self, account: Account, query: Query, now_ns: int) -> Row | Refusal:
        category, symbol = query.get("category"), query.get("symbol")
        if category not in (LINEAR, SPOT):
            return BAD_CATEGORY
        rows = []
        for market in self._engine.markets.values():
            rules = market.symbol
            if rules.category == category and symbol in (None, "", rules.name):
                rates = {
                    "takerFeeRate": plain(account.rate(rules, maker=False)),
                    "makerFeeRate": plain(account.rate(rules, maker=True)),
                }
                rows.append({"symbol": rules.name, "baseCoin": "", **rates})
        if symbol and not rows:
            return NO_SYMBOL[category]
        return {"category": category, "list": rows}

    def _log(self, account: Account, query: Query, now_ns: int) -> Row | Refusal:
        times = window(query, ms(now_ns), DAY_MS)
        if isinstance(times, Refusal):
            return times
        names = {"category": "category", "currency": "currency", "type": "type"}
        found = [
            row
            for row in reversed(account.log)
            if times[0] <= int(row["transactionTime"]) <= times[1]
            and all(not query.get(name) or query[name] == row[key] for name, key in names.items())
        ]
        paged = page(found, query, (20, 50), lambda row: (row["id"], int(row["transactionTime"])))
        return paged if isinstance(paged, Refusal) else listed(paged[0], paged[1])

    def _instruments(self, account: Account, query: Query, now_ns: int) -> Row | Refusal:
        return self._open.instruments(query, now_ns)

    def _key(self, account: Account, query: Query, now_ns: int) -> Row:
        own = account.settings
        trades = own.may_trade
        transfer = ["AccountTransfer", "Withdraw"] if own.may_withdraw else []
        permissions: dict[str, list[str]] = {
            "ContractTrade": ["Order", "Position"] if trades else [],
            "Spot": ["SpotTrade"] if trades else [],
            "Wallet": transfer,
            "Options": [],
            "Derivatives": ["DerivativesTrade"] if trades else [],
            "Exchange": [],
            "Earn": [],
        }
        return {
            "id": str(account.uid),
            "note": "simulated",
            "apiKey": own.key,
            "readOnly": int(own.read_only),
            "secret": "",
            "permissions": permissions,
            "ips": ["*"],
            "type": 1,
            "deadlineDay": 83,
            "expiredAt": "2099-01-01T00:00:00Z",
            "createdAt": "2026-01-01T00:00:00Z",
            "unified": 0,
            "uta": 1,
            "userID": account.uid,
            "inviterID": 0,
            "vipLevel": "No VIP",
            "mktMakerLevel": "0",
            "affiliateID": 0,
            "rsaPublicKey": "",
            "isMaster": True,
            "parentUid": "0",
            "kycLevel": "LEVEL_1",
            "kycRegion": "",
        }

    # --- writes -------------------------------------------------------------------------------

    def _find(self, params: Params) -> Market | Refusal:
        if params.get("category") != LINEAR:
            return BAD_CATEGORY
        found = self._engine.markets.get(InstrumentId(f"linear:{params.get('symbol')}"))
        return BAD_SYMBOL if found is None else found

    def _set_leverage(self, account: Account, params: Params, now_ns: int) -> Row | Refusal:
        market = self._find(params)
        if isinstance(market, Refusal):
            return market
        buy, sell = number(params, "buyLeverage"), number(params, "sellLeverage")
        most = market.symbol.max_leverage
        if buy is None or sell is None or buy.is_nan() or not ONE <= buy <= most or buy != sell:
            return bad("buy leverage or sell leverage invalid")
        if buy == account.leverage_of(market.symbol):
            return Refusal(110043, "leverage not modified")
        account.leverage[market.symbol.id] = buy
        return {}

    def _switch_mode(self, account: Account, params: Params, now_ns: int) -> Row | Refusal:
        if params.get("category") != LINEAR or params.get("mode") not in (0, 3):
            return bad("params error: category or mode invalid")
        hedge = params["mode"] == 3
        concerned = [
            market
            for market in self._engine.markets.values()
            if market.symbol.linear
            and (params.get("symbol") or market.symbol.name) == market.symbol.name
            and (params.get("coin") or market.symbol.quote) == market.symbol.quote
        ]
        if not concerned or not (params.get("symbol") or params.get("coin")):
            return BAD_SYMBOL
        if all(account.hedges(market.symbol) == hedge for market in concerned):
            return Refusal(110025, "Position mode is not modified")
        for market in concerned:
            if any(account.held(market.symbol, idx) for idx in (ONE_WAY, LONG, SHORT)):
                return Refusal(110024, "Existing position, cannot switch position mode")
            if account.live_of(market.symbol):
                return Refusal(110028, "Existing orders, cannot switch position mode")
        for market in concerned:
            account.hedged[market.symbol.id] = hedge
        return {}

    def _set_margin_mode(self, account: Account, params: Params, now_ns: int) -> Row | Refusal:
        mode = params.get("setMarginMode")
        if mode not in MARGIN_MODES:
            return bad("setMarginMode invalid")
        account.margin_mode = str(mode)
        return {"reasons": []}

    def _trading_stop(self, account: Account, params: Params, now_ns: int) -> Row | Refusal:
        market = self._find(params)
        if isinstance(market, Refusal):
            return market
        idx = params.get("positionIdx", ONE_WAY)
        if idx not in ((LONG, SHORT) if account.hedges(market.symbol) else (ONE_WAY,)):
            return MODE
        position = account.position(market.symbol, idx, now_ns)
        if not position.qty:
            return bad("can not set tp/sl/ts for zero position")
        if number(params, "trailingStop") or params.get("activePrice"):
            return bad("trailing stops are not simulated")
        guards = read_guards(params)
        why = guards_refusal(guards, params, market.last, buys=position.qty > ZERO)
        if why is not None:
            return why
        if guards.mode == "Partial":
            qty = number(params, "tpSize") or number(params, "slSize")
            if qty is None or qty.is_nan() or not ZERO < qty <= abs(position.qty):
                return bad("tpSize or slSize invalid")
            self._engine.guarding.add_partial(account, position, guards, qty, now_ns)
            return {}
        row = position_row(account, position, market.mark(now_ns))
        wanted = {"takeProfit": guards.take_profit, "stopLoss": guards.stop_loss}
        if all(not px or Decimal(px) == Decimal(row[key]) for key, px in wanted.items()):
            return SAME_GUARDS
        self._engine.guarding.set_full(account, position, guards, now_ns)
        return {}
