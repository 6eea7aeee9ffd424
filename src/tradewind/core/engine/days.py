"""Trading days: the capital that limits are a part of, and what a new day lifts.

An account's day is its venue's; the desk's begins with the first of them after midnight UTC.
"""

from decimal import Decimal

from tradewind.core.engine import guards
from tradewind.core.engine.desk import Desk, Instance
from tradewind.core.risk.losses import LossScope, today
from tradewind.core.risk.states import AccountState, ScopeState
from tradewind.model.commands import TradingState
from tradewind.model.effects import DayOpened, TradingStateChanged
from tradewind.model.events import Transferred
from tradewind.model.ids import AccountId, Currency, InstanceId
from tradewind.model.money import ZERO

DAY_NS = 86_400_000_000_000
LIFTED = ("daily_loss", "breaker", "losses_in_row")
"""Halts that end with the day that they were made for."""


def open_day(desk: Desk, state: AccountState) -> None:
    """Begin a trading day of an account: its loss limits count from here."""
    account = state.account
    offset = desk.config.day_offset_ns.get(account.venue, 0)
    day = (desk.world.now_ns + offset) // DAY_NS
    capital = account.capital_base
    if capital is None:
        capital = equity(desk, account.id)
    effect = DayOpened(account.id, day, capital, account.currency, desk.world.now_ns)
    desk.effects.append(effect)
    for scope in fold_day(desk, effect):
        _lift(desk, scope)
    desk.refresh_restriction()
    await_next(desk, account.id)


def await_next(desk: Desk, name: AccountId) -> None:
    """Wake at the end of an account's day, at once if that is over."""
    offset = desk.config.day_offset_ns.get(desk.accounts[name].account.venue, 0)
    desk.set_timer("day", name, (desk.day[name] + 1) * DAY_NS - offset)


def fold_day(desk: Desk, effect: DayOpened) -> list[ScopeState]:
    """Take over the capital of a day; return the scopes whose day began with it."""
    state = desk.accounts[effect.account]
    venue = desk.venue_scope(state.account.venue)
    desk.day[effect.account] = effect.day
    desk.gate.figures.capital[effect.account] = effect.capital
    begun: list[ScopeState] = [state, *_scopes_on(desk, effect.account)]
    for scope in begun:
        losses = desk.losses.get(scope.name)
        if losses is not None:
            losses.open_day(effect.capital)
    for scope, day in ((venue, effect.day), (desk.desk_scope, effect.ts // DAY_NS)):
        losses = desk.losses.get(scope.name)
        if desk.wide_days.get(scope.name, -1) < day:
            desk.wide_days[scope.name] = day
            begun.append(scope)
            if losses is not None:
                losses.open_day(losses.capital)
    share_capital(desk)
    return begun


def _scopes_on(desk: Desk, account: AccountId) -> list[ScopeState]:
    """Return the scopes of the instances whose capital is this account's."""
    instances = desk.instances.values()
    return [each.scope for each in instances if each.spec.accounts[:1] == (account,)]


def _lift(desk: Desk, scope: ScopeState) -> None:
    """End a halt that was made for a day; what led to it counts from here."""
    if scope.state is not TradingState.HALTED or scope.rule not in LIFTED:
        return
    scope.release()
    name = guards.scope_of(desk, scope)
    desk.effects.append(
        TradingStateChanged(name, TradingState.ACTIVE, "a new trading day", desk.world.now_ns)
    )


def forgive(desk: Desk, scope: ScopeState) -> None:
    """A person lets a scope trade again: its losses count from here, or it would halt at once."""
    losses = desk.losses.get(scope.name)
    if losses is None or not losses.opened:
        return
    result = today(losses, desk.world.markets, desk.rates)
    losses.forgive(result if result is not None else ZERO)
    guards.void_bands(desk)


def share_capital(desk: Desk) -> None:
    """Add up what venues and the desk have, in the reporting currency, and void every band.

    An account whose rate is unknown counts nothing.
    """
    capital = desk.gate.figures.capital
    for scope in (*desk.venue_scopes.values(), desk.desk_scope):
        scope.capital = ZERO
        for name, state in desk.accounts.items():
            if name in capital and scope.covers(name, state.account.venue):
                worth = desk.rates.convert(capital[name], state.account.currency)
                scope.capital += worth if worth is not None else ZERO
        losses = desk.losses.get(scope.name)
        if losses is not None:
            losses.set_capital(scope.capital)
    guards.void_bands(desk)


def move_capital(desk: Desk, event: Transferred) -> None:
    """Let capital follow the money that came or went; a fixed capital stays."""
    state = desk.accounts.get(event.account)
    capital = desk.gate.figures.capital
    if state is None or event.account not in capital or state.account.capital_base is not None:
        return
    amount = desk.rates.exchange(event.amount, event.currency, state.account.currency)
    if amount is None:
        return
    capital[event.account] += amount
    for scope in (state, *_scopes_on(desk, event.account)):
        losses = desk.losses.get(scope.name)
        if losses is not None:
            losses.set_capital(losses.capital + amount)
    share_capital(desk)


def watch_losses(desk: Desk) -> None:
    """Set up a loss limit for every scope that has one, and enter every position in them."""
    config = desk.config
    reporting = config.reporting_currency
    for state in desk.accounts.values():
        _watch(desk, state, state.account.currency)
    for scope in (*desk.venue_scopes.values(), desk.desk_scope):
        _watch(desk, scope, reporting)
    for instance in desk.instances.values():
        _watch(desk, instance.scope, desk.accounts[instance.spec.accounts[0]].account.currency)
    guards.expose_all(desk)
    for name in desk.losses:
        _begin(desk, name)
    share_capital(desk)


def watch_instance(desk: Desk, instance: Instance) -> None:
    """Set up the loss limit of a new instance; what one of its name held before is in it."""
    desk.losses.pop(instance.scope.name, None)
    _watch(desk, instance.scope, desk.accounts[instance.spec.accounts[0]].account.currency)
    for held in desk.ledger.owner_positions(instance.spec.id):
        guards.expose(desk, held)
    if instance.scope.name in desk.losses:
        _begin(desk, instance.scope.name)


def _begin(desk: Desk, name: str) -> None:
    """Let a limit that came within a day count from here."""
    losses = desk.losses[name]
    if losses.opened:
        return
    if name == desk.desk_scope.name or name.startswith("venue "):
        if name in desk.wide_days:
            losses.open_day(losses.capital)
        return
    instance = desk.instances.get(InstanceId(name.removeprefix("instance ")))
    account = instance.spec.accounts[0] if instance is not None else AccountId(name)
    if account in desk.gate.figures.capital:
        losses.open_day(desk.gate.figures.capital[account])


def _watch(desk: Desk, scope: ScopeState, currency: Currency) -> None:
    """Keep the losses of a scope as long as it has a limit for them."""
    limit_pct = scope.limits.max_daily_loss_pct
    losses = desk.losses.get(scope.name)
    if limit_pct is None:
        desk.losses.pop(scope.name, None)
    elif losses is None:
        desk.losses[scope.name] = LossScope(scope.name, currency, limit_pct)
    elif losses.limit_pct != limit_pct:
        losses.limit_pct = limit_pct
        losses.set_capital(losses.capital)


def equity(desk: Desk, account: AccountId) -> Decimal:
    """Return an account's cash plus what its positions are worth, in its currency.

    A position without a mark counts at what it cost, one whose rate is unknown not at all.
    """
    currency = desk.accounts[account].account.currency
    total = desk.ledger.cash(account, currency)
    for held in desk.ledger.positions():
        if held.account == account and held.qty:
            mark = desk.world.markets[held.instrument].mark()
            px = mark if mark is not None else held.avg_px
            assert px is not None
            worth = desk.rates.exchange(desk.ledger.worth(held, px), held.currency, currency)
            total += worth if worth is not None else ZERO
    return total
