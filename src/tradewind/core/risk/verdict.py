"""The three answers of the gate."""

from enum import StrEnum

import msgspec

from tradewind.model.ids import OrderId
from tradewind.model.order import PlaceOrder


class Approved(msgspec.Struct, frozen=True, gc=False):
    """The intent may become an order exactly as `spec` says. Only `gate` makes one."""

    spec: PlaceOrder


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """The intent is denied: the rule's name, what was found, and what would pass."""

    rule: str
    why: str
    passes: str


class WaitFor(StrEnum):
    """What a parked intent waits for."""

    TIME = "time"
    CANCEL = "cancel"


class Parked(msgspec.Struct, frozen=True, gc=False):
    """The intent waits and is then checked from the start.

    `until_ns` is when to look again; for CANCEL, `orders` are to be cancelled first and
    `until_ns` is when to give up.
    """

    wait: WaitFor
    until_ns: int
    rule: str
    orders: tuple[OrderId, ...] = ()


Verdict = Approved | Refusal | Parked
"""What the gate answers."""
