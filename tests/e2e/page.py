"""The page as a person works it: a browser with a person signed in, and a demo that trades.

`Visit` is one tab; it notes what the page complains of on its console. Waits are for what the page
shows, never for a time.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from tests.api.serving import PASSWORD, Served
from tests.conftest import missing
from tests.e2e.running import ROOT

WAIT_MS = 30_000
WIDE = (1440, 900)
PHONE = (390, 844)
# Containers often run as root, where Chromium has no sandbox of its own; the rest keeps it quiet.
QUIET = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
ADMIN = "ada"
LEGS = ("SIM-KALSHI:RATECUT-0001:YES", "SIM-KALSHI:RATECUT-0001:NO")
PAIR = "join_jump_pair_maker"
BUILT = ROOT / "web" / "dist" / "index.html"


class Place(msgspec.Struct, frozen=True):
    """One of the page's places: its address, its name among the places, and what it must show."""

    path: str
    name: str
    shows: tuple[str, ...]


PLACES = (
    Place("/", "Cockpit", ("Net result", "Latest fills", "pair-kalshi")),
    Place("/instances", "Instances", ("pair-kalshi", "favourite_scalper", "running")),
    Place("/markets", "Markets", ("BTCUSDT", "RATECUT-0001")),
    Place("/orders", "Orders and fills", ("OrdStatus", "pair-kalshi")),
    Place("/positions", "Positions and P&L", ("Realised", "bybit")),
    Place("/accounts", "Accounts", ("kalshi", "limitless", "bybit")),
    Place("/risk", "Risk", ("SIM-KALSHI", "pair-kalshi")),
    Place("/backtests", "Backtests", ("Run one",)),
    Place("/logs", "Logs", ("pair-kalshi",)),
    Place("/settings", "Settings", (ADMIN, "Password")),
)


class Visit:
    """One tab of one person."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.set_default_timeout(WAIT_MS)
        page.on("console", lambda told: self._hear(told))
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))

    def _hear(self, told: ConsoleMessage) -> None:
        if told.type in ("error", "warning"):
            self.complaints.append(f"{told.type}: {told.text} {told.location['url']}")

    def forgive(self, *words: str) -> None:
        """Forget the complaints that a test has called for, which have one of these words."""
        kept = [told for told in self.complaints if not any(word in told for word in words)]
        self.complaints[:] = kept

    def go(self, path: str) -> "Visit":
        """Load an address anew."""
        self.page.goto(self.url + path)
        return self

    def place(self, name: str) -> None:
        """Follow the link among the places; nothing is loaded anew."""
        places = self.page.get_by_role("navigation", name="Places")
        places.get_by_role("link", name=name, exact=True).click()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    def confirm(self, verb: str) -> None:
        """Press the dialog's button, again where the effect has changed meanwhile; see it close."""
        press = self.dialog().get_by_role("button", name=verb, exact=True)
        changed = self.dialog().get_by_text("It changed while you read it")
        press.click()
        expect(self.said().locator(".toast").or_(changed).first).to_be_visible()
        if changed.is_visible():
            press.click()
        expect(self.dialog()).to_have_count(0)

    def said(self) -> Locator:
        """Return what became of the commands, as the page told it."""
        return self.page.get_by_role("status")

    def does(self, action: str) -> None:
        """Press one of an instance's buttons; its key stands beside its word."""
        self.page.get_by_role("button", name=re.compile(f"^{action}\\b")).click()

    def rows(self, table: str) -> Locator:
        """Return the rows that a table shows, without its head."""
        return self.page.get_by_role("table", name=table, exact=True).locator("tbody tr:has(td)")

    def is_live(self) -> None:
        """See that the page has its line to the desk."""
        expect(self.page.get_by_label("How the desk stands")).to_contain_text("live")

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.button("Sign in").click()

    def sign_out(self) -> None:
        self.page.get_by_role("button", name="Sign out").click()
        expect(self.button("Sign in")).to_be_visible()


def set_up(visit: Visit, code: str) -> None:
    """Become the first admin with the code that the terminal printed."""
    visit.go("/")
    visit.page.get_by_label("Set-up code").fill(code)
    visit.page.get_by_label("Your name").fill(ADMIN)
    visit.page.get_by_label("Password", exact=False).nth(0).fill(PASSWORD)
    visit.page.get_by_label("Password again").fill(PASSWORD)
    visit.button("Set up and sign in").click()
    visit.is_live()


def built_page() -> Path:
    """Return the built page; ends the test where there is none."""
    if not BUILT.is_file():
        missing("the page is not built; ./tradewind test builds it")
    return BUILT


class Deployed:
    """An instance of a test's own: a pair maker that trades what the demo's do not."""

    def __init__(self, desk: Served, name: str) -> None:
        self.desk = desk
        self.name = name

    @property
    def path(self) -> str:
        return f"/instances/{self.name}"

    @property
    def row(self) -> Any:
        return self.desk.get(f"/api/instances/{self.name}")

    def fills(self) -> list[Any]:
        return list(self.desk.get(f"/api/fills?instance={self.name}&limit=500")["rows"])

    def open_orders(self) -> list[Any]:
        return list(self.desk.get(f"/api/orders?instance={self.name}&open_only=true")["rows"])

    def prices(self) -> dict[str, str]:
        """Return at what price each of its open orders stands."""
        return {row["client_order_id"]: row["px"] for row in self.open_orders()}

    def does(self, action: str, **arguments: Any) -> Any:
        """Have the desk do it, as a program would."""
        body = {"action": action, "arguments": arguments, "why": "a test"}
        answer = self.desk.bearer("POST", f"/api/instances/{self.name}/command", body)
        assert answer.status in (200, 202), answer
        return answer.json

    def end(self) -> None:
        """Leave nothing of it working."""
        if self.row["state"] != "dead":
            self.does("force_stop")


def deploy(desk: Served, name: str, **parameters: Any) -> Deployed:
    """Deploy a pair maker over the API."""
    body = {
        "strategy": PAIR,
        "instance": name,
        "accounts": ["kalshi"],
        "instruments": list(LEGS),
        "parameters": {"pair_kind": "yes_no", **parameters},
        "start": True,
        "why": "a test",
    }
    answer = desk.bearer("POST", "/api/terminal/deploy", body)
    assert answer.status == 200, answer
    return Deployed(desk, name)


Visiting = Callable[..., Visit]
