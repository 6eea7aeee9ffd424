"""Which instruments a desk's file means: names as they stand, patterns, or what a strategy wants.

Venues of questions name a market by its date, which nobody can write in advance. Knows patterns
and closing times; must not know venues or desks.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase

import msgspec

from tradewind.model.config import InstanceSpec
from tradewind.model.errors import ConfigError
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.model.money import NANOS

SOON_NS = 600 * NANOS
"""A market that closes sooner is taken only where no other fits."""
SHOWN = 8
Listed = Mapping[InstrumentId, Instrument]


def is_pattern(name: str) -> bool:
    """Tell whether a name stands for one of many: it has a * in it."""
    return "*" in name


def meant(spec: InstanceSpec, listed: Listed, now_ns: int) -> InstanceSpec:
    """Return a spec with every pattern replaced by the open market that closes first.

    Raises ConfigError for a name that is not listed and a pattern that nothing open fits.
    """
    found: list[InstrumentId] = []
    for name in spec.instruments:
        one = _first(spec, name, listed, now_ns) if is_pattern(name) else name
        if one not in listed:
            raise _unknown(spec, name, listed)
        found.append(one)
    return msgspec.structs.replace(spec, instruments=tuple(found))


def is_over(spec: InstanceSpec, listed: Listed, now_ns: int) -> bool:
    """Tell whether an instance has markets, and all of them have closed or are listed no more."""
    rules = [listed.get(name) for name in spec.instruments]
    return bool(rules) and all(each is None or _closed(each, now_ns) for each in rules)


def _first(spec: InstanceSpec, name: str, listed: Listed, now_ns: int) -> InstrumentId:
    fitting = [
        each for each in listed.values() if fnmatchcase(each.id, name) and not _closed(each, now_ns)
    ]
    if not fitting:
        raise _unknown(spec, name, listed)
    return min(fitting, key=lambda each: _order(each, now_ns)).id


def _order(rules: Instrument, now_ns: int) -> tuple[bool, bool, int, str]:
    close_ns = rules.close_ns
    if close_ns is None:
        return False, True, 0, rules.id
    return close_ns - now_ns < SOON_NS, False, close_ns, rules.id


def _closed(rules: Instrument, now_ns: int) -> bool:
    return rules.close_ns is not None and rules.close_ns <= now_ns


def _unknown(spec: InstanceSpec, name: str, listed: Listed) -> ConfigError:
    some = ", ".join(sorted(listed)[:SHOWN]) or "none at all"
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    what = "no open market that fits, " if is_pattern(name) else ""
    return ConfigError(
        f"Looked up {name} of [instances.{spec.id}], found {what}only {some}{more} at the venues; "
        f"correct the name, or add it to the symbols of its account."
    )
