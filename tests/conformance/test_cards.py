"""Every card at every venue that claims what it needs, in virtual time."""

import pytest

from tests.conformance.at_bybit import BYBIT
from tests.conformance.at_kalshi import KALSHI
from tests.conformance.memory import Setup
from tests.conformance.playing import played
from tradewind.app.conformance.card import Card, Play
from tradewind.app.conformance.registry import CARDS
from tradewind.app.conformance.runner import unplayed

SETUPS = (BYBIT, KALSHI)
PLAYED = [
    pytest.param(card, setup, id=f"{setup.name}-{card.number}")
    for setup in SETUPS
    for card in CARDS
    if unplayed(card, setup.claims, safe_only=False) is None
]


@pytest.mark.parametrize(("card", "setup"), PLAYED)
def test_adapter_keeps_the_promise_of_the_card(card: Card, setup: Setup) -> None:
    outcome = played(card, setup)
    assert outcome.result is Play.PASSED, f"{card.number} {card.promise}: {outcome.sentence}"
