"""What happens to one life, drawn from its seed: faults, cuts, clock steps and deaths.

Drawn whole before the life begins, so that what is done to it never hangs on what it does.
"""

from collections.abc import Iterator
from enum import StrEnum
from random import Random

import msgspec

from tradewind.app.drill.own_faults import own_faults
from tradewind.app.drill.world import START_NS
from tradewind.edge.simulators import faults as inprocess
from tradewind.edge.simulators.wire_faults import Carried, Fault, Kind, Scope, Way
from tradewind.model.money import MILLIS, NANOS

BACK, THERE = Scope(way=Way.BACK), Scope(way=Way.THERE)
SOCKETS = Scope(carried=Carried.SOCKET, way=Way.BACK)
POSTED = Scope(method="POST", way=Way.THERE)
CREATED = Scope(text='"op":"order.create', way=Way.THERE)
DRAWN: tuple[tuple[Kind, Scope], ...] = (
    (Kind.DROP, Scope()),
    (Kind.DROP_AFTER, THERE),
    (Kind.SILENCE, Scope()),
    (Kind.DELAY, Scope()),
    (Kind.STATUS, THERE),
    (Kind.STATUS_AFTER, THERE),
    (Kind.HANG, THERE),
    (Kind.HANG_AFTER, THERE),
    (Kind.DUPLICATE, SOCKETS),
    (Kind.REORDER, SOCKETS),
    (Kind.GAP, SOCKETS),
    (Kind.TRUNCATE, BACK),
    (Kind.GARBAGE, BACK),
    (Kind.RENAME, BACK),
    (Kind.OMIT, BACK),
    (Kind.DELAY, POSTED),
    (Kind.DELAY, CREATED),
    (Kind.HANG_AFTER, POSTED),
    (Kind.HANG_AFTER, CREATED),
    (Kind.SKEW, Scope()),
    (Kind.MAINTENANCE, Scope()),
)
LEAST_KINDS, MOST_KINDS = 2, 9
CALM_SHARE = 10
"""One life in so many has no faults but its deaths."""
ABRUPT_SHARE = 3
GOOD_EXCHANGE_SHARE = 3
"""One life in so many has exchanges that do nothing wrong by themselves."""
DISORDER_S = 6.0
"""So long the faults of a life that is killed in the middle go on behind its kill."""
CUTTING = frozenset({Kind.DROP, Kind.DROP_AFTER, Kind.SILENCE, Kind.TRUNCATE, Kind.GARBAGE})
"""Faults that cost a connection: often enough to be met, seldom enough to trade in between."""
WINDOWS = frozenset({Kind.SKEW, Kind.MAINTENANCE})
STATUSES = (429, 429, 500, 502, 503)
FIELDS = (
    "seq",
    "u",
    "data",
    "result",
    "orderId",
    "orderLinkId",
    "orderStatus",
    "cumExecQty",
    "execId",
    "execQty",
    "nextPageCursor",
    "order_id",
    "fill_count",
    "status",
    "trade_id",
    "fills",
    "orders",
    "msg",
    "price",
    "size",
)
"""Words of both protocols that a fault renames or leaves out.

Not the client's id of a Kalshi fill, which strangers' fills lack too: a fill that loses it is
entered as a stranger's, and locks its market until a person has looked.
"""


class Ending(StrEnum):
    """Why a process ends: killed, or its disk is full, or another desk has taken its lease."""

    KILLED = "killed"
    FULL = "full"
    FENCED = "fenced"


ENDINGS = (*(Ending.KILLED,) * 6, Ending.FULL, Ending.FENCED)


class Stop(msgspec.Struct, frozen=True):
    """One death: at the n-th commit after a time, before it or right after; then some time down.

    A `cold` restart finds no snapshot.
    """

    at_s: float = 0.0
    commit: int = 0
    before: bool = False
    cold: bool = False
    down_s: float = 0.0
    ending: Ending = Ending.KILLED


class Cut(msgspec.Struct, frozen=True):
    """An exchange's process that is killed and comes again: all its connections go with it."""

    at_s: float
    for_s: float
    venue: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is done to one life; `steps` are those of our own wall clock.

    An `abrupt` life is killed by its person in the middle of it all, the others when it is calm.
    """

    life_s: float
    stops: tuple[Stop, ...] = ()
    faults: tuple[Fault, ...] = ()
    cuts: tuple[Cut, ...] = ()
    steps: tuple[tuple[float, int], ...] = ()
    paper: inprocess.Faults | None = None
    abrupt: bool = False


def drawn(seed: int, life_s: float, *, paper: bool) -> Plan:
    """Draw the plan of a seed."""
    dice = Random(f"{seed}/plan")
    calm = dice.randrange(CALM_SHARE) == 0
    abrupt = dice.randrange(ABRUPT_SHARE) == 0
    stops = _stops(dice, life_s)
    faults: tuple[Fault, ...] = ()
    if not calm:
        faults = (*_faults(dice, life_s), *(_late(life_s) if abrupt else ()))
        faults += _own(seed, life_s)
    return Plan(
        life_s=life_s,
        stops=stops,
        faults=faults,
        cuts=() if calm else _cuts(dice, life_s),
        steps=() if calm else _steps(dice, life_s),
        paper=_paper(seed, dice) if paper else None,
        abrupt=abrupt,
    )


def _stops(dice: Random, life_s: float) -> tuple[Stop, ...]:
    times = sorted(dice.random() * life_s * 0.95 for _ in range(dice.randrange(1, 6)))
    return tuple(
        Stop(
            at_s,
            dice.randrange(1, 12),
            bool(dice.randrange(2)),
            bool(dice.randrange(2)),
            dice.choice((0.0, 0.1, 1.0, 3.0, 12.0)) * dice.random(),
            dice.choice(ENDINGS),
        )
        for at_s in times
    )


def _faults(dice: Random, life_s: float) -> tuple[Fault, ...]:
    found = []
    for kind, scope in dice.sample(DRAWN, dice.randrange(LEAST_KINDS, MOST_KINDS + 1)):
        start_ns = START_NS + int(dice.random() * life_s * 0.7 * NANOS)
        longest_s = 12.0 if kind in WINDOWS else life_s
        end_ns = start_ns + int((1 + dice.random() * longest_s) * NANOS)
        found.append(
            Fault(
                kind=kind,
                scope=scope,
                chance=_chance(kind, dice),
                start_ns=start_ns,
                end_ns=min(end_ns, START_NS + int((life_s + DISORDER_S) * NANOS)),
                length_ns=_length_ns(kind, dice),
                status=dice.choice(STATUSES),
                field=dice.choice(FIELDS),
                to="renamed" if kind is Kind.RENAME else "",
            )
        )
    return tuple(found)


def _own(seed: int, life_s: float) -> tuple[Fault, ...]:
    dice = Random(f"{seed}/own")
    if dice.randrange(GOOD_EXCHANGE_SHARE) == 0:
        return ()
    return own_faults(dice, life_s, life_s + DISORDER_S)


def _late(life_s: float) -> Iterator[Fault]:
    """New orders that are under way when the kill comes land behind it."""
    for scope in (POSTED, CREATED):
        yield Fault(
            kind=Kind.DELAY,
            scope=scope,
            chance=0.5,
            start_ns=START_NS + int((life_s - 2) * NANOS),
            end_ns=START_NS + int((life_s + DISORDER_S) * NANOS),
            length_ns=3 * NANOS,
        )


def _chance(kind: Kind, dice: Random) -> float:
    if kind in CUTTING:
        return dice.choice((0.004, 0.01, 0.03))
    return dice.choice((0.03, 0.1, 0.3))


def _length_ns(kind: Kind, dice: Random) -> int:
    if kind is Kind.SILENCE:
        return dice.randrange(1, 15) * NANOS
    if kind is Kind.SKEW:
        return dice.choice((-8, -2, 2, 8)) * NANOS
    return dice.randrange(10, 2500) * MILLIS


def _cuts(dice: Random, life_s: float) -> tuple[Cut, ...]:
    count = dice.choice((0, 0, 1, 2))
    return tuple(
        Cut(dice.random() * life_s, 0.2 + dice.random() * 8, dice.randrange(2))
        for _ in range(count)
    )


def _steps(dice: Random, life_s: float) -> tuple[tuple[float, int], ...]:
    if dice.randrange(4):
        return ()
    step_ns = dice.choice((-3000, -700, 300, 900, 4000)) * MILLIS
    return ((dice.random() * life_s, step_ns),)


def _paper(seed: int, dice: Random) -> inprocess.Faults:
    """Draw what goes wrong between a desk and the paper venue in its own process."""

    def often() -> float:
        return dice.choice((0.0, 0.0, 0.02, 0.1))

    return inprocess.Faults(
        seed=seed,
        not_sent=often(),
        lose_request=often(),
        refuse_cancel=often(),
        cancel_not_found=often(),
        lose_reply=often(),
        lose_fill=often(),
        duplicate=often(),
        delay=often(),
        reorder=often(),
        outage=often() / 10,
        fail_read=often(),
        stale_read=often(),
        split_trade=often() * 5,
    )
