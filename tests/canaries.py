"""Secrets that sing: what tests use as keys, and the search for them in all that a run wrote.

Every one begins with a mark that this process drew, so one search finds them all, in plain, in
base 64 and in hexadecimal, whole or cut off. What the program draws with SingingDice begins with
the mark too; what it drew otherwise is searched for once a test has `learnt` it. What a test hands
in as a file it puts into a folder called GIVEN, where nobody looks. The search is at the end of
the process that ran the tests (with xdist, of each worker), and fails the run.
"""

import base64
import io
import mmap
import random
import secrets
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

GIVEN = "given-to-the-test"
ALPHABET = string.ascii_letters + string.digits
MARK = "".join(secrets.choice(ALPHABET) for _ in range(14))
SLICE = 40
"""Characters of a private key that are looked for."""
_used = False
_sung: list[str] = []
_learnt: set[str] = set()


def canary(length: int = 36) -> str:
    """Return a new secret of letters and digits."""
    global _used  # noqa: PLW0603 - a run without secrets needs no search
    _used = True
    return MARK + "".join(secrets.choice(ALPHABET) for _ in range(length - len(MARK)))


class SingingDice(random.SystemRandom):
    """Dice whose long draws begin with the mark: what is made of them sings, hashes do not."""

    def randbytes(self, n: int) -> bytes:
        """Return bytes; those of a value that opens something begin with the mark."""
        canary()
        drawn = super().randbytes(n)
        return MARK.encode() + drawn[len(MARK) :] if n > len(MARK) else drawn


def learnt(secret: str) -> str:
    """Return a secret that the program made, which is searched for from now on."""
    global _used  # noqa: PLW0603 - a run without secrets needs no search
    _used = True
    _learnt.add(secret)
    songs.cache_clear()
    return secret


@cache
def private_key() -> str:
    """Return a private RSA key in PEM, the same one to every test of this process."""
    canary()
    songs.cache_clear()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def given(folder: Path, text: str) -> Path:
    """Return a new private file with a secret in it, for what takes secrets from files."""
    place = folder / GIVEN
    place.mkdir(exist_ok=True)
    path = place / f"secret-{len(list(place.iterdir()))}"
    path.touch(0o600)
    path.write_text(text)
    return path


@cache
def songs() -> dict[bytes, str]:
    """Return every byte string that gives a canary away, and in which dress it comes."""
    found = _dressed("a canary", MARK.encode())
    # Of a second factor's secret; the last sign holds bits of what comes after the mark.
    found[base64.b32encode(MARK.encode()).rstrip(b"=")[:-1]] = "a canary in base 32"
    for secret in _learnt:
        found |= _dressed("what a test learnt", secret.encode())
    if private_key.cache_info().currsize:
        lines = private_key().splitlines()
        for line in lines[len(lines) // 3 : -1 : 6]:
            found |= _dressed("a private key", line[:SLICE].encode())
            found |= _dressed("a private key's bytes", base64.b64decode(line[:SLICE]))
    return found


def _dressed(what: str, secret: bytes) -> dict[bytes, str]:
    dresses = {secret: "in plain", secret.hex().encode(): "in hex"}
    dresses[secret.hex().upper().encode()] = "in hex"
    for shift in range(3):
        # The characters that the bytes before and after reach into are left out.
        coded = base64.b64encode(b"\0" * shift + secret)
        whole = coded[4 * (shift > 0) : len(coded) // 4 * 4 - 4]
        dresses[whole] = "in base 64"
        dresses[whole.translate(bytes.maketrans(b"+/", b"-_"))] = "in base 64"
    return {song: f"{what} {dress}" for song, dress in dresses.items()}


def heard(data: bytes | mmap.mmap) -> str:
    """Return which canary sings in some bytes, empty when none does."""
    return next((what for song, what in songs().items() if data.find(song) >= 0), "")


def sings(folder: Path) -> Iterator[str]:
    """Yield a line for each file below a folder in which, or in whose name, a canary sings."""
    for path in sorted(folder.rglob("*")):
        if GIVEN in path.parts or path.is_symlink():
            continue
        what = heard(str(path.name).encode()) or (heard_in(path) if path.is_file() else "")
        if what:
            yield f"{path.relative_to(folder)}: {what}"


def heard_in(path: Path) -> str:
    """Return which canary sings in a file; empty where it has just gone."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            if not size:
                return ""
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return heard(data)
    except FileNotFoundError:
        return ""


def look(folder: Path) -> None:
    """Search a folder that goes before the run ends."""
    if _used:
        _sung.extend(f"{folder.name}/{line}" for line in sings(folder))


def listen(name: str, *texts: str) -> None:
    """Search what a program said."""
    if _used:
        _sung.extend(f"{name}: {what}" for text in texts if (what := heard(text.encode())))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Search what a test printed and logged."""
    for title, text in report.sections:
        listen(f"{report.nodeid} ({title})", text)


@pytest.fixture(scope="session", autouse=True)
def no_canary_sings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail the run at its end, with the last test, when a secret of a test is found anywhere."""
    yield
    if _used:
        songs.cache_clear()
        found = [*_sung, *sings(tmp_path_factory.getbasetemp())]
        if found:
            pytest.fail("a secret got out:\n" + "\n".join(found), pytrace=False)
