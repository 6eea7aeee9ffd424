"""A folder for each test whose path is short enough for a socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.faces.local.serving import short_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return an empty folder."""
    with short_folder() as made:
        yield made
