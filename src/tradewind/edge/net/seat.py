"""What every venue adapter is made from: the account that it serves, and the world outside it."""

from collections.abc import Callable, Mapping
from random import Random

import msgspec

from tradewind.edge.net.gauges import Gauges
from tradewind.edge.net.transport import Transport
from tradewind.model.config import Account
from tradewind.model.events import Event
from tradewind.ports import Clock, Keys


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """One account at one venue. `keys` None: its public side alone.

    `hosts` are base addresses by the adapter's own names (its `ENVIRONMENTS` has ready sets);
    `symbols` are the venue's own names of what to trade, as its README says.
    """

    account: Account
    hosts: Mapping[str, str]
    symbols: tuple[str, ...]
    keys: Keys | None = None


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """Time, dice, network, and where events go: `sink` is called at once, in order of arrival.

    `gauges` show how the connections are; an adapter gives them its lines and its clock's offset.
    """

    transport: Transport
    clock: Clock
    dice: Random
    sink: Callable[[Event], None]
    gauges: Gauges = msgspec.field(default_factory=Gauges)
