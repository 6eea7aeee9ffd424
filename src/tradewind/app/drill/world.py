"""The world of a drill: two simulated exchanges, one account of ours at each, and what is traded.

Everything that does not change from seed to seed stands here; keys are made up and open nothing.
"""

from base64 import b64encode
from decimal import Decimal
from random import Random

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tradewind.app.config import AccountSettings, Environment, VenueWord
from tradewind.edge.simulators.bybit.exchange import BybitExchange
from tradewind.edge.simulators.bybit.settings import AccountSettings as BybitAccount
from tradewind.edge.simulators.bybit.settings import BybitSettings
from tradewind.edge.simulators.kalshi.exchange import KalshiExchange
from tradewind.edge.simulators.kalshi.settings import AccountTerms, KalshiSettings, KeyTerms
from tradewind.edge.simulators.wire import WireExchange
from tradewind.model.config import Account, AccountMode, Breaker, Limits
from tradewind.model.ids import AccountId, Currency, InstrumentId, VenueId
from tradewind.model.money import MILLIS, NANOS
from tradewind.ports import Keys

START_NS = 1_767_614_400 * NANOS  # 2026-01-05 12:00 UTC
BYBIT, KALSHI = VenueId("BYBIT"), VenueId("KALSHI")
LIMITS = Limits(max_daily_loss_pct=Decimal(50))


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One account of ours: how the desk is told of it, and how its exchange knows it."""

    settings: AccountSettings
    keys: Keys
    key_id: str
    exchange: WireExchange
    host: str


def members(seed: int) -> tuple[Member, ...]:
    """Return our accounts, each with a new exchange around it."""
    return (_at_bybit(seed), _at_kalshi(seed))


def _at_bybit(seed: int) -> Member:
    key, secret = f"DRILL{seed:013d}", f"nothing-is-behind-this-{seed:013d}"
    exchange = BybitExchange(
        BybitSettings(
            accounts=(BybitAccount(key=key, secret=secret),), start_ns=START_NS, seed=seed
        )
    )
    host = "bybit.drill"
    sockets = {name: f"ws://{host}/v5/{name}" for name in ("public", "private", "trade")}
    return Member(
        settings=_settings(
            VenueWord.BYBIT, {"rest": f"http://{host}", **sockets}, ("BTCUSDT",), "USDT"
        ),
        keys=Keys({"key": key, "secret": secret}),
        key_id=key,
        exchange=exchange,
        host=host,
    )


def _at_kalshi(seed: int) -> Member:
    private = Ed25519PrivateKey.from_private_bytes(Random(seed).randbytes(32))
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key_id = f"drill-{b64encode(seed.to_bytes(8)).decode()}"
    terms = AccountTerms(
        user_id="drill", keys=(KeyTerms(id=key_id, public_key=public.decode()),), tier="expert"
    )
    exchange = KalshiExchange(KalshiSettings(accounts=(terms,), start_ns=START_NS, seed=seed))
    host = "kalshi.drill"
    hosts = {"rest": f"http://{host}", "ws": f"ws://{host}"}
    return Member(
        settings=_settings(VenueWord.KALSHI, hosts, ("KXRAINNYC",), "USD"),
        keys=Keys({"key_id": key_id, "private_key": pem}),
        key_id=key_id,
        exchange=exchange,
        host=host,
    )


def _settings(
    venue: VenueWord, hosts: dict[str, str], symbols: tuple[str, ...], currency: str
) -> AccountSettings:
    return AccountSettings(
        account=Account(
            id=AccountId(venue.value),
            venue=VenueId(venue.value.upper()),
            currency=Currency(currency),
            mode=AccountMode.SANDBOX,
            leverage=Decimal(10) if venue is VenueWord.BYBIT else Decimal(1),
            limits=LIMITS,
            proof_window_ns=(15 if venue is VenueWord.BYBIT else 35) * NANOS,
            read_lag_ns=500 * MILLIS,
            breaker=Breaker(failed_orders=10_000, error_rate_pct=Decimal(100)),
        ),
        venue=venue,
        environment=Environment.CUSTOM,
        hosts=hosts,
        keys=venue.value,
        proxy="",
        proxy_keys="",
        symbols=symbols,
    )


def symbol_of(instrument: InstrumentId) -> str:
    """Return what an exchange's truth calls an instrument: its own name, without the outcome."""
    return instrument.split(":")[1]
