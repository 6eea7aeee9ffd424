"""What a venue does when two orders of one owner would trade with each other."""

from enum import Enum


class SelfTrade(Enum):
    """Self-trade prevention of one order, applied where it meets an order of its own owner.

    CANCEL_TAKER ends the arriving order's remainder, CANCEL_MAKER ends the resting order and
    goes on, CANCEL_BOTH ends both, REJECT refuses the arriving order before it trades at all. ALLOW
    is an order that waives the rule; only the `Exchange` knows it.
    """

    CANCEL_TAKER = "cancel_taker"
    CANCEL_MAKER = "cancel_maker"
    CANCEL_BOTH = "cancel_both"
    REJECT = "reject"
    ALLOW = "allow"
