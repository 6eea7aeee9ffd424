"""`tradewind doctor --venue`: the safe cards on a configured account, and what is said of it."""

from pathlib import Path

import pytest

from tests.conformance.at_bybit import BYBIT
from tests.conformance.at_kalshi import KALSHI
from tests.conformance.memory import MemoryWorld, Setup
from tests.conformance.playing import all_of_it, as_is
from tradewind.app.config import (
    AccountSettings,
    Environment,
    Settings,
    VenueWord,
    load_settings,
)
from tradewind.app.conformance.card import Play
from tradewind.app.conformance.examine import VenueReport, account_of, examine_venue
from tradewind.app.conformance.world import Trouble
from tradewind.app.drill.loop import VirtualClock, VirtualLoop
from tradewind.model.errors import ConfigError, VenueError
from tradewind.model.order import Side
from tradewind.ports import Keys

SETUPS = [pytest.param(each, id=each.name) for each in (BYBIT, KALSHI)]


def account(setup: Setup) -> AccountSettings:
    seat = setup.seat(None)
    return AccountSettings(
        account=seat.account,
        venue=VenueWord(setup.name),
        environment=Environment.CUSTOM,
        hosts=seat.hosts,
        keys="",
        proxy="",
        proxy_keys="",
        symbols=seat.symbols,
    )


def examined(
    setup: Setup, keys: Keys | None, *troubles: Trouble
) -> tuple[VenueReport, MemoryWorld]:
    loop = VirtualLoop()
    clock = VirtualClock(loop, setup.start_ns)

    async def main() -> tuple[VenueReport, MemoryWorld]:
        world = MemoryWorld(setup, loop, clock, as_is, all_of_it)
        ground = setup.ground
        await world.public(ground.instrument, Side.BUY, ground.depth, ground.bid, rests=True)
        for each in troubles:
            world.strike(each)
        transport = world.connect("ours")
        try:
            return await examine_venue(account(setup), keys, transport, clock), world
        finally:
            await transport.close()

    try:
        return loop.run(main())
    finally:
        loop.close()


@pytest.mark.parametrize("setup", SETUPS)
def test_every_safe_card_passes_and_none_other_is_played(setup: Setup) -> None:
    report, world = examined(setup, setup.keys)
    assert report.sound
    results = {each.number: each.result for each in report.outcomes}
    assert results["O79"] is Play.PASSED
    assert results["D07"] is Play.PASSED
    assert results["O01"] is Play.UNSAFE
    assert Play.UNKEYED not in results.values()
    assert world.orders() == []
    assert "not covered" in report.protection.lower()


@pytest.mark.parametrize("setup", SETUPS)
def test_without_keys_only_what_is_public_is_looked_at(setup: Setup) -> None:
    report, _ = examined(setup, None)
    assert report.sound
    results = {each.number: each.result for each in report.outcomes}
    assert results["O79"] is Play.UNKEYED
    assert results["D01"] is Play.PASSED
    assert results["D07"] is (Play.UNKEYED if setup is KALSHI else Play.PASSED)


@pytest.mark.parametrize("setup", SETUPS)
def test_a_venue_that_says_nothing_fails_with_a_sentence(setup: Setup) -> None:
    report, _ = examined(setup, setup.keys, Trouble.PUBLIC_CUT)
    assert not report.sound
    failed = {each.number: each.sentence for each in report.outcomes if each.result is Play.FAILED}
    assert "waited" in failed["D07"]


@pytest.mark.parametrize("setup", SETUPS)
def test_keys_that_the_venue_does_not_know_are_found_out(setup: Setup) -> None:
    assert not sound(setup, setup.unknown_keys)


def sound(setup: Setup, keys: Keys) -> bool:
    try:
        report, _ = examined(setup, keys)
    except VenueError:
        return False
    return report.sound


def test_an_account_that_is_not_in_the_file_is_named_with_those_that_are(tmp_path: Path) -> None:
    settings = written(tmp_path)
    assert account_of(settings, "tape").venue is VenueWord.BYBIT
    with pytest.raises(ConfigError, match="found no account nobody; give one of tape"):
        account_of(settings, "nobody")


def written(folder: Path) -> Settings:
    file = folder / "desk.toml"
    file.write_text(
        '[accounts.tape]\nvenue = "bybit"\nmode = "paper"\nbalance = 1000\n'
        'environment = "mainnet"\nsymbols = ["BTCUSDT"]\n',
        encoding="utf-8",
    )
    return load_settings(file)
