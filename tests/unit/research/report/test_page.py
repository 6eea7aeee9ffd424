"""The page as text: it needs nothing from outside, escapes everything, and says what is missing."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import msgspec
import pytest

from tests.unit.research.sample import empty_result, sample_result
from tradewind.model.ids import InstrumentId
from tradewind.research.report import render
from tradewind.research.results import BacktestResult, Finding

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\"&{{data}}"
LOADS = {"src", "srcset", "href", "action", "poster", "data", "background", "formaction"}


class Parts(HTMLParser):
    """Every element with its attributes, and the text of styles and scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"style": [], "script": [], "title": []}
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = tag
        if tag in self.texts:
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in self.texts:
            self.texts[self.inside][-1] += data


@pytest.fixture(scope="module")
def page() -> str:
    return render(sample_result(days=12))


@pytest.fixture(scope="module")
def hostile() -> BacktestResult:
    result = sample_result(days=4)
    evil = InstrumentId(HOSTILE)
    return msgspec.structs.replace(
        result,
        strategy=HOSTILE,
        parameters={HOSTILE: [HOSTILE]},
        warnings=(HOSTILE,),
        command=("tradewind", HOSTILE),
        code_version=HOSTILE,
        denied={HOSTILE: 1},
        rejected={HOSTILE: 1},
        instruments=tuple(msgspec.structs.replace(rules, id=evil) for rules in result.instruments),
        prices=tuple(msgspec.structs.replace(one, instrument=evil) for one in result.prices),
        fills=tuple(
            msgspec.structs.replace(fill, instrument=evil, reason=HOSTILE) for fill in result.fills
        ),
        round_trips=tuple(
            msgspec.structs.replace(trip, instrument=evil, exit_reason=HOSTILE)
            for trip in result.round_trips
        ),
        sources=tuple(
            msgspec.structs.replace(
                source,
                name=HOSTILE,
                findings=(Finding(rule="x", severity=HOSTILE, count=1, text=HOSTILE),),
            )
            for source in result.sources
        ),
    )


def test_nothing_is_loaded_from_outside(page: str) -> None:
    parts = Parts(page)
    loaded = {
        value
        for _, attributes in parts.elements
        for name, value in attributes.items()
        if name in LOADS and not (value or "").startswith("#")
    }
    assert loaded == {"data:,"}
    code = "".join(parts.texts["style"] + parts.texts["script"][1:])
    for way_out in ("http:", "https:", "//cdn", "@import", "url(", "fetch(", "XMLHttp", "import("):
        assert way_out not in code, way_out


def test_the_policy_lets_nothing_in_but_the_pages_own_style_and_script(page: str) -> None:
    parts = Parts(page)
    (policy,) = [
        attributes["content"] or ""
        for _, attributes in parts.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    for text in (parts.texts["style"][0], parts.texts["script"][1]):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_no_element_handles_events_or_styles_itself(page: str) -> None:
    names = {name for _, attributes in Parts(page).elements for name in attributes}
    assert not [name for name in names if name.startswith("on") or name == "style"]


def test_hostile_names_stay_text(hostile: BacktestResult) -> None:
    parts = Parts(render(hostile))
    tags = [tag for tag, _ in parts.elements]
    assert tags.count("script") == 2
    assert "img" not in tags
    assert parts.texts["title"] == [f"{HOSTILE}: backtest"]
    assert HOSTILE in msgspec.json.decode(parts.texts["script"][0])["words"]


def test_every_place_of_the_template_is_filled(page: str) -> None:
    assert not re.search(r"\{\{\w+\}\}", page)


def test_the_same_run_gives_the_same_page(page: str) -> None:
    assert render(sample_result(days=12)) == page


@pytest.mark.parametrize(
    "wanted",
    [
        "Sharpe",
        "Sortino",
        "Calmar",
        "CAGR",
        "Profit factor",
        "Expectancy",
        "365 days a year",
        "max_exposure_pct",
        "insufficient margin",
        "lookback",
        "&#x27;my data/BTCUSDT_5m.csv&#x27;",
        "3 rows came twice",
        "59 candles are missing",
        "5b1f0c9e" * 8,
    ],
)
def test_the_page_says(page: str, wanted: str) -> None:
    assert wanted in page


@pytest.mark.parametrize(
    "sentence",
    [
        "there is no curve to draw",
        "kept no prices",
        "No round trip was closed",
        "never fell below a peak",
        "no round trip to sum up",
        "never opened a position",
        "has no parameters",
        "No order was denied or rejected",
        "names no data source",
    ],
)
def test_a_run_without_anything_says_so(sentence: str) -> None:
    assert sentence in render(empty_result())


def test_tables_have_captions_and_heads() -> None:
    page = render(sample_result(days=12))
    tables = re.findall(r"<table(?! id=)[^>]*>.*?</table>", page, re.DOTALL)
    assert len(tables) >= 5
    for table in tables:
        assert "<caption" in table
        assert 'scope="col"' in table
        assert 'scope="row"' in table
