"""What a person away from the desk must hear of."""

from enum import StrEnum

import msgspec


class NoticeKind(StrEnum):
    """What notices are about."""

    KILL = "kill"
    FAULT = "fault"
    UNKNOWN_ORDER = "unknown_order"
    UNPROTECTED_POSITION = "unprotected_position"
    STALE_FEED = "stale_feed"
    DAILY_SUMMARY = "daily_summary"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be told. No secret is ever in one.

    `more` is how many of the kind, about the same subject, were held back before it because they
    came too fast; `ts` the desk's time in nanoseconds UTC.
    """

    kind: NoticeKind
    level: str
    desk: str
    subject: str
    text: str
    ts: int
    more: int = 0
