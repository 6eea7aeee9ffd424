"""The gateway as its desk's child: found again after its end, gone after the desk's."""

import os
import signal
import stat

import msgspec
import pytest

from tests.api.serving import Served, is_alive, served, until
from tests.e2e.running import run, sentence, start
from tests.e2e.test_two_terminals import free_port
from tests.unit.faces.local.serving import short_folder


def test_a_gateway_that_ends_is_started_again_at_the_same_address() -> None:
    with served() as desk:
        path = desk.folder / "gateway.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        told = msgspec.json.decode(path.read_bytes())
        assert told["url"] == desk.url
        pid = desk.gateway_pid()
        os.kill(pid, signal.SIGKILL)
        desk.wait_healthy()
        assert desk.gateway_pid() != pid
        events = desk.get("/api/events?limit=50")["rows"]
        assert any(row["kind"] == "gateway" for row in events)
        newest = desk.gateway_pid()
        desk.stop()
        assert not path.exists()
        until(lambda: not is_alive(newest), 5, desk.log)


def test_a_gateway_does_not_outlive_a_desk_that_is_killed() -> None:
    with served() as desk:
        pid = desk.gateway_pid()
        desk.kill()
        until(lambda: not is_alive(pid), 10, desk.log)
        # What the dead desk left does not stand in the next one's way.
        old = desk.token
        desk.start()
        assert desk.token != old
        assert desk.ask("GET", "/api/orders", Authorization=f"Bearer {old}").code == "auth_failed"


def test_without_the_page_there_is_no_gateway_and_the_verbs_use_the_socket() -> None:
    with short_folder() as home:
        process = start(home, "demo", "--plain", "--no-web", "--speed", "20")
        try:
            until(lambda: (home / "demo" / "desk.sock").exists(), 30, lambda: process.poll())
            until(lambda: run(home, "pause", "favourites").code == 0, 20, lambda: None)
            assert not (home / "demo" / "gateway.json").exists()
            told = run(home, "status", "--json").json()
            assert told["name"] == "demo"
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)


def test_the_verbs_ask_through_the_gateway(desk: Served) -> None:
    told = run(desk.home, "reconcile", "bybit", "--id", "verb-1", "--why", "to see")
    assert told.code == 0, told.err
    rows = desk.get("/api/commands?limit=50")["rows"]
    entry = next(row for row in rows if row["command_id"] == "verb-1")
    assert entry["by"].startswith("token:local/")
    assert entry["why"] == "to see"
    again = run(desk.home, "reconcile", "bybit", "--id", "verb-1", "--json").json()
    assert again["confirmation"] == "confirmed"
    assert "none of that name" in sentence(run(desk.home, "pause", "nobody"), 2)
    assert "would" in run(desk.home, "kill", "--dry-run").out
    seen = run(desk.home, "orders", "--json", "-n", "3").json()
    assert len(seen) == 3


def test_the_verbs_ask_a_gateway_that_is_named(desk: Served) -> None:
    token = desk.home / "token"
    token.write_text(desk.token)
    with short_folder() as empty:
        told = run(empty, "--url", desk.url, "--token-file", str(token), "status", "--json")
        assert told.json()["name"] == "demo"
        assert "token" in sentence(run(empty, "--url", desk.url, "status"), 2)
        nobody = f"http://127.0.0.1:{free_port()}"
        told = run(empty, "--url", nobody, "--token-file", str(token), "status")
        assert "nobody there" in sentence(told, 5)
    token.unlink()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--host", "0.0.0.0"), "TLS"),
        (("--tls-cert", "nothing.pem"), "--tls-key"),
        (("--tls-cert", "nothing.pem", "--tls-key", "nothing.pem"), "nothing.pem"),
        (("--port", "{taken}"), "port"),
    ],
)
def test_an_address_that_is_not_safe_or_free_is_refused(
    desk: Served, words: tuple[str, ...], said: str
) -> None:
    with short_folder() as home:
        told = [word.format(taken=desk.port) for word in words]
        assert said in sentence(run(home, "demo", "--plain", *told), 2)
        assert said in sentence(run(home, "gateway", "--desk", str(home), *told), 2)
