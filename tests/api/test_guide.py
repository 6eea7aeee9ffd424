"""The guide's examples, run as they stand against a running demo."""

import os
import re
import shutil
import subprocess

import pytest

from tests.api.serving import Served
from tests.tidy.source import ROOT

GUIDE = ROOT / "docs" / "guides" / "api.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


def examples() -> list[str]:
    text = "".join(BLOCK.findall(GUIDE.read_text())).replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip()]


def test_there_are_examples() -> None:
    assert len(examples()) > 10
    assert all(line.startswith("curl -sf ") for line in examples())


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_every_example_of_the_guide_does_what_it_says(desk: Served) -> None:
    around = {**os.environ, "URL": desk.url, "TOKEN": desk.token}
    for line in examples():
        ended = subprocess.run(
            ["/bin/sh", "-c", line], env=around, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, (line, ended.stdout, ended.stderr)
        assert ended.stdout, line
