"""Requests, answers and the one error shape, over the wire and back."""

import msgspec
import pytest

from tradewind.control.requests import (
    CODES,
    Answer,
    Do,
    Failure,
    Receipt,
    Request,
    Show,
    ViewName,
    Watch,
    error_of,
    failure,
)
from tradewind.control.showing import SHOW
from tradewind.control.views import Wanted
from tradewind.model import commands
from tradewind.model.effects import Confirmation
from tradewind.model.errors import RateLimited, Refused, TradewindError, VenueError
from tradewind.model.ids import InstanceId


def made(kind: type[TradewindError]) -> TradewindError:
    if issubclass(kind, RateLimited):
        return kind("wait", venue="V", endpoint="/x", retry_after_s=2.0)
    if issubclass(kind, VenueError):
        return kind("text", venue="V", endpoint="/x")
    return kind("text")


@pytest.mark.parametrize("kind", list(CODES))
def test_an_error_crosses_the_wire_as_itself(kind: type[TradewindError]) -> None:
    told = failure(made(kind), "tick")
    assert (told.code, told.retryable) == CODES[kind]
    assert told.rule == "tick"
    again = error_of(msgspec.json.decode(msgspec.json.encode(told), type=Failure), "socket")
    assert type(again) is kind
    assert str(again) == str(made(kind))


def test_an_error_without_a_code_of_its_own_has_its_parents() -> None:
    class Stranger(Refused):
        """Is in no table."""

    assert failure(Stranger("no")).code == "refused"
    assert failure(TradewindError("odd")).code == "failed"
    assert type(error_of(Failure(code="never heard of", message="odd"), "")) is TradewindError


def test_codes_are_told_apart() -> None:
    words = [code for code, _ in CODES.values()]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize(
    "request_",
    [
        Do(command=commands.Pause(InstanceId("x")), why="because", dry_run=True),
        Do(command=commands.Kill(), command_id="k", wait_s=3.5),
        Show(view=ViewName.ORDERS, wanted=Wanted(instance="x", open_only=True, limit=7)),
        Watch(),
    ],
)
def test_a_request_survives_the_wire(request_: Request) -> None:
    assert msgspec.json.decode(msgspec.json.encode(request_), type=Request) == request_


def test_an_answer_survives_the_wire() -> None:
    receipt = Receipt(
        command_id="k", confirmation=Confirmation.CONFIRMED, effect="done", rule="", waited_s=0.5
    )
    assert msgspec.json.decode(msgspec.json.encode(receipt), type=Answer) == receipt


def test_every_view_has_a_name_and_every_name_a_view() -> None:
    assert set(SHOW) == set(ViewName)
