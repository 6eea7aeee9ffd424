"""The page about the cards says what the registry says."""

from collections import Counter
from pathlib import Path

from tradewind.app.conformance.page import page
from tradewind.app.conformance.registry import CARDS, DATA, ORDERS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"
AGAIN = "from tradewind.app.conformance.page import page; print(page(), end='')"


def test_the_page_is_what_the_registry_makes_of_it() -> None:
    said = PAGE.read_text(encoding="utf-8")
    assert said == page(), f'make it anew: python -c "{AGAIN}" > docs/conformance.md'


def test_cards_are_numbered_without_a_hole_and_play_once() -> None:
    assert [card.number for card in ORDERS] == [f"O{n:02}" for n in range(1, len(ORDERS) + 1)]
    assert [card.number for card in DATA] == [f"D{n:02}" for n in range(1, len(DATA) + 1)]
    plays = Counter(card.play for card in CARDS)
    assert [play for play, count in plays.items() if count > 1] == []


def test_a_promise_is_one_sentence_without_a_venues_name() -> None:
    for card in CARDS:
        assert not card.promise.endswith("."), card.number
        assert "bybit" not in card.promise.lower()
        assert "kalshi" not in card.promise.lower()


def test_cards_hold_no_word_of_a_venue() -> None:
    folder = PAGE.parents[1] / "src" / "tradewind" / "app" / "conformance"
    for path in folder.glob("*.py"):
        if path.name not in ("claims.py", "examine.py"):
            text = path.read_text(encoding="utf-8").lower()
            assert "bybit" not in text, path.name
            assert "kalshi" not in text, path.name
