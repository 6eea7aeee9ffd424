"""A state fits while the fields of its classes do, whatever became of their methods."""

import pickle

import pytest

from tradewind.core.matching.accounts import VenueAccount
from tradewind.core.matching.orders import Place, VenueOrder
from tradewind.core.matching.simulated import SimulatedVenue
from tradewind.edge.simulators.venue_shape import OtherShape, fields, read, shapes

VENUE = "tradewind.core.matching.simulated.SimulatedVenue"


def test_the_fields_of_every_kind_of_class_are_seen() -> None:
    assert {"accounts", "orders", "_under_way"} <= set(fields(SimulatedVenue))
    assert fields(VenueOrder)[:2] == ("client_order_id", "venue_order_id")
    assert fields(Place) == tuple(each.name for each in Place)
    assert shapes()[VENUE] == fields(SimulatedVenue)
    assert f"{VenueAccount.__module__}.VenueAccount" in shapes()


@pytest.mark.parametrize("gone", [False, True], ids=["a field less", "a class that is not known"])
def test_a_class_with_other_fields_is_found_before_it_is_made(gone: bool) -> None:
    body = pickle.dumps(SimulatedVenue(()), protocol=5)
    assert isinstance(read(body, shapes()), SimulatedVenue)
    kept = {**shapes(), VENUE: fields(SimulatedVenue)[1:]}
    if gone:
        del kept[VENUE]
    with pytest.raises(OtherShape, match=r"SimulatedVenue has other fields"):
        read(body, kept)
