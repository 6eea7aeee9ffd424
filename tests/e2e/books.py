"""A desk's books beside the venue's: what the desk shows, and what the simulated venue knows."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

OURS = "TW"
"""How the order ids of a desk of the examples begin."""
LIVE = frozenset({"new", "partially_filled", "pending_cancel", "pending_replace"})


def differences(truth: Any, orders: Any, fills: Any, positions: Any) -> list[str]:
    """Return in words where a desk and its venue do not say the same; nothing where they do."""
    there = {each["client_id"]: each for each in truth["orders"]}
    here = {each["wire_id"]: each for each in orders}
    return [
        *(f"sent {each['attempts']} times: {name}" for name, each in there.items() if _twice(each)),
        *(
            f"unknown to the desk: {name}"
            for name in there.keys() - here.keys()
            if name.startswith(OURS)
        ),
        *_unlike("open", _open(there.values()), {each for each in here if _works(here[each])}),
        *_unlike("fills", _filled(truth["fills"]), _fills(fills)),
        *_unlike("positions", _held(truth["positions"]), _positions(positions)),
    ]


def _twice(order: Any) -> bool:
    return int(order["attempts"]) > 1


def _open(orders: Iterable[Any]) -> set[str]:
    return {each["client_id"] for each in orders if each["open"]}


def _works(order: Any) -> bool:
    return order["ord_status"] in LIVE


def _filled(fills: Any) -> dict[str, Decimal]:
    found: Counter[str] = Counter()
    for each in fills:
        found[each["order_id"]] += Decimal(each["qty"])  # type: ignore[assignment]
    return dict(found)  # type: ignore[arg-type]


def _fills(fills: Any) -> dict[str, Decimal]:
    rows = [{"order_id": each["venue_order_id"], "qty": each["last_qty"]} for each in fills]
    return _filled(rows)


def _held(positions: Any) -> dict[str, Decimal]:
    return {name: Decimal(qty) for name, qty in positions.items() if Decimal(qty)}


def _positions(rows: Any) -> dict[str, Decimal]:
    held: dict[str, Decimal] = {}
    for each in rows:
        _, symbol, *outcome = each["instrument"].split(":")
        sign = -1 if outcome == ["NO"] else 1
        held[symbol] = held.get(symbol, Decimal(0)) + sign * Decimal(each["qty"])
    return {name: qty for name, qty in held.items() if qty}


def _unlike(what: str, there: Any, here: Any) -> list[str]:
    return [] if there == here else [f"{what}: the venue {there}, the desk {here}"]
