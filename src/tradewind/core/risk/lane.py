"""Everything that one order of one instance on one instrument is checked against, found once."""

from decimal import Decimal

from tradewind.core.ledger.accounts import Holding
from tradewind.core.market.market import Market
from tradewind.core.risk.exposure import Bucket, Resting
from tradewind.core.risk.states import AccountState, ScopeState
from tradewind.model.config import Limits
from tradewind.model.ids import AccountId, BucketId, InstanceId
from tradewind.model.instance import Standing
from tradewind.model.instrument import Instrument, InstrumentKind, TickBand


class Lane:
    """The prepared path of an instance's orders through the gate.

    `limited` are the scopes that limit anything; `scopes` all of them, narrowest first.
    `most_qty` is the smallest quantity that any of them permits an order or a position, None
    where one limits something else. `plain_tick` is the tick where one covers all prices and no
    rule but the tick limits them, else None. `sound_qty` is the last quantity that fitted the
    grid, `holding` what the account holds, once it does.
    """

    __slots__ = (
        "account",
        "account_id",
        "bucket",
        "bucket_id",
        "holding",
        "instrument",
        "limited",
        "market",
        "most_qty",
        "owner",
        "plain_tick",
        "resting",
        "scopes",
        "sound_qty",
        "standing",
    )

    def __init__(
        self,
        standing: Standing,
        market: Market,
        scopes: tuple[ScopeState, ...],
        bucket: Bucket,
        resting: Resting,
    ) -> None:
        self.owner: InstanceId = standing.instance
        self.standing = standing
        self.market = market
        self.scopes = scopes
        account = next(scope for scope in scopes if isinstance(scope, AccountState))
        self.account: AccountState = account
        self.account_id: AccountId = account.account.id
        self.bucket = bucket
        self.bucket_id: BucketId = BucketId("")
        self.holding: Holding | None = None
        self.resting = resting
        self.limited: tuple[ScopeState, ...] = ()
        self.most_qty: Decimal | None = None
        self.instrument: Instrument = market.instrument
        self.find_limits()
        self.plain_tick: Decimal | None = None
        self.sound_qty: Decimal | None = None
        self.redefine(market.instrument)

    def find_limits(self) -> None:
        """Take over changed limits of its scopes."""
        foreign = self.instrument.quote != self.account.account.currency
        self.limited = tuple(
            scope for scope in self.scopes if _limits_orders(scope, foreign=foreign)
        )
        self.most_qty = _most_qty(self.limited, foreign=foreign)

    def redefine(self, instrument: Instrument) -> None:
        """Take over changed trading rules."""
        self.instrument = instrument
        bands: tuple[TickBand, ...] = instrument.ticks
        binary = instrument.kind is InstrumentKind.BINARY
        plain = len(bands) == 1 and not instrument.min_notional and not binary
        self.plain_tick = bands[0].tick if plain else None
        self.sound_qty = None


def _most_qty(scopes: tuple[ScopeState, ...], *, foreign: bool) -> Decimal | None:
    """Return the smallest limit where all limits are quantities, else None."""
    quantities = []
    for scope in scopes:
        limits = scope.limits
        if _limits_more(limits) or _needs_rate(scope, foreign=foreign):
            return None
        found = (limits.max_order_qty, limits.max_position_qty)
        quantities += [each for each in found if each is not None]
    return min(quantities, default=None)


def _limits_more(limits: Limits) -> bool:
    return any(
        value is not None
        for value in (
            limits.max_order_notional,
            limits.max_position_notional,
            limits.max_exposure_notional,
            limits.max_exposure_pct,
            limits.max_open_orders,
            limits.price_collar_pct,
        )
    )


def _needs_rate(scope: ScopeState, *, foreign: bool) -> bool:
    """Tell whether a loss limit needs the rate of what is traded."""
    wide = not isinstance(scope, AccountState) and not scope.owner
    return scope.limits.max_daily_loss_pct is not None and (wide or foreign)


def _limits_orders(scope: ScopeState, *, foreign: bool) -> bool:
    limits = scope.limits
    return (
        limits.max_order_qty is not None
        or limits.max_position_qty is not None
        or _limits_more(limits)
        or _needs_rate(scope, foreign=foreign)
    )
