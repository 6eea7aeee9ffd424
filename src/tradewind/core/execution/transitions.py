"""The life of an order as one literal table: (status, what happened) -> status.

FIX OrdStatus words plus PARKED, UNKNOWN, NOT_SENT and DENIED. What is not in the table cannot
happen to an order in that status; it changes nothing and is reported.
"""

from enum import StrEnum

from tradewind.model.order import OrderStatus

PARKED = OrderStatus.PARKED
PENDING_NEW = OrderStatus.PENDING_NEW
NEW = OrderStatus.NEW
PARTIALLY_FILLED = OrderStatus.PARTIALLY_FILLED
PENDING_CANCEL = OrderStatus.PENDING_CANCEL
PENDING_REPLACE = OrderStatus.PENDING_REPLACE
UNKNOWN = OrderStatus.UNKNOWN
FILLED = OrderStatus.FILLED
CANCELLED = OrderStatus.CANCELLED
REJECTED = OrderStatus.REJECTED
EXPIRED = OrderStatus.EXPIRED
NOT_SENT = OrderStatus.NOT_SENT
DENIED = OrderStatus.DENIED


class Happening(StrEnum):
    """What can happen to an order."""

    SENT = "sent"
    DENIED = "denied"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FILLED_PART = "filled_part"
    FILLED_ALL = "filled_all"
    CANCEL_ASKED = "cancel_asked"
    CANCEL_REFUSED = "cancel_refused"
    CANCELLED = "cancelled"
    AMEND_ASKED = "amend_asked"
    AMEND_REFUSED = "amend_refused"
    AMENDED = "amended"
    EXPIRED = "expired"
    NO_ANSWER = "no_answer"
    NOT_SENT = "not_sent"
    NEVER_LEFT = "never_left"
    FOUND = "found"
    ABSENT = "absent"
    RESTARTED = "restarted"


RESUME = None
"""The status goes back to where it stood before the pending request: NEW, PARTIALLY_FILLED, or
PENDING_NEW while the venue has said nothing of the order yet."""

_H = Happening

TABLE: dict[OrderStatus, dict[Happening, OrderStatus | None]] = {
    PARKED: {
        _H.SENT: PENDING_NEW,
        _H.DENIED: DENIED,
        _H.CANCEL_ASKED: CANCELLED,  # it never left our gate, so the cancel is final at once
        _H.RESTARTED: DENIED,  # a parked intent does not survive a restart; the strategy decides
    },
    PENDING_NEW: {
        _H.ACCEPTED: NEW,
        _H.FOUND: NEW,
        _H.REJECTED: REJECTED,
        _H.FILLED_PART: PARTIALLY_FILLED,  # the fill overtook the acknowledgement
        _H.FILLED_ALL: FILLED,
        _H.CANCEL_ASKED: PENDING_CANCEL,
        _H.CANCELLED: CANCELLED,  # IOC remainder, or self-trade prevention at the venue
        _H.EXPIRED: EXPIRED,
        _H.NO_ANSWER: UNKNOWN,
        _H.NEVER_LEFT: NOT_SENT,
        _H.NOT_SENT: PENDING_NEW,  # of a cancel that was asked twice (so in every row)
        _H.CANCEL_REFUSED: PENDING_NEW,
        _H.RESTARTED: UNKNOWN,  # the process died between commit and acknowledgement
        _H.ABSENT: UNKNOWN,  # not found once: the create may still be under way
    },
    NEW: {
        _H.ACCEPTED: NEW,  # a second acknowledgement by another road
        _H.FOUND: NEW,
        _H.FILLED_PART: PARTIALLY_FILLED,
        _H.FILLED_ALL: FILLED,
        _H.CANCEL_ASKED: PENDING_CANCEL,
        _H.AMEND_ASKED: PENDING_REPLACE,
        _H.AMENDED: NEW,
        _H.CANCELLED: CANCELLED,
        _H.EXPIRED: EXPIRED,
        _H.REJECTED: REJECTED,  # accepted, then refused by the matching engine
        _H.NO_ANSWER: NEW,  # of a request that was answered by another road
        _H.NOT_SENT: NEW,
        _H.CANCEL_REFUSED: NEW,
        _H.AMEND_REFUSED: NEW,
        _H.RESTARTED: NEW,
        _H.ABSENT: UNKNOWN,  # it was there; absence needs its own proof
    },
    PARTIALLY_FILLED: {
        _H.ACCEPTED: PARTIALLY_FILLED,  # late acknowledgement
        _H.FOUND: PARTIALLY_FILLED,
        _H.FILLED_PART: PARTIALLY_FILLED,
        _H.FILLED_ALL: FILLED,
        _H.CANCEL_ASKED: PENDING_CANCEL,
        _H.AMEND_ASKED: PENDING_REPLACE,
        _H.AMENDED: PARTIALLY_FILLED,
        _H.CANCELLED: CANCELLED,
        _H.EXPIRED: EXPIRED,
        _H.NO_ANSWER: PARTIALLY_FILLED,
        _H.NOT_SENT: PARTIALLY_FILLED,
        _H.CANCEL_REFUSED: PARTIALLY_FILLED,
        _H.AMEND_REFUSED: PARTIALLY_FILLED,
        _H.RESTARTED: PARTIALLY_FILLED,
        _H.ABSENT: UNKNOWN,
    },
    PENDING_CANCEL: {
        _H.ACCEPTED: PENDING_CANCEL,  # the create was still under way
        _H.FOUND: PENDING_CANCEL,  # the reading may be older than the cancel: it is repeated
        _H.REJECTED: REJECTED,
        _H.FILLED_PART: PENDING_CANCEL,
        _H.FILLED_ALL: FILLED,  # the fill won the race
        _H.CANCEL_ASKED: PENDING_CANCEL,  # a cancel may be repeated
        _H.CANCEL_REFUSED: RESUME,
        _H.CANCELLED: CANCELLED,
        _H.EXPIRED: EXPIRED,
        _H.AMENDED: PENDING_CANCEL,
        _H.AMEND_REFUSED: PENDING_CANCEL,
        _H.NO_ANSWER: PENDING_CANCEL,  # an unanswered cancel proves nothing
        _H.NOT_SENT: RESUME,  # the cancel provably did not leave
        _H.NEVER_LEFT: NOT_SENT,  # the order itself provably did not
        _H.RESTARTED: UNKNOWN,
        _H.ABSENT: UNKNOWN,
    },
    PENDING_REPLACE: {
        _H.ACCEPTED: PENDING_REPLACE,
        _H.FOUND: RESUME,
        _H.REJECTED: REJECTED,
        _H.FILLED_PART: PENDING_REPLACE,
        _H.FILLED_ALL: FILLED,
        _H.CANCEL_ASKED: PENDING_CANCEL,
        _H.CANCEL_REFUSED: PENDING_REPLACE,  # of a cancel that was asked before
        _H.AMENDED: RESUME,
        _H.AMEND_REFUSED: RESUME,
        _H.CANCELLED: CANCELLED,
        _H.EXPIRED: EXPIRED,
        _H.NO_ANSWER: UNKNOWN,  # which of the two sizes rests is not known
        _H.NOT_SENT: PENDING_REPLACE,
        _H.RESTARTED: UNKNOWN,
        _H.ABSENT: UNKNOWN,
    },
    UNKNOWN: {
        _H.ACCEPTED: RESUME,
        _H.FOUND: RESUME,
        _H.REJECTED: REJECTED,
        _H.FILLED_PART: PARTIALLY_FILLED,  # a fill is proof of existence
        _H.FILLED_ALL: FILLED,
        _H.CANCEL_ASKED: UNKNOWN,  # a cancel may be tried; only the venue's word ends it
        _H.CANCEL_REFUSED: UNKNOWN,  # "not found" never counts against an unanswered create
        _H.CANCELLED: CANCELLED,
        _H.EXPIRED: EXPIRED,
        _H.AMENDED: RESUME,
        _H.AMEND_REFUSED: UNKNOWN,
        _H.NO_ANSWER: UNKNOWN,
        _H.NOT_SENT: UNKNOWN,  # of a later request; the first one is still open
        _H.NEVER_LEFT: UNKNOWN,  # who said that it may have left was later
        _H.ABSENT: REJECTED,  # the proof of absence is complete
        _H.RESTARTED: UNKNOWN,
    },
    FILLED: {
        _H.ACCEPTED: FILLED,
        _H.CANCEL_REFUSED: FILLED,  # the fill won the race
        _H.AMEND_REFUSED: FILLED,
        _H.CANCELLED: FILLED,
        _H.FILLED_PART: FILLED,  # only after a reversal or a corrected total
        _H.FILLED_ALL: FILLED,
        _H.NO_ANSWER: FILLED,
        _H.NOT_SENT: FILLED,
        _H.EXPIRED: FILLED,
        _H.AMENDED: FILLED,
    },
    CANCELLED: {
        _H.ACCEPTED: CANCELLED,
        _H.FILLED_PART: CANCELLED,  # a fill that happened before the cancel and was told after it
        _H.FILLED_ALL: FILLED,
        _H.CANCELLED: CANCELLED,
        _H.CANCEL_REFUSED: CANCELLED,
        _H.AMENDED: CANCELLED,  # the amendment came first and was told later
        _H.AMEND_REFUSED: CANCELLED,
        _H.NO_ANSWER: CANCELLED,
        _H.NOT_SENT: CANCELLED,
        _H.EXPIRED: CANCELLED,
    },
    REJECTED: {
        _H.REJECTED: REJECTED,
        _H.FILLED_PART: REJECTED,  # the venue contradicts itself: posted, and an alarm
        _H.FILLED_ALL: FILLED,
        _H.CANCEL_REFUSED: REJECTED,
        _H.CANCELLED: REJECTED,
        _H.AMEND_REFUSED: REJECTED,
        _H.NO_ANSWER: REJECTED,
        _H.NOT_SENT: REJECTED,
        _H.NEVER_LEFT: REJECTED,
    },
    EXPIRED: {
        _H.ACCEPTED: EXPIRED,
        _H.FILLED_PART: EXPIRED,
        _H.FILLED_ALL: FILLED,
        _H.CANCEL_REFUSED: EXPIRED,
        _H.CANCELLED: EXPIRED,
        _H.EXPIRED: EXPIRED,
        _H.AMENDED: EXPIRED,
        _H.AMEND_REFUSED: EXPIRED,
        _H.NO_ANSWER: EXPIRED,
        _H.NOT_SENT: EXPIRED,
    },
    NOT_SENT: {
        _H.NEVER_LEFT: NOT_SENT,
        _H.NOT_SENT: NOT_SENT,
        _H.CANCEL_REFUSED: NOT_SENT,
        _H.NO_ANSWER: NOT_SENT,
    },
    DENIED: {},
}
