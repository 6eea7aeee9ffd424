"""What a venue says of keys: what they may do, why they must not be used, and what went wrong."""

import asyncio
from random import Random
from typing import Any

import pytest

from tests.unit.edge.simulators.kalshi.desk import private_key, public_pem
from tradewind.app.accounts import KeyCheck, checked
from tradewind.app.desk_tables import Environment
from tradewind.app.key_checks import ask_venue
from tradewind.edge.simulators.bybit.exchange import BybitExchange
from tradewind.edge.simulators.bybit.settings import AccountSettings, BybitSettings
from tradewind.edge.simulators.fault_words import planned, spoken
from tradewind.edge.simulators.hosting import Host
from tradewind.edge.simulators.kalshi.exchange import KalshiExchange
from tradewind.edge.simulators.kalshi.listing import FixedProgramme
from tradewind.edge.simulators.kalshi.settings import AccountTerms, KalshiSettings, KeyTerms
from tradewind.edge.simulators.wire import WireExchange
from tradewind.edge.simulators.wire_faults import Faults
from tradewind.model.errors import AuthFailed, BadReply, Refused, Unreachable, VenueError
from tradewind.ports import Keys
from tradewind.runtime.clock import SystemClock

pytestmark = pytest.mark.sockets

SECRET = "s3cret" * 4


def bybit(now_ns: int, **account: Any) -> WireExchange:
    settings = AccountSettings(key="key-of-ours", secret=SECRET, **account)
    return BybitExchange(BybitSettings(accounts=(settings,), start_ns=now_ns))


def kalshi(now_ns: int, scopes: tuple[str, ...] = ("read", "write")) -> WireExchange:
    key = KeyTerms(id="key-of-ours", public_key=public_pem(private_key("ann")), scopes=scopes)
    accounts = (AccountTerms(user_id="ann", keys=(key,)),)
    settings = KalshiSettings(accounts=accounts, start_ns=now_ns, crowd=False)
    return KalshiExchange(settings, FixedProgramme((), ()))


def bybit_keys(key: str = "key-of-ours") -> Keys:
    return checked("bybit", {"api_key": key, "api_secret": SECRET})


def kalshi_keys(name: str = "ann") -> Keys:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = private_key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return checked("kalshi", {"key_id": "key-of-ours", "private_key": pem.decode()})


def said(venue: str, exchange: WireExchange, keys: Keys, fault: str = "") -> str:
    """Ask a simulated venue about keys, over real sockets."""

    async def ask() -> str:
        clock = SystemClock()
        faults = Faults(Random(1))
        if fault:
            faults.plan(planned(spoken(fault), clock.now_ns(), {}))
        async with Host(exchange, clock, faults) as host:
            hosts = {
                name: f"{scheme}://127.0.0.1:{host.port}"
                for name, scheme in (("rest", "http"), ("ws", "ws"), ("public", "ws"))
            }
            check = KeyCheck(venue, keys, Environment.CUSTOM, hosts)
            return await asyncio.to_thread(ask_venue, check)

    return asyncio.run(ask())


def now() -> int:
    return SystemClock().now_ns()


def test_keys_that_may_trade_are_told_in_a_sentence() -> None:
    assert "may not withdraw" in said("bybit", bybit(now()), bybit_keys())
    assert "no key of Kalshi's can withdraw" in said("kalshi", kalshi(now()), kalshi_keys())


@pytest.mark.parametrize(
    ("venue", "exchange", "told"),
    [
        ("bybit", lambda: bybit(now(), may_withdraw=True), "it may withdraw"),
        ("bybit", lambda: bybit(now(), read_only=True), "it may only read"),
        ("kalshi", lambda: kalshi(now(), ("read",)), "it may only read"),
    ],
)
def test_keys_that_must_not_be_used_are_refused_with_the_reason(
    venue: str, exchange: Any, told: str
) -> None:
    keys = bybit_keys() if venue == "bybit" else kalshi_keys()
    with pytest.raises(Refused, match=told):
        said(venue, exchange(), keys)


@pytest.mark.parametrize(
    ("venue", "keys", "fault", "error"),
    [
        ("bybit", bybit_keys("another-key"), "", AuthFailed),
        ("kalshi", kalshi_keys("bob"), "", AuthFailed),
        # The other venue answers on that address: nothing there is what we ask for.
        ("bybit at kalshi", bybit_keys(), "", VenueError),
        ("kalshi at bybit", kalshi_keys(), "", VenueError),
        ("bybit", bybit_keys(), "status:status=503", Unreachable),
        ("bybit", bybit_keys(), "garbage", BadReply),
    ],
)
def test_what_went_wrong_is_an_error_by_its_remedy_and_shows_no_key(
    venue: str, keys: Keys, fault: str, error: type[VenueError]
) -> None:
    word, _, place = venue.partition(" at ")
    exchange = bybit(now()) if (place or word) == "bybit" else kalshi(now())
    with pytest.raises(error) as caught:
        said(word, exchange, keys, fault)
    assert SECRET not in str(caught.value)


def test_a_clock_that_is_off_is_told_although_the_keys_are_taken() -> None:
    told = said("bybit", bybit(now()), bybit_keys(), "skew:length_s=90,for_s=60")
    assert "clock is 90.0 s behind the venue's" in told
