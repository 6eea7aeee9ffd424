"""What a start knows of the past: the same, whether it is warm or cold."""

from collections.abc import Mapping
from typing import Any

from tradewind.app.desks import DeskFolder
from tradewind.app.strategies import Guests
from tradewind.app.version import code_version
from tradewind.core.engine.desk import Desk
from tradewind.core.strategy.strategy import Strategy
from tradewind.edge.store.eventlog_file import FileEventLog
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.edge.store.snapshots_file import FileSnapshots
from tradewind.runtime.recovery import cold, recover
from tradewind.runtime.replay import replay

Catalogue = Mapping[str, type[Strategy]]


def differences(folder: DeskFolder, catalogue: Catalogue) -> list[str]:
    """Return where a warm and a cold start disagree, before either asks a venue."""
    journal = SqliteJournal(folder.journal, durability="process", create=False)
    eventlog = FileEventLog(folder.events)
    snapshots = FileSnapshots(folder.snapshots, code_version(), Guests(catalogue))
    try:
        warm = known(recover(catalogue, journal, eventlog, snapshots).desk)
        without = known(cold(catalogue, journal.read()))
    finally:
        eventlog.close()
        journal.close()
    return [
        f"after a death {topic} {key} is {warm[topic].get(key)} warm, "
        f"{without[topic].get(key)} cold"
        for topic in warm
        for key in sorted({*warm[topic], *without[topic]}, key=str)
        if warm[topic].get(key) != without[topic].get(key)
    ]


def known(desk: Desk) -> dict[str, dict[Any, Any]]:
    """Return what starts must not disagree about: orders, positions, cash, lifecycle."""
    return {
        "order": {
            order.client_order_id: (order.status, order.qty, order.px, order.filled_qty)
            for order in desk.orders.live.values()
            if order.status != "parked"
        },
        "position": {
            (held.account, held.instrument, held.bucket, held.owner): (held.qty, held.cost)
            for held in desk.ledger.positions()
            if held.qty
        },
        "cash": {
            each: desk.ledger.cash(each, state.account.currency)
            for each, state in desk.accounts.items()
        },
        "lifecycle": {
            name: (instance.standing.lifecycle, bool(instance.standing.faulted))
            for name, instance in desk.instances.items()
        },
        "guard": {
            key: (guard.protection, guard.stop, guard.triggered)
            for key, guard in desk.guards.items()
        },
        "state": {scope.name: scope.state for scope in desk.all_scopes()},
    }


def unproved(folder: DeskFolder, catalogue: Catalogue) -> list[str]:
    """Replay the whole record; return where it comes out otherwise than it was written."""
    journal = SqliteJournal(folder.journal, durability="process", create=False)
    eventlog = FileEventLog(folder.events, read_only=True)
    try:
        found = replay(catalogue, journal, eventlog).difference
    finally:
        eventlog.close()
        journal.close()
    if found is None:
        return []
    return [
        f"replayed, step {found.seq} ({found.event}) gives {found.replayed:.200} instead of "
        f"{found.recorded:.200}"
    ]
