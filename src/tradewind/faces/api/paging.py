"""Parts of lists and the cursors between them. Knows numbers of rows; must not know what they are.

Views give the newest rows below a number, oldest first; a list gives them newest first. Several
rows may have one number, so a cursor says how many of that number have been given already.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from tradewind.faces.api.shapes import Rows

Row = TypeVar("Row")


class Part:
    """One part of a list, read from its cursor."""

    def __init__(self, cursor: str, limit: int) -> None:
        number, _, given = cursor.partition(".")
        self.number = int(number or 0)
        self.given = int(given or 0)
        self.limit = limit

    @property
    def before(self) -> int:
        """Return below which number to ask; 0 for the newest."""
        return self.number + 1 if self.number else 0

    @property
    def wanted(self) -> int:
        """Return how many rows to ask for: those that were given, the part, and one more."""
        return self.given + self.limit + 1

    def rows(self, found: Sequence[Row], number_of: Callable[[Row], int]) -> Rows[Row]:
        """Return the part of what was found, oldest first, newest first."""
        newest = list(reversed(found))[self.given :]
        part = newest[: self.limit]
        if len(newest) <= self.limit:
            return Rows(tuple(part), None)
        last = number_of(part[-1])
        given = sum(1 for row in part if number_of(row) == last)
        given += self.given if last == self.number else 0
        return Rows(tuple(part), f"{last}.{given}")

    def slice(self, found: Sequence[Row]) -> Rows[Row]:
        """Return the part of a list that has no numbers; the cursor counts rows."""
        part = tuple(found[self.number : self.number + self.limit])
        end = self.number + self.limit
        return Rows(part, str(end) if end < len(found) else None)
