"""The page in a real browser, before a running demo: every button does what it says.

The tests share one desk and go through it in order, from the set-up code on.
"""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api
from playwright.sync_api import Page, expect

from tests.api.serving import PASSWORD, Served, served, until

ROOT = Path(__file__).resolve().parents[2]
PAIR = "/instances/pair-kalshi"
PAGES = (
    *("/", "/instances", PAIR, "/instances/new", "/markets", "/markets/SIM-BYBIT%3ABTCUSDT"),
    *("/orders", "/positions", "/accounts", "/risk", "/backtests", "/logs", "/settings"),
)
DESK = sync_api.ViewportSize(width=1440, height=900)
PHONE = sync_api.ViewportSize(width=390, height=844)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
# A machine that does other things besides may take its time; a page that is right is so at once.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def desk() -> Iterator[Served]:
    if not (ROOT / "web" / "dist" / "index.html").is_file():
        pytest.skip("the page is not built; ./tradewind test builds it, or npm run build in web")
    # Not faster: the page's clock and the browser's compete for the same cores.
    with served("--speed", "10") as running:
        yield running


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        # Containers often run as root, where Chromium has no sandbox of its own.
        words = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=chromium, args=words)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def signed_in(browser: Any, desk: Served) -> Iterator[Any]:
    """Set the desk up as a person does; return the browser's memory of it."""
    context = browser.new_context(viewport=DESK)
    page = context.new_page()
    page.goto(desk.url)
    page.get_by_label("Set-up code").fill("AAAA-AAAA-AAAA")
    page.get_by_label("Your name").fill("alice")
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Set-up code").fill(desk.code)
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name="Cockpit")).to_be_visible()
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(signed_in: Any) -> Iterator[Page]:
    """A tab of somebody who is signed in; it may not complain on its console."""
    said: list[str] = []
    page = signed_in.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", lambda each: said.append(each.text) if each.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    page.close()
    # A line that was cut on purpose is told by the browser itself.
    assert [line for line in said if "WebSocket" not in line and "ERR_CONN" not in line] == []


def look(page: Page, address: str) -> None:
    """Open a page and wait until the desk speaks to it."""
    page.goto(address)
    expect(page.locator(".strip-figure", has_text="Line")).to_contain_text("live")


def receipt(page: Page, text: str | re.Pattern[str]) -> None:
    """See that the page told this effect, and put it away."""
    toast = page.get_by_role("status").locator(".toast", has_text=text).last
    expect(toast).to_be_visible(timeout=15_000)
    toast.get_by_role("button", name="Put away").click()


def confirm(page: Page, verb: str) -> None:
    """Confirm a dialog once the desk has said what would happen."""
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".effect")).to_have_attribute("aria-busy", "false")
    dialog.get_by_role("button", name=verb, exact=True).click()
    again = dialog.get_by_text("It changed while you read it")
    expect(dialog.or_(page.get_by_role("status").locator(".toast")).first).to_be_visible()
    if again.is_visible():
        dialog.get_by_role("button", name=verb, exact=True).click()
    expect(dialog).to_have_count(0)


def state(page: Page, text: str) -> None:
    expect(page.locator(".page-head .pill").first).to_have_text(text)


def test_the_cockpit_shows_a_desk_that_trades(page: Page, desk: Served) -> None:
    look(page, desk.url)
    fills = page.locator(".tile", has_text="fills so far")
    before = fills.inner_text()
    expect(fills).not_to_have_text(before, timeout=60_000, use_inner_text=True)
    expect(page.get_by_role("table", name="Instances").get_by_role("row")).to_have_count(6)
    expect(page.locator(".chart canvas").first).to_be_visible()


def test_keys_pause_an_instance_that_keeps_its_orders_and_resume_it(
    page: Page, desk: Served
) -> None:
    look(page, desk.url + PAIR)
    state(page, "running")
    page.keyboard.press("Space")
    receipt(page, "paused")
    state(page, "paused")
    page.keyboard.press("f")
    receipt(page, re.compile("cycle", re.IGNORECASE))
    until(lambda: desk.get("/api/instances/pair-kalshi")["state"] == "paused", 60, desk.said)
    page.keyboard.press("Space")
    receipt(page, "running")
    page.keyboard.press("1")
    receipt(page, re.compile("JUMP"))
    names = [row["name"] for row in desk.get("/api/commands?limit=20")["rows"]]
    assert {"Pause", "Resume", "SingleFire", "Tell"} <= set(names)
    assert desk.get("/api/commands?limit=1")["rows"][0]["by"] == "web:alice"


def test_a_parameter_changes_with_its_difference_shown_first(page: Page, desk: Served) -> None:
    look(page, desk.url + PAIR)
    page.get_by_role("tab", name="Parameters").click()
    field = page.get_by_label("Min edge")
    field.fill("5")
    expect(page.get_by_text("is above")).to_be_visible()
    expect(page.get_by_role("button", name="Change 1")).to_be_disabled()
    field.fill("0.013")
    page.get_by_role("button", name="Change 1").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".effect")).to_contain_text("0.01 → 0.013")
    dialog.get_by_label("Why").fill("wider")
    confirm(page, "Change")
    receipt(page, "version 2")
    expect(page.get_by_text("Version 2", exact=True)).to_be_visible()
    expect(page.get_by_text("web:alice: wider")).to_be_visible()
    assert desk.get("/api/instances/pair-kalshi")["parameters"]["min_edge"] == "0.013"


def test_an_instance_is_deployed_watched_and_ended(page: Page, desk: Served) -> None:
    page.goto(desk.url + "/instances/new")
    page.get_by_text("Dual ema short").click()
    page.get_by_label("Instance id").fill("mine")
    page.get_by_label("bybit sim-bybit").check()
    # Only what can be traded on the chosen account is offered.
    expect(page.get_by_label("SIM-KALSHI:")).to_have_count(0)
    page.get_by_label("SIM-BYBIT:BTCUSDT").check()
    page.get_by_label("Ema slow").fill("12x")
    expect(page.get_by_role("button", name="See what")).to_be_disabled()
    page.get_by_label("Ema slow").fill("12")
    page.get_by_label("Ema fast").fill("5")
    page.get_by_role("button", name="See what").click()
    confirm(page, "Deploy")
    expect(page).to_have_url(re.compile("/instances/mine$"))
    state(page, "running")
    expect(page.locator(".ladder-row[data-side]").first).to_be_visible()
    page.keyboard.press("x")
    confirm(page, "Force stop")
    state(page, "dead")


def test_a_stop_shows_its_effect_and_may_be_left(page: Page, desk: Served) -> None:
    look(page, desk.url + PAIR)
    state(page, "running")
    page.keyboard.press("s")
    expect(page.get_by_role("dialog").locator(".effect")).to_contain_text("cycle")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    state(page, "running")


def test_kill_asks_for_the_word_and_rearm_lets_go(page: Page, desk: Served) -> None:
    look(page, desk.url)
    page.keyboard.press("Shift+K")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".effect")).to_contain_text("halts desk")
    button = dialog.get_by_role("button", name="KILL", exact=True)
    expect(button).to_be_disabled()
    dialog.get_by_label("Type KILL").fill("KILL")
    button.click()
    expect(page.locator(".strip[data-state=halted]")).to_contain_text("HALTED")
    receipt(page, re.compile("cancelled|empty|kept"))
    live = desk.get("/api/orders?open_only=true")["rows"]
    # What the venue holds to protect a position stays.
    assert [row for row in live if row["reason"] not in ("stop_loss", "take_profit")] == []
    page.get_by_role("button", name="Rearm").click()
    page.get_by_role("dialog").get_by_label("Type REARM").fill("REARM")
    confirm(page, "Rearm")
    expect(page.locator(".strip[data-state=active]")).to_be_visible(timeout=20_000)


def test_no_update_is_lost_when_the_gateway_is_started_again(page: Page, desk: Served) -> None:
    look(page, desk.url)
    line = page.locator(".strip-figure", has_text="Line")
    os.kill(desk.gateway_pid(), signal.SIGKILL)
    expect(line).to_contain_text("lost")
    expect(page.get_by_text("the page is trying again")).to_be_visible()
    expect(line).to_contain_text("live", timeout=30_000)
    expect(page.get_by_text("the page is trying again")).to_have_count(0)

    def same() -> bool:
        told = [row["last_qty"] for row in desk.get("/api/fills?limit=12")["rows"]]
        shown = page.locator("table[aria-label='Latest fills'] tbody td:nth-child(3)")
        return [each.replace(",", "") for each in shown.all_inner_texts()] == told

    until(same, 20, desk.said)


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_and_keeps_the_kill_in_sight(
    page: Page, desk: Served, width: int, scheme: Any
) -> None:
    page.set_viewport_size(PHONE if width == PHONE["width"] else DESK)
    page.emulate_media(color_scheme=scheme)
    for address in PAGES:
        look(page, desk.url + address)
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        expect(page.get_by_role("button", name="KILL", exact=True)).to_be_in_viewport()
        tabs = page.locator("nav.tabs")
        expect(tabs).to_be_visible() if width == PHONE["width"] else expect(tabs).to_be_hidden()


def test_a_viewer_sees_everything_and_may_do_nothing(browser: Any, desk: Served) -> None:
    body = {"name": "vera", "password": PASSWORD, "role": "viewer"}
    assert desk.bearer("POST", "/api/users", body).status == 201
    page = browser.new_page()
    page.goto(desk.url)
    page.get_by_label("Name").fill("vera")
    page.get_by_label("Password").fill("not her password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Cockpit")).to_be_visible()
    expect(page.get_by_role("button", name="KILL", exact=True)).to_be_disabled()
    look(page, desk.url + PAIR)
    expect(page.get_by_role("button", name="Pause")).to_be_disabled()
    page.keyboard.press("Space")
    page.wait_for_timeout(500)
    state(page, "running")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.close()
