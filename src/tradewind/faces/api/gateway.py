"""The gateway as its routes see it: the way to the desk, who may ask, the pages, the backtests."""

from pathlib import Path
from typing import Protocol

import msgspec

from tradewind.control.access.aside import Aside
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
        self, facts: Facts, link: DeskLink, hub: Hub, aside: Aside, backtests: Backtests
    ) -> None:
        self.facts = facts
        self.link = link
        self.hub = hub
        self.aside = aside
        self.access = aside.access
        self.backtests = backtests
        self.note: Note = lambda event, **fields: None

    @property
    def cookie(self) -> str:
        """Return the name of the session's cookie: desks on one machine do not share it."""
        return f"tradewind_session_{self.facts.port}"
