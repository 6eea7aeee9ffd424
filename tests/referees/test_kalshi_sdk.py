"""The official Kalshi clients, unmodified, on real sockets against the simulated exchange."""

import asyncio
import hashlib
import importlib
import os
import shutil
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tradewind.edge.simulators.hosting import Host
from tradewind.edge.simulators.kalshi.exchange import KalshiExchange
from tradewind.edge.simulators.kalshi.listing import (
    EventTerms,
    FixedProgramme,
    Listed,
    MarketTerms,
    SeriesTerms,
)
from tradewind.edge.simulators.kalshi.settings import AccountTerms, KalshiSettings, KeyTerms
from tradewind.edge.simulators.kalshi.shipped import OPEN
from tradewind.edge.simulators.topics import open_question
from tradewind.edge.simulators.wire_faults import Faults
from tradewind.model.money import NANOS, ONE
from tradewind.runtime.clock import SystemClock

HERE = Path(__file__).parent / "kalshi"
KEY_ID = "a1b2c3d4-0000-4000-8000-000000000001"
QUIET, BUSY = "KXTEST-26NOV21-QUIET", "KXTEST-26NOV21-BUSY"
EVENT = "KXTEST-26NOV21"
INSTALL_S, RUN_S = 90, 60


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def venue_of(key: rsa.RSAPrivateKey, now_ns: int) -> KalshiExchange:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    terms = KeyTerms(id=KEY_ID, public_key=public.decode())
    member = AccountTerms(user_id="ann", keys=(terms,), cash=Decimal(1000), tier="prestige")
    wanders = (
        open_question(1, "referee", 0.5, 0.5).ask(0, now_ns, now_ns + 24 * 3600 * NANOS).chance
    )
    markets = tuple(
        MarketTerms(
            ticker=ticker,
            event_ticker=EVENT,
            title="Will it be tested",
            created_ns=now_ns,
            open_ns=now_ns,
            close_ns=now_ns + 3600 * NANOS,
            determined_ns=now_ns + 3700 * NANOS,
            yes_value=ONE,
            chance=wanders if ticker == BUSY else None,
            style=OPEN,
        )
        for ticker in (QUIET, BUSY)
    )
    event = EventTerms(event_ticker=EVENT, series_ticker="KXTEST", title="Will it be tested")
    series = SeriesTerms(ticker="KXTEST", title="Tests", category="Science")
    programme = FixedProgramme((series,), (Listed(event, markets),))
    return KalshiExchange(KalshiSettings(accounts=(member,), start_ns=now_ns), programme)


@pytest.fixture
async def host(private_key: rsa.RSAPrivateKey) -> AsyncIterator[Host]:
    clock = SystemClock()
    async with Host(venue_of(private_key, clock.now_ns()), clock, Faults(Random(1))) as serving:
        yield serving


# --- TypeScript ------------------------------------------------------------------------------


async def run(*words: str, folder: Path, limit_s: float) -> tuple[int, str, str]:
    """Run a program of Node's; its environment knows no proxy for this machine."""
    process = await asyncio.create_subprocess_exec(
        *words,
        cwd=folder,
        env={**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(limit_s):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()
        return -1, "", f"no end after {limit_s:.0f} s"
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
async def sdk() -> Path:
    """Return a folder outside the tree that holds the client as the lock file has it."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("no Node.js on PATH; the TypeScript client needs node and npm")
    lock = (HERE / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "tradewind" / f"kalshi-sdk-{hashlib.sha256(lock).hexdigest()[:16]}"
    if (folder / "node_modules" / "kalshi-typescript").is_dir():
        return folder
    fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
    fresh.mkdir(parents=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, fresh / name)
    words = ("npm", "ci", "--ignore-scripts")
    status, _, err = await run(*words, folder=fresh, limit_s=INSTALL_S)
    if status:
        shutil.rmtree(fresh)
        pytest.skip(f"npm could not get the TypeScript client: {err.strip()[-200:]}")
    if not folder.exists():
        fresh.rename(folder)
    return folder


async def heard_by_typescript(host: Host, sdk: Path, key_file: Path, ticker: str) -> dict[str, Any]:
    words = (str(HERE / "referee.mjs"), str(sdk), host.url, KEY_ID, str(key_file), ticker, EVENT)
    status, out, err = await run("node", *words, folder=sdk, limit_s=RUN_S)
    assert status == 0, err
    heard: dict[str, Any] = msgspec.json.decode(out)
    return heard


@pytest.fixture
def key_file(private_key: rsa.RSAPrivateKey, tmp_path: Path) -> Path:
    path = tmp_path / "key.pem"
    path.write_text(private_pem(private_key))
    return path


STATUSES = {
    "create": 201,
    "again": 409,
    "number": 400,
    "off_tick": 400,
    "taker": 201,
    "cancel_again": 404,
    "batch": 201,
    "group": 201,
    "grouped": 201,
    "take": 201,
    "kill": 409,
    "cancel_all": 204,
}
"""What is not a 200, and is meant."""


async def test_the_typescript_client_trades_in_a_quiet_market(
    host: Host, sdk: Path, key_file: Path
) -> None:
    heard = await heard_by_typescript(host, sdk, key_file, QUIET)
    statuses = {name: each["status"] for name, each in heard.items()}
    assert statuses == {name: STATUSES.get(name, 200) for name in heard}
    said = {name: each["data"] for name, each in heard.items()}
    assert said["create"]["remaining_count"] == "10.00"
    assert said["again"]["error"]["code"] == "order_already_exists"
    assert said["number"]["details"].endswith("CreateOrderV2Request.count of type string")
    assert said["off_tick"]["error"]["code"] == "invalid_price"
    assert said["book"]["orderbook_fp"] == {"yes_dollars": [["0.4200", "10.00"]], "no_dollars": []}
    assert said["order"]["order"]["order_id"] == said["create"]["order_id"]
    assert said["amend"]["remaining_count"] == "8.00"
    assert said["decrease"]["remaining_count"] == "7.00"
    # The own order at the same price gave way to the taker, which then rested.
    assert said["taker"]["remaining_count"] == "2.00"
    assert [row["order_id"] for row in said["orders"]["orders"]] == [said["taker"]["order_id"]]
    assert said["cancel"]["reduced_by"] == "2.00"
    assert said["batch"]["orders"][1]["error"]["code"] == "order_already_exists"
    assert said["batch_cancel"]["orders"][0]["reduced_by"] == "10.00"
    assert said["group_read"]["orders"] == [said["grouped"]["order_id"]]
    assert said["take"]["fill_count"] == "0.00"
    assert said["kill"]["error"]["code"] == "fill_or_kill_insufficient_resting_volume"
    assert said["fills"]["fills"] == []


async def test_the_typescript_client_is_filled_by_the_public(
    host: Host, sdk: Path, key_file: Path
) -> None:
    heard = await heard_by_typescript(host, sdk, key_file, BUSY)
    said = {name: each["data"] for name, each in heard.items()}
    fills = said["fills"]["fills"]
    taken = [row for row in fills if row["order_id"] == said["take"]["order_id"]]
    assert said["take"]["fill_count"] == "4.00"
    assert sum(Decimal(row["count_fp"]) for row in taken) == 4
    assert all(Decimal(row["fee_cost"]) > 0 for row in taken)
    (position,) = said["positions"]["market_positions"]
    signed = [Decimal(row["count_fp"]) * (1 if row["book_side"] == "bid" else -1) for row in fills]
    assert Decimal(position["position_fp"]) == sum(signed)
    assert said["trades"]["trades"]
    assert said["candles"]["candlesticks"]


# --- Python ----------------------------------------------------------------------------------


async def test_the_python_client_signs_and_reads(
    host: Host, private_key: rsa.RSAPrivateKey
) -> None:
    heard = await asyncio.to_thread(_heard_by_python, host.url, private_pem(private_key))
    assert heard == {"active": True, "balance": 100_000, "fills": [], "orders": [], "rows": []}


def _heard_by_python(url: str, pem: str) -> dict[str, Any]:
    sdk: Any = importlib.import_module("kalshi_python_sync")
    configuration = sdk.Configuration(host=f"{url}/trade-api/v2")
    configuration.api_key_id = KEY_ID
    configuration.private_key_pem = pem
    client = sdk.KalshiClient(configuration)
    portfolio = sdk.PortfolioApi(client)
    return {
        "active": sdk.ExchangeApi(client).get_exchange_status().exchange_active,
        "balance": portfolio.get_balance().balance,
        "fills": portfolio.get_fills().fills,
        "orders": sdk.OrdersApi(client).get_orders().orders,
        "rows": portfolio.get_settlements().settlements,
    }
