"""A canary that sings anywhere is heard, and the run fails; a run without one passes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidy.source import ROOT

PLANTS = {
    "in plain": "tmp_path.joinpath('a.log').write_text('x' + canary())",
    "in a file's name": "tmp_path.joinpath(canary()).touch()",
    "in base 64": "tmp_path.joinpath('a').write_bytes(b64encode(b'key=' + canary().encode()))",
    "in base 64, moved by one": "tmp_path.joinpath('a').write_bytes(b64encode(b'k' + K))",
    "in base 64, moved by two": "tmp_path.joinpath('a').write_bytes(b64encode(b'ke' + K))",
    "in hex": "tmp_path.joinpath('a').write_text(canary().encode().hex())",
    "in hex, in capitals": "tmp_path.joinpath('a').write_text(canary().encode().hex().upper())",
    "cut off": "tmp_path.joinpath('a').write_text(canary()[:16])",
    "drawn, in base 64": "tmp_path.joinpath('a').write_bytes(b64encode(drawn(32)))",
    "drawn, in base 32": "tmp_path.joinpath('a').write_bytes(b32encode(drawn(20)))",
    "learnt": "tmp_path.joinpath('a').write_text('code ' + learnt('JK' * 6))",
    "a private key": "tmp_path.joinpath('a').write_text(repr(private_key()))",
    "a private key in DER": "tmp_path.joinpath('a').write_bytes(DER)",
    "in a database": "database(tmp_path / 'a.sqlite', canary())",
    "on stdout": "print(canary())",
    "in a log": "logging.getLogger('x').error('signed with %s', canary())",
    "said by a program": "listen('tradewind', canary())",
    "in a folder that is gone": "look(planted(tmp_path))",
}
QUIET = {
    "a secret that stays inside": "assert canary() != canary()",
    "a secret handed in as a file": "given(tmp_path, canary())",
    "no secret at all": "tmp_path.joinpath('a').write_text('hello')",
}
TEXT = """\
import logging, shutil, sqlite3
from base64 import b32encode, b64decode, b64encode
from tests.canaries import SingingDice, canary, given, learnt, listen, look, private_key

K = canary().encode()
DER = b64decode("".join(private_key().splitlines()[1:-1]))

def database(path, text):
    opened = sqlite3.connect(path)
    opened.execute("CREATE TABLE t (x TEXT)")
    opened.execute("INSERT INTO t VALUES (?)", (text,))
    opened.commit()
    opened.close()

def drawn(length):
    return SingingDice().randbytes(length)

def planted(folder):
    (folder / "a").write_text(canary())
    return folder

def test_it(tmp_path):
    {line}

def test_another():
    pass
"""


def ran(folder: Path, line: str, *words: str) -> tuple[int, str]:
    """Run two tests in a session of their own; return the exit code and what it said."""
    (folder / "test_it.py").write_text(TEXT.format(line=line))
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "tests.canaries"]
    options = ["-p", "no:cacheprovider", f"--rootdir={folder}", "-c", os.devnull]
    basetemp = f"--basetemp={folder / 'made'}"
    ended = subprocess.run(
        [*command, *options, basetemp, *words, str(folder / "test_it.py")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_each_plant_is_heard_and_named(tmp_path: Path) -> None:
    lines = "\n\n".join(
        f"def test_{number}(tmp_path):\n    {line}" for number, line in enumerate(PLANTS.values())
    )
    code, said = ran(tmp_path, f"pass\n\n{lines}")
    assert code == 1, said
    told = said.partition("a secret got out:")[2]
    quiet = [
        name
        for number, name in enumerate(PLANTS)
        if f"test_{number}0/" not in told
        and f"test_{number} (" not in told
        and name != "said by a program"
    ]
    assert quiet == [], said
    assert "tradewind: a canary in plain" in told


@pytest.mark.parametrize("name", QUIET)
def test_a_quiet_run_passes(name: str, tmp_path: Path) -> None:
    code, said = ran(tmp_path, QUIET[name])
    assert code == 0, said


def test_it_is_heard_in_every_worker(tmp_path: Path) -> None:
    code, said = ran(tmp_path, PLANTS["in plain"], "-n", "2")
    assert code == 1, said
    assert "test_it0/a.log: a canary in plain" in said
