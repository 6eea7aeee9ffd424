"""Every card at every venue that claims what it needs, in virtual time."""

import pytest

from tests.conformance.at_bybit import BYBIT, BYBIT_HEDGE, BYBIT_SPOT
from tests.conformance.at_kalshi import KALSHI
from tests.conformance.memory import Setup
from tests.conformance.playing import played
from tests.conformance.saboteurs import SABOTEURS, Saboteur
from tradewind.app.conformance.card import Card, Claim, Play
from tradewind.app.conformance.registry import CARDS
from tradewind.app.conformance.runner import unplayed

SETUPS = (BYBIT, KALSHI, BYBIT_SPOT)
PAGES = ("O80", "O95")
BY_NUMBER = {card.number: card for card in CARDS}
PLAYED = [
    (card, setup)
    for setup in SETUPS
    for card in CARDS
    if unplayed(card, setup.claims, safe_only=False) is None
] + [(card, BYBIT_HEDGE) for card in CARDS if Claim.HEDGE in card.needs]


def where(number: str, turn: int) -> Setup:
    """Return a venue that plays the card: in turn, where several do; the smaller for many pages."""
    venues = [setup for card, setup in PLAYED if card.number == number and setup is not BYBIT_SPOT]
    return venues[0 if number in PAGES else turn % len(venues)]


SABOTAGED = [
    pytest.param(saboteur, number, id=f"{saboteur.name}-{number}".replace(" ", "_"))
    for saboteur in SABOTEURS
    for number in saboteur.numbers
]


@pytest.mark.parametrize(
    ("card", "setup"),
    [pytest.param(*each, id=f"{each[1].name}-{each[0].number}") for each in PLAYED],
)
def test_adapter_keeps_the_promise_of_the_card(card: Card, setup: Setup) -> None:
    outcome = played(card, setup)
    assert outcome.result is Play.PASSED, f"{card.number} {card.promise}: {outcome.sentence}"


@pytest.mark.parametrize(("saboteur", "number"), SABOTAGED)
def test_broken_adapter_is_found_out_by_the_card(saboteur: Saboteur, number: str) -> None:
    setup = where(number, SABOTEURS.index(saboteur))
    outcome = played(BY_NUMBER[number], setup, saboteur.wrap, saboteur.deafen)
    assert outcome.result is Play.FAILED, f"{saboteur.name} passed {number} at {setup.name}"
    assert outcome.sentence


def test_every_card_that_is_played_finds_some_broken_adapter_out() -> None:
    found = {number for saboteur in SABOTEURS for number in saboteur.numbers}
    assert {card.number for card, _ in PLAYED} - found == set()
