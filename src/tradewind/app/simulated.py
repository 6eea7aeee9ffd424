"""Simulated venues for other programs to trade on: which there are, and how one is set up to run.

Names the concrete exchanges. What it makes for an account are throw-away keys, shown on purpose.
"""

import asyncio
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from tradewind.app.config import VENUES, VenueWord
from tradewind.app.recorded_paths import recorded_path
from tradewind.app.seats import ADAPTERS
from tradewind.app.throwaway_keys import key_pair, secret
from tradewind.edge.simulators.fault_words import planned, spoken
from tradewind.edge.simulators.hosting import LOOPBACK, Host, Sockets
from tradewind.edge.simulators.latent import Latent
from tradewind.edge.simulators.paths import Hastened, Recorded, price_path
from tradewind.edge.simulators.wire import WireExchange
from tradewind.edge.simulators.wire_faults import Faults, Scope
from tradewind.edge.store.private_file import write_private
from tradewind.model.errors import ConfigError
from tradewind.model.money import MILLIS
from tradewind.runtime.clock import SystemClock

if TYPE_CHECKING:
    from tradewind.edge.simulators.kalshi.listing import (
        Listed,
        MarketTerms,
        Programme,
        SeriesTerms,
    )

PACE_NS = 250 * MILLIS


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted. Port 0 takes a free one.

    `speed` is how many times faster than life the public trades and prices move; the venue's
    clock stays ours, which signatures depend on. `replay` is a recording that prices follow.
    """

    venue: str
    port: int = 0
    admin_port: int = 0
    seed: int = 1
    speed: float = 1.0
    replay: Path | None = None
    faults: tuple[str, ...] = ()
    accounts: int = 1


class SimulatedAccount(msgspec.Struct, frozen=True):
    """An account of the simulated venue; `keys` in the words of `tradewind accounts add`."""

    name: str
    keys: Mapping[str, str]


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """Where a simulated venue is and who may trade there; `hosts` as a desk.toml has them."""

    venue: str
    hosts: Mapping[str, str]
    admin: str
    seed: int
    accounts: tuple[SimulatedAccount, ...]


class _Kind(msgspec.Struct, frozen=True):
    """A venue: what makes its exchange, whose accounts, and which places its faults may name."""

    make: Callable[[Simulation, tuple[SimulatedAccount, ...], int], WireExchange]
    account: Callable[[int, str], SimulatedAccount]
    places: Mapping[str, Scope]


async def simulate(
    wanted: Simulation, stopping: asyncio.Event, tell: Callable[[Running], None]
) -> None:
    """Serve a simulated venue until `stopping` is set; `tell` is called when it can be reached.

    Raises ConfigError for an unknown venue, a wrong fault or a port that is taken, DataError for
    a recording that cannot be read.
    """
    kind = _kind(wanted.venue)
    clock = SystemClock()
    now_ns = clock.now_ns()
    faults = Faults(Random(f"{wanted.seed}/faults"))
    accounts = tuple(
        kind.account(wanted.seed, f"test-{number}") for number in range(1, wanted.accounts + 1)
    )
    exchange = kind.make(wanted, accounts, now_ns)
    sockets = Sockets(port=wanted.port, admin_port=wanted.admin_port, places=kind.places)
    host = Host(exchange, clock, faults, sockets)
    for words in wanted.faults:
        faults.plan(planned(spoken(words), now_ns, kind.places, host.road.able))
    async with host:
        tell(
            Running(
                venue=wanted.venue,
                hosts=_hosts(wanted.venue, host.port),
                admin=host.admin_url,
                seed=wanted.seed,
                accounts=accounts,
            )
        )
        await stopping.wait()


def write_keys(running: Running, file: Path) -> list[Path]:
    """Write each account's keys where only their owner reads them, and return the files.

    The second account's go to `file`.2, and so on. Raises ConfigError where the disk does not
    take it.
    """
    files = [
        file if not number else file.with_name(f"{file.name}.{number + 1}")
        for number in range(len(running.accounts))
    ]
    for each, account in zip(files, running.accounts, strict=True):
        write_private(each, msgspec.json.encode(account.keys) + b"\n", replace=True)
    return files


def places(venue: str) -> tuple[str, ...]:
    """Return the names that a fault of that venue may give after `of=`."""
    return tuple(_kind(venue).places)


def _kind(venue: str) -> _Kind:
    if venue not in KINDS:
        raise ConfigError(
            f"Looked up the venue {venue!r}, found no simulator of it; use one of "
            f"{', '.join(KINDS)}."
        )
    return KINDS[venue]


def _hosts(venue: str, port: int) -> dict[str, str]:
    """Return the addresses as a desk.toml has them: an adapter's own may lead to a path."""
    word = VenueWord(venue)
    _, environments = ADAPTERS[word]
    paths = {name: urlsplit(url).path for name, url in next(iter(environments.values())).items()}
    return {
        name: f"{scheme}://{LOOPBACK}:{port}{paths[name]}"
        for name, scheme in VENUES[word].hosts.items()
    }


def _replayed(wanted: Simulation, symbol: str, start_ns: int) -> Recorded | None:
    if wanted.replay is None:
        return None
    return Recorded(recorded_path(wanted.replay, symbol), start_ns, wanted.speed)


# --- Bybit ------------------------------------------------------------------------------------


def _bybit(wanted: Simulation, accounts: tuple[SimulatedAccount, ...], now_ns: int) -> WireExchange:
    # Imported when it is asked for: nobody who simulates one venue waits for all.
    from tradewind.edge.simulators.bybit.exchange import BybitExchange
    from tradewind.edge.simulators.bybit.settings import SHIPPED, AccountSettings, BybitSettings

    paths: dict[str, Latent] = {}
    if wanted.speed != 1.0:
        for symbol in SHIPPED:
            path = price_path(f"{wanted.seed}/{symbol.base}", symbol.centre, symbol.sigma)
            paths[symbol.name] = Hastened(path, now_ns, wanted.speed)
    names = sorted({symbol.name for symbol in SHIPPED})
    recorded = next((name for name in names if name in str(wanted.replay or "")), names[0])
    path_of_file = _replayed(wanted, recorded, now_ns)
    if path_of_file is not None:
        paths[recorded] = path_of_file
    settings = BybitSettings(
        accounts=tuple(
            AccountSettings(key=each.keys["api_key"], secret=each.keys["api_secret"])
            for each in accounts
        ),
        start_ns=now_ns,
        seed=wanted.seed,
        pace_ns=int(PACE_NS / wanted.speed),
        paths=paths,
    )
    return BybitExchange(settings)


def _bybit_account(seed: int, name: str) -> SimulatedAccount:
    keys = {"api_key": secret(seed, f"{name}/key"), "api_secret": secret(seed, f"{name}/secret")}
    return SimulatedAccount(name, keys)


# --- Kalshi -----------------------------------------------------------------------------------


def _kalshi(
    wanted: Simulation, accounts: tuple[SimulatedAccount, ...], now_ns: int
) -> WireExchange:
    from tradewind.edge.simulators.kalshi.exchange import KalshiExchange
    from tradewind.edge.simulators.kalshi.settings import AccountTerms, KalshiSettings, KeyTerms
    from tradewind.edge.simulators.kalshi.shipped import shipped

    settings = KalshiSettings(
        accounts=tuple(
            AccountTerms(
                user_id=each.name,
                keys=(
                    KeyTerms(id=each.keys["key_id"], public_key=_public(each.keys["private_key"])),
                ),
            )
            for each in accounts
        ),
        start_ns=now_ns,
        seed=wanted.seed,
    )
    price = _replayed(wanted, "BTCUSDT", now_ns)
    programme = Hurried(shipped(wanted.seed, now_ns, price), wanted.speed)
    return KalshiExchange(settings, programme)


def _kalshi_account(seed: int, name: str) -> SimulatedAccount:
    digits = sha256(f"tradewind/{seed}/{name}/id".encode()).hexdigest()
    key_id = "-".join(("7e577e57", digits[:4], digits[4:8], digits[8:12], digits[12:24]))
    return SimulatedAccount(name, {"key_id": key_id, "private_key": key_pair(seed, name).private})


def _public(private: str) -> str:
    key = load_pem_private_key(private.encode(), None).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class Hurried:
    """A programme of markets whose public does everything `speed` times as often."""

    def __init__(self, programme: "Programme", speed: float) -> None:
        self._programme = programme
        self._speed = speed

    @property
    def series(self) -> "tuple[SeriesTerms, ...]":
        """Return all series."""
        return self._programme.series

    @property
    def next_ns(self) -> int:
        """Return when the next event is created."""
        return self._programme.next_ns

    def due(self, until_ns: int) -> "list[Listed]":
        """Return the events that are created until then, in order."""
        return [
            msgspec.structs.replace(
                listed, markets=tuple(self._hurried(market) for market in listed.markets)
            )
            for listed in self._programme.due(until_ns)
        ]

    def _hurried(self, market: "MarketTerms") -> "MarketTerms":
        if market.style is None:
            return market
        style = msgspec.structs.replace(
            market.style,
            maker_rate=market.style.maker_rate * self._speed,
            taker_rate=market.style.taker_rate * self._speed,
        )
        return msgspec.structs.replace(market, style=style)


KINDS: Mapping[str, _Kind] = {
    "bybit": _Kind(
        _bybit,
        _bybit_account,
        {
            "orders": Scope(path="/v5/order"),
            "trade": Scope(path="/v5/trade"),
            "market": Scope(path="/v5/market"),
            "public": Scope(path="/v5/public"),
            "private": Scope(path="/v5/private"),
            "book": Scope(path="/v5/public", text='"orderbook.'),
        },
    ),
    "kalshi": _Kind(
        _kalshi,
        _kalshi_account,
        {
            "orders": Scope(path="/trade-api/v2/portfolio/events/orders"),
            "account": Scope(path="/trade-api/v2/portfolio"),
            "market": Scope(path="/trade-api/v2/markets"),
            "socket": Scope(path="/trade-api/ws"),
            "book": Scope(path="/trade-api/ws", text='"orderbook_'),
            "fills": Scope(path="/trade-api/ws", text='"type":"fill"'),
        },
    ),
}
"""Every venue that can be simulated. A place is a part of the venue that a fault may name."""
