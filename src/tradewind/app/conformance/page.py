"""The list of cards as a page of the documentation: `docs/conformance.md`."""

from collections.abc import Iterable, Mapping

from tradewind.app.config import VenueWord
from tradewind.app.conformance.card import Card, Claims
from tradewind.app.conformance.claims import CLAIMS
from tradewind.app.conformance.registry import DATA, ORDERS

OPENING = """# Conformance

One suite of cards that every venue adapter passes for what it claims. A card is one promise of the
venue port, in one sentence; it sees the adapter through the port and its events alone, and knows no
venue's words. What differs from venue to venue, an instrument, prices, quantities and what is
claimed, lies in its `Claims` and its `Ground`.

- The cards: `src/tradewind/app/conformance/`, one literal list in `registry.py`.
- Every card at every simulated venue, in virtual time: `tests/conformance/`. There too are adapters
  that are broken on purpose, and the cards that find each of them out.
- On an account of yours: `tradewind doctor --venue NAME` plays the cards that only look (*safe*
  below), and says what protects resting orders if the desk dies.

A new venue needs its claims (`claims.py`) and its ground (`tests/conformance/at_<venue>.py`), and
no new card.
"""
"""This page is made by `page()`; a test keeps the two in step."""


def page() -> str:
    """Return the whole page."""
    parts = [OPENING]
    for title, cards in (("Orders and account", ORDERS), ("Public data", DATA)):
        parts.append(f"## {title}\n\n{_table(cards, CLAIMS)}")
    parts.append("## What protects resting orders if the desk dies\n")
    parts += [f"- **{word.value}**: {claims.protection}" for word, claims in CLAIMS.items()]
    return "\n".join(parts) + "\n"


def _table(cards: Iterable[Card], claims: Mapping[VenueWord, Claims]) -> str:
    names = [word.value for word in claims]
    rows = [
        f"| Card | Promise | Needs | {' | '.join(names)} |",
        f"|---|---|---|{'---|' * len(names)}",
    ]
    for card in cards:
        needs = ", ".join(each.value for each in card.needs)
        marks = ["yes" if each.claimed.issuperset(card.needs) else "–" for each in claims.values()]
        safe = " *safe*" if card.safe else ""
        rows.append(f"| {card.number} | {card.promise}{safe} | {needs} | {' | '.join(marks)} |")
    return "\n".join(rows) + "\n"
