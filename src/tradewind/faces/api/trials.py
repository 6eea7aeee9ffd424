"""Backtests over HTTP: asked, listed, reported, forgotten. Decides nothing."""

from tradewind.faces.api.paging import Part
from tradewind.faces.api.problems import problem
from tradewind.faces.api.shapes import Whole
from tradewind.faces.api.table import HTML, Call, Reply
from tradewind.faces.api.writes import audit_name

REPORT_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; sandbox allow-scripts"
)
"""A report carries its own scripts; in a sandbox they reach neither the page nor its session."""


async def data(call: Call) -> Reply:
    """Return the series of the history."""
    return Reply(value=Whole(tuple(await call.gateway.backtests.data())))


async def all_of_them(call: Call) -> Reply:
    """Return the backtests, the newest first, without their results."""
    part = Part(call.query.cursor, call.query.limit)
    return Reply(value=part.slice(await call.gateway.backtests.all()))


async def one(call: Call) -> Reply:
    """Return one backtest with its result."""
    found = await call.gateway.backtests.one(_name(call))
    if found is None:
        raise _none(call)
    return Reply(value=found)


async def report(call: Call) -> Reply:
    """Return a backtest's report."""
    found = await call.gateway.backtests.report(_name(call))
    if found is None:
        raise _none(call)
    headers = {"Content-Security-Policy": REPORT_POLICY}
    return Reply(raw=found, media=HTML, headers=headers, cached=True)


async def begin(call: Call) -> Reply:
    """Take a backtest on."""
    made = await call.gateway.backtests.begin(call.body, audit_name(call.asker), call.key)
    return Reply(value=made, status=202)


async def drop(call: Call) -> Reply:
    """Forget a backtest; one that runs ends."""
    name = _name(call)
    found = await call.gateway.backtests.one(name)
    if found is None or not await call.gateway.backtests.drop(name):
        raise _none(call)
    return Reply(value=found)


def _name(call: Call) -> str:
    return call.path["backtest"]


def _none(call: Call) -> Exception:
    return problem(
        "not_found", f"Looked for the backtest {_name(call)[:60]!r}, found none; list them."
    )
