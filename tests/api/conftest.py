"""One demo for all tests that leave it as it was, with a person of each role."""

from collections.abc import Iterator

import pytest

from tests.api.serving import PASSWORD, Browser, Served, served


@pytest.fixture(scope="session")
def desk() -> Iterator[Served]:
    with served() as running:
        yield running


@pytest.fixture(scope="session")
def people(desk: Served) -> dict[str, Browser]:
    """A person of each role, signed in; names are the roles."""
    admin = desk.set_up("admin")
    found = {"admin": admin}
    for role in ("viewer", "trader"):
        body = {"name": role, "password": PASSWORD, "role": role}
        assert admin.ask("POST", "/api/users", body).status == 201
        found[role] = desk.sign_in(role)
    return found


@pytest.fixture
def admin(people: dict[str, Browser]) -> Browser:
    return people["admin"]
