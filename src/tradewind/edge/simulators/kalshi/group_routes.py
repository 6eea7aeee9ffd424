"""Endpoints of order groups.

Knows bodies of groups. Must not know how orders match. Source: Kalshi Trade API v2, order groups
(OpenAPI 3.30.0), read 2026-09.
"""

from collections.abc import Mapping
from decimal import Decimal

from tradewind.edge.simulators.kalshi import asking as wording
from tradewind.edge.simulators.kalshi.answers import answer, invalid, not_found
from tradewind.edge.simulators.kalshi.groups import Group
from tradewind.edge.simulators.kalshi.numbers import contracts, read_count
from tradewind.edge.simulators.kalshi.routing import READ, TRADE, Asking, Handler, Route
from tradewind.edge.simulators.wire import WireAnswer

GROUPS = "/portfolio/order_groups"


def _limit(fields: Mapping[str, object]) -> Decimal:
    whole, text = fields.get("contracts_limit"), fields.get("contracts_limit_fp")
    limit = None
    if type(whole) is int:
        limit = Decimal(whole)
    elif isinstance(text, str):
        limit = read_count(text)
    if limit is None or limit < 1 or limit % 1:
        raise invalid("contracts_limit must be a positive whole number")
    return limit


def _group(asking: Asking) -> Group:
    group = asking.member.groups.get(asking.path["group_id"])
    if group is None:
        raise not_found()
    return group


def _members(asking: Asking, group: Group) -> list[str]:
    return [order.now.id for order in asking.member.all_live() if order.now.group == group.id]


def create_group(asking: Asking) -> WireAnswer:
    """Create an order group."""
    fields = asking.fields()
    limit = _limit(fields)
    wording.subaccount(fields)
    if len(asking.member.groups) >= asking.floor.settings.largest_groups:
        raise invalid("too many order groups")
    group = Group(asking.floor.new_id(), limit, max(wording.shard(fields), 0))
    asking.member.groups[group.id] = group
    _tell(asking, group, "created")
    body = {"order_group_id": group.id, "subaccount": 0, "exchange_index": group.exchange_index}
    return answer(body, 201)


def _tell(asking: Asking, group: Group, event: str) -> None:
    asking.floor.feeds.group(asking.member, group, event, asking.floor.now_ns)


def groups(asking: Asking) -> WireAnswer:
    """Return all order groups."""
    rows = [
        {
            "id": group.id,
            "contracts_limit_fp": contracts(group.limit),
            "is_auto_cancel_enabled": True,
            "exchange_index": group.exchange_index,
        }
        for group in asking.member.groups.values()
    ]
    return answer({"order_groups": rows})


def one_group(asking: Asking) -> WireAnswer:
    """Return an order group with its live orders."""
    group = _group(asking)
    return answer(
        {
            "is_auto_cancel_enabled": True,
            "contracts_limit_fp": contracts(group.limit),
            "orders": _members(asking, group),
            "exchange_index": group.exchange_index,
        }
    )


def reset_group(asking: Asking) -> WireAnswer:
    """Let a group take orders again."""
    group = _group(asking)
    group.reset()
    _tell(asking, group, "reset")
    return answer({})


def trigger_group(asking: Asking) -> WireAnswer:
    """Cancel a group's orders and take no more until it is reset."""
    group = _group(asking)
    group.triggered = True
    _tell(asking, group, "triggered")
    asking.floor.cancel_group(asking.member, group.id)
    return answer({})


def limit_group(asking: Asking) -> WireAnswer:
    """Change a group's limit."""
    group = _group(asking)
    group.limit = _limit(asking.fields())
    _tell(asking, group, "limit_updated")
    return answer({})


def delete_group(asking: Asking) -> WireAnswer:
    """Cancel a group's orders and forget it."""
    group = _group(asking)
    asking.floor.cancel_group(asking.member, group.id)
    del asking.member.groups[group.id]
    _tell(asking, group, "deleted")
    return answer({})


def _write(method: str, path: str, name: str, handler: Handler) -> Route:
    return Route(method=method, path=path, name=name, handler=handler, scope=TRADE)


def _read(path: str, name: str, handler: Handler) -> Route:
    return Route(method="GET", path=path, name=name, handler=handler, scope=READ)


ROUTES = [
    _write("POST", f"{GROUPS}/create", "CreateOrderGroup", create_group),
    _read(GROUPS, "GetOrderGroups", groups),
    _read(GROUPS + "/{group_id}", "GetOrderGroup", one_group),
    _write("PUT", GROUPS + "/{group_id}/reset", "ResetOrderGroup", reset_group),
    _write("PUT", GROUPS + "/{group_id}/trigger", "TriggerOrderGroup", trigger_group),
    _write("PUT", GROUPS + "/{group_id}/limit", "UpdateOrderGroupLimit", limit_group),
    _write("DELETE", GROUPS + "/{group_id}", "DeleteOrderGroup", delete_group),
]
