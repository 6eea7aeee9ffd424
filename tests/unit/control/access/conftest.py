"""What the tests of Access may ask for: people in a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.control.access.people import People


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    """Return Access with an admin, a trader and a viewer."""
    made = People(tmp_path)
    yield made
    made.access.close()


@pytest.fixture
def nobody(tmp_path: Path) -> Iterator[People]:
    """Return Access of a desk that nobody has set up."""
    made = People(tmp_path, empty=True)
    yield made
    made.access.close()
