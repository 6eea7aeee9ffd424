"""Which markets a desk has to itself: no two desks of an installation may meet each other there.

Our own orders must never trade with each other. Inside a desk the gate sees to it; between desks
each market belongs to one of them, by a lock that ends with its process.
"""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from tradewind.app.config import AccountSettings
from tradewind.edge.store.lease_file import FileLease
from tradewind.model.errors import Fenced
from tradewind.model.instrument import Instrument


class Territory:
    """The markets that one desk has taken; `folder` is shared by all desks of the machine."""

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self._owner = owner
        self._leases: dict[str, FileLease] = {}

    def take(self, account: AccountSettings, instruments: Iterable[Instrument]) -> None:
        """Take the markets of these instruments; a series of questions is taken as one.

        Raises Fenced, naming the market and who has it, while another desk trades there.
        """
        world = f"{account.environment.value} {sorted(account.hosts.values())}"
        for each in instruments:
            market = each.series or str(each.canonical_market)
            name = f"{account.venue.value}-{sha256(f'{world} {market}'.encode()).hexdigest()[:16]}"
            if name not in self._leases:
                self._leases[name] = self._taken(name, market)

    def release(self) -> None:
        """Let every market go."""
        for lease in self._leases.values():
            lease.release()
        self._leases.clear()

    def _taken(self, name: str, market: str) -> FileLease:
        self._folder.mkdir(parents=True, exist_ok=True)
        lease = FileLease(self._folder / f"{name}.market")
        try:
            lease.take(self._owner)
        except Fenced as error:
            holder = lease.holder()
            raise Fenced(
                f"Took the market {market}, found {holder or 'another desk'} trading there, which "
                f"this one could meet; trade it in one desk, or end the other."
            ) from error
        return lease
