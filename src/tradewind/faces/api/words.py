"""From bytes and words to the structs of the table: strict, and within what a desk can reckon with.

Knows msgspec. A number that no desk can mean, or a key that nothing reads, is refused here.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from tradewind.faces.api.problems import problem

Kind = TypeVar("Kind")
MAX_DIGITS = 40
MAX_EXPONENT = 30
MAX_INT = 10**18


def read_body(data: bytes, kind: Any) -> Any:
    """Return the value of a body; raises for bytes that are none of its kind."""
    try:
        value = msgspec.json.decode(data, type=kind)
        given = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise problem("bad_request", f"Read the body, found that {_plain(error)}.") from error
    see_numbers(value)
    known = msgspec.to_builtins(value, builtin_types=(Decimal,))
    strange = next(_strange(given, known, "$"), None)
    if strange is not None:
        raise problem("bad_request", f"Read the body, found {strange[:200]}.")
    return value


def read_query(pairs: Iterable[tuple[str, str]], kind: type[Kind] | None) -> Kind | None:
    """Return the value of a query; raises for words that are none of its kind."""
    words: dict[str, str] = {}
    for name, word in pairs:
        if name in words:
            raise problem("bad_request", f"Read the query, found {name[:60]} twice; give it once.")
        words[name] = word
    if kind is None:
        # What nobody reads does no harm here; a page may add a word against caches.
        return None
    try:
        return msgspec.convert(words, kind, strict=False)
    except msgspec.ValidationError as error:
        raise problem("bad_request", f"Read the query, found that {_plain(error)}.") from error


def see_numbers(value: Any) -> None:
    """Raise for a number that is none, or so large or fine that no desk can mean it."""
    for number in _numbers(msgspec.to_builtins(value, builtin_types=(Decimal,))):
        if isinstance(number, Decimal):
            _, digits, exponent = number.as_tuple()
            fits = isinstance(exponent, int) and abs(exponent) <= MAX_EXPONENT
            if not fits or len(digits) > MAX_DIGITS:
                raise problem("bad_request", "Read a number, found none that can be reckoned with.")
        elif abs(number) > MAX_INT:
            raise problem("bad_request", f"Read a number, found one beyond {MAX_INT}.")


def _numbers(value: Any) -> Iterator[Decimal | int]:
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _numbers(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _numbers(each)


def _strange(given: Any, known: Any, where: str) -> Iterator[str]:
    """Yield the keys that were given and that the struct has not, and numbers that lost digits."""
    if isinstance(known, Decimal):
        if not isinstance(given, str):
            yield f"a number at {where}, where exact ones are text; put it in quotes"
    elif isinstance(given, dict) and isinstance(known, dict):
        for key, value in given.items():
            if key not in known:
                yield f"{where}.{key}, which nothing reads; leave it out"
            else:
                yield from _strange(value, known[key], f"{where}.{key}")
    elif isinstance(given, list) and isinstance(known, list | tuple):
        for number, (mine, theirs) in enumerate(zip(given, known, strict=False)):
            yield from _strange(mine, theirs, f"{where}[{number}]")


def _plain(error: Exception) -> str:
    text = str(error) if not isinstance(error, RecursionError) else "it is nested too deep"
    return text[:1].lower() + text[1:300].rstrip(".")
