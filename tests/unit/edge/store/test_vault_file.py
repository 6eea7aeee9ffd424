"""The vault: what is sealed comes back, and nothing else ever does."""

import os
import pickle
import stat
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.canaries import canary, heard, private_key
from tradewind.edge.store.vault_file import Content, FileVault
from tradewind.edge.store.vault_lock import Cost, KeyFile, Passphrase
from tradewind.model.errors import ConfigError
from tradewind.ports import Keys

QUICK = Cost(n=2, r=1, p=1)


def keys() -> Keys:
    return Keys({"key": canary(18), "secret": canary()})


@pytest.fixture
def vault(tmp_path: Path) -> FileVault:
    """Return a vault with a key file, and two entries in it."""
    made = FileVault(tmp_path / "vault", KeyFile(tmp_path / "vault.key"))
    made.seal("one", keys(), {"venue": "bybit"})
    made.seal("two", keys(), {"venue": "kalshi"})
    return made


def by(passphrase: str) -> Passphrase:
    return Passphrase(lambda _what, _is_new: passphrase, QUICK)


def refused(call: Callable[[], object]) -> str:
    """Return the one sentence with which something is refused; no secret is in its traceback."""
    with pytest.raises(ConfigError) as caught:
        call()
    told = str(caught.value)
    assert told.count("\n") == 0
    assert ", found " in told
    assert ";" in told or ":" in told, "it says what to do"
    assert not heard("".join(traceback.format_exception(caught.value)).encode())
    return told


def test_what_is_sealed_comes_back_in_another_process(tmp_path: Path) -> None:
    given = Keys({"key_id": canary(), "private_key": private_key()})
    FileVault(tmp_path / "v", KeyFile(tmp_path / "k")).seal("main", given, {"venue": "kalshi"})
    again = FileVault(tmp_path / "v", KeyFile(tmp_path / "k"))
    assert again.open("main").values == given.values
    assert again.names() == ["main"]
    assert again.labels() == {"main": {"venue": "kalshi"}}


def test_a_passphrase_opens_what_it_sealed_in_whatever_way_it_was_typed(tmp_path: Path) -> None:
    word = canary() + "caf\u00e9"
    given = keys()
    FileVault(tmp_path / "v", by(word)).seal("main", given)
    assert FileVault(tmp_path / "v", by(canary(14) + word[14:])).open("main") == given
    assert FileVault(tmp_path / "v", by(word.replace("\u00e9", "e\u0301"))).open("main") == given


def test_the_passphrase_is_asked_for_once_and_only_when_it_is_needed(tmp_path: Path) -> None:
    asked = []

    def ask(what: str, is_new: bool) -> str:
        asked.append(is_new)
        return "a long passphrase"

    vault = FileVault(tmp_path / "v", Passphrase(ask, QUICK))
    assert (vault.names(), asked) == ([], [])
    vault.seal("main", keys())
    vault.open("main")
    assert asked == [True]


def test_sealing_again_replaces_and_removing_forgets(vault: FileVault) -> None:
    new = keys()
    vault.seal("one", new)
    assert vault.open("one") == new
    vault.remove("one")
    assert vault.names() == ["two"]
    assert "two" in refused(lambda: vault.open("one"))
    assert "tradewind accounts add" in refused(lambda: vault.remove("one"))


def test_no_vault_at_all_has_no_names_and_opens_nothing(tmp_path: Path) -> None:
    vault = FileVault(tmp_path / "v", KeyFile(tmp_path / "k"))
    assert vault.names() == []
    assert "found nothing" in refused(lambda: vault.open("main"))
    assert list(tmp_path.iterdir()) == []


def test_nothing_in_the_file_nor_in_its_words_shows_a_key(vault: FileVault) -> None:
    opened = vault.open("one")
    for shown in (repr(vault), str(vault), repr(opened), str(opened), f"{opened}"):
        assert not heard(shown.encode())
    assert not heard(vault.path.read_bytes())


def test_the_same_keys_are_sealed_differently_each_time(vault: FileVault) -> None:
    same = keys()
    seen = set()
    for _ in range(3):
        vault.seal("one", same)
        entry = content(vault).entries["one"]
        seen |= {entry.sealed, entry.wrapped, entry.sealed[:12], entry.wrapped[:12]}
    assert len(seen) == 12
    assert content(vault).entries["one"].version == 4


# --- files ----------------------------------------------------------------------------------------


def test_every_file_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        vault = FileVault(tmp_path / "new" / "vault", KeyFile(tmp_path / "new" / "key"))
        vault.seal("main", keys())
        vault.seal("other", keys())
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()}
    assert modes == {"vault": 0o600, "key": 0o600, "vault.lock": 0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["vault", "vault.key"])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_may_read_or_write_is_refused(
    name: str, mode: int, vault: FileVault
) -> None:
    path = vault.path.with_name(name)
    path.chmod(mode)
    assert f"chmod 600 {path}" in refused(lambda: vault.open("one"))


def test_a_full_disk_leaves_the_old_file_and_no_other(
    vault: FileVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = vault.path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert "No space left" in refused(lambda: vault.seal("three", keys()))
    assert vault.path.read_bytes() == before
    assert len(list(vault.path.parent.iterdir())) == 3
    assert vault.names() == ["one", "two"]


def test_two_commands_never_change_it_at_once(vault: FileVault) -> None:
    with vault._alone():
        assert "another command" in refused(lambda: vault.seal("three", keys()))
    vault.seal("three", keys())


def test_what_another_command_sealed_meanwhile_stays(vault: FileVault) -> None:
    other = FileVault(vault.path, KeyFile(vault.path.with_name("vault.key")))

    class Meanwhile(KeyFile):
        def master(self, lock: Any, vault: Path) -> bytes:
            other.seal("three", keys())
            return super().master(lock, vault)

    FileVault(vault.path, Meanwhile(vault.path.with_name("vault.key"))).seal("four", keys())
    assert vault.names() == ["four", "one", "three", "two"]


# --- what is wrong --------------------------------------------------------------------------------


def content(vault: FileVault) -> Content:
    return msgspec.json.decode(vault.path.read_bytes().partition(b"\n")[2], type=Content)


def rewrite(vault: FileVault, change: Callable[[Any], None]) -> None:
    """Change the file as somebody with an editor could."""
    line, _, body = vault.path.read_bytes().partition(b"\n")
    told = msgspec.json.decode(body)
    change(told)
    vault.path.write_bytes(line + b"\n" + msgspec.json.encode(told))


def swap(told: Any) -> None:
    entries = told["entries"]
    entries["one"], entries["two"] = entries["two"], entries["one"]


def flip(told: Any, *keys: str) -> None:
    for key in keys[:-1]:
        told = told[key]
    text = told[keys[-1]]
    told[keys[-1]] = ("B" if text[0] == "A" else "A") + text[1:]


CHANGES: dict[str, Callable[[Any], None]] = {
    "two entries swapped": swap,
    "an entry under another name": lambda told: told["entries"].update(
        three=told["entries"]["one"]
    ),
    "an entry taken out": lambda told: told["entries"].pop("two"),
    "a label changed": lambda told: told["entries"]["one"]["labels"].update(venue="kalshi"),
    "a version changed": lambda told: told["entries"]["one"].update(version=7),
    "a data key changed": lambda told: flip(told, "entries", "one", "wrapped"),
    "sealed keys changed": lambda told: flip(told, "entries", "one", "sealed"),
    "sealed keys emptied": lambda told: told["entries"]["one"].update(sealed=""),
    "the seal changed": lambda told: flip(told, "seal"),
    "the id changed": lambda told: flip(told, "header", "id"),
    "an unknown field": lambda told: told.update(more=1),
    "a lock that is none": lambda told: told["header"]["lock"].update(type="none"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_file_is_damage_and_says_what_to_do(name: str, vault: FileVault) -> None:
    rewrite(vault, CHANGES[name])
    told = refused(lambda: vault.open("one"))
    assert "backup" in told
    assert "not the one it was made with" not in told
    before = vault.path.read_bytes()
    refused(lambda: vault.seal("five", keys()))
    assert vault.path.read_bytes() == before, "nothing was built on a damaged file"


def test_an_entry_put_back_to_an_older_version_is_found(vault: FileVault) -> None:
    old = msgspec.to_builtins(content(vault).entries["one"])
    vault.seal("one", keys())
    rewrite(vault, lambda told: told["entries"].update(one=old))
    assert "backup" in refused(lambda: vault.open("one"))


def test_an_entry_of_another_vault_is_found(vault: FileVault, tmp_path: Path) -> None:
    # The same key file, so the ids alone keep them apart.
    other = FileVault(tmp_path / "other", KeyFile(tmp_path / "vault.key"))
    other.seal("one", keys(), {"venue": "bybit"})
    foreign = msgspec.to_builtins(content(other).entries["one"])
    rewrite(vault, lambda told: told["entries"].update(one=foreign))
    assert "backup" in refused(lambda: vault.open("one"))


@pytest.mark.parametrize("share", [0, 1, 5, 17, 18, 50, 99])
def test_a_file_that_was_cut_off_is_damaged(share: int, vault: FileVault) -> None:
    data = vault.path.read_bytes()
    vault.path.write_bytes(data[: share if share < 20 else len(data) * share // 100])
    assert "backup" in refused(lambda: vault.open("one"))
    assert "backup" in refused(vault.names)


def test_every_flipped_byte_is_found_or_changes_nothing(vault: FileVault) -> None:
    kept = vault.open("one")
    data = vault.path.read_bytes()
    for place in range(0, len(data), 7):
        spoilt = bytearray(data)
        spoilt[place] ^= 1
        vault.path.write_bytes(spoilt)
        try:
            # The unused bits at the end of base 64 are the only ones that say nothing.
            assert vault.open("one") == kept
        except ConfigError:
            continue
    vault.path.write_bytes(data)
    assert vault.open("one") == kept


def test_something_else_in_its_place_is_refused(tmp_path: Path) -> None:
    vault = FileVault(tmp_path / "v", KeyFile(tmp_path / "k"))
    (tmp_path / "v").mkdir()
    assert "no file" in refused(vault.names) or "others may" in refused(vault.names)
    (tmp_path / "v").rmdir()
    os.mkfifo(tmp_path / "v", 0o600)
    assert "no file there" in refused(vault.names)
    (tmp_path / "v").unlink()
    (tmp_path / "v").touch(0o600)
    (tmp_path / "v").write_bytes(b"\0" * (5 << 20))
    assert "far too large" in refused(vault.names)


def test_a_vault_of_a_newer_version_says_so(vault: FileVault) -> None:
    data = vault.path.read_bytes()
    vault.path.write_bytes(data.replace(b"tradewind vault 1", b"tradewind vault 2", 1))
    assert "newer version" in refused(lambda: vault.open("one"))


# --- master keys ----------------------------------------------------------------------------------


def test_a_wrong_passphrase_is_told_apart_from_a_damaged_file(tmp_path: Path) -> None:
    FileVault(tmp_path / "v", by(canary())).seal("main", keys())
    wrong = FileVault(tmp_path / "v", by(canary()))
    assert "the passphrase is not the one" in refused(lambda: wrong.open("main"))
    assert "the passphrase is not the one" in refused(lambda: wrong.seal("other", keys()))
    rewrite(wrong, lambda told: flip(told, "header", "lock", "salt"))
    assert "header damaged" in refused(lambda: wrong.open("main"))


def test_a_new_passphrase_must_be_long(tmp_path: Path) -> None:
    assert "longer" in refused(lambda: FileVault(tmp_path / "v", by("short")).seal("a", keys()))
    assert not (tmp_path / "v").exists()


def test_a_cost_from_elsewhere_that_would_eat_the_machine_is_refused(tmp_path: Path) -> None:
    for cost in (Cost(n=1 << 30), Cost(r=1 << 20), Cost(n=3), Cost(p=0)):
        vault = FileVault(tmp_path / "v", Passphrase(lambda _what, _is_new: canary(), cost))
        assert "cost" in refused(lambda vault=vault: vault.seal("main", keys()))  # type: ignore[misc]


KEY_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "gone": (lambda path: path.unlink(), "no key file"),
    "of another vault": (
        lambda path: path.write_bytes(b"tradewind vault key 1\n" + b"ab" * 32 + b"\n"),
        "the key file is not the one",
    ),
    "empty": (lambda path: path.write_bytes(b""), "no key in it"),
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:40]), "no key in it"),
    "no hex": (
        lambda path: path.write_bytes(b"tradewind vault key 1\n" + b"zz" * 32),
        "no key in it",
    ),
}


@pytest.mark.parametrize("name", KEY_FILES)
def test_a_key_file_that_does_not_open_says_why(name: str, vault: FileVault) -> None:
    spoil, text = KEY_FILES[name]
    spoil(vault.path.with_name("vault.key"))
    assert text in refused(lambda: vault.open("one"))


def test_the_other_kind_of_master_key_is_told(vault: FileVault, tmp_path: Path) -> None:
    assert "--key-file" in refused(lambda: FileVault(vault.path, by(canary())).open("one"))
    FileVault(tmp_path / "v", by(canary())).seal("main", keys())
    other = FileVault(tmp_path / "v", KeyFile(tmp_path / "vault.key"))
    assert "a passphrase locks it" in refused(lambda: other.open("main"))


def test_a_key_file_that_is_there_is_used_and_never_made_anew(vault: FileVault) -> None:
    path = vault.path.with_name("vault.key")
    before = path.read_bytes()
    FileVault(vault.path.with_name("second"), KeyFile(path)).seal("main", keys())
    assert path.read_bytes() == before


def no_question(what: str, is_new: bool) -> str:
    return "a long passphrase"


def test_a_vault_that_holds_a_passphrase_goes_into_no_snapshot(tmp_path: Path) -> None:
    vault = FileVault(tmp_path / "v", Passphrase(no_question, QUICK))
    vault.seal("main", keys())
    with pytest.raises(TypeError, match="passphrase"):
        pickle.dumps(vault)
