"""The adapters of a desk's accounts: which class speaks to which venue, and on what it stands."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import msgspec

from tradewind.app.accounts import fingerprint
from tradewind.app.config import AccountSettings, VenueWord
from tradewind.core.matching.latency import LogNormalLatency
from tradewind.core.matching.state import VenueModel
from tradewind.edge.net.gauges import Gauges
from tradewind.edge.net.seat import Outside, Seat
from tradewind.edge.net.transport import Transport
from tradewind.edge.simulators.inprocess import InProcessVenue
from tradewind.edge.store.lease_file import FileLease
from tradewind.edge.venues.bybit import venue as bybit
from tradewind.edge.venues.kalshi import venue as kalshi
from tradewind.model.config import AccountMode
from tradewind.model.events import Event
from tradewind.model.money import MILLIS
from tradewind.ports import Clock, Keys, Venue
from tradewind.runtime.paper_account import PaperAccount

Sink = Callable[[Event], None]
Adapter = type[bybit.BybitVenue] | type[kalshi.KalshiVenue]

ADAPTERS: Mapping[VenueWord, tuple[Adapter, Mapping[str, Mapping[str, str]]]] = {
    VenueWord.BYBIT: (bybit.BybitVenue, bybit.ENVIRONMENTS),
    VenueWord.KALSHI: (kalshi.KalshiVenue, kalshi.ENVIRONMENTS),
}
PAPER = VenueModel(
    latency=LogNormalLatency(
        seed=1,
        entry_median_ns=45 * MILLIS,
        response_median_ns=45 * MILLIS,
        sigma=0.4,
        feed_ns=10 * MILLIS,
    )
)
"""How a paper account on live data answers: as a venue some tens of milliseconds away."""


def paper_book(file: Path, account: AccountSettings) -> InProcessVenue:
    """Open the paper venue of one account in its file; raises JournalError, ConfigError."""
    return InProcessVenue(file, [account.account], PAPER)


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What adapters stand on: time, dice, networks and keys.

    `connect` makes the connections of one account, `keys` what opens it (None: nothing does).
    `folder` keeps paper accounts; in `leases` lie the locks of accounts that this machine's
    desks trade on, whichever folders they live in. `book` opens the venue of a paper account.
    """

    clock: Clock
    dice: Random
    connect: Callable[[AccountSettings], Transport]
    keys: Callable[[AccountSettings], Keys | None]
    folder: Path
    leases: Path
    book: Callable[[Path, AccountSettings], InProcessVenue] = paper_book


class SeatedAccount(msgspec.Struct, frozen=True):
    """One account with its adapter, and what to close when it goes."""

    settings: AccountSettings
    venue: Venue
    transport: Transport
    gauges: Gauges
    book: InProcessVenue | None = None
    lease: FileLease | None = None

    async def close(self) -> None:
        """End the connections, keep a paper account's books, and let the account go."""
        await self.transport.close()
        if self.book is not None:
            self.book.close()
        if self.lease is not None:
            self.lease.release()


def seat(settings: AccountSettings, ground: Ground, sink: Sink) -> SeatedAccount:
    """Make the adapter of one account.

    Raises ConfigError where its keys cannot be had, Fenced while another desk trades on it.
    """
    if settings.account.mode is AccountMode.PAPER:
        return _seat_paper(settings, ground, sink)
    keys = ground.keys(settings)
    lease = None if keys is None else _lease(settings, keys, ground.leases)
    transport = ground.connect(settings)
    outside = _outside(ground, transport, sink)
    venue = adapter_of(settings, keys, outside)
    return SeatedAccount(settings, venue, transport, outside.gauges, lease=lease)


def _seat_paper(settings: AccountSettings, ground: Ground, sink: Sink) -> SeatedAccount:
    book = ground.book(ground.folder / f"paper-{settings.id}.sqlite", settings)
    account = PaperAccount(book, ground.clock, sink)
    transport = ground.connect(settings)
    # Some venues tell even public data only to those who have keys.
    keys = ground.keys(settings)
    outside = _outside(ground, transport, account.hear)
    account.stand_on(adapter_of(settings, keys, outside))
    return SeatedAccount(settings, account, transport, outside.gauges, book)


def adapter_of(settings: AccountSettings, keys: Keys | None, outside: Outside) -> Venue:
    """Make the adapter of one account, without taking the account; without keys, what is public."""
    adapter, environments = ADAPTERS[settings.venue]
    at = Seat(
        account=settings.account,
        hosts=settings.hosts or environments[settings.environment.value],
        symbols=settings.symbols,
        keys=keys,
    )
    return adapter(at, outside)


def _outside(ground: Ground, transport: Transport, sink: Sink) -> Outside:
    gauges = Gauges()
    return Outside(
        transport=transport,
        clock=ground.clock,
        dice=ground.dice,
        sink=gauges.hearing(sink),
        gauges=gauges,
    )


def _lease(settings: AccountSettings, keys: Keys, folder: Path) -> FileLease:
    """Take the account itself: two desks on one account would each undo the other's work."""
    venue = settings.venue.value
    folder.mkdir(parents=True, exist_ok=True)
    lease = FileLease(folder / f"{venue}-{fingerprint(venue, keys)}.lease")
    lease.take(f"{settings.id} of process {os.getpid()}")
    return lease
