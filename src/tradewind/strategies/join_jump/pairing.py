"""Which two instruments make the pair, and whether they can pay 1 together.

Knows the declared instruments' rules and the operator's parameters. Must not know prices.
"""

from tradewind.core.strategy.context import Context
from tradewind.model.errors import ConfigError
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import Instrument, Outcome
from tradewind.strategies.join_jump.parameters import COMPLEMENTARY, YES_NO
from tradewind.strategies.join_jump.views import mirrors

Legs = tuple[InstrumentId, InstrumentId]


def find_legs(ctx: Context, kind: str, markets: list[str]) -> Legs:
    """Return leg A and leg B: YES before NO in a yes_no pair, else as declared.

    A yes_no pair may declare one outcome; the other is its mirror. Raises ConfigError where the
    instruments do not fit the kind of pair.
    """
    declared = [ctx.instrument(each) for each in ctx.instruments]
    if kind == YES_NO and len(declared) == 1 and declared[0].mirror is not None:
        declared.append(ctx.instrument(declared[0].mirror))
    if len(declared) != 2:
        raise ConfigError(
            f"Started a {kind} pair, found {len(declared)} instruments; declare the two legs."
        )
    a, b = declared
    fault = _fault(kind, a, b) or _foreign(markets, a, b)
    if fault:
        raise ConfigError(f"Started a {kind} pair of {a.id} and {b.id}, found {fault}.")
    if kind == YES_NO and a.outcome is Outcome.NO:
        return b.id, a.id
    return a.id, b.id


def _fault(kind: str, a: Instrument, b: Instrument) -> str:
    known = a.outcome is not None and b.outcome is not None
    if kind == YES_NO:
        if not mirrors(a, b):
            return "two markets; declare YES and NO of one"
        return "" if known and a.outcome is not b.outcome else "no YES and NO among them"
    if kind == COMPLEMENTARY:
        if mirrors(a, b):
            return "one market; declare the same outcome of two markets"
        if a.event != b.event:
            return f"the events {a.event!r} and {b.event!r}; use two markets of one event"
        return "" if a.outcome is b.outcome else "different outcomes; declare the same one twice"
    if a.venue == b.venue:
        return f"both at {a.venue}; declare two venues"
    return "" if known and a.outcome is not b.outcome else "no YES and NO among them"


def _foreign(markets: list[str], a: Instrument, b: Instrument) -> str:
    if not markets or {a.canonical_market, b.canonical_market} == set(markets):
        return ""
    return f"that they are not of the markets {', '.join(markets)}; mend either list"
