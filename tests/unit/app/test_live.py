"""A desk on a venue of real sockets: markets that open while it runs, and more than a few."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.unit.edge.simulators.kalshi.desk import HOUR_NS, private_key, public_pem
from tests.unit.faces.local.serving import short_folder
from tradewind.app.config import load_settings
from tradewind.app.desks import DeskFolder, OpenDesk
from tradewind.app.live import LiveDesk
from tradewind.app.seats import Ground
from tradewind.app.strategies import Catalogue
from tradewind.edge.net.transport_aiohttp import AioTransport
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
from tradewind.edge.simulators.wire_faults import Faults
from tradewind.model.commands import DESK as DESK_SCOPE
from tradewind.model.commands import TradingState
from tradewind.model.effects import TradingStateChanged
from tradewind.model.ids import InstanceId, InstrumentId
from tradewind.model.money import NANOS, ONE
from tradewind.model.notice import Notice, NoticeKind
from tradewind.ports import Keys, NoticeChannel, Published
from tradewind.runtime.clock import SystemClock
from tradewind.runtime.live import GROUP

pytestmark = pytest.mark.sockets

WITHIN_S = 15.0
OPENS_NS = 3 * NANOS
DESK = """\
[accounts.main]
venue = "kalshi"
mode = "sandbox"
environment = "custom"
keys = "ours"
symbols = ["KXTEST"]
hosts = {{ rest = "http://127.0.0.1:{port}", ws = "ws://127.0.0.1:{port}" }}

[instances.pair]
strategy = "join_jump_pair_maker"
accounts = ["main"]
instruments = ["KALSHI:KXTEST-*:YES"]

"""
FAVOURITES = """
[instances.favourites]
strategy = "favourite_scalper"
accounts = ["main"]
instruments = []
parameters = {{ discover_venue = "KALSHI" }}
"""
MANY = 1600
"""Markets; each is two instruments, and together they are more than three groups of events."""


def listed(name: str, now_ns: int, opens_in_ns: int, count: int = 1) -> Listed:
    event = EventTerms(event_ticker=f"KXTEST-{name}", series_ticker="KXTEST", title="Tested?")
    markets = tuple(
        MarketTerms(
            ticker=f"KXTEST-{name}-A{number}",
            event_ticker=event.event_ticker,
            title="Tested?",
            created_ns=now_ns + opens_in_ns,
            open_ns=now_ns + opens_in_ns,
            close_ns=now_ns + HOUR_NS,
            determined_ns=now_ns + HOUR_NS + NANOS,
            yes_value=ONE,
        )
        for number in range(count)
    )
    return Listed(event, markets)


def exchange(now_ns: int, *markets: Listed) -> KalshiExchange:
    key = KeyTerms(id="key-ann", public_key=public_pem(private_key("ann")))
    accounts = (AccountTerms(user_id="ann", keys=(key,)),)
    series = SeriesTerms(ticker="KXTEST", title="Tests", category="Science")
    settings = KalshiSettings(accounts=accounts, start_ns=now_ns, crowd=False)
    return KalshiExchange(settings, FixedProgramme((series,), markets))


def keys() -> Keys:
    pem = private_key("ann").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Keys({"key_id": "key-ann", "private_key": pem.decode()})


def desk_of(
    folder: Path, port: int, text: str = DESK, channels: dict[str, NoticeChannel] | None = None
) -> LiveDesk:
    file = folder / "desk.toml"
    file.write_text(text.format(port=port))
    clock = SystemClock()
    ground = Ground(
        clock=clock,
        dice=Random(1),
        connect=lambda each: AioTransport(clock, ""),
        keys=lambda each: keys(),
        folder=folder,
        leases=folder / "leases",
    )
    opened = OpenDesk(DeskFolder(folder / "d"), Catalogue(), "process")
    return LiveDesk(load_settings(file), opened, ground, channels)


async def until_heard(desk: LiveDesk, name: InstrumentId) -> None:
    """Wait until an instance watches an instrument, and the venue tells of it."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            feed = desk.open.desk.feeds.get(name)
            if name in desk.open.desk.instances[InstanceId("favourites")].watching:
                assert feed is not None
                if feed.market.live and feed.market.verified_ns:
                    return
            await asyncio.sleep(0.1)


def test_a_pattern_takes_what_is_open_and_a_filter_what_opens_later() -> None:
    async def main(folder: Path) -> None:
        clock = SystemClock()
        now_ns = clock.now_ns()
        markets = (listed("26A", now_ns, 0), listed("26B", now_ns, OPENS_NS))
        async with Host(exchange(now_ns, *markets), clock, Faults(Random(1))) as host:
            desk = desk_of(folder, host.port, DESK + FAVOURITES)
            try:
                async with AsyncExitStack() as stack:
                    await desk.prepare(stack)
                    pair = desk.open.desk.instances[InstanceId("pair")]
                    assert pair.spec.instruments == ("KALSHI:KXTEST-26A-A0:YES",)
                    assert InstrumentId("KALSHI:KXTEST-26B-A0:YES") not in desk.open.desk.feeds
                    async with asyncio.TaskGroup() as group:
                        work = group.create_task(desk.work())
                        await until_heard(desk, InstrumentId("KALSHI:KXTEST-26B-A0:YES"))
                        desk.stop()
                        await work
            finally:
                desk.close()

    with short_folder() as folder:
        asyncio.run(main(folder))


def test_a_desk_deploys_its_instances_among_more_instruments_than_a_group_has_events() -> None:
    async def main(folder: Path) -> None:
        clock = SystemClock()
        now_ns = clock.now_ns()
        markets = (listed("26A", now_ns, 0), listed("26C", now_ns, 0, MANY))
        async with Host(exchange(now_ns, *markets), clock, Faults(Random(1))) as host:
            desk = desk_of(folder, host.port, DESK.replace("KXTEST-*", "KXTEST-26A-*"))
            try:
                async with AsyncExitStack() as stack:
                    await desk.prepare(stack)
                    assert len(desk.open.desk.feeds) == 2 * (MANY + 1) > 3 * GROUP
                    assert desk.open.desk.instances.keys() == {"pair"}
            finally:
                desk.close()

    with short_folder() as folder:
        asyncio.run(main(folder))


def test_faces_are_told_of_an_accounts_seat_and_never_a_secret(tmp_path: Path) -> None:
    text = DESK.replace("symbols", 'proxy = "http://127.0.0.1:9"\nproxy_keys = "road"\nsymbols')
    desk = desk_of(tmp_path, 1, text)
    try:
        vitals = desk.facing.vitals
        assert vitals.mode == "sandbox"
        seat = vitals.seats["main"]
        assert (seat.environment, seat.keys) == ("custom", "ours")
        assert seat.proxy == "http://***:***@127.0.0.1:9"
    finally:
        desk.close()


class Pigeon:
    """A channel that keeps what it was given."""

    def __init__(self) -> None:
        self.delivered: list[Notice] = []
        self.came = asyncio.Event()

    async def send(self, notice: Notice) -> None:
        self.delivered.append(notice)
        self.came.set()


def test_a_halt_of_the_desk_goes_out_as_a_notice(tmp_path: Path) -> None:
    async def main(desk: LiveDesk, pigeon: Pigeon) -> None:
        async with asyncio.TaskGroup() as group, asyncio.timeout(WITHIN_S):
            posting = group.create_task(desk.post.run())
            halted = TradingStateChanged(DESK_SCOPE, TradingState.HALTED, "a test", 5)
            desk.open.bus.publish(Published(1, 5, None, (halted,)))
            await pigeon.came.wait()
            posting.cancel()

    pigeon = Pigeon()
    desk = desk_of(tmp_path, 1, channels={"pigeon": pigeon})
    try:
        asyncio.run(main(desk, pigeon))
    finally:
        desk.close()
    [notice] = pigeon.delivered
    assert (notice.kind, notice.text) == (NoticeKind.KILL, "desk is halted: a test")
