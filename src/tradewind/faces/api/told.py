"""What a page may say on /ws, and what the gateway itself tells it; the rest is control's frames.

Knows shapes only.
"""

from typing import Annotated

import msgspec

from tradewind.control.frames import Watched

MAX_MARKETS = 4
"""Markets that one page may watch."""


class WatchMarkets(msgspec.Struct, frozen=True, tag="watch", tag_field="type"):
    """A page says which markets it wants to see; they replace those of before."""

    instruments: Annotated[tuple[Watched, ...], msgspec.Meta(max_length=MAX_MARKETS)]


class Pong(msgspec.Struct, frozen=True, tag="pong", tag_field="type"):
    """A page is still there."""


class DeskMessage(msgspec.Struct, frozen=True, tag="desk", tag_field="type"):
    """Whether the desk answers the gateway; `why` it does not. Afterwards comes a new hello."""

    connected: bool
    why: str
