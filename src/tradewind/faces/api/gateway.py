"""The gateway as its routes see it: the way to the desk, who may ask, the pages, the backtests."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import msgspec

from tradewind.control.access.access import Access
from tradewind.control.access.who import Who
from tradewind.control.backtests import Backtests
from tradewind.faces.api.hub import Hub
from tradewind.faces.api.link import DeskLink


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """How this gateway is reached: `names` are the hosts that a browser may call it by.

    An empty `names` takes any. `web` is the folder of the built page, None where there is none.
    """

    version: str
    port: int
    names: frozenset[str]
    tls: bool
    web: Path | None


class Note(Protocol):
    """Where one line about a request goes."""

    def __call__(self, event: str, **fields: object) -> None:
        """Write it."""
        ...


class Gateway:
    """Everything that a route may use."""

    def __init__(
        self, facts: Facts, link: DeskLink, hub: Hub, access: Access, backtests: Backtests
    ) -> None:
        self.facts = facts
        self.link = link
        self.hub = hub
        self.access = access
        self.backtests = backtests
        self.local: Callable[[str], Who | None] = lambda token: None
        """Who holds the token that the desk wrote beside its socket."""
        self.note: Note = lambda event, **fields: None

    @property
    def cookie(self) -> str:
        """Return the name of the session's cookie: desks on one machine do not share it."""
        return f"tradewind_session_{self.facts.port}"


Background = Callable[[], Awaitable[None]]
