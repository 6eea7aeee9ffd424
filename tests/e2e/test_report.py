"""The report in a real browser: it draws, sorts, filters, zooms, fits a phone, and stays silent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.unit.research.sample import empty_result, sample_result
from tradewind.research.report import render
from tradewind.research.results import BacktestResult

pytestmark = pytest.mark.browser

INKED = """(id) => {
  const canvas = document.getElementById(id);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3]) colours.add(data.slice(i, i + 3).join());
  }
  return colours.size;
}"""
NET_COLUMN = """() => {
  const titles = [...document.querySelectorAll("#trip-table thead th")];
  const place = titles.findIndex((title) => title.textContent.startsWith("Net, USDT"));
  return [...document.querySelectorAll("#trip-table tbody tr")].map((row) =>
    Number(row.children[place].textContent.replace("−", "-").replace(/[+,]/g, "")));
}"""
Page = Any
"""Playwright ships types, but need not be installed where this file is checked."""


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return sample_result(days=30)


@pytest.fixture
def said() -> list[str]:
    """Return what the page says on its console, or tries to load; a test ends with none of it."""
    return []


@pytest.fixture
def page(browser: Any, said: list[str], tmp_path: Path, result: BacktestResult) -> Iterator[Page]:
    page = opened(browser, said, tmp_path, render(result))
    yield page
    page.close()
    assert said == []


def opened(
    browser: Any,
    said: list[str],
    folder: Path,
    text: str,
    *,
    width: int = 1440,
    scheme: str = "light",
) -> Page:
    path = folder / "report.html"
    path.write_text(text, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url) if outside(request.url) else None)
    page.goto(path.as_uri())
    return page


def outside(url: str) -> bool:
    return not url.startswith(("file:", "data:"))


def drawn(page: Page, chart: str) -> int:
    page.wait_for_selector(f"#{chart}[data-drawn]")
    colours: int = page.evaluate(INKED, chart)
    return colours


@pytest.mark.parametrize(
    "chart", ["equity-chart", "price-chart", "price-overview", "results-chart"]
)
def test_every_chart_is_drawn(page: Page, chart: str) -> None:
    assert drawn(page, chart) >= 3


def test_titles_sort_the_list_both_ways(page: Page) -> None:
    title = page.get_by_role("columnheader", name="Net, USDT")
    title.get_by_role("button").click()
    falling = page.evaluate(NET_COLUMN)
    assert falling == sorted(falling, reverse=True)
    assert title.get_attribute("aria-sort") == "descending"
    title.get_by_role("button").click()
    rising = page.evaluate(NET_COLUMN)
    assert rising == sorted(rising)
    assert rising[0] < 0 < falling[0]
    assert title.get_attribute("aria-sort") == "ascending"


def test_choice_and_search_narrow_the_list(page: Page, result: BacktestResult) -> None:
    page.select_option("#trip-filter", "lost")
    assert all(net < 0 for net in page.evaluate(NET_COLUMN))
    page.fill("#trip-search", "time_exit")
    wanted = sum(
        trip.net_pnl < 0 and trip.exit_reason == "time_exit" for trip in result.round_trips
    )
    assert page.inner_text("#trip-sum").startswith(f"{wanted} shown")
    page.fill("#trip-search", "no such thing")
    assert page.inner_text("#trip-table tbody") == "No round trip fits."


def test_pages_turn(page: Page, result: BacktestResult) -> None:
    count = len(result.round_trips)
    assert count > 100, "the sample should need two pages"
    page.get_by_role("button", name="Next").click()
    assert page.inner_text("#trip-pages span").startswith("101–")
    assert page.get_by_role("button", name="Back").is_enabled()


def test_a_round_trip_is_shown_in_the_price_chart(page: Page, result: BacktestResult) -> None:
    trip = result.round_trips[4]
    before = page.screenshot()
    page.get_by_role("button", name=f"Show round trip {trip.number} in the price chart").click()
    chosen = page.evaluate("document.getElementById('price-instrument').selectedOptions[0].text")
    assert chosen == trip.instrument
    page.wait_for_timeout(200)
    assert page.screenshot() != before
    assert page.locator("#price-chart").is_visible()


def test_keys_and_buttons_zoom_and_the_pointer_reads(page: Page) -> None:
    chart = page.locator("#price-chart")
    chart.scroll_into_view_if_needed()
    whole = chart.screenshot()
    for _ in range(6):
        page.locator("#price [data-zoom=in]").click()
    page.wait_for_timeout(200)
    zoomed = chart.screenshot()
    assert zoomed != whole
    chart.focus()
    page.keyboard.press("0")
    page.locator("#price-part h2").hover()
    chart.evaluate("(canvas) => canvas.blur()")
    page.wait_for_timeout(200)
    assert chart.screenshot() == whole
    chart.hover()
    page.wait_for_timeout(200)
    assert "O " in page.inner_text("#price .tip")


def test_the_theme_button_goes_round(page: Page) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    button = page.locator("#theme")
    button.click()
    assert page.evaluate(paper) == light
    button.click()
    assert "Dark" in (button.get_attribute("aria-label") or "")
    assert page.evaluate(paper) != light
    button.click()
    assert page.evaluate(paper) == light


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("empty", [False, True])
def test_nothing_hangs_over_the_edge(
    browser: Any,
    said: list[str],
    tmp_path: Path,
    result: BacktestResult,
    width: int,
    scheme: str,
    empty: bool,
) -> None:
    text = render(empty_result() if empty else result)
    page = opened(browser, said, tmp_path, text, width=width, scheme=scheme)
    page.wait_for_timeout(200)
    wide = page.evaluate("document.documentElement.scrollWidth")
    clipped = page.evaluate(
        "[...document.querySelectorAll('.tile *')].filter((one) =>"
        " one.getBoundingClientRect().right > one.closest('.tile').getBoundingClientRect().right)"
        ".map((one) => one.textContent)"
    )
    page.close()
    assert wide <= width
    assert clipped == []
    assert said == []


def test_hostile_names_do_not_run(
    browser: Any, said: list[str], tmp_path: Path, result: BacktestResult
) -> None:
    hostile = "</script><img src=x onerror=console.error(1)><script>console.error(2)</script>"
    evil = msgspec.structs.replace(
        result,
        strategy=hostile,
        warnings=(hostile,),
        round_trips=tuple(
            msgspec.structs.replace(trip, exit_reason=hostile) for trip in result.round_trips
        ),
    )
    page = opened(browser, said, tmp_path, render(evil))
    assert page.inner_text("h1") == hostile
    assert hostile in page.inner_text("#trip-table")
    page.close()
    assert said == []


def test_the_policy_stops_scripts_and_loads_that_are_not_its_own(
    browser: Any, said: list[str], tmp_path: Path
) -> None:
    slipped_in = "<script>document.title = 'run'</script><img src='x.png'></main>"
    page = opened(browser, said, tmp_path, render(empty_result()).replace("</main>", slipped_in))
    assert page.title() != "run"
    page.close()
    assert any("Content Security Policy" in text for text in said)
