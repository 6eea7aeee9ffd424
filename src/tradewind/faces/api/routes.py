"""Every route, one row each. What a row means is told by `table`; nothing is decided here."""

from tradewind.control.backtests import BacktestOrder, BacktestView, DataView
from tradewind.control.views import HealthView
from tradewind.faces.api import metrics, reads, shapes, trials
from tradewind.faces.api.pages import documentation, openapi
from tradewind.faces.api.problems import Problem
from tradewind.faces.api.routes_desk import ACCOUNTS, READS, WRITES
from tradewind.faces.api.routes_people import ACCOUNT, PEOPLE, SESSION
from tradewind.faces.api.rows import READ, TRADE, change, get, page
from tradewind.faces.api.shapes import PageQuery, Rows, Whole
from tradewind.faces.api.table import HTML, PUBLIC, Route, Table


def routes(version: str) -> Table:
    """Return the table of a version."""

    def whole() -> Table:
        return routes(version)

    own = (
        get("openapi", "openapi.json", "This document.", openapi(whole, version), PUBLIC, "about"),
        page("docs", "/api/docs", "The routes for people.", documentation(whole)),
    )
    return (*SESSION, *ACCOUNT, *PEOPLE, *READS, *WRITES, *ACCOUNTS, *BACKTESTS, *HEALTH, *own)


BACKTESTS: Table = (
    get(
        "data",
        "data",
        "Recorded history.",
        trials.data,
        READ,
        "backtests",
        answer=Whole[DataView],
        codes=(),
    ),
    get(
        "backtests",
        "backtests",
        "Backtests, the newest first.",
        trials.all_of_them,
        READ,
        "backtests",
        query=PageQuery,
        answer=Rows[BacktestView],
        codes=(),
    ),
    get(
        "backtest",
        "backtests/{backtest}",
        "One backtest with its result.",
        trials.one,
        READ,
        "backtests",
        answer=BacktestView,
        codes=("not_found",),
    ),
    get(
        "backtestReport",
        "backtests/{backtest}/report",
        "A backtest's report.",
        trials.report,
        READ,
        "backtests",
        media=HTML,
        codes=("not_found",),
        cached=True,
    ),
    change(
        "beginBacktest",
        "POST",
        "backtests",
        "Run a backtest; it waits for those before it.",
        trials.begin,
        needs=TRADE,
        tag="backtests",
        body=BacktestOrder,
        status=202,
        answer=BacktestView,
        codes=("refused", "not_found"),
        command=True,
        example={
            "strategy": "dual_ema_short",
            "data": ["history"],
            "instrument": "BYBIT:BTCUSDT",
            "interval": "1m",
        },
    ),
    change(
        "dropBacktest",
        "DELETE",
        "backtests/{backtest}",
        "Forget a backtest; one that runs ends.",
        trials.drop,
        needs=TRADE,
        tag="backtests",
        answer=BacktestView,
        codes=("not_found",),
    ),
)
HEALTH: Table = (
    get(
        "health",
        "health",
        "Whether the desk is well; 503 where it is not.",
        reads.health,
        PUBLIC,
        "about",
        answer=(HealthView, shapes.Healthy),
        others={503: (shapes.Healthy, Problem)},
        codes=("auth_failed",),
    ),
    Route(
        name="metrics",
        method="GET",
        path="/metrics",
        needs=PUBLIC,
        summary="Figures for Prometheus; from this machine, or with a token.",
        handler=metrics.metrics,
        tag="about",
        media="text/plain",
        codes=("auth_failed", "forbidden"),
    ),
)
