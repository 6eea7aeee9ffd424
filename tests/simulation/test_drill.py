"""The drill: seeded lives over both venues' wires, and some in the desk's own process."""

import pytest

from tradewind.app.drill.cast import Case, Transport
from tradewind.app.drill.drill import one
from tradewind.cli.drill import told

WIRE = Case()
PAPER = Case(transport=Transport.INPROCESS)


def check(case: Case, seed: int) -> None:
    outcome = one(case, seed)
    assert not outcome.wrong, told(outcome, case)


def test_a_life_through_faults_and_kills_loses_and_doubles_nothing(life_seed: int) -> None:
    check(WIRE, life_seed)


def test_a_life_on_paper_accounts_loses_and_doubles_nothing(paper_seed: int) -> None:
    check(PAPER, paper_seed)


@pytest.mark.parametrize(
    "strategy", ["dual_ema_short", "favourite_scalper", "join_jump_pair_maker"]
)
def test_a_strategy_of_ours_lives_through_it(strategy: str) -> None:
    for seed in (1, 2):
        check(Case(strategies=(strategy,)), seed)


def test_orders_leave_together_in_the_lives_of_the_drill() -> None:
    places = set(one(WIRE, 1).batches)
    assert {
        "/v5/trade",
        "kalshi.drill POST /trade-api/v2/portfolio/events/orders/batched",
    } <= places
