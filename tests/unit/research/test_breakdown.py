"""Round trips summed up by name: sums agree with the list, and open ones stay out."""

from tests.unit.research.sample import sample_result
from tradewind.model.money import ZERO
from tradewind.research.breakdown import by_exit_reason, by_instrument


def test_groups_add_up_to_the_list_and_the_best_comes_first() -> None:
    result = sample_result(days=20)
    closed = [trip for trip in result.round_trips if trip.closed_ns is not None]
    assert len(closed) < len(result.round_trips), "the sample should end with an open position"
    for groups in (by_instrument(result), by_exit_reason(result)):
        assert sum(group.round_trips for group in groups) == len(closed)
        assert sum((group.net_pnl for group in groups), ZERO) == sum(
            (trip.net_pnl for trip in closed), ZERO
        )
        results = [group.net_pnl for group in groups]
        assert results == sorted(results, reverse=True)


def test_a_group_says_how_often_it_won_and_how_long_it_held() -> None:
    groups = {group.name: group for group in by_exit_reason(sample_result(days=20))}
    assert groups["stop_loss"].win_rate == 0.0
    assert groups["take_profit"].win_rate == 1.0
    assert (groups["take_profit"].mean_held_ns or 0) > 0
