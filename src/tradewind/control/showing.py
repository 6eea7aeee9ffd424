"""Which view answers which question. Knows names; must not know where a view comes from."""

from collections.abc import Callable
from typing import Protocol

from tradewind.control.desk_rows import AccountView, OrderLife, SessionView, StrategyView
from tradewind.control.market_rows import BookView, CandlesView, TradesView
from tradewind.control.requests import (
    Accounts,
    Commands,
    Events,
    Feeds,
    Fills,
    Instances,
    Markets,
    Orders,
    Positions,
    Risk,
    Shown,
    Strategies,
    ViewName,
)
from tradewind.control.views import (
    CommandView,
    FeedView,
    FillView,
    HealthView,
    InstanceView,
    NewsView,
    OrderView,
    PnlView,
    PositionView,
    ScopeView,
    ScreenView,
    Wanted,
)


class Views(Protocol):
    """The read models of one desk, whoever provides them."""

    def instances(self, wanted: Wanted) -> tuple[InstanceView, ...]:
        """Return the instances."""
        ...

    def orders(self, wanted: Wanted) -> tuple[OrderView, ...]:
        """Return orders by time of creation."""
        ...

    def fills(self, wanted: Wanted) -> tuple[FillView, ...]:
        """Return fills in the order in which they were posted."""
        ...

    def positions(self, wanted: Wanted) -> tuple[PositionView, ...]:
        """Return positions, with `open_only` those that are not flat."""
        ...

    def pnl(self, wanted: Wanted) -> PnlView:
        """Return profit and loss, and its proof."""
        ...

    def risk(self) -> tuple[ScopeView, ...]:
        """Return every scope, widest first."""
        ...

    def feeds(self, wanted: Wanted) -> tuple[FeedView, ...]:
        """Return the public markets."""
        ...

    def events(self, wanted: Wanted) -> tuple[NewsView, ...]:
        """Return the newest alerts, denials, notes and changes of state."""
        ...

    def commands(self, wanted: Wanted) -> tuple[CommandView, ...]:
        """Return the audit: commands and what became of them."""
        ...

    def health(self) -> HealthView:
        """Return how the desk is."""
        ...

    def screen(self) -> ScreenView:
        """Return one look at everything."""
        ...

    def markets(self, wanted: Wanted) -> Markets:
        """Return instruments with their rules, in order of their definition."""
        ...

    def book(self, wanted: Wanted) -> BookView:
        """Return the ladder of an instrument; ConfigError when there is none of that name."""
        ...

    def candles(self, wanted: Wanted) -> CandlesView:
        """Return candles of an instrument; ConfigError as for `book`."""
        ...

    def trades(self, wanted: Wanted) -> TradesView:
        """Return the newest prints of an instrument; ConfigError as for `book`."""
        ...

    def order_life(self, wanted: Wanted) -> OrderLife:
        """Return the whole life of the order; ConfigError when there is none of that id."""
        ...

    def strategies(self, wanted: Wanted) -> tuple[StrategyView, ...]:
        """Return the catalogue, or the one strategy that is named."""
        ...

    def accounts(self, wanted: Wanted) -> tuple[AccountView, ...]:
        """Return the accounts."""
        ...

    def session(self) -> SessionView:
        """Return which desk this is."""
        ...


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
    ViewName.MARKETS: lambda views, wanted: views.markets(wanted),
    ViewName.BOOK: lambda views, wanted: views.book(wanted),
    ViewName.CANDLES: lambda views, wanted: views.candles(wanted),
    ViewName.TRADES: lambda views, wanted: views.trades(wanted),
    ViewName.ORDER_LIFE: lambda views, wanted: views.order_life(wanted),
    ViewName.STRATEGIES: lambda views, wanted: Strategies(views.strategies(wanted)),
    ViewName.ACCOUNTS: lambda views, wanted: Accounts(views.accounts(wanted)),
    ViewName.SESSION: lambda views, wanted: views.session(),
}


def show(views: Views, view: ViewName, wanted: Wanted) -> Shown:
    """Return one view."""
    return SHOW[view](views, wanted)
