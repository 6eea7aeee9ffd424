"""Notices on their way out: a bounded queue for each channel, a few tries, and never a wait.

Knows channels by name and nothing of what is behind them. The desk goes on whatever they do.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping

from tradewind.control.notices import Notices
from tradewind.model.errors import TradewindError, Unreachable
from tradewind.model.notice import Notice
from tradewind.ports import NoticeChannel

TRIES = 3
WAITS_S = (1.0, 5.0)
"""Between the tries of one notice."""
SEND_S = 15.0
MOST_QUEUED = 100
LOOK_S = 1.0


class _Queue:
    """What one channel has not sent yet."""

    def __init__(self) -> None:
        self.notices: deque[Notice] = deque()
        self.filled = asyncio.Event()


class Post:
    """Takes what notices there are and sends them by every channel.

    `on_failure` hears in words of a notice that could not be sent, or was dropped because others
    waited before it; it must not raise. `now_ns` is the desk's time.
    """

    def __init__(
        self,
        notices: Notices,
        channels: Mapping[str, NoticeChannel],
        now_ns: Callable[[], int],
        on_failure: Callable[[str], None],
    ) -> None:
        self._notices = notices
        self._channels = channels
        self._now_ns = now_ns
        self._on_failure = on_failure
        self._queues: dict[str, _Queue] = {}
        self.sent = 0
        self.failed = 0

    async def run(self) -> None:
        """Send until cancelled."""
        if not self._channels:
            return
        self._queues = {name: _Queue() for name in self._channels}
        new = asyncio.Event()
        self._notices.on_notice = new.set
        async with asyncio.TaskGroup() as group:
            for name, channel in self._channels.items():
                group.create_task(self._work(name, channel), name=f"notices by {name}")
            while True:
                try:
                    async with asyncio.timeout(LOOK_S):
                        await new.wait()
                except TimeoutError:
                    pass  # what was held back may be due by now
                new.clear()
                for notice in self._notices.due(self._now_ns()):
                    self._hand_on(notice)

    def _hand_on(self, notice: Notice) -> None:
        for name, queue in self._queues.items():
            if len(queue.notices) >= MOST_QUEUED:
                dropped = queue.notices.popleft()
                self._fail(name, dropped, f"{MOST_QUEUED} others wait")
            queue.notices.append(notice)
            queue.filled.set()

    async def _work(self, name: str, channel: NoticeChannel) -> None:
        queue = self._queues[name]
        while True:
            await queue.filled.wait()
            while queue.notices:
                await self._send(name, channel, queue.notices.popleft())
            queue.filled.clear()

    async def _send(self, name: str, channel: NoticeChannel, notice: Notice) -> None:
        for attempt in range(TRIES):
            try:
                async with asyncio.timeout(SEND_S):
                    await channel.send(notice)
            except (Unreachable, TimeoutError) as error:
                if attempt == TRIES - 1:
                    self._fail(name, notice, str(error) or f"no answer within {SEND_S:g} s")
                    return
                await asyncio.sleep(WAITS_S[attempt])
            except TradewindError as error:
                self._fail(name, notice, str(error))
                return
            else:
                self.sent += 1
                return

    def _fail(self, name: str, notice: Notice, why: str) -> None:
        self.failed += 1
        self._on_failure(f"The notice of {notice.kind} was not sent by {name}: {why}")
