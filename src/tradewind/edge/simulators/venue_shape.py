"""Whether a pickled state still fits the classes of today: the same fields under the same names.

Knows classes and pickles; it must not know what they are for. What an upgrade changes in methods
does not matter; a class whose fields changed would come back half made.
"""

import inspect
import io
import pickle
import sys
from enum import EnumMeta
from functools import cache
from typing import Any

from tradewind.model.errors import JournalError

ROOMS = ("tradewind.core.matching", "tradewind.model", "tradewind.edge.simulators.inprocess")

Shapes = dict[str, tuple[str, ...]]


class OtherShape(JournalError):
    """A class in the state has other fields by now."""


@cache
def shapes() -> Shapes:
    """Return the fields of every class that a state may be made of, by its full name."""
    return {
        f"{module.__name__}.{cls.__qualname__}": fields(cls)
        for name, module in sorted(sys.modules.items())
        if name.startswith(ROOMS)
        for cls in vars(module).values()
        if inspect.isclass(cls) and cls.__module__ == name
    }


def fields(cls: type) -> tuple[str, ...]:
    """Return what an object of the class is made of, in the order in which it is pickled."""
    if isinstance(cls, EnumMeta):
        return tuple(cls.__members__)
    struct: tuple[str, ...] | None = getattr(cls, "__struct_fields__", None)
    if struct is not None:
        return struct
    return tuple(
        sorted(slot for each in cls.__mro__ for slot in each.__dict__.get("__slots__", ()))
    )


class _Reader(pickle.Unpickler):
    """Compares each class, before any object of it is made."""

    def __init__(self, body: bytes, kept: Shapes) -> None:
        super().__init__(io.BytesIO(body))
        self._kept = kept

    def find_class(self, module: str, name: str) -> Any:
        full = f"{module}.{name}"
        if module.startswith(ROOMS) and self._kept.get(full) != shapes().get(full):
            raise OtherShape(f"{full} has other fields than those that were kept")
        return super().find_class(module, name)


def read(body: bytes, kept: Shapes) -> Any:
    """Return the unpickled state. Raises OtherShape where a class of it has changed."""
    return _Reader(body, kept).load()
