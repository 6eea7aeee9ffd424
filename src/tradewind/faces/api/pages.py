"""/api/openapi.json and /api/docs: the table of routes, for programs and for people."""

from collections.abc import Iterable
from html import escape
from typing import Any

import msgspec

from tradewind.faces.api.openapi import document
from tradewind.faces.api.table import HTML, PUBLIC, SIGNED_IN, Call, Handler, Reply, Route

TOP = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tradewind API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color-scheme:light dark}table{border-collapse:collapse;width:100%}td{padding:.3rem .6rem;
border-top:1px solid #8884;vertical-align:top}code{font-family:ui-monospace,monospace}</style>
</head><body><h1>Tradewind API</h1>
<p>Everything in detail: <a href="/api/openapi.json">/api/openapi.json</a> (OpenAPI 3.1).
With a token: <code>Authorization: Bearer twd_…</code></p>
"""


def openapi(make: Any, version: str) -> Handler:
    """Return what answers the document of a table, made once."""
    made: list[bytes] = []

    async def answer(call: Call) -> Reply:
        if not made:
            made.append(msgspec.json.encode(document(make(), version)))
        return Reply(raw=made[0], cached=True)

    return answer


def documentation(make: Any) -> Handler:
    """Return what answers the table for people."""

    async def answer(call: Call) -> Reply:
        return Reply(raw=(TOP + _tables(make()) + "</body></html>").encode(), media=HTML)

    return answer


def _tables(routes: Iterable[Route]) -> str:
    by_tag: dict[str, list[Route]] = {}
    for route in routes:
        by_tag.setdefault(route.tag, []).append(route)
    return "".join(
        f"<h2>{escape(tag)}</h2><table>{''.join(map(_line, rows))}</table>"
        for tag, rows in by_tag.items()
    )


def _line(route: Route) -> str:
    needs = route.needs
    who = "anybody" if needs is PUBLIC else "signed in" if needs is SIGNED_IN else str(needs)
    return (
        f"<tr><td><code>{route.method}</code></td><td><code>{escape(route.path)}</code></td>"
        f"<td>{escape(route.summary)}</td><td>{escape(who)}</td></tr>"
    )
