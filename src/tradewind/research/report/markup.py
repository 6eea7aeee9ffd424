"""HTML made of elements: what is not an element is text, and text is escaped. Knows no report."""

from collections.abc import Iterable
from html import escape


class Html(str):
    """Text that is HTML already; only `element`, `join` and packaged files make it."""

    __slots__ = ()


Content = str | Iterable["Content"]
VOID = frozenset({"br", "col", "hr", "input", "meta", "link"})


def element(name: str, *content: Content, **attributes: str | bool) -> Html:
    """Return an element around its content; `class_` is class, `data_x` data-x, False is left out.

    Content is Html as it is, other text escaped, and iterables of either.
    """
    said = "".join(
        f" {key.rstrip('_').replace('_', '-')}{'' if value is True else _quoted(value)}"
        for key, value in attributes.items()
        if value is not False
    )
    if name in VOID:
        return Html(f"<{name}{said}>")
    return Html(f"<{name}{said}>{join(*content)}</{name}>")


def join(*content: Content) -> Html:
    """Return content one behind the other, escaped where it is text."""
    return Html("".join(_text(part) for part in content))


def _text(part: Content) -> str:
    if isinstance(part, Html):
        return part
    if isinstance(part, str):
        return escape(part)
    return join(*part)


def _quoted(value: object) -> str:
    return f'="{escape(str(value))}"'
