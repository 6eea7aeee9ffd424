"""A desk that answers on a real socket: in the test's own loop, or in a thread of its own."""

import asyncio
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.canaries import look
from tests.unit.control.stage import Stage, stage_with_maker
from tradewind.faces.local.server import serve


@contextmanager
def short_folder() -> Iterator[Path]:
    """Give an empty folder whose path is short enough for a socket."""
    made = Path(tempfile.mkdtemp(prefix="tw"))
    try:
        yield made
    finally:
        look(made)
        shutil.rmtree(made)


@asynccontextmanager
async def served(path: Path, stage: Stage) -> AsyncIterator[list[Exception]]:
    """Serve a stage on `path`; gives the faults that its face told of."""
    faults: list[Exception] = []
    async with serve(path, stage.plane, stage.views, faults.append):
        yield faults


@contextmanager
def running(path: Path, stage: Stage | None = None) -> Iterator[Stage]:
    """Serve a stage on `path` from a thread, as another process would."""
    made = stage if stage is not None else stage_with_maker()
    ready = threading.Event()
    end: list[Callable[[], object]] = []

    async def live() -> None:
        done = asyncio.Event()
        loop = asyncio.get_running_loop()
        end.append(lambda: loop.call_soon_threadsafe(done.set))
        async with served(path, made):
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield made
    finally:
        end[0]()
        thread.join(10)
