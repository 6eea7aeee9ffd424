"""Kalshi's codes, each with its remedy: one table for requests, one for the stream.

Knows codes and error classes. Must not know requests. One HTTP status has many meanings (409 has
five), so the code decides and the status only where there is no known code. A plain VenueError is
a definite refusal: nothing happened, and asking again the same way would end the same way.
Source: docs.kalshi.com and the venue's answers as recorded, read 2026-11-20.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tradewind.edge.net.transport import HttpAnswer
from tradewind.model.errors import (
    AuthFailed,
    BadReply,
    OutcomeUnknown,
    RateLimited,
    Unreachable,
    VenueError,
)

VENUE = "KALSHI"
SPENT = "order_already_exists"
"""The client order id was used before, for ever: whose order is it?"""
NOT_FOUND = "not_found"
UNKNOWN_HERE = frozenset({NOT_FOUND, "market_not_found"})
"""What was named is not there, or not any more, or not yet: never a proof of anything."""
PAUSE_S = 5.0
"""So long a halted market is left alone."""
PATIENCE_S = 1.0
"""Kalshi names no time after a 429."""
SKEWED = "header_timestamp_expired"

REQUEST_CODES: Mapping[str, type[VenueError]] = {
    # our credentials
    "signature_is_missing_from_headers": AuthFailed,
    "authentication_error": AuthFailed,
    SKEWED: AuthFailed,
    # wait
    "too_many_requests": RateLimited,
    "trading_is_paused": RateLimited,
    "exchange_is_paused": RateLimited,
    # refused: nothing happened
    "insufficient_balance": VenueError,
    "invalid_price": VenueError,
    "invalid_order": VenueError,
    "invalid_parameters": VenueError,
    "user_not_found": VenueError,
    "market_not_found": VenueError,
    "market_closed": VenueError,
    "market_settled": VenueError,
    "market_not_active": VenueError,
    "fill_or_kill_insufficient_resting_volume": VenueError,
    "immediate_or_cancel_insufficient_resting_volume": VenueError,
    NOT_FOUND: VenueError,
    SPENT: VenueError,
    # we speak another dialect than the venue
    "bad_request": BadReply,
    "deprecated_v1_order_endpoint": BadReply,
}
"""Every documented code of a refused request."""

STATUSES: Mapping[int, type[VenueError]] = {
    400: VenueError,
    401: AuthFailed,
    403: AuthFailed,
    404: VenueError,
    409: VenueError,
    410: BadReply,
    429: RateLimited,
}
"""For answers without a code that we know; from 500 on the outcome is unknown."""

STREAM_CODES: Mapping[int, type[VenueError]] = {
    1: BadReply,
    2: BadReply,
    3: BadReply,
    4: BadReply,
    5: BadReply,
    6: BadReply,
    7: BadReply,
    8: BadReply,
    9: AuthFailed,
    10: Unreachable,  # the channel ended: connect anew
    11: BadReply,
    12: BadReply,
    13: BadReply,
    14: BadReply,
    15: BadReply,
    16: VenueError,
    17: Unreachable,
    18: Unreachable,
    19: BadReply,
    20: BadReply,
    21: BadReply,
    22: BadReply,
    23: BadReply,
    24: BadReply,
    25: Unreachable,  # the subscription overflowed and ended: subscribe anew
    26: VenueError,
    27: RateLimited,
    28: BadReply,
}
"""Every documented code of an `error` frame."""


class ErrorBody(msgspec.Struct, frozen=True):
    """All four shapes of a refusal: nested, flat, a bare `msg`, and `error` as a text."""

    error: Any = None
    code: str | int | None = None
    message: str = ""
    details: Any = None
    msg: str = ""


_decode = msgspec.json.Decoder(ErrorBody).decode


def failure(answer: HttpAnswer, endpoint: str) -> VenueError:
    """Return the error that an answer means; it is never a success."""
    code, text = _told(answer)
    made = STATUSES.get(answer.status, OutcomeUnknown if answer.status >= 500 else BadReply)
    if answer.status < 500:
        made = REQUEST_CODES.get(code, made)
    strange = answer.status == 404 and not (code or text)
    remedy = _REMEDIES.get(made, STRANGE if strange else PLAIN)
    message = f"Asked {VENUE} for {endpoint}, found {answer.status} {text or code!r}; {remedy}."
    wait_s = PATIENCE_S if answer.status == 429 else PAUSE_S
    return _error(made, message, endpoint, code or str(answer.status), wait_s)


def item_failure(error: object, endpoint: str) -> VenueError:
    """Return the error of one item of a batch; a code that nobody has documented proves nothing."""
    code, text = _said(ErrorBody(error=error))
    made = REQUEST_CODES.get(code, OutcomeUnknown)
    message = f"Asked {VENUE} for {endpoint}, found {text or code!r}; {_REMEDIES.get(made, PLAIN)}."
    return _error(made, message, endpoint, code, PAUSE_S)


def _error(
    made: type[VenueError], message: str, endpoint: str, code: str, wait_s: float
) -> VenueError:
    if made is RateLimited:
        return RateLimited(message, venue=VENUE, endpoint=endpoint, code=code, retry_after_s=wait_s)
    return made(message, venue=VENUE, endpoint=endpoint, code=code)


PLAIN = "look at the order and the market"
STRANGE = "see that the host is Kalshi's"
"""Kalshi says what it does not find; whoever says nothing is somebody else."""
_REMEDIES: Mapping[type[VenueError], str] = {
    AuthFailed: "check the key, its rights and this machine's clock",
    RateLimited: "wait",
    OutcomeUnknown: "read the account before anything is sent again",
    BadReply: "update Tradewind, the protocol has changed",
}


def stream_failure(code: int, text: str) -> VenueError:
    """Return the error that an `error` frame means."""
    made = STREAM_CODES.get(code, BadReply)
    message = f"Listened to {VENUE}, found error {code} {text!r}; the feed is distrusted."
    if made is RateLimited:
        return RateLimited(
            message, venue=VENUE, endpoint="stream", code=str(code), retry_after_s=PATIENCE_S
        )
    return made(message, venue=VENUE, endpoint="stream", code=str(code))


def unreadable(endpoint: str, what: str) -> BadReply:
    """Return the error for bytes that are not what the protocol says."""
    return BadReply(
        f"Read {endpoint} of {VENUE}, found {what}; the feed is distrusted until it reads well.",
        venue=VENUE,
        endpoint=endpoint,
    )


def _told(answer: HttpAnswer) -> tuple[str, str]:
    """Return the code and what was said; both empty where the body is no JSON object."""
    try:
        body = _decode(answer.body)
    except msgspec.DecodeError:
        return "", ""
    return _said(body)


def _said(body: ErrorBody) -> tuple[str, str]:
    inner = body.error
    if isinstance(inner, str):
        return inner.replace(" ", "_"), inner
    if isinstance(inner, dict):
        code, parts = inner.get("code"), (inner.get("message"), inner.get("details"))
    else:
        code, parts = body.code, (body.message or body.msg, body.details)
    words = str(code or "")
    # An account id may follow: `user_not_found: 7d1c…`.
    return words.partition(":")[0], ", ".join(str(part) for part in parts if part)
