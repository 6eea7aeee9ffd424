"""Reads that are asked again: what can be asked twice without anything happening twice."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import TypeVar

import msgspec

from tradewind.edge.net.transport import HttpAnswer, HttpRequest, Transport
from tradewind.model.errors import OutcomeUnknown, RateLimited, Unreachable, VenueError
from tradewind.ports import Clock

ATTEMPTS_MAX = 3
T = TypeVar("T")


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long one attempt, the pauses between them (doubling) and all of it together may take.

    At most three attempts are made, whatever `attempts` says.
    """

    timeout_s: float
    pause_min_s: float
    pause_max_s: float
    total_s: float
    attempts: int = ATTEMPTS_MAX


async def ask_again(  # noqa: PLR0913 - one call of keywords, with nothing that could be left out
    transport: Transport,
    make: Callable[[], HttpRequest],
    *,
    venue: str,
    endpoint: str,
    policy: Patience,
    clock: Clock,
    dice: Random,
    judge: Callable[[HttpAnswer], T],
) -> T:
    """Ask a question that changes nothing, and again after a pause with jitter when it failed.

    `make` builds and signs a fresh request for each attempt; `judge` returns what the answer
    says or raises. Asked again are Unreachable, OutcomeUnknown and RateLimited (not before its
    `retry_after_s`); everything else is raised at once. Raises Unreachable in the end where the
    venue gave no answer, for a read has no outcome that could be unknown. Never for orders.
    """
    deadline_ns = clock.monotonic_ns() + round(policy.total_s * 1e9)
    attempts = min(policy.attempts, ATTEMPTS_MAX)
    for attempt in range(1, attempts + 1):
        try:
            return judge(await transport.ask(make(), timeout_s=policy.timeout_s))
        except (Unreachable, OutcomeUnknown, RateLimited) as error:
            pause_s = _pause_s(policy, attempt, dice, error)
            ends_ns = clock.monotonic_ns() + round(pause_s * 1e9)
            if attempt == attempts or ends_ns > deadline_ns:
                raise _last(error, attempt, venue, endpoint) from error
            await asyncio.sleep(pause_s)
    raise AssertionError("a policy of no attempts")


def _pause_s(policy: Patience, attempt: int, dice: Random, error: VenueError) -> float:
    longest_s = min(policy.pause_max_s, policy.pause_min_s * 2.0 ** (attempt - 1))
    pause_s = longest_s * dice.uniform(0.5, 1.0)
    return max(pause_s, error.retry_after_s) if isinstance(error, RateLimited) else pause_s


def _last(error: VenueError, attempts: int, venue: str, endpoint: str) -> VenueError:
    often = "once" if attempts == 1 else f"{attempts} times"
    text = f"Asked {venue} for {endpoint} {often}, found no answer; the last time: {error}"
    if isinstance(error, RateLimited):
        return RateLimited(
            text,
            venue=venue,
            endpoint=endpoint,
            code=error.code,
            retry_after_s=error.retry_after_s,
        )
    return Unreachable(text, venue=venue, endpoint=endpoint, code=error.code)
