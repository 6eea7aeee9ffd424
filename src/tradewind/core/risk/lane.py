"""Everything that one order of one instance on one instrument is checked against, found once."""

from decimal import Decimal

from tradewind.core.market.market import Market
from tradewind.core.risk.exposure import Bucket, Resting
from tradewind.core.risk.states import AccountState, ScopeState
from tradewind.model.ids import BucketId, InstanceId
from tradewind.model.instance import Standing
from tradewind.model.instrument import Instrument, TickBand


class Lane:
    """The prepared path of an instance's orders through the gate.

    `single_tick` is the tick where one band covers all prices, else None. `limited` are the
    scopes that limit anything; `scopes` all of them, narrowest first.
    """

    __slots__ = (
        "account",
        "bucket",
        "bucket_id",
        "instrument",
        "limited",
        "market",
        "owner",
        "resting",
        "scopes",
        "single_tick",
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
        self.bucket = bucket
        self.bucket_id: BucketId = BucketId("")
        self.resting = resting
        self.limited: tuple[ScopeState, ...] = ()
        self.instrument: Instrument = market.instrument
        self.find_limits()
        self.single_tick: Decimal | None = None
        self.redefine(market.instrument)

    def find_limits(self) -> None:
        """Take over changed limits of its scopes."""
        foreign = self.instrument.quote != self.account.account.currency
        self.limited = tuple(
            scope for scope in self.scopes if _limits_orders(scope, foreign=foreign)
        )

    def redefine(self, instrument: Instrument) -> None:
        """Take over changed trading rules."""
        self.instrument = instrument
        bands: tuple[TickBand, ...] = instrument.ticks
        self.single_tick = bands[0].tick if len(bands) == 1 else None


def _limits_orders(scope: ScopeState, *, foreign: bool) -> bool:
    limits = scope.limits
    wide = not isinstance(scope, AccountState) and not scope.owner
    if limits.max_daily_loss_pct is not None and (wide or foreign):
        return True  # a loss limit needs the rate of what is traded
    return any(
        value is not None
        for value in (
            limits.max_order_qty,
            limits.max_order_notional,
            limits.max_position_qty,
            limits.max_position_notional,
            limits.max_exposure_notional,
            limits.max_exposure_pct,
            limits.max_open_orders,
            limits.price_collar_pct,
        )
    )
