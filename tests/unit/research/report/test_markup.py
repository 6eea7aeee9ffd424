"""HTML from elements: text is always escaped, elements never twice."""

import pytest

from tradewind.research.report.markup import Html, element, join


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (element("p", "a < b & c"), "<p>a &lt; b &amp; c</p>"),
        (element("p", element("b", "x")), "<p><b>x</b></p>"),
        (element("ul", (element("li", text) for text in "<>")), None),
        (element("p", class_="num", data_x='"'), '<p class="num" data-x="&quot;"></p>'),
        (element("div", hidden=True, id=False), "<div hidden></div>"),
        (element("input", type="search"), '<input type="search">'),
        (join("<", Html("<br>")), "&lt;<br>"),
    ],
)
def test_only_html_is_html(made: Html, expected: str | None) -> None:
    assert made == (expected or "<ul><li>&lt;</li><li>&gt;</li></ul>")
