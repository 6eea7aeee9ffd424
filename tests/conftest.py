"""What every test may ask for: recorded market data, and a seed that a failure prints."""

import os
import random
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from tests.canaries import no_canary_sings, pytest_runtest_logreport

__all__ = ["no_canary_sings", "pytest_runtest_logreport"]

ROOT = Path(__file__).resolve().parents[1]


def missing(what: str) -> NoReturn:
    """Skip for want of something; where everything is to be there (CI=true), fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of recorded data: TRADEWIND_SHARED, else `shared` beside the clone.

    Skips the test when there is none.
    """
    folder = Path(os.environ.get("TRADEWIND_SHARED") or ROOT.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no recorded data at {folder.name}; set TRADEWIND_SHARED to its folder")
    return folder


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Return TRADEWIND_SEED, else a fresh seed. A failing test prints it, to be run again."""
    given = os.environ.get("TRADEWIND_SEED")
    value = int(given) if given else random.SystemRandom().getrandbits(32)
    request.node.add_report_section("call", "seed", f"again with TRADEWIND_SEED={value}")
    return value


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of an installed Chromium or Chrome; skips the test when there is none.

    With CI=true, where one is to be installed, the test fails instead.
    """
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    missing("no Chromium or Chrome on PATH; Debian's package is called chromium")
