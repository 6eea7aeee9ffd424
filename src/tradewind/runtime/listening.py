"""Which public data a desk needs: what its strategies hear, and what the gate trusts."""

from tradewind.core.engine.desk import Desk
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import Instrument, InstrumentKind
from tradewind.ports import Wanted

HEARD = {"on_quote": "quote", "on_trade": "trade"}
"""Callbacks and the feed that each one hears."""


def wanted(desk: Desk) -> list[Wanted]:
    """Return what to watch: all that is listened to, held, or worked on.

    Whatever is watched comes with its book: no order passes the gate without a fresh one.
    """
    feeds: dict[InstrumentId, set[str]] = {}
    for instance in desk.instances.values():
        for name in instance.watching:
            own = feeds.setdefault(name, set())
            own.update(HEARD[call] for call in instance.calls if call in HEARD)
            if "on_candle" in instance.calls:
                own.add(_candles(desk.instrument(name), instance.strategy.interval))
    for order in desk.orders.live.values():
        feeds.setdefault(order.instrument, set())
    for holding in desk.ledger.holdings():
        if holding.qty:
            feeds.setdefault(holding.instrument.id, set())
    return [
        Wanted(name, frozenset({"book", *_mark(desk.instrument(name)), *own}))
        for name, own in sorted(feeds.items())
        if name in desk.feeds
    ]


def _candles(rules: Instrument, interval: str) -> str:
    """Return the feed that candles come from: the venue's own, or what the desk builds them of."""
    source = rules.candles_from(interval)
    return f"candle:{interval}" if source == "venue" else source


def _mark(rules: Instrument) -> tuple[str, ...]:
    return ("funding",) if rules.kind is InstrumentKind.PERPETUAL else ()
