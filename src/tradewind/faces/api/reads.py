"""What can be looked at: the desk's views as lists and single rows. Decides nothing."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from tradewind.control.desk_rows import SessionView
from tradewind.control.requests import (
    Accounts,
    Commands,
    Events,
    Fills,
    Instances,
    Markets,
    Orders,
    Positions,
    Show,
    Shown,
    Strategies,
    ViewName,
)
from tradewind.control.views import HealthView, Wanted
from tradewind.faces.api.paging import Part
from tradewind.faces.api.problems import problem
from tradewind.faces.api.shapes import Healthy, Rows, Whole
from tradewind.faces.api.table import Call, Reply
from tradewind.model.errors import TradewindError

Row = TypeVar("Row")
ALL = 100_000


async def view(call: Call, name: ViewName, wanted: Wanted) -> Shown:
    """Return a view of the desk."""
    return await call.gateway.link.show(Show(view=name, wanted=wanted))


def _wanted(call: Call, part: Part, **more: Any) -> Wanted:
    query = msgspec.structs.asdict(call.query)
    words = {name: query[name] for name in ("instance", "account", "instrument") if name in query}
    return Wanted(**words, limit=part.wanted, before=part.before, **more)


def _part(call: Call) -> Part:
    return Part(call.query.cursor, call.query.limit)


async def instances(call: Call) -> Reply:
    """Return the instances, the newest first."""
    shown = await view(call, ViewName.INSTANCES, Wanted(limit=ALL))
    assert isinstance(shown, Instances)
    return Reply(value=_part(call).slice(tuple(reversed(shown.rows))))


async def instance(call: Call) -> Reply:
    """Return one instance."""
    name = call.path["instance"]
    shown = await view(call, ViewName.INSTANCES, Wanted(instance=name, limit=ALL))
    assert isinstance(shown, Instances)
    return Reply(value=_only(shown.rows, "instance", name))


async def orders(call: Call) -> Reply:
    """Return orders, the newest first."""
    part = _part(call)
    shown = await view(call, ViewName.ORDERS, _wanted(call, part, open_only=call.query.open_only))
    assert isinstance(shown, Orders)
    return Reply(value=part.rows(shown.rows, lambda row: row.created_ns))


async def order(call: Call) -> Reply:
    """Return one order's life."""
    wanted = Wanted(order=call.path["order"])
    try:
        return Reply(value=await view(call, ViewName.ORDER_LIFE, wanted))
    except TradewindError as error:
        raise _missing(error) from error


async def fills(call: Call) -> Reply:
    """Return fills, the newest first."""
    part = _part(call)
    shown = await view(call, ViewName.FILLS, _wanted(call, part))
    assert isinstance(shown, Fills)
    return Reply(value=part.rows(shown.rows, lambda row: row.seq))


async def events(call: Call) -> Reply:
    """Return the event list, the newest first."""
    part = _part(call)
    shown = await view(call, ViewName.EVENTS, _wanted(call, part))
    assert isinstance(shown, Events)
    return Reply(value=part.rows(shown.rows, lambda row: row.seq))


async def commands(call: Call) -> Reply:
    """Return the audit, the newest first."""
    part = _part(call)
    shown = await view(call, ViewName.COMMANDS, _wanted(call, part))
    assert isinstance(shown, Commands)
    return Reply(value=part.rows(shown.rows, lambda row: row.seq))


async def positions(call: Call) -> Reply:
    """Return the positions that are not flat."""
    wanted = Wanted(limit=ALL, open_only=True)
    shown = await view(call, ViewName.POSITIONS, wanted)
    assert isinstance(shown, Positions)
    return Reply(value=Whole(shown.rows))


async def positions_of(call: Call) -> Reply:
    """Return one account's positions."""
    wanted = Wanted(limit=ALL, open_only=True, account=call.path["account"])
    await _account(call)
    shown = await view(call, ViewName.POSITIONS, wanted)
    assert isinstance(shown, Positions)
    return Reply(value=Whole(shown.rows))


async def pnl(call: Call) -> Reply:
    """Return profit and loss."""
    wanted = Wanted(**msgspec.structs.asdict(call.query), limit=ALL)
    return Reply(value=await view(call, ViewName.PNL, wanted))


async def risk(call: Call) -> Reply:
    """Return every scope."""
    shown: Any = await view(call, ViewName.RISK, Wanted())
    return Reply(value=Whole(shown.rows))


async def strategies(call: Call) -> Reply:
    """Return the catalogue."""
    shown = await view(call, ViewName.STRATEGIES, Wanted(limit=ALL))
    assert isinstance(shown, Strategies)
    return Reply(value=Whole(shown.rows), cached=True)


async def strategy(call: Call) -> Reply:
    """Return one strategy."""
    name = call.path["strategy"]
    shown = await view(call, ViewName.STRATEGIES, Wanted(limit=ALL))
    assert isinstance(shown, Strategies)
    rows = tuple(row for row in shown.rows if row.name == name)
    return Reply(value=_only(rows, "strategy", name), cached=True)


async def markets(call: Call) -> Reply:
    """Return markets by name."""
    query = call.query
    part = Part(query.cursor, query.limit)
    wanted = Wanted(
        query=query.q,
        venue=query.venue,
        watched=query.watched,
        limit=query.limit,
        offset=part.number,
    )
    shown = await view(call, ViewName.MARKETS, wanted)
    assert isinstance(shown, Markets)
    end = part.number + len(shown.rows)
    rows = Rows(shown.rows, str(end) if shown.rows and end < shown.total else None)
    return Reply(value=rows, cached=True)


async def market(call: Call) -> Reply:
    """Return one market."""
    name = call.path["instrument"]
    shown = await view(call, ViewName.MARKETS, Wanted(instrument=name, limit=1))
    assert isinstance(shown, Markets)
    return Reply(value=_only(shown.rows, "instrument", name))


def of_market(name: ViewName) -> Callable[[Call], Any]:
    """Return what answers a view of one instrument."""

    async def answer(call: Call) -> Reply:
        wanted = Wanted(instrument=call.path["instrument"])
        if call.query is not None:
            wanted = msgspec.structs.replace(wanted, **msgspec.structs.asdict(call.query))
        try:
            return Reply(value=await view(call, name, wanted))
        except TradewindError as error:
            raise _missing(error) from error

    return answer


async def accounts(call: Call) -> Reply:
    """Return the accounts."""
    shown = await view(call, ViewName.ACCOUNTS, Wanted(limit=ALL))
    assert isinstance(shown, Accounts)
    return Reply(value=Whole(shown.rows))


async def account(call: Call) -> Reply:
    """Return one account."""
    return Reply(value=await _account(call))


async def shown_view(call: Call) -> Reply:
    """Return a view as the desk's socket gives it."""
    name = call.path["view"]
    if name not in set(ViewName):
        raise problem("not_found", f"Looked for the view {name[:60]!r}, found none of that name.")
    wanted = Wanted(**msgspec.structs.asdict(call.query))
    return Reply(value=await view(call, ViewName(name), wanted))


async def health(call: Call) -> Reply:
    """Return how the desk is; to strangers only whether it is well."""
    try:
        shown = await view(call, ViewName.HEALTH, Wanted())
    except TradewindError:
        if call.who is not None:
            raise
        return Reply(value=Healthy(ok=False), status=503)
    assert isinstance(shown, HealthView)
    if call.who is not None:
        return Reply(value=shown)
    return Reply(value=Healthy(ok=shown.ok), status=200 if shown.ok else 503)


async def session_view(call: Call) -> SessionView | None:
    """Return which desk this is, None while it is away."""
    try:
        shown = await view(call, ViewName.SESSION, Wanted())
    except TradewindError:
        return None
    assert isinstance(shown, SessionView)
    return shown


async def _account(call: Call) -> Any:
    name = call.path["account"]
    shown = await view(call, ViewName.ACCOUNTS, Wanted(account=name, limit=ALL))
    assert isinstance(shown, Accounts)
    rows = tuple(row for row in shown.rows if row.account == name)
    return _only(rows, "account", name)


def _only(rows: tuple[Row, ...], what: str, name: str) -> Row:
    if not rows:
        raise problem("not_found", f"Looked for the {what} {name[:200]!r}, found none; list them.")
    return rows[0]


def _missing(error: TradewindError) -> Exception:
    """Return what the desk says of a name that it does not know, as not found."""
    from tradewind.model.errors import ConfigError

    return problem("not_found", str(error)) if type(error) is ConfigError else error
