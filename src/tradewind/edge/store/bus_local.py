"""Committed news to readers in the same process. Knows readers; it must not know what they read."""

from collections import deque
from collections.abc import Callable

from tradewind.model.errors import Refused
from tradewind.ports import Published

Reader = Callable[[Published], None]


class LocalBus:
    """Hands each news to every reader in turn, in the order in which they subscribed.

    A reader runs in the desk's own thread and must return at once; one that has more to do
    subscribes a Mailbox. A reader that raises is removed and told to `on_fault`, with its error.
    """

    def __init__(self, on_fault: Callable[[Reader, Exception], None]) -> None:
        self._on_fault = on_fault
        self._readers: list[Reader] = []

    def publish(self, news: Published) -> None:
        """Hand the news to every reader; never raises for a reader's fault."""
        for reader in tuple(self._readers):
            try:
                reader(news)
            except Exception as error:  # noqa: BLE001 - a reader may raise anything; the desk goes on
                self._remove(reader)
                self._on_fault(reader, error)

    def subscribe(self, reader: Reader) -> Callable[[], None]:
        """Add a reader; returns the function that removes it, which may be called twice."""
        self._readers.append(reader)
        return lambda: self._remove(reader)

    def _remove(self, reader: Reader) -> None:
        if reader in self._readers:
            self._readers.remove(reader)


class Mailbox:
    """A bounded queue between the bus and a slower reader, which may live in another thread.

    A reader that lets more than `limit` news pile up is dropped by the bus; it then starts anew
    from the journal, behind the last sequence number that it has.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._news: deque[Published] = deque()

    def __call__(self, news: Published) -> None:
        """Take one news. Raises Refused when the box is full."""
        if len(self._news) >= self.limit:
            raise Refused(
                f"Handed on step {news.seq}, found {self.limit} unread before it; "
                f"the reader must start again from the journal."
            )
        self._news.append(news)

    def take(self, most: int) -> list[Published]:
        """Return up to `most` unread news, oldest first."""
        # One reader takes, so what is counted here is still there below.
        count = min(most, len(self._news))
        return [self._news.popleft() for _ in range(count)]

    def __len__(self) -> int:
        return len(self._news)
