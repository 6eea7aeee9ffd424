"""`tradewind instances`: what runs, how it stands, and what it made."""

from tradewind.cli import options


def instances(
    instance: options.ForInstance = "",
    data: options.Data = None,
    as_json: options.Json = False,
) -> None:
    """List instances: state, orders, positions, result."""
    from tradewind.cli.asking import print_json, read
    from tradewind.cli.columns import money, print_table, signed
    from tradewind.control.requests import Instances, ViewName
    from tradewind.control.views import InstanceView, Wanted

    shown = read(ViewName.INSTANCES, Wanted(instance=instance), data)
    assert isinstance(shown, Instances)
    if as_json:
        print_json(shown.rows)
        return

    def row(each: InstanceView) -> tuple[str, ...]:
        state = each.state.value + (" (single-fire)" if each.single_fire else "")
        if each.trading.value != "active":
            state += f", {each.trading.value}"
        held = ", ".join(f"{signed(held.qty)} {held.instrument}" for held in each.positions)
        result = ", ".join(f"{money(one.net)} {one.currency}" for one in each.results)
        cause = f"FAULTED: {each.faulted}" if each.faulted else each.cause
        return (
            each.instance,
            each.strategy,
            state,
            str(len(each.cycles)),
            str(each.open_orders),
            held or "flat",
            result or "0.00",
            cause,
        )

    headings = ("INSTANCE", "STRATEGY", "STATE", "CYCLES", "ORDERS", "POSITIONS", "NET", "CAUSE")
    print_table(headings, [row(each) for each in shown.rows], right="CYCLES ORDERS")
