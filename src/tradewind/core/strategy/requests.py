"""What a strategy may ask of the engine besides orders; none of it goes through the gate."""

from typing import Any

import msgspec

from tradewind.model.effects import Level
from tradewind.model.ids import InstrumentId


class SetTimer(msgspec.Struct, frozen=True, gc=False):
    """Call `on_timer(key)` at `at_ns`; a second one with the same key replaces the first."""

    key: str
    at_ns: int


class Watch(msgspec.Struct, frozen=True, gc=False):
    """Begin (`on`) or end watching an instrument's market data."""

    instrument: InstrumentId
    on: bool


class Publish(msgspec.Struct, frozen=True):
    """Tell the other instances something; they see it in `on_signal` within the same step."""

    name: str
    fields: dict[str, Any]


class RaiseAlert(msgspec.Struct, frozen=True, gc=False):
    """Tell people something."""

    level: Level
    kind: str
    text: str


class Note(msgspec.Struct, frozen=True, gc=False):
    """Put a remark on the instance's event list."""

    kind: str
    fields: dict[str, str]


class Cycle(msgspec.Struct, frozen=True, gc=False):
    """A cycle has opened or closed."""

    name: str
    open: bool


class Work(msgspec.Struct, frozen=True):
    """Run a heavy computation elsewhere; the answer comes to `on_signal` as `work:<key>`."""

    key: str
    task: str
    arguments: dict[str, Any]
