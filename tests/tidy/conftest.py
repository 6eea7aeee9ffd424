"""The tidy tests run in one process, so that every file is parsed once."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tidy" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("tidy"))
