"""Which of our order ids a venue can carry: alphabet, length, and who knows the order by what.

Sources: the venue protocol pages, read 2026-11-20 (Bybit orderLinkId <= 36 of letters, digits,
dash, underscore; Kalshi client_order_id <= 64; Limitless clientOrderId <= 128; Kite tag <= 20
letters and digits, not unique to the broker; Polymarket and Predict.fun: the order's hash).
"""

from enum import StrEnum

import msgspec

from tradewind.model.errors import ConfigError
from tradewind.model.ids import OrderId, VenueId


class Identity(StrEnum):
    """How a venue knows our order before it has answered."""

    CLIENT_ID = "client_id"
    TAG = "tag"
    ORDER_HASH = "order_hash"


class Codec(msgspec.Struct, frozen=True):
    """A venue's rules for the wire id. `alphabet` are the characters it takes."""

    identity: Identity
    max_length: int
    alphabet: frozenset[str]


_ALNUM = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")

CODECS: dict[str, Codec] = {
    "BYBIT": Codec(Identity.CLIENT_ID, 36, _ALNUM | set("-_")),
    "KALSHI": Codec(Identity.CLIENT_ID, 64, _ALNUM | set("-_+=:/")),
    "LIMITLESS": Codec(Identity.CLIENT_ID, 128, _ALNUM | set("-_")),
    "POLYMARKET": Codec(Identity.ORDER_HASH, 66, frozenset("0123456789abcdefx")),
    "PREDICTFUN": Codec(Identity.ORDER_HASH, 66, frozenset("0123456789abcdefx")),
    "KITE": Codec(Identity.TAG, 20, _ALNUM),
}
DEFAULT = Codec(Identity.CLIENT_ID, 20, _ALNUM)


def codec(venue: VenueId) -> Codec:
    """Return a venue's codec; simulated venues carry our id as it is."""
    return CODECS.get(venue, DEFAULT)


def wire_id(venue: VenueId, client_order_id: OrderId) -> str:
    """Return what the venue will know the order by, empty where only signing can tell.

    Raises ConfigError when the id does not fit the venue's alphabet or length.
    """
    rules = codec(venue)
    if rules.identity is Identity.ORDER_HASH:
        return ""
    if len(client_order_id) > rules.max_length or not rules.alphabet.issuperset(client_order_id):
        raise ConfigError(
            f"Made the order id {client_order_id} for {venue}, found that it does not fit "
            f"{rules.max_length} of its characters; use a shorter tag."
        )
    return client_order_id


def canonical(instance: str, reason: str, created_ns: int) -> str:
    """Return the readable id `instance:reason:milliseconds` that reports and events show."""
    return f"{instance}:{reason}:{created_ns // 1_000_000}"
