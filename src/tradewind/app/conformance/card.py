"""A card: one promise of the venue port in one sentence, and the play that puts it to the test.

Knows what can be claimed and what comes of a card. Must not know any venue.
"""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from tradewind.app.conformance.bench import Bench


class Claim(StrEnum):
    """What an adapter may say that it can do, beyond what every venue can."""

    AMEND = "native amend"
    BATCH = "several orders in one message"
    AMEND_UP = "amend to a larger quantity"
    STOPS = "native stops"
    REDUCE_ONLY = "reduce-only flag"
    POST_ONLY = "post-only"
    IOC = "immediate or cancel"
    FOK = "fill or kill"
    GTD = "expiry at the venue"
    SPENT_IDS = "client ids are refused the second time"
    CANCEL_BY_OUR_ID = "cancel by client id"
    BUDGET = "the venue tells the request budget"
    LOT_LIMITS = "smallest and largest quantity"
    SHORTS = "positions below zero"
    HEDGE = "long and short kept apart"
    OUTCOMES = "YES and NO of one question"
    CANDLES = "candles of the venue"
    CANDLE_STREAM = "candles that move while they are open"
    QUOTES = "best bid and ask of the venue"
    FUNDING = "funding of perpetuals"
    FUNDING_PAID = "funding payments"
    SETTLEMENT = "settlement of markets"
    STATUS = "status of trading"
    KEY_RIGHTS = "what a key may do is told"
    STRANGERS = "orders of other hands"


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What one adapter claims. `protection` says what protects resting orders if the desk dies.

    `page` is how many open orders the venue lists at once; a silent connection is noticed within
    `silence_s`, an unanswered request is given up within `answer_s`. `keyed_feeds` says that the
    venue has no public feeds for those without keys.
    """

    claimed: frozenset[Claim]
    protection: str
    page: int
    silence_s: float
    answer_s: float
    keyed_feeds: bool = False


class Play(StrEnum):
    """How a card went."""

    PASSED = "passed"
    FAILED = "FAILED"
    NOT_CLAIMED = "not claimed"
    UNSAFE = "skipped: not safe on an account"
    UNKEYED = "skipped: needs keys"


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One promise. `needs` are the claims without which it says nothing.

    A `safe` card only reads: it may be played on an account that holds money. Of these, `keyed`
    ones ask about the account, and `streamed` ones listen to public feeds.
    """

    number: str
    promise: str
    play: "Callable[[Bench], Awaitable[None]]"
    needs: tuple[Claim, ...] = ()
    safe: bool = False
    keyed: bool = False
    streamed: bool = False


class Outcome(msgspec.Struct, frozen=True):
    """What came of one card; `sentence` says why it failed, empty otherwise."""

    number: str
    promise: str
    result: Play
    sentence: str = ""


def expect(kept: object, sentence: str) -> None:
    """Fail the card with a sentence unless the promise was kept here; raises AssertionError."""
    if not kept:
        raise AssertionError(sentence)
