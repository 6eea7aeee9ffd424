"""The report on imported history: what was noted, repaired, missing or refused."""

from datetime import UTC, datetime
from enum import Enum

import msgspec

SHOWN_GAPS = 5
LISTED_GAPS = 100


class Severity(Enum):
    """What became of what was found."""

    NOTE = "note"
    REPAIRED = "repaired"
    REFUSED = "refused"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was found `count` times; `rule` is its name, `text` says it in words."""

    rule: str
    severity: Severity
    count: int
    text: str


class Gap(msgspec.Struct, frozen=True):
    """Candles that are missing between two that are there; times are open times of the missing."""

    first_ns: int
    last_ns: int
    missing: int


class Findings(msgspec.Struct):
    """The report on one import. Gaps are listed, never filled.

    `rows_read` counts rows of this instrument and kind, `rows` those that were kept. `gaps` are
    the longest ones in order of time; `gap_count` counts all, `missing` the candles they lack.
    """

    source: str
    format: str
    instrument: str
    kind: str
    rows_read: int = 0
    rows: int = 0
    first_ns: int = 0
    last_ns: int = 0
    items: list[Finding] = []
    gaps: list[Gap] = []
    gap_count: int = 0
    missing: int = 0

    def add(self, rule: str, severity: Severity, count: int, text: str) -> None:
        """Report something that was found at least once; a count of zero is nothing."""
        if count:
            self.items.append(Finding(rule, severity, int(count), text))

    @property
    def refused(self) -> tuple[Finding, ...]:
        """Return why the import is refused; empty where it is not."""
        return tuple(item for item in self.items if item.severity is Severity.REFUSED)

    def json(self) -> bytes:
        """Return the report as JSON."""
        return msgspec.json.encode(self)

    def text(self) -> str:
        """Return the report as lines of text."""
        lines = [
            f"{self.source}: {self.format}, {self.kind} of {self.instrument}",
            f"  {self.rows:,} rows of {self.rows_read:,} read"
            + (f", {stamp(self.first_ns)} to {stamp(self.last_ns)}" if self.rows else ""),
        ]
        lines += [f"  {item.severity.value}: {item.text}" for item in self.items]
        if self.gaps:
            lines.append(f"  {self.gap_count:,} gaps, {self.missing:,} candles missing; not filled")
            longest = sorted(self.gaps, key=lambda gap: -gap.missing)[:SHOWN_GAPS]
            lines += [
                f"    {stamp(gap.first_ns)} to {stamp(gap.last_ns)}: {gap.missing:,} candles"
                for gap in sorted(longest, key=lambda gap: gap.first_ns)
            ]
        if not self.items and not self.gaps:
            lines.append("  nothing to report")
        return "\n".join(lines)


def stamp(ts_ns: int) -> str:
    """Return nanoseconds UTC as text, with as many decimals as are needed."""
    seconds, nanos = divmod(ts_ns, 1_000_000_000)
    text = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
    return text + (f".{nanos:09d}".rstrip("0") if nanos else "") + "Z"
