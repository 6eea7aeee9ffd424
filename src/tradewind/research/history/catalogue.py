"""What a path holds: recognised by its name, its header and the symbols in it.

Knows the catalogue and the formats. Must not know what is done with history.
"""

from pathlib import Path
from typing import Any

import msgspec

from tradewind.model.errors import ConfigError, DataError, TradewindError
from tradewind.model.instrument import Instrument
from tradewind.model.market import INTERVALS_NS
from tradewind.research.history.instruments import NEAR, Catalogue, squeezed
from tradewind.research.history.offers import Offer, offer, offers_in
from tradewind.research.history.sniff import named


class Source(msgspec.Struct, frozen=True):
    """What `load` reads: files of one instrument and kind, in the order of their names.

    `kind` is what comes out. Where candles are made larger, `file_interval` is what the files
    have. `symbol` is the instrument's name in files that hold several, else empty.
    """

    paths: tuple[Path, ...]
    instrument: Instrument
    kind: str
    format: str
    file_interval: str = ""
    symbol: str = ""

    @property
    def interval(self) -> str:
        """Return the interval of the candles that come out; empty for other kinds."""
        return self.kind.partition(":")[2]

    @property
    def label(self) -> str:
        """Return the file, or the folder with how many of its files are read."""
        first = self.paths[0]
        return str(first) if len(self.paths) == 1 else f"{first.parent} ({len(self.paths)} files)"


def recognise(
    path: Path,
    instrument: str | Instrument | None = None,
    interval: str | None = None,
    *,
    kind: str | None = None,
    catalogue: Catalogue | None = None,
) -> Source:
    """Return what a file or a folder holds of one instrument and kind.

    `instrument` names the trading rules where the file's name and content do not. `interval` is
    that of the candles wanted: larger than the file's, and they are made; where the file's cannot
    be told, it is the file's own. `kind` chooses where a capture holds quotes, trades and books.
    Raises ConfigError that says what was found and which option is missing, DataError for a file
    that cannot be read.
    """
    known = catalogue or Catalogue.shipped()
    wanted = known.instrument(instrument) if isinstance(instrument, str) else instrument
    found = _chosen(path, _sources(path, known, wanted, interval or ""), kind)
    if not found.kind.startswith("candle"):
        return found
    return _with_interval(found, interval)


def sources(path: Path, *, catalogue: Catalogue | None = None) -> list[Source]:
    """Return everything that a file or a folder holds and whose instrument is known.

    Raises DataError where a single file is not recognised; in a folder it is passed over.
    """
    known = catalogue or Catalogue.shipped()
    return [
        _with_interval(one, None) if one.kind.startswith("candle") else one
        for one in _sources(path, known, None, "")
    ]


def _sources(
    path: Path, known: Catalogue, wanted: Instrument | None, interval: str
) -> list[Source]:
    """Return one source for each instrument and kind, the files of each in order."""
    found: dict[tuple[Any, ...], list[Source]] = {}
    for each in offers_in(path) if path.is_dir() else [offer(path)]:
        for source in _of_file(each, known, wanted, interval, alone=not path.is_dir()):
            key = (source.instrument.id, source.kind, source.file_interval, source.format)
            found.setdefault(key, []).append(source)
    return [
        msgspec.structs.replace(same[0], paths=tuple(one.paths[0] for one in same))
        for same in found.values()
    ]


def _of_file(
    held: Offer, known: Catalogue, wanted: Instrument | None, interval: str, *, alone: bool
) -> list[Source]:
    """Return the sources in one file; one that cannot be told is an error if it is the only one."""
    by_name, told_interval = known.by_name(held.path)
    several = len({symbol for symbol, _ in held.contents}) > 1
    file_interval = held.format.interval or told_interval or held.interval or interval
    result = []
    for symbol, kind in held.contents:
        told = known.by_symbol(held.format.venue, symbol) or (None if several else by_name)
        owner = _owner(told, symbol, wanted, several=several, alone=alone)
        if owner is None:
            continue
        kind = f"{kind}:{file_interval}" if kind == "candle" else kind
        result.append(
            Source(
                (held.path,),
                owner,
                kind,
                held.format.name,
                file_interval if kind.startswith("candle") else "",
                symbol if several else "",
            )
        )
    if not result and alone:
        raise _unknown(held, known, wanted)
    return result


def _owner(
    told: Instrument | None, symbol: str, wanted: Instrument | None, *, several: bool, alone: bool
) -> Instrument | None:
    """Return whose the rows of a symbol are, or None.

    What was asked for takes a file that stands alone, whatever the file says of itself; among
    several symbols, or files, it takes only what is its own.
    """
    if wanted is None:
        return told
    if several:
        return wanted if squeezed(symbol) == squeezed(wanted.symbol) else None
    return wanted if alone or told is None or told.id == wanted.id else None


def _unknown(held: Offer, known: Catalogue, wanted: Instrument | None) -> TradewindError:
    symbols = list(dict.fromkeys(symbol for symbol, _ in held.contents if symbol))
    what = held.format.about + (f" of {', '.join(symbols[:NEAR])}" if symbols else "")
    if not held.contents:
        return DataError(
            f"Looked at {held.path}, found {what}, and in them no quotes, no prints and no book "
            f"with a snapshot to begin from; record a longer piece."
        )
    if wanted is not None:
        return ConfigError(
            f"Looked at {held.path}, found {what}, which has no rows of {wanted.id}; "
            f"name another --instrument."
        )
    near = ", ".join(known.near(symbols[0] if symbols else held.path.stem))
    return ConfigError(
        f"Looked at {held.path}, found {what}, and nothing that tells the trading rules; "
        f"name them with --instrument, for instance {near or 'BYBIT:BTCUSDT'}."
    )


def _chosen(path: Path, found: list[Source], kind: str | None) -> Source:
    if not found:
        raise DataError(
            f"Looked at {path}, found no history; name a file or a folder that has some."
        )
    fitting = _of_kind(found, kind)
    if not fitting:
        kinds = ", ".join(sorted({one.kind for one in found}))
        raise ConfigError(f"Looked at {path}, found only {kinds}; choose another kind.")
    owners = list(dict.fromkeys(one.instrument.id for one in fitting))
    if len(owners) > 1:
        listed = ", ".join(owners[:NEAR]) + (" …" if len(owners) > NEAR else "")
        raise ConfigError(
            f"Looked at {path}, found {len(owners)} instruments ({listed}); "
            f"name one with --instrument."
        )
    if len(fitting) > 1:
        ways = ", ".join(sorted({f"{one.kind} as {one.format}" for one in fitting}))
        raise ConfigError(f"Looked at {path}, found {ways}; name one file, or one with --kind.")
    return fitting[0]


def _of_kind(found: list[Source], kind: str | None) -> list[Source]:
    """Return the sources of a kind; of none in particular: candles, else what a format is for."""
    if kind is not None:
        return [one for one in found if one.kind.partition(":")[0] == kind]
    candles = [one for one in found if one.kind.startswith("candle")]
    return candles or [one for one in found if one.kind == named(one.format).kind] or found


def _with_interval(source: Source, wanted: str | None) -> Source:
    own = source.file_interval
    if own not in INTERVALS_NS:
        raise ConfigError(
            f"Looked at {source.label}, found candles "
            f"{f'of the interval {own!r}' if own else 'whose interval cannot be told'}; "
            f"name it with --interval, one of {', '.join(INTERVALS_NS)}."
        )
    if wanted is None or wanted == own:
        return source
    length = INTERVALS_NS.get(wanted)
    if length is None or length < INTERVALS_NS[own] or length % INTERVALS_NS[own]:
        larger = [n for n, ns in INTERVALS_NS.items() if ns % INTERVALS_NS[own] == 0]
        raise ConfigError(
            f"Looked at {source.label}, found {own} candles, of which {wanted!r} cannot be made; "
            f"name an --interval of {', '.join(larger)}."
        )
    return msgspec.structs.replace(source, kind=f"candle:{wanted}")
