"""The document: made from the table, whole, and without anything that is not in it."""

from typing import Any

import msgspec

from tradewind.faces.api.openapi import PARAMETER, document
from tradewind.faces.api.problems import STATUS, problem
from tradewind.faces.api.routes import routes
from tradewind.faces.api.table import PUBLIC

TABLE = routes("1")
DOCUMENT = document(TABLE, "1")


def refs(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(refs(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(refs(each) for each in value))
    return set()


def test_every_route_has_a_name_of_its_own() -> None:
    names = [route.name for route in TABLE]
    assert len(names) == len(set(names))
    places = [(route.method, route.path) for route in TABLE]
    assert len(places) == len(set(places))


def test_every_reference_leads_somewhere() -> None:
    there = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert refs(DOCUMENT) - there == set()
    assert msgspec.json.encode(DOCUMENT)


def test_every_word_of_an_address_is_told() -> None:
    for path, operations in DOCUMENT["paths"].items():
        for operation in operations.values():
            told = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
            assert told == PARAMETER.findall(path)


def test_what_changes_something_is_never_open_to_all_but_for_signing_in() -> None:
    open_to_all = {route.name for route in TABLE if route.writes and route.needs is PUBLIC}
    assert open_to_all == {"setUp", "signIn", "signOut"}


def test_every_code_has_a_status_and_the_one_shape() -> None:
    for code, status in STATUS.items():
        told = problem(code, "Did this, found that; do so.")
        assert told.status_code == status
        assert set(msgspec.json.decode(told.detail)) == {"code", "message", "rule", "retryable"}
