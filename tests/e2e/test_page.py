"""The page in a real browser, with a demo behind it: who comes in, what is seen, and what stays."""

import os
import re
import signal

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.api.serving import PASSWORD, Served, until
from tests.e2e.page import ADMIN, PHONE, PLACES, Deployed, Place, Visit, Visiting

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

IS_TOO_WIDE = """(wide) => {
  return [...document.querySelectorAll("main *")]
    .filter((each) => document.documentElement.scrollWidth > wide
      && each.getBoundingClientRect().right > wide + 1)
    .map((each) => `${each.tagName} ${each.className}`).slice(0, 5)
    .concat(document.documentElement.scrollWidth > wide ? ["scrolls"] : []);
}"""


def test_the_set_up_code_works_once(visits: Visiting, desk: Served) -> None:
    stranger = visits(storage_state=None).go("/")
    expect(stranger.button("Sign in")).to_be_visible()
    expect(stranger.page.get_by_label("Set-up code")).to_have_count(0)
    body = {"code": desk.code, "name": "mallory", "password": PASSWORD}
    assert desk.ask("POST", "/api/setup", body).status >= 400


def test_a_person_signs_in_and_out_again(visits: Visiting) -> None:
    visit = visits(storage_state=None).go("/")
    visit.sign_in(ADMIN, "not the password")
    expect(visit.page.get_by_role("alert")).to_be_visible()
    visit.forgive("401")
    visit.sign_in(ADMIN)
    visit.is_live()
    visit.sign_out()
    visit.go("/orders")
    expect(visit.button("Sign in")).to_be_visible()


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_every_place_shows_what_the_desk_has(visit: Visit, place: Place) -> None:
    visit.go("/")
    visit.is_live()
    visit.place(place.name)
    expect(visit.page.get_by_role("heading", level=1)).to_have_text(place.name)
    for words in place.shows:
        expect(visit.page.locator("main")).to_contain_text(words)
    assert visit.page.url == visit.url + place.path


# What only the desk can change; ages run on by themselves.
LIVE_FIGURES = {
    "/": "main a.tile:has-text('fills so far')",
    "/orders": "main tbody tr:first-child td:first-child",
    "/positions": "main .tile >> nth=0",
    "/markets/SIM-BYBIT%3ABTCUSDT": "main .tile >> nth=0",
}


@pytest.mark.parametrize("path", LIVE_FIGURES)
def test_what_is_shown_moves_on_by_itself(visit: Visit, path: str) -> None:
    visit.go(path).is_live()
    visit.page.evaluate("window.never_loaded_anew = true")
    figure = visit.page.locator(LIVE_FIGURES[path])
    expect(figure).to_contain_text(re.compile(r"\d"))
    for _ in range(2):
        expect(figure).not_to_have_text(figure.inner_text(), use_inner_text=True)
    assert visit.page.evaluate("window.never_loaded_anew")


def test_an_order_is_told_from_its_fill_back_to_its_signal(visit: Visit, desk: Served) -> None:
    fill = desk.get("/api/fills?instance=pair-kalshi&limit=1")["rows"][0]
    visit.go(f"/orders/{fill['client_order_id']}")
    shown = visit.page.locator("main")
    expect(shown).to_contain_text(fill["client_order_id"])
    expect(shown).to_contain_text("pair-kalshi")


@pytest.mark.parametrize(
    "path",
    [
        *(place.path for place in PLACES),
        "/instances/new",
        "/instances/pair-kalshi",
        "/markets/SIM-BYBIT%3ABTCUSDT",
    ],
)
def test_nothing_is_wider_than_a_phone(visits: Visiting, path: str) -> None:
    visit = visits(PHONE, is_mobile=True, has_touch=True).go(path)
    expect(visit.page.get_by_role("heading", level=1)).to_be_visible()
    expect(visit.page.get_by_text("Asking the desk")).to_have_count(0)
    assert visit.page.evaluate(IS_TOO_WIDE, PHONE[0]) == []


def test_the_bar_at_the_foot_of_a_phone_leads_everywhere(visits: Visiting) -> None:
    visit = visits(PHONE, is_mobile=True, has_touch=True).go("/")
    bar = visit.page.get_by_role("navigation", name="Places")
    bar.get_by_role("link", name="Orders").tap()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Orders and fills")
    visit.button("More").tap()
    visit.dialog().get_by_role("link", name="Risk").tap()
    expect(visit.dialog()).to_have_count(0)
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Risk")
    expect(visit.button("KILL")).to_be_in_viewport()


def test_keys_lead_to_every_place_and_tell_of_themselves(visit: Visit) -> None:
    visit.go("/").is_live()
    visit.page.keyboard.press("?")
    expect(visit.dialog()).to_contain_text("Markets")
    visit.page.keyboard.press("Escape")
    expect(visit.dialog()).to_have_count(0)
    for key, name in (("m", "Markets"), ("o", "Orders and fills"), ("c", "Cockpit")):
        visit.page.keyboard.press("g")
        visit.page.keyboard.press(key)
        expect(visit.page.get_by_role("heading", level=1)).to_have_text(name)


def test_a_viewer_sees_everything_and_may_do_nothing(visits: Visiting, desk: Served) -> None:
    body = {"name": "vera", "password": PASSWORD, "role": "viewer"}
    assert desk.bearer("POST", "/api/users", body).status == 201
    visit = visits(storage_state=None).go("/instances/pair-kalshi")
    visit.sign_in("vera")
    visit.is_live()
    expect(visit.button("KILL")).to_be_disabled()
    pause = visit.page.get_by_role("button", name=re.compile("^Pause"))
    expect(pause).to_be_disabled()
    visit.page.keyboard.press("Space")
    visit.page.keyboard.press("Shift+K")
    expect(visit.dialog()).to_have_count(0)
    visit.place("Logs")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Logs")
    assert desk.get("/api/instances/pair-kalshi")["state"] == "running"


SHOWN_FILLS = """() => [...document.querySelectorAll("table[aria-label=Fills] tbody tr")]
  .map((row) => row.querySelector("code")?.textContent).filter(Boolean)"""
SHOWN_ORDERS = """() => document.querySelector("table[aria-label=Orders]").ariaRowCount"""


def shown_fills(visit: Visit) -> list[str]:
    return sorted(visit.page.evaluate(SHOWN_FILLS))


def told_fills(made: Deployed) -> list[str]:
    return [row["exec_id"] for row in made.fills()]


def test_no_update_is_lost_or_doubled_when_the_gateway_dies(
    visits: Visiting, desk: Served, pair: Deployed
) -> None:
    fills = visits().go(f"/orders?tab=fills&instance={pair.name}")
    orders = visits().go(f"/orders?instance={pair.name}")
    for visit in (fills, orders):
        visit.is_live()
        visit.page.evaluate("window.never_loaded_anew = true")
    expect(fills.rows("Fills").first).to_be_visible()
    os.kill(desk.gateway_pid(), signal.SIGKILL)
    for visit in (fills, orders):
        expect(visit.page.get_by_label("How the desk stands")).to_contain_text("lost")
    missed = len(shown_fills(fills))
    for visit in (fills, orders):
        visit.is_live()
        visit.forgive("WebSocket", "ERR_CONNECTION_REFUSED")
    until(lambda: len(shown_fills(fills)) > missed, 30, desk.log)

    pair.does("pause")
    # What is under way may still end, so both are looked at until they agree.
    until(lambda: shown_fills(fills) == sorted(told_fills(pair)), 60, lambda: told_fills(pair))
    assert len(set(shown_fills(fills))) == len(shown_fills(fills))

    def agrees() -> bool:
        placed = desk.get(f"/api/orders?instance={pair.name}&limit=500")["rows"]
        return bool(orders.page.evaluate(SHOWN_ORDERS) == str(len(placed)))

    until(agrees, 60, lambda: orders.page.evaluate(SHOWN_ORDERS))
    for visit in (fills, orders):
        assert visit.page.evaluate("window.never_loaded_anew")


def test_a_line_that_breaks_goes_on_where_it_broke(
    visits: Visiting, desk: Served, pair: Deployed
) -> None:
    visit = visits()
    lines: list[WebSocketRoute] = []

    def carry(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    visit.page.route_web_socket(re.compile("/ws"), carry)
    visit.go(f"/orders?tab=fills&instance={pair.name}").is_live()
    expect(visit.rows("Fills").first).to_be_visible()
    before = len(told_fills(pair))
    lines[0].close(code=4408)
    # Nobody carries the page's next line while this waits.
    until(lambda: len(told_fills(pair)) > before + 2, 60, lambda: pair.row)
    visit.is_live()
    assert len(lines) == 2
    assert int(lines[1].url.partition("?since=")[2]) > 0
    until(lambda: shown_fills(visit) == sorted(told_fills(pair)), 60, lambda: told_fills(pair))
