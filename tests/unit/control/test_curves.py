"""Net results over time."""

from tradewind.control.curves import INSTANCE_POINTS, MOST_INSTANCES, POINTS, Curves
from tradewind.model.money import NANOS


def test_curves_span_everything_in_a_bounded_number_of_points() -> None:
    curves = Curves()
    for second in range(10 * POINTS):
        curves.add(second * NANOS, float(second), {"maker": -1.0})
    assert POINTS // 4 < len(curves.desk.points) <= POINTS
    assert curves.desk.points[0] == (0, 0.0)
    assert curves.desk.points[-1][0] > 8 * POINTS * NANOS
    assert len(curves.instances["maker"].points) <= INSTANCE_POINTS


def test_a_point_is_taken_only_after_the_gap_and_the_new_ones_can_be_asked_for() -> None:
    curves = Curves()
    curves.add(0, 1.0, {})
    curves.add(NANOS // 2, 2.0, {})
    curves.add(NANOS, 3.0, {})
    assert curves.desk.points == [(0, 1.0), (NANOS, 3.0)]
    assert curves.desk.after(0) == ((NANOS, 3.0),)
    assert curves.desk.after(NANOS) == ()


def test_very_many_instances_do_not_get_a_curve_each() -> None:
    curves = Curves()
    curves.add(0, 0.0, {f"i{number}": 0.0 for number in range(MOST_INSTANCES + 5)})
    assert len(curves.instances) == MOST_INSTANCES
