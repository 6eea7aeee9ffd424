"""What each venue's adapter claims, and what protects resting orders there if the desk dies."""

from collections.abc import Mapping

from tradewind.app.config import VenueWord
from tradewind.app.conformance.card import Claim, Claims

CLAIMS: Mapping[VenueWord, Claims] = {
    VenueWord.BYBIT: Claims(
        claimed=frozenset(
            {
                Claim.AMEND,
                Claim.BATCH,
                Claim.AMEND_UP,
                Claim.STOPS,
                Claim.REDUCE_ONLY,
                Claim.SHORTS,
                Claim.POST_ONLY,
                Claim.IOC,
                Claim.FOK,
                Claim.SPENT_IDS,
                Claim.CANCEL_BY_OUR_ID,
                Claim.BUDGET,
                Claim.LOT_LIMITS,
                Claim.KEY_RIGHTS,
                Claim.CANDLES,
                Claim.CANDLE_STREAM,
                Claim.QUOTES,
                Claim.FUNDING,
                Claim.FUNDING_PAID,
                Claim.STATUS,
                Claim.STRANGERS,
            }
        ),
        # Bybit docs, order/disconnected-cancel-all, read 2026-11-20.
        protection=(
            "not covered: if this desk dies, its orders go on resting at Bybit until somebody "
            "cancels them; Bybit cancels on disconnect for institutional accounts alone. "
            "Reduce-only stops that rest at Bybit go on guarding their positions."
        ),
        page=50,
        silence_s=5.0,
        answer_s=5.5,
    ),
    VenueWord.KALSHI: Claims(
        claimed=frozenset(
            {
                Claim.AMEND,
                Claim.BATCH,
                Claim.AMEND_UP,
                Claim.REDUCE_ONLY,
                Claim.SHORTS,
                Claim.POST_ONLY,
                Claim.IOC,
                Claim.FOK,
                Claim.GTD,
                Claim.SPENT_IDS,
                Claim.BUDGET,
                Claim.OUTCOMES,
                Claim.CANDLES,
                Claim.QUOTES,
                Claim.SETTLEMENT,
                Claim.STATUS,
                Claim.STRANGERS,
            }
        ),
        # Kalshi docs, orders and maintenance, read 2026-11-20.
        protection=(
            "covered in part: orders with a time to live end by themselves, and resting orders "
            "are cancelled when Kalshi pauses trading. Not covered: an order without a time to "
            "live goes on resting if this desk dies, and Kalshi has no stops that would guard a "
            "position."
        ),
        page=1000,
        silence_s=5.0,
        answer_s=5.5,
        keyed_feeds=True,
    ),
}
