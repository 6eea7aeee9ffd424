"""Accounts of a running desk as faces show them. Knows the desk's state and only reads it."""

from tradewind.control import scopes
from tradewind.control.desk_rows import AccountView
from tradewind.control.views import LinkView, Seat, Vitals
from tradewind.core.engine.desk import Desk
from tradewind.model.commands import ScopeKind
from tradewind.model.ids import AccountId


def account_view(desk: Desk, name: AccountId, vitals: Vitals) -> AccountView:
    """Return one account: where it is, whether it may trade, how its connections are."""
    state = desk.accounts[name]
    scope = scopes.view(desk, ScopeKind.ACCOUNT, name)
    seat = vitals.seats.get(name, Seat())
    link = next((each for each in vitals.links if each.account == name), None) or LinkView(
        account=name, ages={}, reconnects={}, clock_ahead_us=None, failed_reads=0
    )
    return AccountView(
        account=name,
        venue=state.account.venue,
        environment=seat.environment,
        mode=state.account.mode.value,
        currency=state.account.currency,
        enabled=state.enabled,
        session=state.session,
        reconciled=state.reconciled,
        ready=state.ready,
        state=state.state,
        cause=state.cause,
        doubts=scope.doubts,
        locks=scope.locks,
        requests_left=scope.requests_left,
        unknown_orders=scope.unknown_orders,
        open_orders=desk.exposure.open_orders(name),
        balances={
            currency: told[0]
            for (owner, currency), told in sorted(desk.balances.items())
            if owner == name
        },
        permissions=seat.permissions,
        keys=seat.keys,
        proxy=seat.proxy,
        hosts=seat.hosts,
        ages=link.ages,
        reconnects=link.reconnects,
        clock_ahead_us=link.clock_ahead_us,
        failed_reads=link.failed_reads,
    )
