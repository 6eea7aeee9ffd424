"""Pages of a list, newest first, and the percent-encoded cursors between them."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from tradewind.edge.simulators.bybit.words import Refusal, bad

Item = TypeVar("Item")
WEEK_MS = 7 * 86_400_000
Query = dict[str, str]


def page(
    items: Sequence[Item],
    query: Query,
    sizes: tuple[int, int],
    mark: Callable[[Item], tuple[str, int]],
) -> tuple[list[Item], str] | Refusal:
    """Return one page and the cursor of the next; `sizes` are (usual, most), `mark` (id, ms)."""
    usual, most = sizes
    text = query.get("limit") or str(usual)
    if not text.isdecimal() or not int(text) >= 1:
        return bad("params error: limit invalid")
    limit = min(int(text), most)
    start = 0
    cursor = query.get("cursor")
    if cursor:
        marks = [_cursor(*mark(item)) for item in items]
        if cursor not in marks:
            return bad("params error: cursor invalid")
        start = marks.index(cursor) + 1
    found = list(items[start : start + limit])
    more = start + limit < len(items)
    return found, quote(_cursor(*mark(found[-1])), safe="") if more and found else ""


def window(query: Query, now_ms: int, usual_ms: int = WEEK_MS) -> tuple[int, int] | Refusal:
    """Return (start, end) in milliseconds of what is asked for, at most a week."""
    times: dict[str, int] = {}
    for key in ("startTime", "endTime"):
        text = query.get(key)
        if text:
            if not text.isdecimal():
                return bad(f"params error: {key} invalid")
            times[key] = int(text)
    start, end = times.get("startTime"), times.get("endTime")
    if start is None and end is None:
        return now_ms - usual_ms, now_ms + 1
    if start is None:
        assert end is not None
        return end - usual_ms, end
    if end is None:
        return start, start + usual_ms
    if end - start > WEEK_MS or end < start:
        return bad("The time range between startTime and endTime cannot exceed 7 days")
    return start, end


def listed(rows: list[dict[str, Any]], cursor: str, category: str = "") -> dict[str, Any]:
    """Return the result of a paged list."""
    told = {"category": category} if category else {}
    return {**told, "list": rows, "nextPageCursor": cursor}


def _cursor(key: str, at_ms: int) -> str:
    return f"{key}:{at_ms},{key}:{at_ms}"
