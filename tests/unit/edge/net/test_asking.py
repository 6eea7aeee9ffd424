"""Reads that are asked again: three times at most, with fresh requests, and never too early."""

import asyncio
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

import pytest

from tests.unit.edge.net.virtual import VirtualClock, quickly
from tradewind.edge.net.asking import Patience, ask_again
from tradewind.edge.net.transport import Heard, HttpAnswer, HttpRequest, Socket
from tradewind.model.errors import (
    AuthFailed,
    BadReply,
    OutcomeUnknown,
    RateLimited,
    Unreachable,
    VenueError,
)

POLICY = Patience(timeout_s=1.0, pause_min_s=0.2, pause_max_s=1.0, total_s=60.0)
PLACE: dict[str, Any] = {"venue": "BYBIT", "endpoint": "wallet"}
FINE = HttpAnswer(200, {}, b"fine")


class Scripted:
    """A transport that answers, or fails, as its script says, and notes what and when."""

    def __init__(self, *script: HttpAnswer | VenueError) -> None:
        self.script = list(script)
        self.asked: list[tuple[float, HttpRequest]] = []

    async def ask(
        self, request: HttpRequest, *, timeout_s: float, not_after_ns: int | None = None
    ) -> HttpAnswer:
        self.asked.append((asyncio.get_running_loop().time(), request))
        answer = self.script.pop(0)
        if isinstance(answer, VenueError):
            raise answer
        return answer

    async def connect(
        self, url: str, headers: Mapping[str, str], heard: Heard, *, timeout_s: float
    ) -> Socket:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


def asked(
    transport: Scripted,
    policy: Patience = POLICY,
    judge: Callable[[HttpAnswer], bytes] = lambda answer: answer.body,
) -> bytes:
    numbers = iter(range(100))

    def make() -> HttpRequest:
        return HttpRequest("GET", "http://venue/wallet", {"X-Sign": str(next(numbers))})

    async def play() -> bytes:
        return await ask_again(
            transport,
            make,
            policy=policy,
            clock=VirtualClock(),
            dice=Random(1),
            judge=judge,
            **PLACE,
        )

    return quickly(play)


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("no way", **PLACE),
        OutcomeUnknown("no answer", **PLACE),
        RateLimited("slower", retry_after_s=0.0, **PLACE),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_read_that_failed_is_asked_again_with_a_fresh_request_after_a_pause(
    error: VenueError,
) -> None:
    transport = Scripted(error, error, FINE)
    assert asked(transport) == b"fine"
    assert [request.headers["X-Sign"] for _, request in transport.asked] == ["0", "1", "2"]
    first_s, second_s, third_s = (at for at, _ in transport.asked)
    assert 0.1 <= second_s - first_s <= 0.2
    assert 0.2 <= third_s - second_s <= 0.4


@pytest.mark.parametrize("kind", [AuthFailed, BadReply], ids=lambda kind: kind.__name__)
def test_what_would_fail_again_is_raised_at_once(kind: type[VenueError]) -> None:
    transport = Scripted(kind("no", **PLACE))
    with pytest.raises(kind):
        asked(transport)
    assert len(transport.asked) == 1


def test_three_attempts_are_all_even_when_more_are_wanted() -> None:
    transport = Scripted(*[OutcomeUnknown("no answer", code="10016", **PLACE)] * 9)
    policy = Patience(timeout_s=1, pause_min_s=0.1, pause_max_s=1, total_s=60, attempts=9)
    with pytest.raises(
        Unreachable, match=r"Asked BYBIT for wallet 3 times, .*: no answer"
    ) as caught:
        asked(transport, policy)
    assert len(transport.asked) == 3
    assert caught.value.code == "10016"


def test_the_venue_is_left_alone_for_as_long_as_it_asked() -> None:
    transport = Scripted(RateLimited("slower", retry_after_s=7.5, **PLACE), FINE)
    assert asked(transport) == b"fine"
    assert transport.asked[1][0] == pytest.approx(7.5)


def test_a_pause_beyond_all_patience_is_not_begun() -> None:
    transport = Scripted(RateLimited("slower", retry_after_s=61, **PLACE), FINE)
    with pytest.raises(RateLimited, match="slower") as caught:
        asked(transport)
    assert caught.value.retry_after_s == 61
    assert transport.asked[0][0] == 0


def test_what_the_judge_raises_counts_like_a_failure_of_the_network() -> None:
    def judge(answer: HttpAnswer) -> bytes:
        if answer.status == 503:
            raise Unreachable("maintenance", **PLACE)
        return answer.body

    assert asked(Scripted(HttpAnswer(503, {}, b""), FINE), judge=judge) == b"fine"
