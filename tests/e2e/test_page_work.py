"""What a trader does on the page, in a real browser: every button does what its words say."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.api.serving import Served, until
from tests.e2e.page import LEGS, Deployed, Visit, Visiting

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

HEARD_S = 30.0


def state(visit: Visit) -> Locator:
    """Return where an instance's page says how it stands."""
    return visit.page.locator("main header .pill").first


def tab(visit: Visit, name: str) -> None:
    visit.page.get_by_role("tab", name=name, exact=True).click()


def test_a_deployed_instance_trades_before_ones_eyes(visits: Visiting, desk: Served) -> None:
    blotter = visits().go("/orders?instance=by-form")
    blotter.is_live()
    expect(blotter.page.locator("main")).to_contain_text("No order fits these filters.")
    blotter.page.evaluate("window.never_loaded_anew = true")

    visit = visits().go("/instances")
    visit.page.get_by_role("link", name=re.compile("Deploy")).first.click()
    visit.page.get_by_role("radio", name=re.compile("^Join jump pair maker")).check()
    visit.page.get_by_label("Instance id").fill("by-form")
    visit.page.get_by_role("checkbox", name=re.compile("^kalshi ")).check()
    visit.page.get_by_placeholder("Find").fill("RATECUT")
    for leg in LEGS:
        visit.page.get_by_role("checkbox", name=re.compile(f"^{leg}")).check()
    visit.page.get_by_label("Pair kind").select_option("yes_no")
    increment = visit.page.get_by_label("Contract increment")
    increment.fill("0")
    expect(visit.button("See what it would do")).to_be_disabled()
    increment.fill("10")
    visit.button("See what it would do").click()
    expect(visit.dialog()).to_contain_text("by-form")
    visit.confirm("Deploy")
    expect(visit.page).to_have_url(f"{visit.url}/instances/by-form")
    made = Deployed(desk, "by-form")
    try:
        expect(state(visit)).to_have_text("running")
        tab(visit, "Fills")
        expect(visit.rows("Fills").first).to_contain_text("RATECUT")
        wholly = blotter.page.get_by_text("filled", exact=True)
        filled = blotter.rows("Orders").filter(has=wholly).first
        expect(filled).to_contain_text("by-form")
        assert blotter.page.evaluate("window.never_loaded_anew")
        assert made.fills()
    finally:
        made.end()


def test_a_paused_instance_keeps_its_orders_fresh(visit: Visit, resting: Deployed) -> None:
    visit.go(resting.path)
    # The market may fill what rests before it moves, and a paused instance begins nothing new.
    assert any(seen_fresh(visit, resting) for _ in range(5))
    assert resting.row["state"] == "paused"
    visit.does("Resume")
    expect(state(visit)).to_have_text("running")


def seen_fresh(visit: Visit, resting: Deployed) -> bool:
    """Pause, and tell whether an order that was kept moved on the page; else let it run again."""
    expect(state(visit)).to_have_text("running")
    until(lambda: bool(resting.prices()), HEARD_S, lambda: resting.row)
    visit.does("Pause")
    expect(state(visit)).to_have_text("paused")
    expect(visit.said()).to_contain_text("paused")
    kept = resting.prices()
    first = visit.rows("Orders").first
    before = first.inner_text() if kept else ""

    def moved() -> bool:
        now = resting.prices()
        return any(now.get(name, px) != px for name, px in kept.items())

    until(lambda: moved() or not resting.prices(), HEARD_S, lambda: (kept, resting.prices()))
    if not moved():
        visit.does("Resume")
        return False
    expect(first).not_to_have_text(before, use_inner_text=True)
    return True


def test_a_single_fire_is_one_cycle(visit: Visit, pair: Deployed) -> None:
    pair.does("pause")
    until(lambda: not pair.row["cycles"], HEARD_S, lambda: pair.row)
    before = len(pair.fills())
    visit.go(pair.path)
    expect(state(visit)).to_have_text("paused")
    visit.does("Single fire")
    expect(visit.said()).to_contain_text("one cycle, then paused")
    until(lambda: pair.row["state"] == "paused", HEARD_S, lambda: pair.row)
    expect(state(visit)).to_have_text("paused")
    assert len(pair.fills()) > before
    assert pair.row["open_orders"] == 0


def test_a_stopped_instance_has_nothing_left_working(visit: Visit, pair: Deployed) -> None:
    visit.go(pair.path)
    visit.does("Stop")
    expect(visit.dialog().get_by_text("What it would do now")).to_be_visible()
    visit.dialog().get_by_label("Why").fill("enough for today")
    visit.confirm("Stop")
    # Its orders fill while one reads: then the desk tells that the effect is another by now.
    visit.forgive("409")
    expect(state(visit)).to_have_text("stopped")
    assert pair.row["open_orders"] == 0
    tab(visit, "Audit")
    expect(visit.page.get_by_role("main")).to_contain_text("enough for today")


def test_a_changed_parameter_is_shown_as_a_difference(visit: Visit, pair: Deployed) -> None:
    visit.go(pair.path)
    tab(visit, "Parameters")
    expect(visit.page.get_by_text("Version 1", exact=True)).to_be_visible()
    visit.page.get_by_label("Contract increment").fill("12")
    visit.button("Change 1").click()
    expect(visit.dialog().locator("del")).to_have_text("10")
    expect(visit.dialog().locator("ins")).to_have_text("12")
    visit.confirm("Change")
    expect(visit.page.get_by_text("Version 2", exact=True)).to_be_visible()
    expect(visit.page.get_by_label("Contract increment")).to_have_value("12")
    assert (pair.row["version"], pair.row["parameters"]["contract_increment"]) == (2, 12)


def ticket(visit: Visit, qty: str, px: str) -> None:
    form = visit.page.get_by_role("form", name="Order by hand")
    form.get_by_label("Quantity").fill(qty)
    form.get_by_label("Price").fill(px)
    form.get_by_role("button", name="See what it would do").click()


def test_an_order_that_the_gate_denies_says_by_which_rule(visit: Visit, desk: Served) -> None:
    visit.go("/markets/SIM-BYBIT%3ABTCUSDT")
    ticket(visit, "0.001", "1000")
    expect(visit.dialog()).to_contain_text("It would be refused")
    expect(visit.dialog()).to_contain_text(re.compile(r"Rule: \w+"))
    expect(visit.dialog().get_by_role("button", name="Place the order")).to_be_disabled()
    visit.page.keyboard.press("Escape")
    expect(visit.dialog()).to_have_count(0)
    assert not [row for row in manual_orders(desk) if row["px"] == "1000"]


def manual_orders(desk: Served) -> list[Any]:
    found = desk.get("/api/orders?instrument=SIM-BYBIT:BTCUSDT&limit=500")["rows"]
    return list(found)


def test_an_order_by_hand_rests_and_is_cancelled(visit: Visit, desk: Served) -> None:
    market = "SIM-BYBIT:BTCUSDT"
    visit.go("/markets/SIM-BYBIT%3ABTCUSDT")
    bid = desk.get(f"/api/markets/{market}/book")["bids"][-1][0]
    ticket(visit, "0.001", bid)
    expect(visit.dialog().get_by_text("What it would do now")).to_be_visible()
    visit.confirm("Place the order")
    expect(visit.said()).to_contain_text("Done")
    placed = manual_orders(desk)[0]
    visit.go(f"/orders/{placed['client_order_id']}")
    expect(visit.page.locator("main")).to_contain_text(placed["client_order_id"])


def test_a_kill_shows_what_it_would_do_and_a_rearm_lets_trade_again(
    visit: Visit, pair: Deployed, desk: Served
) -> None:
    strip = visit.page.get_by_role("banner")
    visit.go("/").is_live()
    expect(strip).to_contain_text("ACTIVE")
    visit.page.keyboard.press("Shift+K")
    kill = visit.dialog().get_by_role("button", name="KILL", exact=True)
    expect(visit.dialog()).to_contain_text(re.compile(r"cancels \d+"))
    expect(kill).to_be_disabled()
    visit.dialog().get_by_label("Type KILL to confirm").fill("KILL")
    visit.confirm("KILL")
    expect(strip).to_contain_text("HALTED")
    until(lambda: pair.row["open_orders"] == 0, HEARD_S, lambda: pair.row)

    visit.button("Rearm").click()
    visit.dialog().get_by_label("Type REARM to confirm").fill("REARM")
    visit.confirm("Rearm")
    expect(strip).to_contain_text("ACTIVE")
    until(lambda: bool(pair.open_orders()), HEARD_S, lambda: pair.row)


def test_the_keys_of_an_instance_do_what_its_buttons_do(visit: Visit, pair: Deployed) -> None:
    visit.go(pair.path)
    expect(state(visit)).to_have_text("running")
    visit.page.keyboard.press("Space")
    expect(state(visit)).to_have_text("paused")
    visit.page.keyboard.press("f")
    expect(visit.said()).to_contain_text("one cycle, then paused")
    for key, told in (("1", LEGS[0]), ("2", LEGS[1]), ("v", "air.value")):
        visit.page.keyboard.press(key)
        expect(visit.said()).to_contain_text(re.compile(f"(JUMP .*{told}|[Ff]{told})"))
    # It was deployed without the numbers that a fair value needs, and says so.
    visit.forgive("422")
    visit.page.keyboard.press("s")
    expect(visit.dialog().get_by_role("heading")).to_have_text(f"Stop {pair.name}")
    expect(visit.dialog().get_by_text("What it would do now")).to_be_visible()
    visit.page.keyboard.press("Escape")
    expect(visit.dialog()).to_have_count(0)
    assert pair.row["state"] in ("paused", "running")
