"""Take the pictures of the page that the documents show: every place, two sizes, light and dark.

usage: python -m tests.pictures [names of pictures]

Starts a demo of its own with a fixed seed, lets it trade a while, and writes
docs/images/<name>-<width>-<scheme>.webp. Needs the page built and a Chromium on PATH.
"""

import base64
import random
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.api.serving import Served, served, until
from tests.e2e.page import PHONE, QUIET, WAIT_MS, WIDE, Visit, set_up
from tests.e2e.running import run

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
SEED = "7"
FILLS = 120
TRADED_WITHIN_S = 240.0
RUN_WITHIN_S = 90.0
MINUTES = 4320
FIRST_MS = 1_760_000_000_000
QUALITY = 78
SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")
STILL = """() => !document.querySelector("main [aria-busy=true]")
  && !/Asking the desk|Waiting for the desk|Reading the/.test(document.body.innerText)"""


class Picture(msgspec.Struct, frozen=True):
    """What is taken: a name, an address, and keys that are pressed before."""

    name: str
    path: str
    keys: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    """Labels of what is chosen first."""


def pictures(desk: Served) -> tuple[Picture, ...]:
    """Return every picture; one order stands for all."""
    filled = desk.get("/api/fills?instance=pair-kalshi&limit=1")["rows"][0]
    return (
        Picture("cockpit", "/"),
        Picture("instances", "/instances"),
        Picture("deploy", "/instances/new", chosen=("Join jump pair maker",)),
        Picture("instance", "/instances/ema-short"),
        Picture("pair", "/instances/pair-kalshi"),
        Picture("stop", "/instances/pair-kalshi", ("s",)),
        Picture("markets", "/markets"),
        Picture("market", "/markets/SIM-BYBIT%3ABTCUSDT"),
        Picture("orders", "/orders"),
        Picture("fills", "/orders?tab=fills"),
        Picture("order", f"/orders/{filled['client_order_id']}"),
        Picture("positions", "/positions"),
        Picture("accounts", "/accounts"),
        Picture("risk", "/risk"),
        Picture("backtests", "/backtests"),
        Picture("logs", "/logs"),
        Picture("settings", "/settings"),
        Picture("kill", "/", ("Shift+K",)),
    )


def main(names: list[str]) -> int:
    """Take the pictures named, or all of them; return the exit code."""
    found = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if found is None:
        say("Looked for chromium and google-chrome on PATH, found neither; install one of them.")
        return 2
    IMAGES.mkdir(parents=True, exist_ok=True)
    with served("--seed", SEED, "--fresh") as desk, sync_playwright() as playwright:
        expect.set_options(timeout=WAIT_MS)
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        signed_in = enter(browser, desk, names)
        until(lambda: traded(desk) >= FILLS, TRADED_WITHIN_S, lambda: traded(desk))
        run_backtests(desk)
        wanted = [each for each in pictures(desk) if not names or each.name in names]
        for scheme in SCHEMES:
            for size in (WIDE, PHONE):
                take(browser, desk, Shot(size, scheme, signed_in), wanted)
        browser.close()
    total = sum(path.stat().st_size for path in IMAGES.glob("*.webp"))
    say(f"{len(list(IMAGES.glob('*.webp')))} pictures, {total / 1e6:.1f} MB")
    return 0


class Shot(msgspec.Struct, frozen=True):
    """How they are taken."""

    size: tuple[int, int]
    scheme: Literal["dark", "light"]
    signed_in: Any


def traded(desk: Served) -> int:
    """Return how many fills there were, as far as one answer tells."""
    return len(desk.get("/api/fills?limit=500")["rows"])


def run_backtests(desk: Served) -> None:
    """Have something to compare on the page of backtests: two runs over drawn candles."""
    file = desk.home / "BTCUSDT-1m.csv"
    file.write_text("\n".join(candles()) + "\n")
    words = ("data", "import", str(file), "--instrument", "BYBIT:BTCUSDT", "--interval", "1m")
    told = run(desk.home, *words)
    assert told.code == 0, told.err
    series = next(row for row in desk.get("/api/data")["rows"] if row["rows"] == MINUTES)
    for fast, slow in ((8, 21), (20, 60)):
        body = {
            "strategy": "dual_ema_short",
            "data": [series["folder"]],
            "instrument": series["instrument"],
            "interval": "1m",
            "parameters": {"interval": "1m", "ema_fast": fast, "ema_slow": slow},
        }
        name = f"ema-{fast}-{slow}"
        answer = desk.bearer("POST", "/api/backtests", body, Idempotency_Key=name)
        assert answer.status == 202, answer
        until(partial(is_done, desk, name), RUN_WITHIN_S, lambda: desk.get("/api/backtests"))


def is_done(desk: Served, name: str) -> bool:
    """Tell whether a backtest has come to its end."""
    return bool(desk.get(f"/api/backtests/{name}")["state"] in ("done", "failed"))


def candles() -> list[str]:
    """Draw a walk of one-minute candles, always the same."""
    dice = random.Random(SEED)
    lines, px = ["ts,open,high,low,close,volume"], 60_000.0
    for minute in range(MINUTES):
        close = px * (1 + dice.gauss(0, 0.0006))
        high, low = max(px, close) * 1.0002, min(px, close) * 0.9998
        ts = FIRST_MS + minute * 60_000
        lines.append(f"{ts},{px:.1f},{high:.1f},{low:.1f},{close:.1f},{dice.uniform(5, 50):.1f}")
        px = close
    return lines


def enter(browser: Browser, desk: Served, names: list[str]) -> Any:
    """Set the desk up, taking the pictures of that; return what the browser keeps."""
    for scheme in SCHEMES:
        for size in (WIDE, PHONE):
            if names and "set-up" not in names:
                continue
            page = opened(browser, Shot(size, scheme, None))
            page.goto(desk.url)
            expect(page.get_by_label("Set-up code")).to_be_visible()
            save(page, f"set-up-{size[0]}-{scheme}")
            page.context.close()
    context = browser.new_context()
    set_up(Visit(context.new_page(), desk.url), desk.code)
    kept = context.storage_state()
    context.close()
    return kept


def opened(browser: Browser, shot: Shot) -> Page:
    """Return a tab of the size and the scheme."""
    context = browser.new_context(
        viewport={"width": shot.size[0], "height": shot.size[1]},
        color_scheme=shot.scheme,
        storage_state=shot.signed_in,
        reduced_motion="reduce",
        timezone_id="UTC",
        is_mobile=shot.size == PHONE,
        has_touch=shot.size == PHONE,
    )
    return context.new_page()


def take(browser: Browser, desk: Served, shot: Shot, wanted: list[Picture]) -> None:
    """Take each picture in one tab."""
    page = opened(browser, shot)
    visit = Visit(page, desk.url)
    for each in wanted:
        visit.go(each.path).is_live()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_function(STILL)
        # Charts draw what they heard within two pictures of the screen, curves once a second.
        page.wait_for_timeout(1500)
        for label in each.chosen:
            page.get_by_role("radio", name=label).check()
        for key in each.keys:
            page.keyboard.press(key)
            expect(page.get_by_text("What it would do now")).to_be_visible()
            expect(page.locator(".effect[aria-busy=true]")).to_have_count(0)
        name = f"{each.name}-{shot.size[0]}-{shot.scheme}"
        save(page, name)
        for told in visit.complaints:
            say(f"{name}: {told}")
        visit.complaints.clear()
    page.context.close()


def say(line: str) -> None:
    """Tell whoever runs this."""
    sys.stdout.write(line + "\n")


def save(page: Page, name: str) -> None:
    """Write what the tab shows."""
    session = page.context.new_cdp_session(page)
    told = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    (IMAGES / f"{name}.webp").write_bytes(base64.b64decode(told["data"]))
    session.detach()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
