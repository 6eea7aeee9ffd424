"""The examination of a machine and of the desk in a folder: what is fit, what is not, what to do.

Changes nothing. What it cannot see it calls "not covered", because silence would read as health.
"""

import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from tradewind.app.version import code_version
from tradewind.control.requests import Show, ViewName
from tradewind.control.views import HealthView
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.edge.store.lease_file import FileLease
from tradewind.faces.local.client import LocalClient, answers
from tradewind.model.errors import TradewindError
from tradewind.runtime.clock import SystemClock

OLDEST = (3, 11)
NEWEST = (3, 14)
FREE_BYTES = 1 << 30
FREE_AT_LEAST = 64 << 20
PROBE_BYTES = 4096
BUILT_NS = 1_767_225_600_000_000_000
"""2026-01-01: a clock before it is wrong."""
DEMO = "demo"


class Verdict(StrEnum):
    """How a finding is to be taken."""

    GOOD = "good"
    NOTE = "note"
    FAULT = "FAULT"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    text: str


def examine(root: Path) -> list[Finding]:
    """Look at everything that can be looked at from here; never raises for what it finds."""
    root = root.absolute()
    findings = [_python(), _version(), _folder(root), _disk(root), _clock(), _monotonic()]
    machine = len(findings)
    for folder in (root, root / DEMO):
        if (folder / "journal.sqlite").is_file():
            findings += _desk(folder)
    if len(findings) == machine:
        findings.append(_good("desk", f"none in {root} yet; start one with: tradewind demo"))
    findings.append(
        Finding(
            "dead-man",
            Verdict.NOTE,
            "not covered: if this machine dies, nothing cancels what rests at a venue; simulated "
            "venues need none",
        )
    )
    return findings


def _good(name: str, text: str) -> Finding:
    return Finding(name, Verdict.GOOD, text)


def _fault(name: str, text: str) -> Finding:
    return Finding(name, Verdict.FAULT, text)


def _python() -> Finding:
    found = sys.version_info[:2]
    text = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if not OLDEST <= found <= NEWEST:
        return _fault("python", f"{text}; use 3.11 to 3.14")
    if sys.flags.optimize:
        return _fault("python", f"{text} run with -O, which takes the invariants out; run without")
    return _good("python", text)


def _version() -> Finding:
    return _good("tradewind", code_version())


def _folder(root: Path) -> Finding:
    there = _nearest(root)
    if there != root:
        if os.access(there, os.W_OK | os.X_OK):
            return _good("folder", f"{root} is not there yet and can be made")
        return _fault("folder", f"{root} cannot be made in {there}; name another folder")
    probe = root / f".doctor-{os.getpid()}"
    try:
        probe.write_bytes(b"\0" * PROBE_BYTES)
        probe.unlink()
    except OSError as error:
        return _fault("folder", f"{root}: {error.strerror}; make it writable, or name another")
    if root.stat().st_mode & 0o077:
        text = f"{root} can be read by others; chmod 700 keeps them out"
        return Finding("folder", Verdict.NOTE, text)
    return _good("folder", f"{root} is writable and yours alone")


def _nearest(path: Path) -> Path:
    """Return the path, or its nearest parent that is there."""
    return next(each for each in (path, *path.parents) if each.exists())


def _disk(root: Path) -> Finding:
    free = shutil.disk_usage(_nearest(root)).free
    text = f"{free / (1 << 30):.1f} GiB free"
    if free < FREE_AT_LEAST:
        return _fault("disk", f"{text}; a desk does not start with so little, free some")
    if free < FREE_BYTES:
        return Finding("disk", Verdict.NOTE, f"{text}; that is soon full of market data")
    return _good("disk", text)


def _clock() -> Finding:
    now_ns = SystemClock().now_ns()
    told = datetime.fromtimestamp(now_ns // 1_000_000_000, UTC)
    if now_ns < BUILT_NS:
        return _fault(
            "clock", f"{told:%Y-%m-%d %H:%M:%S} UTC is before this version; set the clock"
        )
    return Finding(
        "clock",
        Verdict.NOTE,
        f"{told:%Y-%m-%d %H:%M:%S} UTC; whether it is right is not covered, as no venue is asked",
    )


def _monotonic() -> Finding:
    if hasattr(time, "CLOCK_BOOTTIME"):
        return _good("monotonic", "counts on while the machine sleeps")
    return Finding(
        "monotonic", Verdict.NOTE, "stands still while the machine sleeps; do not let it sleep"
    )


# --- one desk -------------------------------------------------------------------------------------


def _desk(folder: Path) -> Iterator[Finding]:
    where = folder.name
    looks: dict[str, Callable[[Path], Finding]] = {
        f"lease of {where}": _lease,
        f"desk {where}": _running,
        f"journal of {where}": _journal,
    }
    for name, look in looks.items():
        found = look(folder)
        yield Finding(name, found.verdict, found.text)


def _lease(folder: Path) -> Finding:
    lease = FileLease(folder / "journal.sqlite.lock")
    holder = lease.holder()
    if holder is not None:
        return _good("lease", f"held by {holder}")
    last = lease.last()
    return _good("lease", "free" if last is None else f"free; last held by {last}")


def _running(folder: Path) -> Finding:
    path = folder / "desk.sock"
    if not answers(path):
        return _good("desk", "does not run")
    try:
        with LocalClient(path) as client:
            told = client.ask(Show(view=ViewName.HEALTH))
    except TradewindError as error:
        return _fault("desk", str(error))
    assert isinstance(told, HealthView)
    text = f"answers: {told.instances} instances, {told.live_orders} live orders, step {told.seq}"
    if told.notes:
        return Finding("desk", Verdict.NOTE, f"{text}; {'; '.join(told.notes)}")
    return _good("desk", text)


def _journal(folder: Path) -> Finding:
    try:
        journal = SqliteJournal(folder / "journal.sqlite", durability="process", create=False)
        try:
            rows = sum(1 for _ in journal.read())
            last = journal.last_seq()
        finally:
            journal.close()
    except TradewindError as error:
        return _fault("journal", str(error))
    return _good("journal", f"{rows} rows to step {last}, each as it was committed")
