"""Schemathesis reads the document and asks everything that it says, rightly and wrongly.

Capped here; a long run by hand: raise TRADEWIND_EXAMPLES.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.api.serving import Served, served

EXAMPLES = os.environ.get("TRADEWIND_EXAMPLES", "5")
LIMIT_S = 600
LEFT_OUT = "positive_data_acceptance"
"""What fits its schema may still name nothing that this desk has."""


def plain(schema: Any) -> Any:
    """Return a schema without tuples, which this version of Schemathesis reads wrongly."""
    if isinstance(schema, list):
        return [plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "prefixItems" in schema:
        schema = {**schema, "items": {"anyOf": schema["prefixItems"]}}
        del schema["prefixItems"]
    return {key: plain(value) for key, value in schema.items()}


@pytest.mark.timeout(LIMIT_S)
@pytest.mark.slow
def test_what_the_document_says_is_so(tmp_path: Path, seed: int) -> None:
    # A desk of its own: it is killed and rearmed, and its instances are stopped.
    with served() as desk:
        document = plain(desk.ask("GET", "/api/openapi.json").json)
        file = tmp_path / "openapi.json"
        file.write_bytes(msgspec.json.encode(document))
        ended = asked(desk, file, seed)
        assert ended.returncode == 0, ended.stdout[-8000:]
        faults = [line for line in desk.log().splitlines() if '"fault"' in line]
        assert faults == []
        assert "Traceback" not in desk.said()
        assert desk.get("/api/health")["running"]


def asked(desk: Served, file: Path, seed: int) -> subprocess.CompletedProcess[str]:
    words = ["--url", desk.url, "--header", f"Authorization: Bearer {desk.token}"]
    words += ["--max-examples", EXAMPLES, "--phases", "examples,coverage,fuzzing"]
    words += ["--checks", "all", "--exclude-checks", LEFT_OUT, "--seed", str(seed)]
    words += ["--continue-on-failure", "--no-color", "--warnings", "off", "--workers", "1"]
    words += ["--generation-database", "none"]
    return subprocess.run(
        [str(Path(sys.executable).with_name("schemathesis")), "run", str(file), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
        cwd=file.parent,
    )
