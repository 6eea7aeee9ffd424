"""The OpenAPI 3.1 document, made from the table of routes. Knows JSON Schema and nothing else."""

import re
from collections.abc import Callable, Iterable
from typing import Any, get_args

import msgspec

from tradewind.control.frames import Message
from tradewind.faces.api.problems import STATUS, Problem
from tradewind.faces.api.table import JSON, PUBLIC, Route
from tradewind.faces.api.told import DeskMessage, WatchMarkets

REF = "#/components/schemas/{name}"
COOKIE, BEARER = "session", "token"
PARAMETER = re.compile(r"\{(\w+)(?::path)?\}")
EVERYWHERE = ("bad_request", "internal")
SIGNED = ("auth_failed", "forbidden")
ASKS_DESK = ("unreachable",)
HEADER_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The command's id: the same id is carried out once and gets the same receipt.",
    "schema": {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"},
}
HEADER_CSRF = {
    "name": "X-CSRF-Token",
    "in": "header",
    "required": False,
    "description": "With a session cookie: the value of `csrf` from GET /api/session.",
    "schema": {"type": "string"},
}


def document(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """Return the document of a table of routes."""
    routes = list(routes)
    schemas, schema_of = _schemas(routes)
    paths: dict[str, Any] = {}
    for route in routes:
        path = PARAMETER.sub(r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, schema_of, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tradewind",
            "version": version,
            "description": "One trading desk. Decimals are strings, times are nanoseconds UTC.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(route.tag for route in routes)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                BEARER: {"type": "http", "scheme": "bearer"},
                COOKIE: {"type": "apiKey", "in": "cookie", "name": "tradewind_session"},
            },
        },
    }


def _schemas(routes: list[Route]) -> tuple[dict[str, Any], Callable[[Any], Any]]:
    types: list[Any] = [Problem, *get_args(Message), DeskMessage, WatchMarkets]
    for route in routes:
        types += [each for each in (route.body, route.query, route.answer) if each is not None]
        types += route.others.values()
    kinds = list(dict.fromkeys(each for kind in types for each in _several(kind)))
    made, components = msgspec.json.schema_components(kinds, ref_template=REF)
    by_type = dict(zip(kinds, made, strict=True))

    def schema_of(kind: Any) -> Any:
        found = [by_type[each] for each in _several(kind)]
        return found[0] if len(found) == 1 else {"anyOf": found}

    return {name: _plain(components[name]) for name in sorted(components)}, schema_of


def _plain(schema: Any) -> Any:
    """Return a schema without what `maxItems` says already; some readers stumble over it."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    said = "prefixItems" in schema and schema.get("items") is False
    return {key: _plain(value) for key, value in schema.items() if not (said and key == "items")}


def _several(kind: Any) -> tuple[Any, ...]:
    return kind if isinstance(kind, tuple) else (kind,)


def _operation(route: Route, schema_of: Callable[[Any], Any], schemas: dict[str, Any]) -> Any:
    parameters = [_path_parameter(name) for name in PARAMETER.findall(route.path)]
    if route.query is not None:
        parameters += _query_parameters(schema_of(route.query), schemas)
    if route.command:
        parameters.append(HEADER_KEY)
    if route.writes and route.needs is not PUBLIC:
        parameters.append(HEADER_CSRF)
    told: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": parameters,
        "responses": _responses(route, schema_of),
        "security": [] if route.needs is PUBLIC else [{BEARER: []}, {COOKIE: []}],
    }
    if route.body is not None:
        content: dict[str, Any] = {"schema": schema_of(route.body)}
        if route.example is not None:
            content["example"] = msgspec.to_builtins(route.example)
        told["requestBody"] = {"required": True, "content": {JSON: content}}
    return told


def _path_parameter(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    }


def _query_parameters(schema: Any, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    name = schema["$ref"].rpartition("/")[2]
    own = schemas[name]
    required = set(own.get("required", ()))
    return [
        {"name": key, "in": "query", "required": key in required, "schema": value}
        for key, value in own["properties"].items()
    ]


def _responses(route: Route, schema_of: Callable[[Any], Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for status, kind in {route.status: route.answer, **route.others}.items():
        told[str(status)] = _response(route, kind, schema_of)
    if route.cached:
        told["304"] = {"description": "Not changed since the ETag in If-None-Match."}
    codes = [*EVERYWHERE, *route.codes]
    if route.needs is not PUBLIC:
        codes += SIGNED
    if route.writes:
        codes += ("forbidden", "too_large")
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(STATUS[code], []).append(code)
    for number, names in sorted(by_status.items()):
        told[str(number)] = {
            "description": ", ".join(names),
            "content": {JSON: {"schema": schema_of(Problem)}},
        }
    return told


def _response(route: Route, kind: Any, schema_of: Callable[[Any], Any]) -> dict[str, Any]:
    if kind is None:
        media = route.media.partition(";")[0]
        if media == JSON:
            return {"description": "Done."}
        return {"description": "Done.", "content": {media: {"schema": {"type": "string"}}}}
    name = getattr(kind, "__doc__", None) or "Done."
    text = name.strip().partition("\n")[0]
    return {"description": text, "content": {JSON: {"schema": schema_of(kind)}}}
