"""Bodies and queries: strict, and within what a desk can reckon with."""

from typing import Any

import msgspec
import pytest
from starlette.exceptions import HTTPException

from tradewind.faces.api.shapes import Commanded, OrdersQuery, Ticket
from tradewind.faces.api.words import read_body, read_query
from tradewind.model.commands import Stop

TICKET = {"account": "a", "instrument": "X:Y", "side": "buy", "qty": "0.10"}


def test_a_body_becomes_its_struct_with_its_digits() -> None:
    told = read_body(msgspec.json.encode(TICKET), Ticket)
    assert str(told.qty) == "0.10"
    body = {"command": {"type": "Stop", "instance": "one", "timeout_s": 5}}
    assert read_body(msgspec.json.encode(body), Commanded).command == Stop("one", 5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"qty": 0.1}, "in quotes"),
        ({"qty": "NaN"}, "reckoned"),
        ({"qty": "Infinity"}, "reckoned"),
        ({"qty": "1e500"}, "reckoned"),
        ({"qty": "1" * 60}, "reckoned"),
        ({"colour": "red"}, "colour"),
        ({"side": "up"}, "side"),
        ({"why": "x" * 1001}, "why"),
    ],
)
def test_what_no_desk_can_mean_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(HTTPException) as caught:
        read_body(msgspec.json.encode({**TICKET, **change}), Ticket)
    assert caught.value.status_code == 400
    assert said in caught.value.detail


def test_a_key_that_a_command_does_not_have_is_refused_though_commands_are_lenient() -> None:
    body = {"command": {"type": "Kill", "scope": {"kind": "desk", "colour": "red"}}}
    with pytest.raises(HTTPException, match="colour"):
        read_body(msgspec.json.encode(body), Commanded)


@pytest.mark.parametrize(
    "words", [[("limit", "0")], [("limit", "1"), ("limit", "2")], [("x", "1")]]
)
def test_a_query_is_read_as_strictly(words: list[tuple[str, str]]) -> None:
    with pytest.raises(HTTPException):
        read_query(words, OrdersQuery)
    told = read_query([("open_only", "true"), ("limit", "7")], OrdersQuery)
    assert told is not None
    assert (told.open_only, told.limit) == (True, 7)
