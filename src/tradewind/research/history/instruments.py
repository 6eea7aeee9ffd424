"""Known instruments: the shipped catalogue of trading rules, and the file names that tell them.

Knows rules and names. Must not know what is in a file.
"""

import difflib
import re
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from tradewind.model.errors import ConfigError, DataError
from tradewind.model.ids import Currency, InstrumentId, MarketId, VenueId
from tradewind.model.instrument import Instrument, InstrumentKind, Outcome, single_tick

NEAR = 5


class _Fee(msgspec.Struct, forbid_unknown_fields=True):
    model: str
    parameters: dict[str, str] = {}


class _Rules(msgspec.Struct, forbid_unknown_fields=True):
    """An instrument as the catalogue writes it; `symbols` make one instrument each."""

    id: str
    kind: InstrumentKind
    quote: str
    tick: str
    qty_step: str
    px_exponent: int
    qty_exponent: int
    fee: str
    symbol: str = ""
    symbols: list[str] = []
    base: str = ""
    min_qty: str = ""
    min_notional: str = "0"
    multiplier: str = "1"
    market: str = ""
    outcome: Outcome | None = None
    mirror: str = ""
    netting: bool = False
    calendar: str = "24x7"


class _FileName(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    instrument: str
    interval: str = ""


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    fees: dict[str, _Fee] = {}
    instruments: list[_Rules] = []
    files: list[_FileName] = []


class Catalogue:
    """Instruments by id, and patterns of file names."""

    def __init__(self, text: str) -> None:
        """Read a catalogue written in TOML; raises DataError where it cannot be understood."""
        try:
            written = msgspec.toml.decode(text, type=_Written)
            rules = [one for each in written.instruments for one in _expanded(each)]
            made = [_instrument(one, written.fees[one.fee]) for one in rules]
        except (msgspec.MsgspecError, KeyError, ArithmeticError) as error:
            raise DataError(
                f"Read the catalogue of instruments, found {error}; write it as the shipped one."
            ) from error
        self.instruments: dict[InstrumentId, Instrument] = {one.id: one for one in made}
        self._files = [(re.compile(f"{name.path}$"), name) for name in written.files]

    @classmethod
    def shipped(cls) -> "Catalogue":
        """Return the catalogue that comes with the package."""
        return _shipped()

    def instrument(self, name: str) -> Instrument:
        """Return the instrument of that id; raises ConfigError that lists near names."""
        found = self.instruments.get(InstrumentId(name))
        if found is None:
            near = self.near(name)
            raise ConfigError(
                f"Looked up the instrument {name!r}, found none of that id; "
                f"use {' or '.join(near) if near else 'an id such as BYBIT:BTCUSDT'}."
            )
        return found

    def near(self, text: str) -> list[str]:
        """Return ids that resemble a text or whose symbol stands in it, the nearest first."""
        wanted = squeezed(text)
        named = [one.id for one in self.instruments.values() if squeezed(one.symbol) in wanted]
        close = difflib.get_close_matches(text.upper(), self.instruments, NEAR, 0.5)
        by_symbol = [
            one.id
            for one in self.instruments.values()
            if difflib.SequenceMatcher(None, squeezed(one.symbol), wanted).ratio() > 0.6
        ]
        return list(dict.fromkeys([*named, *close, *by_symbol]))[:NEAR]

    def by_name(self, path: Path) -> tuple[Instrument | None, str]:
        """Return what a file's name says: the instrument and the interval, if it says them."""
        for pattern, name in self._files:
            if match := pattern.search(path.absolute().as_posix()):
                words = match.groupdict()
                interval = name.interval or words.pop("interval", "")
                wanted = name.instrument.format(**{k: v.upper() for k, v in words.items()})
                return self.instruments.get(InstrumentId(wanted)), interval
        return None, ""

    def by_symbol(self, venue: str, symbol: str) -> Instrument | None:
        """Return the instrument that a venue calls `symbol`."""
        known = self.instruments.values()
        if not venue or not symbol:
            return None
        return next((i for i in known if i.venue == venue and i.symbol == symbol), None)


def squeezed(text: str) -> str:
    """Return a name without what venues put between its parts: BTC/USDT is BTCUSDT."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())


@cache
def _shipped() -> Catalogue:
    folder = files("tradewind.research.history")
    return Catalogue(folder.joinpath("catalogue.toml").read_text(encoding="utf-8"))


def _expanded(rules: _Rules) -> list[_Rules]:
    if not rules.symbols:
        return [rules]
    return [
        msgspec.structs.replace(
            rules,
            id=rules.id.format(symbol=symbol),
            symbol=symbol,
            market=rules.market.format(symbol=symbol),
        )
        for symbol in rules.symbols
    ]


def _instrument(rules: _Rules, fee: _Fee) -> Instrument:
    venue, _, symbol = rules.id.partition(":")
    return Instrument(
        id=InstrumentId(rules.id),
        venue=VenueId(venue),
        symbol=rules.symbol or symbol,
        kind=rules.kind,
        base=Currency(rules.base),
        quote=Currency(rules.quote),
        ticks=single_tick(Decimal(rules.tick)),
        qty_step=Decimal(rules.qty_step),
        px_exponent=rules.px_exponent,
        qty_exponent=rules.qty_exponent,
        min_qty=Decimal(rules.min_qty or rules.qty_step),
        min_notional=Decimal(rules.min_notional),
        multiplier=Decimal(rules.multiplier),
        fee_model=fee.model,
        fee_parameters=fee.parameters,
        market=MarketId(rules.market),
        outcome=rules.outcome,
        mirror=InstrumentId(rules.mirror) if rules.mirror else None,
        netting=rules.netting,
        calendar=rules.calendar,
    )
