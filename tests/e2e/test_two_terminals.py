"""Two terminals: a simulated venue and a desk on it, as a person starts them, and the plug pulled.

Real processes, real sockets, the shipped examples. However a desk ended, after its next start its
books and the venue's are the same, and no order was sent twice.
"""

import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import msgspec
import pytest

from tests.e2e.books import differences
from tests.e2e.running import Ended, finish, run, sentence, start
from tests.unit.faces.local.serving import short_folder
from tradewind.control.requests import Do, Show, ViewName
from tradewind.control.views import Wanted
from tradewind.edge.venues.kalshi.auth import Signer
from tradewind.faces.local.client import LocalClient, answers
from tradewind.model.commands import Pause, Resume
from tradewind.model.ids import InstanceId
from tradewind.ports import Keys

SPEED = "5"
"""How much faster than life the public is, so that nobody waits long for it."""
TRADES_S = 40.0
QUESTION_S, OVER_S = 8 * 3600, 8 * 60
"""How long favourites are open at the simulated venue; near their end none is bought."""
EQUAL_S = 40.0
"""Bybit needs 15 s to prove an order absent, and two readings after that."""
QUICK_STOP_S = 3.0


@pytest.fixture
def home() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder


class Terminals:
    """One simulated venue and one desk on it; what is started here ends here."""

    def __init__(self, home: Path, venue: str) -> None:
        self.home = home
        self.venue = venue
        self.name = f"{venue}-simulated"
        self.keys = home / "keys.json"
        self.ports = (free_port(), free_port())
        self.simulator: subprocess.Popen[str] | None = None
        self.desk: subprocess.Popen[str] | None = None
        self.told: dict[str, Any] = {}

    def simulate(self) -> None:
        """Start the venue and wait until it can be reached."""
        port, admin = map(str, self.ports)
        words = ("--port", port, "--admin-port", admin, "--keys", str(self.keys), "--json")
        world = ("--seed", "1", "--speed", SPEED)
        self.simulator = start(self.home, "simulate", self.venue, *world, *words)
        assert self.simulator.stdout is not None
        self.told = msgspec.json.decode(self.simulator.stdout.readline())

    def prepare(self, **changes: str) -> None:
        """Seal the keys and write the example, as the guide does it."""
        add = f"accounts add {self.name} --venue {self.venue} --stdin"
        key_file = f"--key-file {self.home / 'vault.key'}"
        sealed = run(self.home, *f"{add} {key_file}".split(), before=f"exec < {self.keys}")
        assert sealed.code == 0, sealed.err
        assert run(self.home, "init", str(self.file), "--example", self.name).code == 0
        text = re.sub(r"127\.0\.0\.1:70\d\d", f"127.0.0.1:{self.ports[0]}", self.file.read_text())
        for key, value in changes.items():
            text = re.sub(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
        self.file.write_text(text)

    @property
    def file(self) -> Path:
        return self.home / "desk.toml"

    def up(self) -> None:
        self.desk = start(self.home, "up", "--config", str(self.file), "--plain", "--no-web")

    def kill(self, process: subprocess.Popen[str] | None) -> None:
        """Pull the plug."""
        assert process is not None
        process.kill()
        process.communicate()

    def stop(self) -> Ended:
        """End the desk as Ctrl-C does; it must not take long."""
        assert self.desk is not None
        began = time.monotonic()
        self.desk.send_signal(signal.SIGINT)
        ended, self.desk = finish(self.desk), None
        assert time.monotonic() - began < QUICK_STOP_S
        return ended

    # --- what is seen ---------------------------------------------------------------------------

    def ask(self, request: Do | Show) -> Any:
        """Ask the running desk, as the verbs do, without the price of a process each."""
        with LocalClient(self.home / self.name / "desk.sock") as client:
            return msgspec.to_builtins(client.ask(request))

    def shown(self, view: ViewName) -> Any:
        told = self.ask(Show(view=view, wanted=Wanted(limit=1000)))
        return told if view is ViewName.SCREEN else told["rows"]

    def truth(self) -> Any:
        first = self.told["accounts"][0]["keys"]
        key = first.get("api_key") or first["key_id"]
        return self.admin(f"truth/{key}")

    def admin(self, path: str, body: object = None) -> Any:
        return asked(f"{self.told['admin']}/{path}", body)

    def unlike(self) -> list[str]:
        """Return where the books differ; the venue may move on while the desk is asked."""
        before = self.truth()
        orders, fills = self.shown(ViewName.ORDERS), self.shown(ViewName.FILLS)
        told = differences(before, orders, fills, self.shown(ViewName.POSITIONS))
        return told if told or before == self.truth() else ["the venue moved on"]

    def see_equal_books(self, *, forgetful: bool = False) -> None:
        """Hold the strategies, let what is under way end, and compare the books.

        A venue that was started anew has no executions of before; orders and positions count.
        """
        for name in self.instances():
            assert self.ask(Do(command=Pause(name)))["confirmation"] == "confirmed"

        def unlike() -> list[str]:
            told = self.unlike()
            return [each for each in told if not (forgetful and each.startswith("fills: "))]

        until(lambda: not unlike(), EQUAL_S, unlike)

    def resume(self) -> None:
        for name in self.instances():
            assert self.ask(Do(command=Resume(name)))["confirmation"] == "confirmed"

    def instances(self) -> list[InstanceId]:
        return [InstanceId(each["instance"]) for each in self.shown(ViewName.INSTANCES)]

    def traders(self) -> set[str]:
        return {each["instance"] for each in self.shown(ViewName.FILLS)}

    def doubts(self) -> list[str]:
        """Return what is in doubt of the account."""
        scopes = self.shown(ViewName.SCREEN)["scopes"]
        return [doubt for each in scopes if each["kind"] == "account" for doubt in each["doubts"]]


@contextmanager
def terminals(home: Path, venue: str) -> Iterator[Terminals]:
    both = Terminals(home, venue)
    try:
        both.simulate()
        yield both
    finally:
        for process in (both.desk, both.simulator):
            if process is not None and process.poll() is None:
                both.kill(process)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def until(true: Callable[[], bool], within_s: float, why: Callable[[], object]) -> None:
    ends = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < ends, why()
        time.sleep(0.2)


def running(both: Terminals) -> bool:
    assert both.desk is not None
    assert both.desk.poll() is None, both.desk.communicate()
    return answers(both.home / both.name / "desk.sock")


def test_kalshi_trades_and_its_books_are_equal_however_it_ends(home: Path) -> None:
    left_s = QUESTION_S - time.time() % QUESTION_S  # noqa: TID251 - the venue's hours are real ones
    if left_s < OVER_S:
        pytest.skip(f"the listed questions close in {left_s / 60:.0f} minutes; run it after that")
    with terminals(home, "kalshi") as both:
        both.prepare()
        both.up()
        until(lambda: running(both), TRADES_S, both.truth)
        until(lambda: both.traders() == {"favourites", "pair"}, TRADES_S, both.traders)
        both.kill(both.desk)
        time.sleep(1.0)
        both.up()
        until(lambda: running(both), TRADES_S, both.truth)
        both.see_equal_books()
        both.resume()
        # A black hole: what is sent vanishes, and nothing comes; nothing is closed.
        both.admin("fault", {"kind": "silence", "length_s": 6, "for_s": 6})
        until(lambda: bool(both.doubts()), 8.0, lambda: both.shown(ViewName.SCREEN))
        until(lambda: not both.doubts(), EQUAL_S, both.doubts)
        both.see_equal_books()
        # Somebody else's order on the same account goes, too.
        stranger = place_by_hand(both)
        killed = run(home, "kill", "--wait", "30")
        assert killed.code == 0, killed.err
        orders = both.truth()["orders"]
        assert stranger in {each["order_id"] for each in orders}
        assert not [each for each in orders if each["open"]]
        assert "killed" in run(home, "rearm", "--dry-run").out
        assert run(home, "rearm").code == 0
        both.kill(both.simulator)
        assert "not confirmed" in sentence(run(home, "kill", "--wait", "2"), 5)
        assert "unwatched" not in both.stop().err


def place_by_hand(both: Terminals) -> str:
    """Let a stranger with the account's key place an order far from the market."""
    listed = asked(f"{both.told['hosts']['rest']}/trade-api/v2/markets?series_ticker=KXFEDDECISION")
    body = {
        "ticker": listed["markets"][0]["ticker"],
        "side": "bid",
        "count": "1.00",
        "price": "0.0100",
        "time_in_force": "good_till_canceled",
        "self_trade_prevention_type": "taker_at_cross",
    }
    path = "/trade-api/v2/portfolio/events/orders"
    signer = Signer(Keys(both.told["accounts"][0]["keys"]))
    headers = signer.headers("POST", path, time.time_ns() // 1_000_000)  # noqa: TID251
    url = both.told["hosts"]["rest"] + path
    return str(asked(url, body, headers)["order_id"])


def asked(url: str, body: object = None, headers: dict[str, str] | None = None) -> Any:
    data = None if body is None else msgspec.json.encode(body)
    with urlopen(Request(url, data, headers or {}), timeout=10) as answer:
        return msgspec.json.decode(answer.read())


def test_bybit_trades_dual_ema_short_and_both_plugs_are_pulled(home: Path) -> None:
    with terminals(home, "bybit") as both:
        # Five times as quick as the example, which nobody wants to wait for in a test.
        both.prepare(interval='"1s"')
        both.up()
        until(lambda: running(both), TRADES_S, both.truth)
        until(lambda: both.traders() == {"ema-short"}, TRADES_S, both.traders)
        both.kill(both.desk)
        both.kill(both.simulator)
        # The simulated venue keeps nothing: it comes back knowing no order and no position.
        both.simulate()
        both.up()
        until(lambda: running(both), TRADES_S, both.truth)
        both.see_equal_books(forgetful=True)
        second = run(home, "up", "--config", str(both.file), "--plain", "--no-web")
        assert "stop that desk first" in sentence(second, 4)
        ended = both.stop()
        assert ended.code == 0
        assert "stopped and saved" in ended.err


def test_a_desk_waiting_for_its_venue_ends_when_it_is_told_to(home: Path) -> None:
    with terminals(home, "bybit") as both:
        both.prepare()
        both.admin("fault", {"kind": "hang", "of": "market"})
        both.up()
        until(lambda: both.admin("faults")["counts"].get("hang", 0) > 0, TRADES_S, both.truth)
        assert both.stop().code == 0


def test_a_venue_that_is_not_there_and_keys_that_it_does_not_take(home: Path) -> None:
    with terminals(home, "bybit") as both:
        both.prepare()
        config = ("--config", str(both.file))
        assert "may not withdraw" in run(home, "accounts", "test", both.name, *config).out
        wrong = '{"api_key": "wrong-wrong", "api_secret": "wrong-wrong"}'
        feed = home / "wrong.json"
        feed.write_text(wrong)
        words = f"accounts add {both.name} --venue bybit --stdin --replace".split()
        assert run(home, *words, before=f"exec < {feed}").code == 0
        assert "API key is invalid" in sentence(
            run(home, "accounts", "test", both.name, *config), 4
        )
        told = run(home, "up", *config, "--plain", "--no-web")
        assert "API key is invalid" in sentence(told, 4)
        both.kill(both.simulator)
        told = run(home, "accounts", "test", both.name, *config)
        assert "nobody listening" in sentence(told, 5)
        assert "nobody listening" in sentence(run(home, "up", *config, "--plain", "--no-web"), 5)
