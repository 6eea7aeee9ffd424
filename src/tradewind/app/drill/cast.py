"""Who trades in a drill, where, and with what: the seeded trader, named strategies, or a file.

Knows which markets the simulated exchanges list. Must not know how anything is connected.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from tradewind.app.config import AccountSettings, Environment, Settings, VenueWord, load_settings
from tradewind.app.drill.trader import AnyTrader
from tradewind.app.strategies import Catalogue
from tradewind.core.strategy.strategy import Strategy
from tradewind.model.config import (
    Account,
    AccountMode,
    Breaker,
    DeskConfig,
    InstanceSpec,
    Limits,
)
from tradewind.model.ids import AccountId, Currency, InstanceId, InstrumentId, VenueId
from tradewind.model.money import MILLIS, NANOS

ANY = "any"
BTC = "BYBIT:BTCUSDT"
RAIN = "KALSHI:KXRAINNYC-26JAN0600-RAIN"
FAVOURITE = "KALSHI:KXNYCDRY-26JAN0516-DRY"
QUICK_S, LONG_S = 30.0, 240.0


class Transport(StrEnum):
    """How a desk reaches its venue: by the venue's own wire, or by a paper venue in its process."""

    WIRE = "wire"
    INPROCESS = "inprocess"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill runs, but for the seed. `strategies` are names or files; else `config` says."""

    transport: Transport = Transport.WIRE
    strategies: tuple[str, ...] = ()
    config: Path | None = None

    @property
    def life_s(self) -> float:
        """Return how long a life is, seconds: strategies take their time."""
        return LONG_S if self.strategies or self.config is not None else QUICK_S


class _Part(msgspec.Struct, frozen=True):
    """What a built-in strategy trades in a drill; its parameters are quick ones."""

    venue: VenueWord
    instruments: tuple[str, ...]
    parameters: Mapping[str, Any] = {}


PARTS: Mapping[str, _Part] = {
    "dual_ema_short": _Part(
        VenueWord.BYBIT,
        (BTC,),
        {
            "interval": "1m",
            "ema_fast": 3,
            "ema_slow": 6,
            "cooldown_min": 0,
            "max_crosses_per_day": 500,
            "leverage": "10",
        },
    ),
    "favourite_scalper": _Part(
        VenueWord.KALSHI,
        (f"{FAVOURITE}:YES", f"{FAVOURITE}:NO"),
        {"min_hours": "0.1", "min_volume_24h": "0", "min_depth_usd": "50", "max_hold_min": 2},
    ),
    "join_jump_pair_maker": _Part(
        VenueWord.KALSHI,
        (f"{RAIN}:YES", f"{RAIN}:NO"),
        {"pair_kind": "yes_no", "contract_increment": 10, "max_market_cost": "500"},
    ),
}
OWN = _Part(VenueWord.BYBIT, (BTC,))
"""Where a strategy of the user's trades, unless a file says otherwise."""


def settings_of(case: Case, seed: int, folder: Path) -> Settings:
    """Return the desk of a life; raises ConfigError for a name or a file that does not fit."""
    if case.config is not None:
        given = load_settings(case.config)
        accounts = tuple(_moved(each, case.transport) for each in given.accounts)
        desk, instances = given.desk, given.instances
    else:
        accounts = tuple(_account(venue, case.transport) for venue in VenueWord)
        desk, instances = DESK, _instances(case, seed)
    config = msgspec.structs.replace(desk, accounts=tuple(each.account for each in accounts))
    return Settings(
        file=case.config or folder / "drill.toml",
        name="drill",
        folder=folder,
        durability="process",
        snapshot_every_ns=7 * NANOS,
        desk=config,
        accounts=accounts,
        instances=[msgspec.structs.replace(each, auto_resume=True) for each in instances],
    )


def catalogue_of(case: Case) -> Mapping[str, type[Strategy]]:
    """Return the strategies that a life may run."""
    if not case.strategies and case.config is None:
        return {ANY: AnyTrader}
    return Catalogue()


DESK = DeskConfig(
    tag="DR",
    reconcile_every_ns=5 * NANOS,
    claim_patience_ns=NANOS,
    stale_book_ns=3 * NANOS,
    candle_memory=50,
)
LIMITS = Limits(max_daily_loss_pct=Decimal(50))
CASH = Decimal(100_000)


def _moved(given: AccountSettings, transport: Transport) -> AccountSettings:
    """Return an account of a user's file at the drill's exchanges, with its own rules."""
    mode = AccountMode.PAPER if transport is Transport.INPROCESS else AccountMode.SANDBOX
    return msgspec.structs.replace(
        given,
        account=msgspec.structs.replace(given.account, mode=mode, balance=CASH),
        environment=Environment.CUSTOM,
        hosts=hosts(given.venue),
        keys=str(given.id),
        proxy="",
        proxy_keys="",
    )


def _account(venue: VenueWord, transport: Transport) -> AccountSettings:
    bybit = venue is VenueWord.BYBIT
    account = Account(
        id=AccountId(venue.value),
        venue=VenueId(venue.value.upper()),
        currency=Currency("USDT" if bybit else "USD"),
        leverage=Decimal(10) if bybit else Decimal(1),
        limits=LIMITS,
        proof_window_ns=(15 if bybit else 35) * NANOS,
        read_lag_ns=500 * MILLIS,
        breaker=Breaker(failed_orders=10_000, error_rate_pct=Decimal(100)),
    )
    plain = AccountSettings(
        account=account,
        venue=venue,
        environment=Environment.CUSTOM,
        hosts={},
        keys="",
        proxy="",
        proxy_keys="",
        symbols=("BTCUSDT",) if bybit else ("KXRAINNYC", "KXNYCDRY"),
    )
    return _moved(plain, transport)


def host(venue: VenueWord) -> str:
    """Return the name of a venue on the drill's network."""
    return f"{venue.value}.drill"


def hosts(venue: VenueWord) -> dict[str, str]:
    """Return the addresses of a venue, as a desk.toml has them."""
    name = host(venue)
    if venue is VenueWord.KALSHI:
        return {"rest": f"http://{name}", "ws": f"ws://{name}"}
    sockets = {each: f"ws://{name}/v5/{each}" for each in ("public", "private", "trade")}
    return {"rest": f"http://{name}", **sockets}


def _instances(case: Case, seed: int) -> list[InstanceSpec]:
    if case.strategies:
        return [_instance(name, number) for number, name in enumerate(case.strategies)]
    number = seed % 1000
    rows: list[tuple[str, VenueWord, str, dict[str, Any]]] = [
        ("any-1", VenueWord.BYBIT, BTC, {"seed": number + 1, "size": "0.01"}),
        ("any-2", VenueWord.BYBIT, BTC, {"seed": number + 2, "size": "0.01"}),
        # Whatever these two do, somebody often holds YES while the other holds NO.
        ("yes", VenueWord.KALSHI, f"{RAIN}:YES", {"seed": number + 3}),
        ("no", VenueWord.KALSHI, f"{RAIN}:NO", {"seed": number + 4}),
    ]
    return [
        _spec(name, ANY, _Part(venue, (instrument,), parameters), Limits(max_open_orders=10))
        for name, venue, instrument, parameters in rows
    ]


def _instance(name: str, number: int) -> InstanceSpec:
    Catalogue().find(name)
    return _spec(f"run-{number}", name, PARTS.get(name, OWN), Limits(max_open_orders=20))


def _spec(name: str, strategy: str, part: _Part, limits: Limits) -> InstanceSpec:
    return InstanceSpec(
        id=InstanceId(name),
        strategy=strategy,
        accounts=(AccountId(part.venue.value),),
        instruments=tuple(InstrumentId(each) for each in part.instruments),
        parameters=dict(part.parameters),
        limits=limits,
    )
