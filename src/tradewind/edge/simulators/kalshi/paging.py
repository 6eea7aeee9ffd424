"""Query parameters, limits and cursors of the lists.

Knows how a list is cut into pages. The last page's cursor is the empty string; a cursor that
nobody gave out yields the first page. Source: Kalshi Trade API v2, pagination, and recordings of
2026-06-11.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import parse_qs

from tradewind.edge.simulators.kalshi.answers import QUERY
from tradewind.model.errors import Refused

Row = TypeVar("Row")
MARK = b"row:"


class Query:
    """The parameters of one request; `endpoint` is the venue's name for it in error texts."""

    __slots__ = ("_values", "endpoint")

    def __init__(self, text: str, endpoint: str) -> None:
        self._values = parse_qs(text, keep_blank_values=True)
        self.endpoint = endpoint

    def text(self, name: str) -> str:
        """Return a parameter, empty where it is absent."""
        return self._values.get(name, [""])[-1]

    def texts(self, name: str) -> list[str]:
        """Return a repeated or comma-separated parameter."""
        return [one for value in self._values.get(name, []) for one in value.split(",") if one]

    def flag(self, name: str) -> bool:
        """Return whether a switch is on."""
        return self.text(name).lower() == "true"

    def number(self, name: str, default: int = 0, most: int | None = None) -> int:
        """Return a whole number; raises Refused where it is none, or beyond its bound."""
        text = self.text(name)
        if not text:
            return default
        try:
            value = int(text)
        except ValueError as error:
            raise self._invalid(name, "number") from error
        if value < 0:
            raise self._invalid(name, "gte")
        if most is not None and value > most:
            raise self._invalid(name, "lte")
        return value

    def one_of(self, name: str, words: Sequence[str]) -> str:
        """Return a word of a list, empty where it is absent."""
        text = self.text(name)
        if text and text not in words:
            raise self._invalid(name, "oneof")
        return text

    def _invalid(self, name: str, tag: str) -> Refused:
        field = "".join(part.capitalize() for part in name.split("_"))
        return Refused(
            f"Parameter validation failed for {self.endpoint}: "
            f"Key: '{self.endpoint}Params.{field}' Error:Field validation for '{field}' "
            f"failed on the '{tag}' tag",
            rule=QUERY,
        )


def page(
    rows: Sequence[Row],
    query: Query,
    show: Callable[[Row], object],
    *,
    limits: tuple[int, int],
    number: Callable[[Row], int] | None = None,
) -> tuple[list[object], str]:
    """Return a page of rows and the cursor of the next; `limits` are (default, most).

    With a `number` that falls along the rows, the next page goes on below the last one shown,
    whatever has come or gone meanwhile; without, after as many rows as were shown.
    """
    default, most = limits
    limit = query.number("limit", default, most) or default
    mark = _mark(query.text("cursor"))
    if number is not None and mark:
        rows = [row for row in rows if number(row) < mark]
        mark = 0
    chosen = rows[mark : mark + limit]
    shown = [show(row) for row in chosen]
    if mark + limit >= len(rows):
        return shown, ""
    return shown, _cursor(mark + limit if number is None else number(chosen[-1]))


def _cursor(mark: int) -> str:
    return urlsafe_b64encode(MARK + str(mark).encode()).decode()


def _mark(cursor: str) -> int:
    try:
        plain = urlsafe_b64decode(cursor.encode())
    except ValueError:
        return 0
    number = plain.removeprefix(MARK)
    return int(number) if plain.startswith(MARK) and number.isdigit() else 0
