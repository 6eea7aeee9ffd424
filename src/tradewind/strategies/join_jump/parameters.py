"""What an operator may set on a pair maker, with ranges and units; see docs of each parameter.

Knows names and bounds, and which of them contradict each other. Must not know how they are used.
"""

from decimal import Decimal

import msgspec

from tradewind.core.strategy.parameters import param
from tradewind.model.errors import ConfigError
from tradewind.model.money import ONE, ZERO
from tradewind.strategies.join_jump.overlays import FairValue

CROSS_VENUE = "cross_venue"
YES_NO = "yes_no"
COMPLEMENTARY = "complementary_markets"
MAPPING_KEYS = ("question", "cut_off", "settlement", "confirmed_by")


class Terms(msgspec.Struct, frozen=True):
    """The numbers that prices are made from, in price per contract or pair.

    `surplus` is what a pair must leave: edge, haircut and, where given, its fees. `price_fees`
    tells whether expected fees are reckoned per contract instead.
    """

    surplus: Decimal
    price_fees: bool
    price_min: Decimal
    price_max: Decimal
    jump_ticks: int


class PairParameters:
    """The parameters of `join_jump_pair_maker`."""

    markets: list[str] = param(
        [], fixed=True, doc="market ids that the declared instruments must belong to; empty: any"
    )
    num_markets: int | None = param(
        None,
        low=1,
        high=2,
        fixed=True,
        unit="markets",
        doc="1 for yes_no, 2 for the other kinds; none: by the kind",
    )
    pair_kind: str = param(
        YES_NO,
        choices=(YES_NO, COMPLEMENTARY, CROSS_VENUE),
        fixed=True,
        doc="what makes the two legs pay 1 together",
    )
    mapping: dict[str, str] = param(
        {},
        fixed=True,
        doc="cross_venue only: the operator's word on question, cut_off and settlement "
        "(`same`, or the accepted difference) and who confirmed_by it",
    )
    mode: str = param(
        "auto",
        choices=("auto", "manual"),
        doc="auto: cycles follow each other; manual: only single_fire opens one",
    )
    both_side: bool = param(True, fixed=True, doc="quote both outcomes; yes_no needs it")
    contract_increment: int = param(
        3, low=1, high=10_000, unit="contracts", doc="per leg and cycle"
    )
    tick_interval_ms: int = param(
        1000, low=250, high=10_000, unit="ms", doc="how often the quotes are looked at"
    )
    request_timeout_ms: int = param(
        1000, low=200, high=10_000, unit="ms", doc="an unanswered order request is noted after this"
    )
    min_spread: Decimal = param(
        "0.02", low="0.0001", high="0.50", unit="price", doc="least spread that opens a cycle"
    )
    max_spread: Decimal = param(
        "0.15", low="0.0001", high="0.98", unit="price", doc="largest spread that opens a cycle"
    )
    min_edge: Decimal = param(
        "0.01", low=0, high="0.20", unit="price per pair", doc="profit that must stay after fees"
    )
    settlement_haircut: Decimal | None = param(
        None,
        low=0,
        high="0.10",
        unit="price",
        doc="kept back for a differing settlement; none: 0.01 for cross_venue, else 0",
    )
    expected_fees: Decimal | None = param(
        None,
        low=0,
        high="0.20",
        unit="price per pair",
        doc="fees of a pair; none: from the instruments' fee models",
    )
    price_min: Decimal = param(
        "0.03", low="0.001", high="0.999", unit="price", doc="no leg is opened below"
    )
    price_max: Decimal = param(
        "0.97", low="0.001", high="0.999", unit="price", doc="no leg is opened above"
    )
    jump_ticks: int = param(1, low=1, high=3, unit="ticks", doc="how far JUMP goes in front")
    auto_jump: bool = param(False, doc="arm JUMP where the queue ahead is long")
    auto_jump_queue_ratio: Decimal = param(
        5, low=1, high=1000, unit="size ahead / own size", doc="queue from which JUMP is armed"
    )
    higher_first: bool = param(False, doc="buy the dearer leg before the other is quoted")
    one_sided: bool = param(False, doc="open a cycle although the overlay leaves one leg only")
    min_requote_ms: int = param(
        1000, low=250, high=60_000, unit="ms per order", doc="least time between price changes"
    )
    max_unpaired: int | None = param(
        None, low=1, high=100_000, unit="contracts", doc="unpaired limit; none: 2 x increment"
    )
    complete_by_taking: bool | None = param(
        None, doc="take an offer that completes the pair; none: only for cross_venue"
    )
    rebalance_after_s: int = param(60, low=1, high=3600, unit="s", doc="patience with half a pair")
    rebalance_adverse_ticks: int = param(
        3, low=1, high=50, unit="ticks", doc="move against the filled leg that ends the patience"
    )
    max_rebalance_loss: Decimal = param(
        "0.05", low=0, high="0.50", unit="price per contract", doc="loss that a way out may cost"
    )
    max_market_cost: Decimal = param(
        100, low=0, high=1_000_000_000, unit="quote currency", doc="most money tied up in the pair"
    )
    max_cycles: int = param(0, low=0, high=1_000_000_000, unit="cycles", doc="0: no limit")
    stop_timeout_s: int = param(
        300, low=0, high=86_400, unit="s", doc="how long stop waits for the cycle to complete"
    )
    no_new_cycle_before_close_s: int = param(
        300, low=0, high=86_400, unit="s", doc="no cycle opens this near to the market's close"
    )
    cancel_before_close_s: int = param(
        60, low=0, high=86_400, unit="s", doc="time before the close at which quotes are cancelled"
    )
    stale_cancel_s: int = param(
        5, low=1, high=60, unit="s", doc="age of unverified data at which quotes are cancelled"
    )
    fair_value: FairValue | None = param(
        None, doc='overlay and its settings, e.g. {"overlay": "midpoint_fair_value"}'
    )

    def make_terms(self) -> Terms:
        """Return the numbers that prices are made from."""
        haircut = self.settlement_haircut
        if haircut is None:
            haircut = Decimal("0.01") if self.pair_kind == CROSS_VENUE else ZERO
        fees = self.expected_fees
        return Terms(
            surplus=self.min_edge + haircut + (fees or ZERO),
            price_fees=fees is None,
            price_min=self.price_min,
            price_max=self.price_max,
            jump_ticks=self.jump_ticks,
        )

    @property
    def takes(self) -> bool:
        """Tell whether a completing offer is taken at once."""
        if self.complete_by_taking is None:
            return self.pair_kind == CROSS_VENUE
        return self.complete_by_taking

    @property
    def unpaired_limit(self) -> int:
        """Return how many contracts may stand without a partner."""
        limit = 2 * self.contract_increment if self.max_unpaired is None else self.max_unpaired
        return max(limit, self.contract_increment)

    def contradiction(self) -> str:
        """Return what is wrong with the parameters taken together, empty when nothing is."""
        if self.max_spread < self.min_spread:
            return f"max_spread {self.max_spread} below min_spread {self.min_spread}"
        if self.price_max < self.price_min:
            return f"price_max {self.price_max} below price_min {self.price_min}"
        if self.max_unpaired is not None and self.max_unpaired < self.contract_increment:
            return f"max_unpaired {self.max_unpaired} below contract_increment"
        if self.make_terms().surplus >= ONE:
            return "edge, haircut and fees that leave nothing to pay for a pair"
        return ""

    def check_fixed(self) -> None:
        """Raise ConfigError where the kind of pair and what is declared for it disagree."""
        needed = 1 if self.pair_kind == YES_NO else 2
        if self.num_markets not in (None, needed):
            raise ConfigError(
                f"Started a {self.pair_kind} pair, found num_markets {self.num_markets}; "
                f"use {needed} or another pair_kind."
            )
        if self.pair_kind == YES_NO and not self.both_side:
            raise ConfigError(
                "Started a yes_no pair, found both_side off; one side alone is no pair, set it on."
            )
        missing = [key for key in MAPPING_KEYS if not self.mapping.get(key, "").strip()]
        if self.pair_kind == CROSS_VENUE and missing:
            raise ConfigError(
                f"Started a cross_venue pair, found its mapping without {', '.join(missing)}; "
                f"compare both markets' rules and confirm them in mapping."
            )
