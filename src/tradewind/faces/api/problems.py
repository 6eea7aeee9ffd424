"""Everything that can go wrong, in one shape: `{code, message, rule, retryable}` and a status.

Knows the codes of control's failures and those that only HTTP has. Must not know who asked.
"""

import msgspec
from starlette.exceptions import HTTPException

from tradewind.control.requests import Failure, failure
from tradewind.model.errors import LockedOut, RateLimited, TradewindError

STATUS: dict[str, int] = {
    "bad_request": 400,
    "bad_data": 400,
    "auth_failed": 401,
    "not_signed_in": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "preview_changed": 409,
    "version_conflict": 409,
    "too_large": 413,
    "refused": 422,
    "rate_limited": 429,
    "locked_out": 429,
    "internal": 500,
    "failed": 500,
    "journal": 500,
    "replay_differs": 500,
    "bad_reply": 502,
    "unreachable": 503,
    "too_many": 503,
    "fenced": 503,
    "outcome_unknown": 504,
}
"""The HTTP status of each code; a code that is not here is the desk's own fault, 500."""
RETRYABLE = {"rate_limited", "locked_out", "unreachable", "too_many"}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An error as every answer tells it. `retryable`: the same request may succeed later.

    `rule` names the rule of the gate or the lifecycle that said no, empty where none did.
    """

    code: str
    message: str
    rule: str = ""
    retryable: bool = False


def problem(code: str, message: str, rule: str = "", retry_after_s: float = 0.0) -> HTTPException:
    """Return an error to raise; `retry_after_s` is told in the header, 0 for none."""
    told = Problem(code=code, message=message, rule=rule, retryable=code in RETRYABLE)
    return of(told, retry_after_s)


def of(told: Problem | Failure, retry_after_s: float = 0.0) -> HTTPException:
    """Return an error in the one shape as something to raise."""
    code = told.code if told.code in STATUS else "internal"
    # One word for it, whoever found that nobody is signed in.
    code = "auth_failed" if code == "not_signed_in" else code
    shown = Problem(code=code, message=told.message, rule=told.rule, retryable=told.retryable)
    headers = (
        {"Retry-After": str(max(1, round(retry_after_s)))} if STATUS[code] in (429, 503) else {}
    )
    if STATUS[code] == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return HTTPException(STATUS[code], detail=msgspec.json.encode(shown).decode(), headers=headers)


def of_error(error: TradewindError) -> HTTPException:
    """Return one of our errors as something to raise."""
    wait_s = error.retry_after_s if isinstance(error, RateLimited | LockedOut) else 0.0
    return of(failure(error, getattr(error, "rule", "")), wait_s)


def body_of(error: HTTPException) -> bytes:
    """Return the JSON of an error; of the framework's own errors too."""
    if error.detail.startswith("{"):
        return error.detail.encode()
    code = {404: "not_found", 405: "method_not_allowed", 401: "auth_failed", 403: "forbidden"}.get(
        error.status_code, "bad_request" if error.status_code < 500 else "internal"
    )
    return msgspec.json.encode(Problem(code=code, message=SENTENCES.get(code, error.detail)))


SENTENCES = {
    "not_found": "Looked for this address, found nothing there; see /api/docs for what there is.",
    "method_not_allowed": "Read the method, found that this address does not take it; see "
    "/api/docs for what it takes.",
}
