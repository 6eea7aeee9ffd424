"""The cards that are safe, played on a configured account: `tradewind doctor --venue`.

Reads and listens, and sends no order. The account is not taken: a desk may be trading on it.
"""

from collections.abc import Mapping
from random import SystemRandom

import msgspec

from tradewind.app.config import AccountSettings, Settings
from tradewind.app.conformance.bench import Bench, Ground, Heard
from tradewind.app.conformance.card import Outcome, Play
from tradewind.app.conformance.claims import CLAIMS
from tradewind.app.conformance.registry import CARDS
from tradewind.app.conformance.runner import play, unplayed
from tradewind.app.seats import adapter_of
from tradewind.edge.net.seat import Outside
from tradewind.edge.net.transport import Transport
from tradewind.model.errors import ConfigError
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.ports import Clock, Keys


class VenueReport(msgspec.Struct, frozen=True):
    """What the cards said of one account, and what protects its orders if the desk dies."""

    account: str
    venue: str
    environment: str
    keyed: bool
    instruments: int
    protection: str
    outcomes: tuple[Outcome, ...]

    @property
    def sound(self) -> bool:
        """Tell whether no card failed."""
        return all(each.result is not Play.FAILED for each in self.outcomes)


def account_of(settings: Settings, name: str) -> AccountSettings:
    """Return an account of the file by its name; raises ConfigError for an unknown one."""
    for each in settings.accounts:
        if each.id == name:
            return each
    known = ", ".join(each.id for each in settings.accounts)
    raise ConfigError(f"Read {settings.file}, found no account {name}; give one of {known}.")


async def examine_venue(
    settings: AccountSettings, keys: Keys | None, transport: Transport, clock: Clock
) -> VenueReport:
    """Play every safe card that the venue's adapter claims, one after another.

    Raises VenueError and ConfigError where the instruments cannot even be listed.
    """
    heard = Heard()
    outside = Outside(transport=transport, clock=clock, dice=SystemRandom(), sink=heard.take)
    venue = adapter_of(settings, keys, outside)
    rules = {each.id: each for each in await venue.discover()}
    claims = CLAIMS[settings.venue]
    bench = Bench(claims, _ground(settings, rules), clock, heard=heard)
    bench.seat(venue)
    outcomes = []
    async with bench.running():
        for card in CARDS:
            outcome = unplayed(card, claims, safe_only=True, keyed=keys is not None)
            outcomes.append(outcome or await play(card, bench))
    return VenueReport(
        settings.id,
        settings.venue.value,
        settings.environment.value,
        keys is not None,
        len(rules),
        claims.protection,
        tuple(outcomes),
    )


def _ground(settings: AccountSettings, rules: Mapping[InstrumentId, Instrument]) -> Ground:
    if not rules:
        raise ConfigError(
            f"Listed the instruments of {settings.id}, found none for "
            f"{', '.join(settings.symbols)}; correct the account's symbols."
        )
    first = next(iter(rules.values()))
    others = [name for name in rules if name not in (first.id, first.mirror)]
    return Ground(
        account=settings.id,
        instrument=first.id,
        other=others[0] if others else first.id,
        mirror=first.mirror,
    )
