"""What Bybit refuses and why, as one table: code to remedy.

Knows codes and statuses. Must not know what we asked for. A code that is not in the table tells
nothing: the request may have happened. Source: Bybit API documentation v5, error page and
rate-limit rules, read 2026-11-20; some codes from user reports.
"""

from enum import StrEnum

from tradewind.edge.net.transport import HttpAnswer
from tradewind.model.errors import (
    AuthFailed,
    BadReply,
    OutcomeUnknown,
    RateLimited,
    VenueError,
)

VENUE = "BYBIT"
BANNED_S = 600.0
"""An address that asked too often is not heard for ten minutes."""
BUSY_S = 1.0


class Remedy(StrEnum):
    """What to do about a refusal; all but UNKNOWN and DUPLICATE say that nothing was done."""

    LOGIN = "log in again with a key that may"
    CLOCK = "measure the clock again"
    PATIENCE = "wait until the limit is reset"
    UNKNOWN = "look the order up"
    DUPLICATE = "fetch what has this id"
    REQUEST = "correct the request"
    FUNDS = "ask for less"
    COUNT = "cancel an order first"
    MARKET = "wait for the market"
    GONE = "fetch the order"
    UNCHANGED = "do nothing, it is so already"
    MODE = "set the account's mode at the venue"


_TABLE: dict[Remedy, str] = {
    Remedy.LOGIN: "10003 10004 10005 10007 10008 10009 10010 10024 10027 10028 33004 -2015",
    Remedy.CLOCK: "10002",
    Remedy.PATIENCE: "10006 10403 170005 170222 20003",
    Remedy.UNKNOWN: (
        "10000 10016 10019 10429 170007 170032 170146 170147 170310 110079 170001 500000"
    ),
    Remedy.DUPLICATE: "110072 170141 20006 10014",
    Remedy.REQUEST: (
        "10001 10029 10404 110003 110017 110032 110092 110093 110094 110108 110109 110118 110120 "
        "110121 30208 30209 170115 170116 170117 170121 170124 170130 170132 170133 170134 170136 "
        "170137 170140 170148 170192 170193 170194 170203 170204 170371 170372 170381 170382"
    ),
    Remedy.FUNDS: (
        "110004 110006 110007 110012 110014 110044 110045 110051 110052 110053 110090 110021 "
        "110085 110086 110089 3400139 170131 170033 170228 170229"
    ),
    Remedy.COUNT: "110009 110020 110061 170810",
    Remedy.MARKET: (
        "110023 110042 110063 110066 110074 110095 110098 110103 30228 170151 170157 170159 170217"
    ),
    Remedy.GONE: (
        "110001 170213 170143 110008 170139 110010 170142 110019 110059 110064 170313 40004 "
        "170144 170145 170190 170191 170212 170312"
    ),
    Remedy.UNCHANGED: "110043 110025 110026 110027 34040",
    Remedy.MODE: "110024 110028 110029 110036 110038",
}
REMEDIES = {int(code): remedy for remedy, codes in _TABLE.items() for code in codes.split()}
"""Remedy by return code."""
CLOCK = "10002"
SAME_ORDER = frozenset({110072, 170141})
"""Another order of the account has this client id: after a lost answer it is ours."""


def remedy(code: int) -> Remedy:
    """Return what to do about a return code; what nobody has documented proves nothing."""
    return REMEDIES.get(code, Remedy.UNKNOWN)


def failure(code: int, message: str, endpoint: str) -> VenueError:
    """Return the error that a return code means for a request which asked for something."""
    what = remedy(code)
    text = f"Asked Bybit for {endpoint}, found code {code} ({message}); {what.value}."
    where = {"venue": VENUE, "endpoint": endpoint, "code": str(code)}
    if what is Remedy.LOGIN or what is Remedy.CLOCK:
        return AuthFailed(text, **where)
    if what is Remedy.PATIENCE:
        return RateLimited(text, **where, retry_after_s=BUSY_S)
    if what in (Remedy.UNKNOWN, Remedy.DUPLICATE):
        return OutcomeUnknown(text, **where)
    return VenueError(text, **where)


def http_failure(answer: HttpAnswer, endpoint: str) -> VenueError | None:
    """Return the error that a status means, None where the body has the answer."""
    status = answer.status
    if status == 200:
        return None
    said = answer.body[:120].decode(errors="replace").strip()
    text = f"Asked Bybit for {endpoint}, found HTTP {status} ({said}); "
    where = {"venue": VENUE, "endpoint": endpoint, "code": str(status)}
    if status == 403 and "too frequent" in said.lower():
        return RateLimited(f"{text}ask nothing for ten minutes.", **where, retry_after_s=BANNED_S)
    if status in (401, 403):
        return AuthFailed(f"{text}check the key, its addresses and the region.", **where)
    if status == 429 or status >= 500:
        return OutcomeUnknown(f"{text}it may have happened, look it up.", **where)
    return VenueError(f"{text}correct the request or the host.", **where)


def drifted(endpoint: str, found: str) -> BadReply:
    """Return the error for something that is not what Bybit documents."""
    return BadReply(
        f"Read {endpoint} from Bybit, found {found}; trust nothing from it until it is understood.",
        venue=VENUE,
        endpoint=endpoint,
    )
