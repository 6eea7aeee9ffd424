"""One demo and one browser for all tests of the page; each test has tabs of its own."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Browser, StorageState, ViewportSize, expect, sync_playwright

from tests.api.serving import Served, served
from tests.e2e.page import (
    QUIET,
    WAIT_MS,
    WIDE,
    Deployed,
    Visit,
    Visiting,
    built_page,
    deploy,
    set_up,
)

_names = count(1)


@pytest.fixture(scope="session")
def desk(chromium: str) -> Iterator[Served]:
    """A running demo; nobody has set it up yet."""
    assert chromium
    built_page()
    with served("--seed", "7", "--fresh") as running:
        yield running


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=WAIT_MS)
        browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(desk: Served, browser: Browser) -> StorageState:
    """What the browser of the first admin keeps once the desk was set up by its code."""
    context = browser.new_context()
    visit = Visit(context.new_page(), desk.url)
    set_up(visit, desk.code)
    kept = context.storage_state()
    context.close()
    assert visit.complaints == []
    return kept


@pytest.fixture
def visits(desk: Served, browser: Browser, signed_in: StorageState) -> Iterator[Visiting]:
    """Open tabs, each in a browser of its own; none of them may complain on its console."""
    opened: list[tuple[Any, Visit]] = []

    def open_one(size: tuple[int, int] = WIDE, **more: Any) -> Visit:
        viewport = ViewportSize(width=size[0], height=size[1])
        words = {"storage_state": signed_in, **more}
        context = browser.new_context(viewport=viewport, reduced_motion="reduce", **words)
        visit = Visit(context.new_page(), desk.url)
        opened.append((context, visit))
        return visit

    yield open_one
    complaints = [told for _, visit in opened for told in visit.complaints]
    for context, _ in opened:
        context.close()
    assert complaints == []


@pytest.fixture
def visit(visits: Visiting) -> Visit:
    return visits()


@pytest.fixture
def pair(desk: Served) -> Iterator[Deployed]:
    """A running instance of the test's own, which fills every second or so."""
    # A cycle ends whatever the market does meanwhile.
    rest = {"max_rebalance_loss": "0.5", "rebalance_after_s": 5}
    yield from deployed(desk, contract_increment=10, **rest)


@pytest.fixture
def resting(desk: Served) -> Iterator[Deployed]:
    """A running instance of the test's own, whose orders are so large that they rest a while."""
    yield from deployed(desk, contract_increment=3000, max_market_cost="6000")


def deployed(desk: Served, **parameters: Any) -> Iterator[Deployed]:
    made = deploy(desk, f"own-{next(_names)}", **parameters)
    yield made
    made.end()
