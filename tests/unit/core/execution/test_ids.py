"""Wire ids: what each venue's page says it can carry, and that ours fits."""

import pytest

from tests.harness import Bench
from tradewind.core.execution.ids import CODECS, Identity, canonical, codec, wire_id
from tradewind.model.errors import ConfigError
from tradewind.model.events import DeskStarted
from tradewind.model.ids import OrderId, VenueId

PAGES = {
    # venue: how it knows our order, longest id, a character it does not take
    "BYBIT": (Identity.CLIENT_ID, 36, "."),
    "KALSHI": (Identity.CLIENT_ID, 64, " "),
    "LIMITLESS": (Identity.CLIENT_ID, 128, "."),
    "KITE": (Identity.TAG, 20, "-"),
    "SIMULATED": (Identity.CLIENT_ID, 20, "-"),
}
HASHED = ("POLYMARKET", "PREDICTFUN")
SALTS = (0, 1, (1 << 40) - 1, 0x123456789A)


def drawn(salt: int, epoch: int = 1) -> list[OrderId]:
    bench = Bench()
    bench.feed(DeskStarted(epoch, salt, bench.desk.config, bench.now))
    return [bench.desk.world.next_order_id() for _ in range(3)]


def test_every_venue_has_its_rules_here() -> None:
    assert set(CODECS) == {*PAGES, *HASHED} - {"SIMULATED"}


@pytest.mark.parametrize("venue", PAGES)
@pytest.mark.parametrize("salt", SALTS)
def test_ids_that_the_desk_draws_travel_unchanged_on_every_venue(venue: str, salt: int) -> None:
    identity, longest, _ = PAGES[venue]
    assert codec(VenueId(venue)).identity is identity
    for epoch in (1, 2, 30_000):
        for name in drawn(salt, epoch):
            sent = wire_id(VenueId(venue), name)
            assert sent == name
            assert len(sent) == 20 <= longest


@pytest.mark.parametrize("venue", PAGES)
def test_an_id_that_does_not_fit_is_refused_before_it_is_sent(venue: str) -> None:
    _, longest, foreign = PAGES[venue]
    assert wire_id(VenueId(venue), OrderId("A" * longest)) == "A" * longest
    for name in ("A" * (longest + 1), f"AB{foreign}CD", "ABÉCD"):
        with pytest.raises(ConfigError, match="does not fit"):
            wire_id(VenueId(venue), OrderId(name))


@pytest.mark.parametrize("venue", HASHED)
def test_where_only_signing_tells_the_id_there_is_none_before(venue: str) -> None:
    assert codec(VenueId(venue)).identity is Identity.ORDER_HASH
    assert wire_id(VenueId(venue), drawn(1)[0]) == ""


def test_ids_never_repeat_within_an_epoch_nor_from_one_to_the_next() -> None:
    ids = [name for salt in SALTS for epoch in (1, 2, 3) for name in drawn(salt, epoch)]
    assert len(set(ids)) == len(ids)


def test_the_readable_id_names_instance_reason_and_milliseconds() -> None:
    assert canonical("s1", "stop_loss", 1_234_567_890) == "s1:stop_loss:1234"
