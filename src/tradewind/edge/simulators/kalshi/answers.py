"""What Kalshi answers when it does not do what was asked: four shapes of error body.

Handlers raise `Refused(details, rule=code)`; here a code becomes a status and a body. Source:
Kalshi Trade API v2, error bodies, docs.kalshi.com and recordings, read 2026-11-20.
"""

from collections.abc import Mapping

import msgspec

from tradewind.edge.simulators.wire import WireAnswer
from tradewind.model.errors import Refused

JSON = {"content-type": "application/json"}
QUERY = "query"
BODY = "bad_request"
TOO_MANY = "too many requests"
FAILED = "internal_server_error"
STATUS = {
    "signature_is_missing_from_headers": 401,
    "authentication_error": 401,
    "header_timestamp_expired": 401,
    "insufficient_scope": 403,
    "subaccount_not_permitted": 403,
    "not_found": 404,
    "market_not_found": 404,
    "order_already_exists": 409,
    "market_closed": 409,
    "market_not_active": 409,
    "trading_is_paused": 409,
    "exchange_is_paused": 409,
    "fill_or_kill_insufficient_resting_volume": 409,
    "deprecated_v1_order_endpoint": 410,
    TOO_MANY: 429,
    FAILED: 500,
}
WORDS = {
    "authentication_error": "authentication_error",
    "deprecated_v1_order_endpoint": "this endpoint is deprecated, use the V2 order endpoints",
}
"""Messages that are not simply the code with spaces."""


def answer(body: object, status: int = 200) -> WireAnswer:
    """Return a JSON answer."""
    return WireAnswer(status, msgspec.json.encode(body), JSON)


def refusal(error: Refused) -> WireAnswer:
    """Return the answer for a refused request; `rule` is the venue's code, the text its details."""
    code, details = error.rule, str(error)
    if code == TOO_MANY:
        return answer({"error": TOO_MANY}, 429)
    if code == QUERY:
        return answer({"msg": details}, 400)
    status = STATUS.get(code, 400)
    if code == BODY:
        return answer({"code": code, "message": "bad request", "details": details}, status)
    return answer({"error": error_of(error)}, status)


def error_of(error: Refused) -> Mapping[str, str]:
    """Return code, message and details as they stand in an error body and in a batch's item."""
    code, details = error.rule, str(error)
    body = {"code": code, "message": WORDS.get(code, code.replace("_", " "))}
    if details:
        body["details"] = details
    return body


def invalid(details: str) -> Refused:
    """Return the refusal of a malformed or missing parameter."""
    return Refused(details, rule="invalid_parameters")


def not_found() -> Refused:
    """Return the refusal of anything that is not there, or not any more."""
    return Refused("", rule="not_found")
