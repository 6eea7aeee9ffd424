"""Backtests that somebody asked for from outside: what is asked, what becomes of it.

Knows shapes and the seam by which they are run; whoever composes the program hands one in.
"""

from enum import StrEnum
from typing import Annotated, Any, Protocol

import msgspec

ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


class BatchState(StrEnum):
    """Where a backtest stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class BacktestOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to run: a strategy over series of the history, named as `GET /api/data` names them.

    `data` are their folders. `instrument`, `kind` and `interval` choose among what is there; money
    is in the instrument's quote currency. `why` is kept beside the result.
    """

    strategy: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    data: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=20)]
    parameters: dict[str, Any] = {}
    instrument: Annotated[str, msgspec.Meta(max_length=200)] = ""
    interval: Annotated[str, msgspec.Meta(max_length=10)] = ""
    kind: Annotated[str, msgspec.Meta(max_length=20)] = ""
    balance: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,8})?$")] = "10000"
    leverage: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,4})?$")] = "10"
    latency_ms: Annotated[float, msgspec.Meta(ge=0, le=60_000)] = 0.0
    slippage_bps: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,4}(\.[0-9]{1,4})?$")] = "0"
    why: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class BacktestView(msgspec.Struct, frozen=True, kw_only=True):
    """One backtest; `progress` is the share that is done, `error` why it failed.

    `result` is what the command line prints with `--json`, None until it is done.
    """

    id: str
    state: BatchState
    by: str
    order: BacktestOrder
    asked_ns: int
    began_ns: int
    ended_ns: int
    progress: float
    error: str
    has_report: bool
    result: Any = None


class DataView(msgspec.Struct, frozen=True, kw_only=True):
    """One series of the history, in the words that BacktestOrder takes."""

    instrument: str
    kind: str
    rows: int
    first: str
    last: str
    folder: str


class Backtests(Protocol):
    """Runs backtests, one after another, and keeps what came of them."""

    async def data(self) -> list[DataView]:
        """Return what there is to run on."""
        ...

    async def all(self) -> list[BacktestView]:
        """Return every backtest, the newest first, without their results."""
        ...

    async def one(self, name: str) -> BacktestView | None:
        """Return one with its result, None where there is none of that id."""
        ...

    async def report(self, name: str) -> bytes | None:
        """Return the report as HTML, None while there is none."""
        ...

    async def begin(self, order: BacktestOrder, by: str, name: str) -> BacktestView:
        """Take an order on under an id, or an empty one to be made; the same id begins once.

        Raises ConfigError for data that are not in the history, Refused where too many wait.
        """
        ...

    async def drop(self, name: str) -> bool:
        """Forget one, and end it if it runs; False where there is none."""
        ...
