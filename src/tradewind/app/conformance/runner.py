"""Plays cards and says what came of each: passed, failed with a sentence, or why not played."""

from tradewind.app.conformance.bench import Bench
from tradewind.app.conformance.card import Card, Claims, Outcome, Play
from tradewind.model.errors import TradewindError


async def play(card: Card, bench: Bench) -> Outcome:
    """Play one card; what the adapter raises or leaves undone is its failure, and a sentence."""
    try:
        await card.play(bench)
    except (AssertionError, TradewindError) as error:
        return _failed(card, error)
    except BaseExceptionGroup as group:
        # A card that runs an adapter of its own fails inside of that one's task group.
        first: BaseException = group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        if not isinstance(first, AssertionError | TradewindError):
            raise
        return _failed(card, first)
    if bench.stopped:
        return Outcome(card.number, card.promise, Play.FAILED, bench.stopped)
    return Outcome(card.number, card.promise, Play.PASSED)


def _failed(card: Card, error: BaseException) -> Outcome:
    return Outcome(card.number, card.promise, Play.FAILED, str(error) or repr(error))


def unplayed(card: Card, claims: Claims, *, safe_only: bool, keyed: bool = True) -> Outcome | None:
    """Return why a card is not played, None when it is; `keyed` says that there are keys."""
    if safe_only and not card.safe:
        return Outcome(card.number, card.promise, Play.UNSAFE)
    if not claims.claimed.issuperset(card.needs):
        return Outcome(card.number, card.promise, Play.NOT_CLAIMED)
    if not keyed and (card.keyed or (card.streamed and claims.keyed_feeds)):
        return Outcome(card.number, card.promise, Play.UNKEYED)
    return None
