"""Backtests that somebody asked for over the API: run as a program of their own, one at a time.

Each has a folder: what was asked and how it stands, the result as JSON, and the report. What was
under way when the process ended has failed; it can be asked again.
"""

import asyncio
import re
import secrets
import shutil
import sys
from pathlib import Path

import msgspec

from tradewind.control.backtests import (
    BacktestOrder,
    BacktestView,
    BatchState,
    DataView,
)
from tradewind.model.errors import ConfigError, Refused
from tradewind.ports import Clock

KEPT = 200
WAITING = 20
LIMIT_S = 3600.0
LONGEST_ERROR = 2000
STATE, RESULT, REPORT = "state.json", "result.json", "report.html"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
PROGRESS = re.compile(rb"progress (0(?:\.\d+)?|1(?:\.0*)?)\s*$")


class BacktestRuns:
    """The backtests of one data folder; `run` works them off while it is awaited."""

    def __init__(self, data: Path, clock: Clock) -> None:
        self._data = data
        self._root = data / "backtests"
        self._clock = clock
        self._views: dict[str, BacktestView] = {}
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._running: tuple[str, asyncio.Task[None]] | None = None
        self._load()

    async def run(self) -> None:
        """Run one backtest after another until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                name = await self._queue.get()
                if name not in self._views:
                    continue  # forgotten while it waited
                task = group.create_task(self._one(name))
                self._running = (name, task)
                await asyncio.wait({task})
                self._running = None

    async def data(self) -> list[DataView]:
        """Return the series of the history and of what desks have recorded."""
        return await asyncio.to_thread(self._series)

    async def all(self) -> list[BacktestView]:
        """Return every backtest, the newest first, without results."""
        return sorted(self._views.values(), key=lambda each: each.asked_ns, reverse=True)

    async def one(self, name: str) -> BacktestView | None:
        """Return one with its result."""
        found = self._views.get(name)
        if found is None or found.state is not BatchState.DONE:
            return found
        raw = await asyncio.to_thread((self._root / name / RESULT).read_bytes)
        return msgspec.structs.replace(found, result=msgspec.Raw(raw.strip()))

    async def report(self, name: str) -> bytes | None:
        """Return the report as HTML."""
        found = self._views.get(name)
        if found is None or not found.has_report:
            return None
        return await asyncio.to_thread((self._root / name / REPORT).read_bytes)

    async def begin(self, order: BacktestOrder, by: str, name: str) -> BacktestView:
        """Take an order on; the same id begins once."""
        name = name or f"b-{secrets.token_hex(6)}"
        if NAME.fullmatch(name) is None:
            raise ConfigError("Read the Idempotency-Key, found signs it cannot have; use letters.")
        known = self._views.get(name)
        if known is not None:
            if known.order != order:
                raise Refused(f"Asked for {name}, found another backtest under it; choose anew.")
            return known
        if self._queue.qsize() >= WAITING:
            raise Refused(f"Asked for a backtest, found {WAITING} that wait; try again later.")
        await asyncio.to_thread(_see_strategy, order.strategy)
        stores = await asyncio.to_thread(self._stores)
        for folder in order.data:
            if folder not in stores:
                raise ConfigError(
                    f"Looked for the history {folder[:200]!r}, found none of that name; give a "
                    f"folder of GET /api/data."
                )
        made = BacktestView(
            id=name,
            state=BatchState.WAITING,
            by=by,
            order=order,
            asked_ns=self._clock.now_ns(),
            began_ns=0,
            ended_ns=0,
            progress=0.0,
            error="",
            has_report=False,
        )
        self._keep(made)
        self._queue.put_nowait(name)
        self._forget_old()
        return made

    async def drop(self, name: str) -> bool:
        """Forget one, and end it if it runs."""
        if name not in self._views:
            return False
        del self._views[name]
        if self._running is not None and self._running[0] == name:
            self._running[1].cancel()
        await asyncio.to_thread(shutil.rmtree, self._root / name, ignore_errors=True)
        return True

    # --- running ---------------------------------------------------------------------------------

    async def _one(self, name: str) -> None:
        began = self._change(name, state=BatchState.RUNNING, began_ns=self._clock.now_ns())
        if began is None:
            return
        process = await asyncio.create_subprocess_exec(
            *self._words(began),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=1 << 26,
        )
        try:
            async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as group:
                assert process.stdout is not None
                assert process.stderr is not None
                out = group.create_task(process.stdout.read())
                err = group.create_task(self._listen(name, process.stderr))
                group.create_task(_ended(process))
            self._finish(name, process.returncode or 0, out.result(), err.result())
        except TimeoutError:
            self._fail(name, f"Ran the backtest, found it not done after {LIMIT_S:g} s.")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    def _finish(self, name: str, code: int, out: bytes, err: str) -> None:
        if code:
            self._fail(name, err or f"the program ended with {code}")
            return
        if name in self._views:
            folder = self._root / name
            (folder / RESULT).write_bytes(out)
            self._change(
                name,
                state=BatchState.DONE,
                ended_ns=self._clock.now_ns(),
                progress=1.0,
                has_report=(folder / REPORT).is_file(),
            )

    def _fail(self, name: str, error: str) -> None:
        self._change(
            name,
            state=BatchState.FAILED,
            ended_ns=self._clock.now_ns(),
            error=error[-LONGEST_ERROR:],
        )

    async def _listen(self, name: str, stream: asyncio.StreamReader) -> str:
        """Follow the progress that a backtest tells, and return what else it said."""
        said = []
        async for line in stream:
            told = PROGRESS.match(line)
            if told is None:
                said.append(line.decode("utf-8", "replace").strip())
                del said[:-20]
            elif name in self._views:
                known = self._views[name]
                self._views[name] = msgspec.structs.replace(known, progress=float(told[1]))
        return " ".join(said).removeprefix("tradewind: ")

    def _words(self, view: BacktestView) -> list[str]:
        order = view.order
        words = [sys.executable, "-P", "-m", "tradewind", "backtest"]
        for folder in order.data:
            words += ["--data", folder]
        pairs = (
            ("--instrument", order.instrument),
            ("--interval", order.interval),
            ("--kind", order.kind),
            ("--balance", order.balance),
            ("--leverage", order.leverage),
            ("--latency-ms", f"{order.latency_ms:g}"),
            ("--slippage-bps", order.slippage_bps),
            ("--report", str(self._root / view.id / REPORT)),
        )
        words += [f"{option}={value}" for option, value in pairs if value]
        words += [f"--set={name}={_word(value)}" for name, value in order.parameters.items()]
        # After the dashes nothing is an option, whatever it looks like.
        return [*words, "--json", "--progress", "--", order.strategy]

    # --- what is kept ----------------------------------------------------------------------------

    def _load(self) -> None:
        for path in sorted(self._root.glob(f"*/{STATE}")):
            try:
                found = msgspec.json.decode(path.read_bytes(), type=BacktestView)
            except (msgspec.DecodeError, OSError):
                continue  # the process ended while it wrote it
            if found.state in (BatchState.WAITING, BatchState.RUNNING):
                found = msgspec.structs.replace(
                    found, state=BatchState.FAILED, error="The gateway ended before it was done."
                )
            self._views[found.id] = found

    def _change(self, name: str, **changes: object) -> BacktestView | None:
        known = self._views.get(name)
        if known is None:
            return None
        changed = msgspec.structs.replace(known, **changes)
        self._keep(changed)
        return changed

    def _keep(self, view: BacktestView) -> None:
        self._views[view.id] = view
        folder = self._root / view.id
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{STATE}.part"
        part.write_bytes(msgspec.json.encode(view))
        part.replace(folder / STATE)

    def _forget_old(self) -> None:
        ended = [each for each in self._views.values() if each.ended_ns]
        for each in sorted(ended, key=lambda each: each.asked_ns)[: max(0, len(ended) - KEPT)]:
            del self._views[each.id]
            shutil.rmtree(self._root / each.id, ignore_errors=True)

    def _stores(self) -> set[str]:
        return {row.folder for row in self._series()}

    def _series(self) -> list[DataView]:
        from tradewind.app.histories import stored

        roots = [self._data / "history", *sorted(self._data.glob("*/history"))]
        rows = [row for root in roots for row in stored(root)]
        return [
            DataView(
                instrument=row.instrument,
                kind=row.kind,
                rows=row.rows,
                first=row.first,
                last=row.last,
                folder=row.folder,
            )
            for row in rows
        ]


def _see_strategy(name: str) -> None:
    """Raise ConfigError for a strategy that is not installed: no caller names a file to run."""
    from tradewind.app.strategies import Catalogue

    if name not in Catalogue().names():
        raise ConfigError(
            f"Looked for the strategy {name[:200]!r}, found none installed; give a name of GET "
            f"/api/strategies, or run a file of your own with: tradewind backtest"
        )


async def _ended(process: asyncio.subprocess.Process) -> None:
    await process.wait()


def _word(value: object) -> str:
    """Return a parameter's value as it is written after `name=`."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
