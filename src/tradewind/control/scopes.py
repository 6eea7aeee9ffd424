"""The risk view: every scope with its trading state, and how much of each limit is used.

Knows the gate's sums and only reads them.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from tradewind.control.views import ScopeView, UseView
from tradewind.core.engine.desk import Desk
from tradewind.core.risk.exposure import Bucket
from tradewind.core.risk.losses import today
from tradewind.core.risk.states import AccountState, ScopeState
from tradewind.model.commands import ScopeKind
from tradewind.model.ids import AccountId, BucketId, InstanceId, InstrumentId, VenueId
from tradewind.model.money import ZERO

HUNDRED = Decimal(100)
BucketKey = tuple[AccountId, InstrumentId, BucketId]


def names(desk: Desk) -> list[tuple[ScopeKind, str]]:
    """Return what names the scopes of a desk, widest first."""
    return [
        (ScopeKind.DESK, ""),
        *((ScopeKind.VENUE, name) for name in desk.venue_scopes),
        *((ScopeKind.ACCOUNT, name) for name in desk.accounts),
        *((ScopeKind.INSTANCE, name) for name in desk.instances),
    ]


def views(desk: Desk) -> tuple[ScopeView, ...]:
    """Return every scope of a desk, widest first."""
    return tuple(view(desk, kind, name) for kind, name in names(desk))


def view(desk: Desk, kind: ScopeKind, name: str) -> ScopeView:
    """Return one scope; KeyError where there is none of that name."""
    if kind is ScopeKind.ACCOUNT:
        return _account(desk, AccountId(name), desk.accounts[AccountId(name)])
    if kind is ScopeKind.INSTANCE:
        return _scope(desk, kind, name, desk.instances[InstanceId(name)].scope)
    state = desk.desk_scope if kind is ScopeKind.DESK else desk.venue_scopes[VenueId(name)]
    return _scope(desk, kind, name, state)


def _scope(desk: Desk, kind: ScopeKind, name: str, state: ScopeState) -> ScopeView:
    return ScopeView(
        kind=kind,
        name=name,
        state=state.state,
        cause=state.cause,
        rule=state.rule,
        since_ns=state.since_ns,
        uses=tuple(_uses(desk, kind, name, state)),
    )


def _account(desk: Desk, name: AccountId, state: AccountState) -> ScopeView:
    return ScopeView(
        kind=ScopeKind.ACCOUNT,
        name=name,
        state=state.state,
        cause=state.cause,
        rule=state.rule,
        since_ns=state.since_ns,
        uses=tuple(_uses(desk, ScopeKind.ACCOUNT, name, state)),
        locks={instrument or "everything": cause for instrument, cause in state.locks.items()},
        ready=state.ready,
        doubts=tuple(_account_doubts(state)),
        requests_left=state.budget.remaining(desk.world.now_ns),
        unknown_orders=sum(
            1 for order in desk.exposure.unknown.values() if order.spec.account == name
        ),
    )


def _account_doubts(state: AccountState) -> Iterator[str]:
    if not state.enabled:
        yield "is disabled"
    if not state.session:
        yield "has no live session"
    if not state.reconciled:
        yield "is not reconciled yet"
    for instrument, cause in state.locks.items():
        yield f"takes no new risk on {instrument or 'anything'}: {cause}"


def _uses(desk: Desk, kind: ScopeKind, name: str, state: ScopeState) -> Iterator[UseView]:
    limits = state.limits
    unit = _currency(desk, kind, name)
    if limits.max_open_orders is not None:
        most = max((each.orders for _, each in _buckets(desk, kind, name)), default=0)
        yield UseView(
            limit="open_orders", used=Decimal(most), bound=Decimal(limits.max_open_orders)
        )
    bound = limits.max_exposure_notional
    if bound is None and limits.max_exposure_pct is not None:
        capital = sum((desk.gate.figures.capital.get(a, ZERO) for a in _accounts(desk, name)), ZERO)
        bound = capital * limits.max_exposure_pct / HUNDRED
    if bound is not None:
        used = _exposure(desk, _buckets(desk, kind, name))
        yield UseView(limit="exposure", used=used, bound=bound, unit=unit)
    yield from _loss(desk, kind, name)


def _loss(desk: Desk, kind: ScopeKind, name: str) -> Iterator[UseView]:
    words = {ScopeKind.DESK: "desk", ScopeKind.ACCOUNT: name}
    scope = desk.losses.get(words.get(kind, f"{kind.value} {name}"))
    if scope is None or scope.limit is None:
        return
    result = today(scope, desk.world.markets, desk.rates)
    if result is not None:
        used = max(-result, ZERO)
        yield UseView(limit="daily_loss", used=used, bound=scope.limit, unit=scope.currency)


def _accounts(desk: Desk, name: str) -> list[AccountId]:
    return [account for account in desk.accounts if name in ("", account)]


def _currency(desk: Desk, kind: ScopeKind, name: str) -> str:
    state = desk.accounts.get(AccountId(name))
    if kind is ScopeKind.ACCOUNT and state is not None:
        return state.account.currency
    instance = desk.instances.get(InstanceId(name))
    if kind is ScopeKind.INSTANCE and instance is not None and instance.spec.accounts:
        return desk.accounts[instance.spec.accounts[0]].account.currency
    return desk.rates.reporting


def _buckets(desk: Desk, kind: ScopeKind, name: str) -> Iterator[tuple[BucketKey, Bucket]]:
    instance = desk.instances.get(InstanceId(name)) if kind is ScopeKind.INSTANCE else None
    for key, bucket in desk.exposure.buckets.items():
        inside = (
            kind is ScopeKind.DESK
            or (kind is ScopeKind.ACCOUNT and bucket.account == name)
            or (kind is ScopeKind.VENUE and bucket.instrument.venue == name)
            or (instance is not None and bucket.account in instance.spec.accounts)
        )
        if inside:
            yield key, bucket


def _exposure(desk: Desk, buckets: Iterable[tuple[BucketKey, Bucket]]) -> Decimal:
    """Return the notional of the worst case: what is held, and all open orders filled."""
    worth = ZERO
    for key, bucket in buckets:
        held = desk.ledger.net_qty(*key)
        worst = max(held + bucket.buying, bucket.selling - held, ZERO)
        mark = desk.world.markets[key[1]].mark()
        if mark is not None:
            worth += bucket.instrument.notional(worst, mark)
    return worth
