"""Which view answers which question. Knows names; must not know where a view comes from."""

from collections.abc import Callable

from tradewind.control.requests import (
    Commands,
    Events,
    Feeds,
    Fills,
    Instances,
    Orders,
    Positions,
    Risk,
    Shown,
    ViewName,
)
from tradewind.control.views import Views, Wanted

SHOW: dict[ViewName, Callable[[Views, Wanted], Shown]] = {
    ViewName.INSTANCES: lambda views, wanted: Instances(views.instances(wanted)),
    ViewName.ORDERS: lambda views, wanted: Orders(views.orders(wanted)),
    ViewName.FILLS: lambda views, wanted: Fills(views.fills(wanted)),
    ViewName.POSITIONS: lambda views, wanted: Positions(views.positions(wanted)),
    ViewName.PNL: lambda views, wanted: views.pnl(wanted),
    ViewName.RISK: lambda views, wanted: Risk(views.risk()),
    ViewName.FEEDS: lambda views, wanted: Feeds(views.feeds(wanted)),
    ViewName.EVENTS: lambda views, wanted: Events(views.events(wanted)),
    ViewName.COMMANDS: lambda views, wanted: Commands(views.commands(wanted)),
    ViewName.HEALTH: lambda views, wanted: views.health(),
    ViewName.SCREEN: lambda views, wanted: views.screen(),
}


def show(views: Views, view: ViewName, wanted: Wanted) -> Shown:
    """Return one view."""
    return SHOW[view](views, wanted)
