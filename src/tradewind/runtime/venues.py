"""Several simulated venues as one: each request and event goes to the venue that it concerns."""

from collections.abc import Mapping

from tradewind.core.engine.desk import NEVER
from tradewind.model.config import Account
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, SubmitOrder
from tradewind.model.events import AccountReport, Event, Market
from tradewind.model.ids import AccountId, InstrumentId, OrderId, VenueId
from tradewind.model.instrument import Instrument
from tradewind.runtime.drive import SimulatedVenues


class VenueSet:
    """Routes by account and instrument; answers of the earliest instant come first."""

    def __init__(
        self, venues: Mapping[VenueId, SimulatedVenues], accounts: tuple[Account, ...]
    ) -> None:
        self.venues = dict(venues)
        self._by_account = {account.id: self.venues[account.venue] for account in accounts}
        self._by_instrument: dict[InstrumentId, SimulatedVenues] = {}
        self._all = list(self.venues.values())

    @property
    def next_due_ns(self) -> int:
        """Return when the first answer of any venue is due."""
        return min((venue.next_due_ns for venue in self._all), default=NEVER)

    @property
    def busy(self) -> int:
        """Return how much makes market events matter, over all venues."""
        return sum(venue.busy for venue in self._all)

    def define(self, instrument: Instrument, now_ns: int) -> None:
        """Take an instrument's rules."""
        venue = self._by_instrument[instrument.id] = self.venues[instrument.venue]
        venue.define(instrument, now_ns)

    def submit(self, effect: SubmitOrder, now_ns: int) -> None:
        """Send a new order to its account's venue."""
        self._by_account[effect.spec.account].submit(effect, now_ns)

    def amend(self, effect: AmendOrder, now_ns: int) -> None:
        """Send a change to its account's venue."""
        self._by_account[effect.account].amend(effect, now_ns)

    def cancel(self, effect: CancelOrder, now_ns: int) -> None:
        """Send a cancel to its account's venue."""
        self._by_account[effect.account].cancel(effect, now_ns)

    def cancel_all(self, effect: CancelAll, now_ns: int) -> None:
        """Send a cancel of everything to the account's venue."""
        self._by_account[effect.account].cancel_all(effect, now_ns)

    def due(self, until_ns: int) -> list[Event]:
        """Return the answers of the first instant that has any, over all venues."""
        first = min(self._all, key=_due_ns)
        return first.due(min(until_ns, first.next_due_ns))

    def report(
        self, account: AccountId, asked: tuple[OrderId, ...], ts: int
    ) -> AccountReport | None:
        """Return one complete reading of an account, None when it fails."""
        return self._by_account[account].report(account, asked, ts)

    def on_market(self, event: Market) -> None:
        """Show a market event to the venue of its instrument."""
        venue = self._by_instrument.get(event.instrument)
        if venue is not None:
            venue.on_market(event)


def _due_ns(venue: SimulatedVenues) -> int:
    return venue.next_due_ns
