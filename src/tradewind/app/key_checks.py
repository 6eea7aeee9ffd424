"""What a venue says of keys: asked once, read-only, and told in a sentence.

Names the concrete adapters. Must not show a key, nor order or change anything.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from random import SystemRandom

import msgspec

from tradewind.app.accounts import KeyCheck
from tradewind.app.desk_tables import VENUES, VenueWord
from tradewind.edge.net.offset import ClockOffset
from tradewind.edge.net.seat import Outside, Seat
from tradewind.edge.net.transport_aiohttp import AioTransport
from tradewind.edge.venues.bybit import auth as bybit_auth
from tradewind.edge.venues.bybit import parse as bybit_parse
from tradewind.edge.venues.bybit import rest as bybit_rest
from tradewind.edge.venues.bybit import venue as bybit
from tradewind.edge.venues.kalshi import rest as kalshi_rest
from tradewind.edge.venues.kalshi import venue as kalshi
from tradewind.model.config import Account, AccountMode
from tradewind.model.errors import BadReply, Refused, Unreachable
from tradewind.model.ids import AccountId, Currency, VenueId
from tradewind.model.money import NANOS
from tradewind.runtime.clock import SystemClock

TOTAL_S = 20.0
CLOCK_OFF_NS = NANOS
"""A clock that is off by more is worth a word, although the adapters reckon with it."""


def ask_venue(check: KeyCheck) -> str:
    """Return what the venue says of keys; nothing is ordered or changed there.

    Raises AuthFailed for keys that it does not take, Unreachable where it does not answer, and
    Refused for keys that may withdraw, may not trade, or are of a kind that nothing asks yet.
    """
    wired = CHECKS.get(check.venue)
    if wired is None:
        raise Refused(
            f"Opened the keys, found no adapter of {check.venue} wired to ask it; nothing was "
            f"sent and nothing is proved but that the vault opens."
        )
    return wired(check)


class _Answer(msgspec.Struct, frozen=True):
    """What keys may do, in words, and why they must not be used; how the clocks compare."""

    may: str
    unfit: str
    offset: ClockOffset


def _asked(ask: Callable[[Seat, Outside], Awaitable[_Answer]]) -> Callable[[KeyCheck], str]:
    return lambda check: asyncio.run(_ask(ask, check))


async def _ask(ask: Callable[[Seat, Outside], Awaitable[_Answer]], check: KeyCheck) -> str:
    clock = SystemClock()
    transport = AioTransport(clock, "")
    hosts = check.hosts or ENVIRONMENTS[check.venue][check.environment.value]
    seat = Seat(account=_nobody(check.venue), hosts=hosts, symbols=(), keys=check.keys)
    outside = Outside(
        transport=transport, clock=clock, dice=SystemRandom(), sink=lambda event: None
    )
    try:
        async with asyncio.timeout(TOTAL_S):
            told = await ask(seat, outside)
    except TimeoutError:
        raise Unreachable(
            f"Asked {hosts['rest']} about the keys, found no answer in {TOTAL_S:g} s; see whether "
            f"it can be reached from here.",
            venue=check.venue,
            endpoint=hosts["rest"],
        ) from None
    finally:
        await transport.close()
    if told.unfit:
        raise Refused(
            f"Asked {check.venue} ({check.environment.value}) about the keys, found that "
            f"{told.unfit}; make one that may trade and read, and no more."
        )
    return f"{check.venue} ({check.environment.value}) takes the keys: {told.may}{_clock(told)}."


def _clock(told: _Answer) -> str:
    off_ns = told.offset.offset_ns
    if not told.offset.known or abs(off_ns) - told.offset.error_ns < CLOCK_OFF_NS:
        return ""
    way = "behind" if off_ns > 0 else "ahead of"
    return f"; this machine's clock is {abs(off_ns) / NANOS:.1f} s {way} the venue's, set it"


def _nobody(venue: str) -> Account:
    facts = VENUES[VenueWord(venue)]
    return Account(
        id=AccountId("keys"),
        venue=VenueId(venue.upper()),
        currency=Currency(facts.currency),
        mode=AccountMode.SANDBOX,
    )


async def _ask_bybit(seat: Seat, outside: Outside) -> _Answer:
    assert seat.keys is not None
    signer = bybit_auth.Signer(seat.keys)
    rest = bybit_rest.Rest(outside, seat.hosts["rest"], signer, seat.account.orders_per_s)
    await rest.sync_clock()
    unfit = bybit_parse.unfit(await rest.key())
    return _Answer("they may trade and read, and may not withdraw", unfit, rest.offset)


async def _ask_kalshi(seat: Seat, outside: Outside) -> _Answer:
    assert seat.keys is not None
    rest = kalshi_rest.Rest(seat, outside, sign_ahead=False)
    await rest.status()  # measures the venue's clock
    mine = [key for key in await rest.keys() if key.api_key_id == seat.keys.values["key_id"]]
    if not mine:
        raise BadReply(
            "Asked KALSHI for the account's keys, found ours not among them; look there.",
            venue="KALSHI",
            endpoint="/api_keys",
        )
    scopes = mine[0].scopes
    unfit = "" if {"write", "write::trade"} & set(scopes) else "it may only read"
    may = "they may trade and read; no key of Kalshi's can withdraw"
    return _Answer(may, unfit, rest.offset)


ENVIRONMENTS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    VenueWord.BYBIT.value: bybit.ENVIRONMENTS,
    VenueWord.KALSHI.value: kalshi.ENVIRONMENTS,
}
CHECKS: dict[str, Callable[[KeyCheck], str]] = {
    VenueWord.BYBIT.value: _asked(_ask_bybit),
    VenueWord.KALSHI.value: _asked(_ask_kalshi),
}
"""For each venue what asks it about keys."""
