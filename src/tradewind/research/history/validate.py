"""Whether rows can be trusted: what is repaired, what is dropped, what refuses the whole import.

Repaired: another order (sorted), exact duplicates (dropped), an open or close a little outside its
candle's range (the range is widened). Dropped: a few unreadable rows. Refused: conflicting
duplicates, prices that are not positive, too many bad rows, times in the wrong zone. Gaps are
listed, never filled. Everything that was done is in the findings.
"""

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from tradewind.model.instrument import Instrument
from tradewind.research.history.exact import Ints, Mask
from tradewind.research.history.findings import LISTED_GAPS, Findings, Gap, Severity, stamp
from tradewind.research.history.rows import Rows
from tradewind.runtime.columns import ordinals

NOTE, REPAIRED, REFUSED = Severity.NOTE, Severity.REPAIRED, Severity.REFUSED
DAY_NS = 86_400_000_000_000
HOUR_NS = DAY_NS // 24
IST_NS = 19_800_000_000_000


class Limits(msgspec.Struct, frozen=True):
    """What is repaired at most: bad rows by number and by share, and a wick's error by share."""

    max_bad_rows: int = 10
    max_bad_share: float = 0.1
    max_wick_share: float = 0.01


LIMITS = Limits()


class Judged(msgspec.Struct):
    """What the rows are, and where to report about them. `interval_ns` is 0 but for candles."""

    kind: str
    instrument: Instrument
    interval_ns: int
    findings: Findings
    limits: Limits = LIMITS


def validate(rows: Rows, judged: Judged) -> Rows:
    """Return the rows that may be stored, in order; the findings say what was done, and refuse."""
    findings = judged.findings
    findings.rows_read = len(rows) + rows.malformed
    _positive(rows, judged)
    if judged.kind == "candle":
        _candle_range(rows, judged)
    if judged.kind == "trade":
        _mark(rows, rows.arrays["qty"] <= 0, "a print has no quantity")
    rows = _without_bad(rows, judged)
    rows = _books_in_order(rows, judged) if judged.kind == "book" else _sorted(rows, judged)
    rows = _without_duplicates(rows, judged)
    if judged.kind == "candle":
        _off_grid(rows, judged)
        _gaps(rows, judged)
        _session(rows, judged)
    elif judged.kind == "quote":
        crossed = int((rows.arrays["bid"] >= rows.arrays["ask"]).sum())
        findings.add(
            "crossed", NOTE, crossed, f"{crossed:,} quotes have the bid at or above the ask"
        )
    elif judged.kind == "book":
        _sequence_gaps(rows, judged)
    ts = rows.arrays["ts_event"]
    findings.rows = len(rows)
    if len(rows):
        findings.first_ns, findings.last_ns = int(ts[0]), int(ts[-1])
    else:
        findings.add("empty", REFUSED, 1, "no usable row is left")
    return rows


_PRICES = {
    "candle": ("open", "high", "low", "close"),
    "quote": ("bid", "ask"),
    "trade": ("px",),
}


def _positive(rows: Rows, judged: Judged) -> None:
    count, first = 0, -1
    for name in _PRICES.get(judged.kind, ()):
        low = (rows.arrays[name] <= 0) & ~rows.bad
        if judged.kind == "quote":
            low &= rows.arrays[f"{name}_qty"] > 0  # an empty side has no price
        if low.any():
            count += int(low.sum())
            place = int(np.argmax(low))
            first = place if first < 0 else min(first, place)
    if count:
        when = stamp(int(rows.arrays["ts_event"][first]))
        text = f"{count:,} prices are zero or negative, the first at {when}"
        judged.findings.add("price", REFUSED, count, text)


def _candle_range(rows: Rows, judged: Judged) -> None:
    """Mark candles whose high is below their low; widen those that leave out an open or close."""
    arrays = rows.arrays
    _mark(rows, arrays["high"] < arrays["low"], "a high is below its low")
    top = np.maximum(arrays["open"], arrays["close"])
    bottom = np.minimum(arrays["open"], arrays["close"])
    excess = np.maximum(np.maximum(top - arrays["high"], arrays["low"] - bottom), 0)
    outside = (excess > 0) & ~rows.bad
    if not outside.any():
        return
    share = excess / np.maximum(top, 1)
    far = outside & (share > judged.limits.max_wick_share)
    _mark(rows, far, "an open or close lies far outside high and low")
    near = outside & ~far
    arrays["high"] = np.where(near, np.maximum(arrays["high"], top), arrays["high"])
    arrays["low"] = np.where(near, np.minimum(arrays["low"], bottom), arrays["low"])
    count = int(near.sum())
    widest = float(share[near].max()) if count else 0.0
    judged.findings.add(
        "range",
        REPAIRED,
        count,
        f"{count:,} candles had the open or close outside high and low, by at most "
        f"{widest:.3%} of the price; their range was widened",
    )


def _mark(rows: Rows, bad: Mask, why: str) -> None:
    fresh = bad & ~rows.bad
    if fresh.any():
        rows.why = rows.why or why
        rows.bad = rows.bad | fresh


def _without_bad(rows: Rows, judged: Judged) -> Rows:
    """Drop bad rows, or refuse all where they are too many."""
    findings, limits = judged.findings, judged.limits
    bad = int(rows.bad.sum()) + rows.malformed
    if not bad:
        return rows
    where = rows.why
    if rows.bad.any() and (when := int(rows.arrays["ts_event"][int(np.argmax(rows.bad))])) > 0:
        where = f"at {stamp(when)}: {where}"
    if bad > limits.max_bad_rows or bad > findings.rows_read * limits.max_bad_share:
        text = f"{bad:,} of {findings.rows_read:,} rows are unusable, the first {where}"
        findings.add("bad rows", REFUSED, bad, text)
    else:
        text = f"{bad:,} unusable row{'s were' if bad > 1 else ' was'} dropped, the first {where}"
        findings.add("bad rows", REPAIRED, bad, text)
    return rows.keep(~rows.bad)


def _sorted(rows: Rows, judged: Judged) -> Rows:
    """Return the rows by time (and the venue's sequence), and count those of one time."""
    ts = rows.arrays["ts_event"]
    back = int((ts[1:] < ts[:-1]).sum())
    falling = len(ts) > 1 and back and not (ts[1:] > ts[:-1]).any()
    text = (
        "rows came newest first and were turned round"
        if falling
        else f"{back:,} rows came before an earlier one and were sorted"
    )
    judged.findings.add("order", REPAIRED, back, text)
    if falling:
        rows = rows.keep(slice(None, None, -1))
    elif back:
        rows = rows.keep(np.argsort(ts, kind="stable"))
    if not rows.counted and "sequence" in rows.arrays:
        keys = [rows.arrays[name] for name in _keys(rows)]
        if (np.diff(keys[0]) == 0)[np.diff(keys[1]) < 0].any():
            rows = rows.keep(np.lexsort(keys[::-1]))
    return rows


def _books_in_order(rows: Rows, judged: Judged) -> Rows:
    """Keep the order in which events came; a time that steps back becomes the one before it."""
    for name in ("ts_event", "ts_recv"):
        ts = rows.arrays[name]
        if len(ts) and (ts[1:] < ts[:-1]).any():
            steady = np.maximum.accumulate(ts)
            count = int((steady != ts).sum())
            rows.arrays[name] = steady
            text = f"{count:,} times of {name} stepped back and were held"
            judged.findings.add("order", REPAIRED, count, text)
    return rows


def _without_duplicates(rows: Rows, judged: Judged) -> Rows:
    """Drop rows that another one equals; refuse where rows of one key differ."""
    if rows.counted:
        return _count(_without_repeated_ids(rows, judged))
    if len(rows) < 2:
        return rows
    same = np.ones(len(rows) - 1, bool)
    for name in _keys(rows):
        same &= rows.arrays[name][1:] == rows.arrays[name][:-1]
    if not same.any():
        return rows
    equal = same.copy()
    for name, array in rows.arrays.items():
        if name not in ("ts_recv", "sequence"):
            equal &= _pairs_equal(array, same)
    differing = int((same & ~equal).sum())
    if differing:
        at = int(rows.arrays["ts_event"][1:][same & ~equal][0])
        text = (
            f"{differing:,} rows repeat a time with other values, the first at {stamp(at)}; "
            f"take out the wrong one"
        )
        judged.findings.add("conflict", REFUSED, differing, text)
    count = int(equal.sum())
    judged.findings.add("duplicate", REPAIRED, count, f"{count:,} exact duplicates were dropped")
    return rows.keep(np.concatenate(([True], ~equal)))


def _keys(rows: Rows) -> tuple[str, ...]:
    return ("ts_event", "sequence") if "sequence" in rows.arrays else ("ts_event",)


def _count(rows: Rows) -> Rows:
    """Number the rows of each time, for want of a venue's number."""
    rows.arrays["sequence"] = ordinals(rows.arrays["ts_event"])
    return rows


def _without_repeated_ids(rows: Rows, judged: Judged) -> Rows:
    """Drop prints whose id came before; prints without ids may well be equal."""
    ids = rows.arrays.get("trade_id")
    if ids is None or not len(ids) or not ids[0]:
        return rows
    codes = pa.array(ids).dictionary_encode()
    if len(codes.dictionary) == len(ids):
        return rows
    first = np.sort(np.unique(codes.indices.to_numpy(), return_index=True)[1])
    count = len(ids) - len(first)
    text = f"{count:,} prints repeated an id and were dropped"
    judged.findings.add("duplicate", REPAIRED, count, text)
    return rows.keep(first)


def _pairs_equal(array: Any, where: Mask) -> Mask:
    """Tell for each row whether it equals the one before; only asked `where` it matters."""
    if array.dtype != object:
        return np.asarray(array[1:] == array[:-1])
    equal = np.ones(len(array) - 1, bool)
    for row in np.flatnonzero(where):
        equal[row] = np.array_equal(array[row], array[row + 1])
    return equal


def _off_grid(rows: Rows, judged: Judged) -> None:
    instrument = judged.instrument
    tick = int(instrument.tick.scaleb(instrument.px_exponent))
    if tick > 1:
        count = int((rows.arrays["close"] % tick != 0).sum())
        text = f"{count:,} closes are finer than the tick {instrument.tick}"
        judged.findings.add("tick", NOTE, count, text)


def _gaps(rows: Rows, judged: Judged) -> None:
    """List what is missing between candles, as far as the instrument's calendar knows."""
    ts, interval_ns = rows.arrays["ts_event"], judged.interval_ns
    if len(ts) < 2:
        return
    step = np.diff(ts)
    off = int((step % interval_ns != 0).sum())
    text = f"{off:,} candles do not lie on the interval's grid after their predecessor"
    judged.findings.add("grid", NOTE, off, text)
    close = int((step < interval_ns).sum())
    text = f"{close:,} candles begin before the one before them ends; name the right --interval"
    judged.findings.add("interval", REFUSED, close, text)
    places = np.flatnonzero(step >= 2 * interval_ns)
    places = places[~_closed_between(ts[places], ts[places + 1], judged)]
    missing = step[places] // interval_ns - 1
    judged.findings.gap_count = len(places)
    judged.findings.missing = int(missing.sum())
    longest = np.sort(np.argsort(-missing, kind="stable")[:LISTED_GAPS])
    judged.findings.gaps = [
        Gap(int(ts[place]) + interval_ns, int(ts[place + 1]) - interval_ns, int(count))
        for place, count in zip(places[longest], missing[longest], strict=True)
    ]


def _closed_between(before: Ints, after: Ints, judged: Judged) -> Mask:
    """Tell which gaps the calendar explains: nights at the NSE, weekends in FX."""
    calendar = judged.instrument.calendar
    if calendar == "nse":
        return np.asarray((before + IST_NS) // DAY_NS != (after + IST_NS) // DAY_NS)
    if calendar == "24x5":
        # 1970-01-03 was a Saturday: a gap over a Saturday's noon is a weekend.
        noon = 2 * DAY_NS + DAY_NS // 2
        week = 7 * DAY_NS
        return np.asarray((before - noon) // week != (after - noon) // week)
    return np.zeros(len(before), bool)


def _session(rows: Rows, judged: Judged) -> None:
    """Refuse NSE candles that would lie in the session if their times were local."""
    if judged.instrument.calendar != "nse" or judged.interval_ns >= DAY_NS or not len(rows):
        return
    local = (rows.arrays["ts_event"] + IST_NS) % DAY_NS
    as_given = _in_session(local)
    as_local = _in_session((local - IST_NS) % DAY_NS)
    if as_given < 0.5 < as_local:
        text = (
            "the times lie in the session 09:15 to 15:30 only if they are Indian Standard Time; "
            "give them the zone +05:30"
        )
        judged.findings.add("zone", REFUSED, len(rows), text)


def _in_session(local: Ints) -> float:
    return float(((local >= 9 * HOUR_NS) & (local < 16 * HOUR_NS)).mean())


def _sequence_gaps(rows: Rows, judged: Judged) -> None:
    arrays = rows.arrays
    deltas = arrays["snapshot"][1:] == 0
    sequence = arrays["sequence"]
    builds_on = np.where(arrays["previous"] > 0, arrays["previous"], sequence - 1)[1:]
    count = int((deltas & (builds_on > sequence[:-1])).sum())
    text = f"{count:,} changes build on one that is missing; the book is not trusted after them"
    judged.findings.add("sequence", NOTE, count, text)
    early = int(np.argmax(arrays["snapshot"])) if arrays["snapshot"].any() else len(rows)
    text = f"{early:,} changes come before the first whole book and change nothing"
    judged.findings.add("no snapshot", NOTE, early, text)
