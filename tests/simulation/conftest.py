"""Options of the simulation: how many seeds, and from which on."""

import pytest

PAPER_EVERY = 8
"""One seed in so many is also lived with paper accounts."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seeds", type=int, default=200, help="how many seeds to run")
    parser.addoption("--first-seed", type=int, default=1, help="the first seed")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "life_seed" in metafunc.fixturenames:
        first = metafunc.config.getoption("--first-seed")
        count = metafunc.config.getoption("--seeds")
        metafunc.parametrize("life_seed", range(first, first + count))
    if "paper_seed" in metafunc.fixturenames:
        first = metafunc.config.getoption("--first-seed")
        count = metafunc.config.getoption("--seeds")
        metafunc.parametrize("paper_seed", range(first, first + count, PAPER_EVERY))
