"""How a row of the table is written: what routes of one sort have in common, said once."""

from typing import Any

from tradewind.control.requests import Preview, Receipt
from tradewind.faces.api.shapes import CommandQuery
from tradewind.faces.api.table import HTML, PUBLIC, Handler, Needs, Route
from tradewind.model.access import AccessScope

READ, TRADE, REARM, ADMIN = AccessScope
DESK = ("unreachable", "bad_reply")
COMMAND = (
    *DESK,
    "refused",
    "preview_changed",
    "version_conflict",
    "outcome_unknown",
    "too_large",
    "not_found",
)


def get(
    name: str,
    path: str,
    summary: str,
    handler: Handler,
    needs: Needs = READ,
    tag: str = "desk",
    **more: Any,
) -> Route:
    """Return a row of what can be looked at."""
    return Route(
        name=name,
        method="GET",
        path=f"/api/{path}",
        needs=needs,
        summary=summary,
        handler=handler,
        tag=tag,
        **{"codes": DESK, **more},
    )


def page(name: str, path: str, summary: str, handler: Handler) -> Route:
    """Return a row of a page for people."""
    return Route(
        name=name,
        method="GET",
        path=path,
        needs=PUBLIC,
        summary=summary,
        handler=handler,
        tag="about",
        media=HTML,
    )


def command(
    name: str, path: str, summary: str, handler: Handler, body: Any, needs: Needs, **more: Any
) -> Route:
    """Return a row of a command to the desk."""
    return Route(
        name=name,
        method="POST",
        path=f"/api/{path}",
        needs=needs,
        summary=summary,
        handler=handler,
        tag="commands",
        body=body,
        query=CommandQuery,
        answer=Receipt | Preview,
        others={202: Receipt},
        codes=COMMAND,
        command=True,
        **more,
    )


def change(name: str, method: str, path: str, summary: str, handler: Handler, **more: Any) -> Route:
    """Return a row of any other change."""
    return Route(
        name=name,
        method=method,
        path=f"/api/{path}",
        summary=summary,
        handler=handler,
        **more,
    )
