"""`tradewind accounts`: keys go in, a fingerprint comes out, and no secret is ever said."""

import io
import stat
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.canaries import canary, given, heard, private_key
from tests.unit.cli.calling import Called, call
from tests.unit.cli.terminal import at_terminal
from tradewind.app.accounts import KeyCheck, open_keys, vault_of
from tradewind.app.key_checks import CHECKS
from tradewind.cli.exits import REFUSED, USAGE
from tradewind.edge.store.vault_file import FileVault
from tradewind.model.errors import AuthFailed, ConfigError

Feed = Callable[[str | bytes], None]


def never(what: str, is_new: bool) -> str:
    raise AssertionError(what)


def vault_in(folder: Path) -> FileVault:
    return vault_of(folder, folder / "key", None, never)


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Feed:
    """Return what puts text on stdin."""

    def put(text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return put


def bybit() -> dict[str, str]:
    return {"api_key": canary(18), "api_secret": canary()}


def kalshi() -> dict[str, str]:
    return {"key_id": canary(), "private_key": private_key()}


def text(fields: object) -> str:
    return msgspec.json.encode(fields).decode()


def added(folder: Path, feed: Feed, name: str, venue: str, fields: object, *more: str) -> Called:
    """Call `accounts add --stdin`, with a key file."""
    feed(fields if isinstance(fields, bytes) else text(fields))
    words = (name, "--venue", venue, "--stdin", "--key-file", str(folder / "key"))
    return call("accounts", "add", *words, *more, data=folder)


def sentence(called: Called, code: int = USAGE) -> str:
    assert called.code == code, called
    assert called.err.startswith("tradewind: "), called
    assert called.err.count("\n") == 1, called
    assert not heard((called.out + called.err).encode())
    return called.err


def print_of(public: str) -> str:
    return sha256(public.encode()).hexdigest()[:8]


@pytest.mark.parametrize(
    ("venue", "fields", "sealed"),
    [
        ("bybit", bybit, {"api_key": "key", "api_secret": "secret"}),
        ("kalshi", kalshi, {"key_id": "key_id", "private_key": "private_key"}),
        ("proxy", lambda: {"user": canary(), "password": canary()}, {}),
    ],
)
def test_keys_from_stdin_are_sealed_under_the_adapters_words(
    venue: str,
    fields: Callable[[], dict[str, str]],
    sealed: dict[str, str],
    tmp_path: Path,
    feed: Feed,
) -> None:
    told = fields()
    called = added(tmp_path, feed, "main", venue, told)
    mark = print_of(next(iter(told.values())))
    assert (called.code, called.out) == (0, f"sealed: main at {venue}, fingerprint {mark}\n")
    values = open_keys(vault_in(tmp_path), "main", venue).values
    assert values == {sealed.get(word, word): value for word, value in told.items()}
    assert stat.S_IMODE((tmp_path / "vault").stat().st_mode) == 0o600


def test_they_are_listed_and_removed_without_showing_them(tmp_path: Path, feed: Feed) -> None:
    assert "No keys are sealed yet" in call("accounts", "list", data=tmp_path).out
    assert call("accounts", "list", "--json", data=tmp_path).json() == []
    first, second = bybit(), kalshi()
    added(tmp_path, feed, "main", "bybit", first)
    shown = added(tmp_path, feed, "side", "kalshi", second, "--json").json()
    side = {"name": "side", "venue": "kalshi", "fingerprint": print_of(second["key_id"])}
    main = {"name": "main", "venue": "bybit", "fingerprint": print_of(first["api_key"])}
    assert shown == side
    assert call("accounts", "list", "--json", data=tmp_path).json() == [main, side]
    assert print_of(first["api_key"]) in call("accounts", "list", data=tmp_path).out
    key_file = ("--key-file", str(tmp_path / "key"))
    dry = call("accounts", "remove", "main", "--dry-run", data=tmp_path)
    assert (dry.code, dry.out.startswith("would remove from")) == (0, True)
    assert len(call("accounts", "list", "--json", data=tmp_path).json()) == 2
    gone = call("accounts", "remove", "main", *key_file, data=tmp_path)
    assert (gone.code, gone.out.startswith("removed: main at bybit")) == (0, True)
    assert call("accounts", "list", "--json", data=tmp_path).json() == [side]
    said = sentence(call("accounts", "remove", "main", *key_file, data=tmp_path))
    assert "found only side; see: tradewind accounts list" in said


def test_a_dry_run_looks_at_the_keys_and_writes_nothing(tmp_path: Path, feed: Feed) -> None:
    called = added(tmp_path, feed, "main", "bybit", bybit(), "--dry-run")
    assert called.code == 0
    assert called.out.startswith(f"would seal into {tmp_path / 'vault'}: main at bybit")
    sentence(added(tmp_path, feed, "main", "bybit", {"api_key": canary()}, "--dry-run"))
    assert list(tmp_path.iterdir()) == []


def test_keys_are_replaced_only_when_that_is_asked_for(tmp_path: Path, feed: Feed) -> None:
    added(tmp_path, feed, "main", "bybit", bybit())
    assert "--replace" in sentence(added(tmp_path, feed, "main", "bybit", bybit()))
    new = bybit()
    assert added(tmp_path, feed, "main", "bybit", new, "--replace").code == 0
    assert open_keys(vault_in(tmp_path), "main", "bybit").values["secret"] == new["api_secret"]


def test_keys_of_another_venue_do_not_open_an_account(tmp_path: Path, feed: Feed) -> None:
    added(tmp_path, feed, "main", "bybit", bybit())
    with pytest.raises(ConfigError, match="found keys of bybit where kalshi needs its own"):
        open_keys(vault_in(tmp_path), "main", "kalshi")


def test_a_passphrase_comes_from_a_file_and_a_private_key_too(
    tmp_path: Path, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEWIND_PASSPHRASE_FILE", str(given(tmp_path, canary() + "\n")))
    pem = given(tmp_path, private_key().replace("\n", "\r\n"))
    feed(text({"key_id": canary()}))
    words = ("main", "--venue", "kalshi", "--stdin", "--private-key-file", str(pem))
    assert call("accounts", "add", *words, data=tmp_path).code == 0
    monkeypatch.setenv("TRADEWIND_PASSPHRASE_FILE", str(given(tmp_path, canary())))
    said = sentence(call("accounts", "remove", "main", data=tmp_path))
    assert "the passphrase is not the one" in said
    for content, told in (("", "no passphrase"), ("\xff", "others may")):
        path = given(tmp_path, content)
        path.chmod(0o600 if not content else 0o644)
        monkeypatch.setenv("TRADEWIND_PASSPHRASE_FILE", str(path))
        assert told in sentence(call("accounts", "remove", "main", data=tmp_path))


# --- what is wrong --------------------------------------------------------------------------------


def pem_of(key: Any, encryption: serialization.KeySerializationEncryption | None = None) -> str:
    told: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption or serialization.NoEncryption(),
    )
    return told.decode()


def locked() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    return pem_of(key, serialization.BestAvailableEncryption(b"word"))


WRONG_FIELDS: dict[str, tuple[str, Callable[[], object], str]] = {
    "no JSON": ("bybit", lambda: f"secret {canary()}".encode(), 'no JSON object; give {"api_key"'),
    "no UTF-8": ("bybit", lambda: b"\xff" + canary().encode(), "no JSON object"),
    "nothing": ("bybit", lambda: b"", "no JSON object"),
    "a list": ("bybit", lambda: [canary()], "no JSON object"),
    "a field missing": (
        "bybit",
        lambda: {"api_key": canary()},
        "api_secret of a bybit account, fo",
    ),
    "an unknown field": (
        "bybit",
        lambda: {**bybit(), canary(): "x"},
        "found an unknown field; giv",
    ),
    "an empty field": ("bybit", lambda: {**bybit(), "api_key": " "}, "found nothing"),
    "a number": ("bybit", lambda: {**bybit(), "api_key": 7}, "found nothing"),
    "a space inside": ("bybit", lambda: {**bybit(), "api_key": canary() + " x"}, "found spaces"),
    "two lines": ("bybit", lambda: {**bybit(), "api_secret": canary() + "\nx"}, "found spaces"),
    "another alphabet": ("bybit", lambda: {**bybit(), "api_key": canary() + "é"}, "found spaces"),
    "far too much": ("bybit", lambda: {**bybit(), "api_key": canary() * 999}, "far too much"),
    "no PEM": ("kalshi", lambda: {**kalshi(), "private_key": canary()}, "no private key in PEM"),
    "half a PEM": (
        "kalshi",
        lambda: {**kalshi(), "private_key": private_key()[:900]},
        "no private key in PEM form",
    ),
    "a locked PEM": (
        "kalshi",
        lambda: {**kalshi(), "private_key": locked()},
        "by its own passphra",
    ),
    "a small key": (
        "kalshi",
        lambda: {**kalshi(), "private_key": pem_of(rsa.generate_private_key(65537, 1024))},
        "no RSA key of 2048 bits",
    ),
    "another kind of key": (
        "kalshi",
        lambda: {**kalshi(), "private_key": pem_of(ec.generate_private_key(ec.SECP256R1()))},
        "no RSA key",
    ),
    "a key kind that Bybit has not": (
        "bybit",
        lambda: {**bybit(), "api_secret": pem_of(ed25519.Ed25519PrivateKey.generate())},
        "no RSA key",
    ),
}


@pytest.mark.parametrize("name", WRONG_FIELDS)
def test_wrong_keys_are_refused_without_repeating_them(
    name: str, tmp_path: Path, feed: Feed
) -> None:
    venue, fields, told = WRONG_FIELDS[name]
    assert told in sentence(added(tmp_path, feed, "main", venue, fields()))
    assert list(tmp_path.iterdir()) == []


def test_the_newer_kind_of_key_and_a_pem_secret_are_taken(tmp_path: Path, feed: Feed) -> None:
    newer = {**kalshi(), "private_key": pem_of(ed25519.Ed25519PrivateKey.generate())}
    assert added(tmp_path, feed, "one", "kalshi", newer).code == 0
    assert added(tmp_path, feed, "two", "bybit", {**bybit(), "api_secret": private_key()}).code == 0


WRONG_WORDS: dict[str, tuple[str, str]] = {
    "an unknown venue": ("add main --venue bibyt --stdin", "give one of bybit, kalshi, proxy"),
    "no venue": ("add main --stdin", "--venue"),
    "a bad name": ("add ma/in --venue bybit --stdin", "at most 32 letters"),
    "a PEM for Bybit": ("add main --venue bybit --private-key-file x", "its keys have none"),
    "a PEM that is not there": ("add m --venue kalshi --stdin --private-key-file /no", "No such"),
    "no terminal": ("add main --venue bybit", "no terminal; give the fields as JSON with --stdin"),
    "keys that are none": ("test main", "found nothing"),
}


@pytest.mark.parametrize("name", WRONG_WORDS)
def test_wrong_words_are_one_sentence(name: str, tmp_path: Path, feed: Feed) -> None:
    words, told = WRONG_WORDS[name]
    feed("{}")
    assert told in sentence(call("accounts", *words.split(), data=tmp_path))


@pytest.mark.parametrize(
    "verb", ["add main --venue bybit --stdin", "remove main", "list", "test m"]
)
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(
    verb: str, tmp_path: Path, feed: Feed
) -> None:
    feed("{}")
    said = sentence(call("accounts", *verb.split(), canary(), data=tmp_path))
    assert "keys never stand there" in said
    assert call("accounts", *verb.split(), f"--api-secret={canary()}", data=tmp_path).code == USAGE


# --- asking the venue -----------------------------------------------------------------------------


def test_a_test_in_a_world_that_is_none_names_those_that_are(tmp_path: Path, feed: Feed) -> None:
    added(tmp_path, feed, "main", "bybit", bybit())
    words = ("main", "--key-file", str(tmp_path / "key"))
    said = sentence(call("accounts", "test", *words, "--environment", "moon", data=tmp_path))
    assert "give one of mainnet, testnet, demo" in said


def test_a_test_hands_the_keys_to_the_adapter_with_their_world(
    tmp_path: Path, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[KeyCheck] = []

    def check(question: KeyCheck) -> str:
        asked.append(question)
        if question.environment == "demo":
            raise AuthFailed("Asked bybit, found no; add them anew.", venue="b", endpoint="e")
        return "may trade, may not withdraw"

    monkeypatch.setitem(CHECKS, "bybit", check)
    fields = bybit()
    added(tmp_path, feed, "bybit-simulated", "bybit", fields)
    call("init", "--example", "bybit-simulated", str(tmp_path / "desk.toml"))
    words = ("accounts", "test", "bybit-simulated", "--key-file", str(tmp_path / "key"))
    assert call(*words, data=tmp_path).out == "may trade, may not withdraw\n"
    call(*words, "--config", str(tmp_path / "desk.toml"), data=tmp_path)
    sentence(call(*words, "--environment", "demo", data=tmp_path), REFUSED)
    assert [each.environment for each in asked] == ["mainnet", "custom", "demo"]
    assert asked[1].hosts["rest"] == "http://127.0.0.1:7001"
    assert asked[0].keys.values["secret"] == fields["api_secret"]


# --- on a terminal --------------------------------------------------------------------------------


def test_at_a_terminal_keys_are_asked_for_without_echo(tmp_path: Path) -> None:
    fields, passphrase = bybit(), canary()
    code, said = at_terminal(
        tmp_path,
        [
            ("API key: ", fields["api_key"]),
            ("API secret: ", fields["api_secret"]),
            ("New passphrase of the vault: ", passphrase),
            ("The same once more: ", passphrase),
        ],
        *("accounts", "add", "main", "--venue", "bybit"),
    )
    assert code == 0, said
    assert not heard(said.encode())
    vault = vault_of(tmp_path, None, None, lambda _what, _is_new: passphrase)
    assert open_keys(vault, "main", "bybit").values["secret"] == fields["api_secret"]


def test_at_a_terminal_a_private_key_is_pasted_without_echo(tmp_path: Path) -> None:
    name = canary()
    lines = private_key().splitlines()
    code, said = at_terminal(
        tmp_path,
        [("Key id: ", name), ("its lines from BEGIN to END: ", "\n".join(lines))],
        *("accounts", "add", "main", "--venue", "kalshi", "--key-file", str(tmp_path / "key")),
    )
    assert code == 0, said
    assert not heard(said.encode())
    values = open_keys(vault_in(tmp_path), "main", "kalshi").values
    assert values == {"key_id": name, "private_key": private_key()}
