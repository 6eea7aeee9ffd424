"""Typed identifiers. All are plain strings at run time."""

from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    VenueId = NewType("VenueId", str)
    """Upper-case venue name, e.g. `BYBIT`."""
    AccountId = NewType("AccountId", str)
    """Our name for one account at one venue, unique in the installation."""
    InstrumentId = NewType("InstrumentId", str)
    """`VENUE:native-id`, for an outcome with `:YES` or `:NO`, e.g. `KALSHI:KXBTC-26:YES`."""
    MarketId = NewType("MarketId", str)
    """The canonical market: YES and NO, or both tokens, of one question share it."""
    InstanceId = NewType("InstanceId", str)
    """A strategy with its parameters and its trading state."""
    OrderId = NewType("OrderId", str)
    """Our client order id: 20 characters out of A-Z and 2-7, known before anything is sent."""
    VenueOrderId = NewType("VenueOrderId", str)
    """The venue's own order id."""
    FillKey = NewType("FillKey", str)
    """The venue's own key of one execution; the adapter composes it (see each venue's adapter)."""
    CommandId = NewType("CommandId", str)
    """Chosen by whoever asks; the same id gets the same receipt."""
    Currency = NewType("Currency", str)
    """Upper-case currency or asset code, e.g. `USD`, `USDT`, `INR`."""
    BucketId = NewType("BucketId", str)
    """Which position of an instrument: `net`, `long`, `short`, `token`, or a broker product."""
else:
    # A NewType is a call at run time; `str` of a text is the text.
    VenueId = str
    AccountId = str
    InstrumentId = str
    MarketId = str
    InstanceId = str
    OrderId = str
    VenueOrderId = str
    FillKey = str
    CommandId = str
    Currency = str
    BucketId = str

UNMANAGED = InstanceId("unmanaged")
"""The sub-book for what no instance of ours explains."""
OPERATOR = InstanceId("operator")
"""The sub-book for orders that a person places by hand."""
NET = BucketId("net")
