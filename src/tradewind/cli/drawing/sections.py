"""The tables of the screen, each from the views that it shows."""

from decimal import Decimal

from rich.text import Text

from tradewind.cli.drawing.figures import (
    ALARM,
    BLUE,
    NARROW,
    ORANGE,
    PLAIN,
    RULE,
    SLIM,
    SOFT,
    TITLE,
    WIDE,
    Cell,
    age,
    average,
    clock,
    crop,
    fee,
    gauge,
    holding,
    money,
    name,
    price,
    quantity,
    side,
    venue,
)
from tradewind.cli.drawing.layout import Column, Section, widths_of
from tradewind.control.views import (
    FeedView,
    FillView,
    InstanceView,
    LinkView,
    NewsView,
    OrderView,
    ScopeView,
    ScreenView,
)
from tradewind.model.commands import Lifecycle, ScopeKind, TradingState
from tradewind.model.effects import Level
from tradewind.model.money import MILLIS
from tradewind.model.order import OrderStatus

SHORT_CLOCK = 5
MIDDLING = 60
"""Columns from which on a position shows what it cost."""
ROOMY = 90
"""Columns from which on an order shows both its status and its reason."""
GLYPHS = {
    Lifecycle.PENDING: "○",
    Lifecycle.RUNNING: "●",
    Lifecycle.PAUSED: "◐",
    Lifecycle.STOPPING: "◔",
    Lifecycle.STOPPED: "○",
    Lifecycle.DEAD: "×",
}


def instances(view: ScreenView, width: int) -> Section:
    """Return the instances: state, cycles, orders, positions, result in the reporting currency."""
    wide, narrow = width >= WIDE, width < NARROW
    columns = [
        Column("INSTANCES", 16),
        Column("STATE", 11),
        Column("CYCLES" if wide else "CYC", 6 if wide else 3, right=True),
        Column("ORDERS" if wide else "ORD", 6 if wide else 3, right=True),
        Column("HOLDS", 0),
        Column("REALISED", 10, right=True),
        Column("OPEN", 9, right=True),
        Column("NET", 11, right=True),
    ]
    if wide:
        columns.insert(1, Column("STRATEGY", 22))
    elif narrow:
        del columns[5], columns[2]
    room = next(
        size
        for column, size in zip(columns, widths_of(columns, width, 2), strict=True)
        if not column.width
    )
    rows = []
    for each in view.instances:
        row = _instance_row(each, room)
        if wide:
            row.insert(1, (each.strategy, SOFT))
        elif narrow:
            del row[5], row[2]
        rows.append(row)
    return Section(columns, rows, gap=2)


def _instance_row(each: InstanceView, room: int) -> list[Cell]:
    total = each.total
    return [
        (each.instance, TITLE),
        _state(each),
        (str(len(each.cycles)), PLAIN if each.cycles else SOFT),
        (str(each.open_orders), PLAIN if each.open_orders else SOFT),
        _holds(each, room),
        money(total.realised if total is not None else None),
        money(total.unrealised if total is not None else None),
        money(total.net if total is not None else None),
    ]


def _state(each: InstanceView) -> Cell:
    if each.faulted:
        return "▲ faulted", ALARM
    if each.trading is not TradingState.ACTIVE:
        return f"▲ {each.trading.value}", ALARM
    word = "one cycle" if each.single_fire else each.state.value
    style = BLUE if each.state is Lifecycle.RUNNING else SOFT
    return f"{GLYPHS[each.state]} {word}", style


def _holds(each: InstanceView, room: int) -> Cell:
    if each.faulted:
        return each.faulted, ALARM
    if not each.positions:
        return "flat", SOFT
    words = [f"{holding(held.qty)} {name(held.instrument)}" for held in each.positions]
    for shown in range(len(words), 0, -1):
        text = _first(words, shown)
        if len(text) <= room:
            return text, PLAIN
    more = _first(words, 0)
    return crop(words[0], room - len(more)) + more, PLAIN


def _first(words: list[str], shown: int) -> str:
    left_out = len(words) - max(shown, 1)
    return ", ".join(words[:shown]) + (f" +{left_out}" if left_out else "")


def books(view: ScreenView, width: int) -> Section:
    """Return the books that somebody watches: the touch, its age, and why not to trust it."""
    wide = width >= 70
    columns = [
        Column("BOOKS", 0),
        Column("BID", 8, right=True),
        Column("ASK", 8, right=True),
        Column("SPREAD", 6, right=True),
        Column("AGE", 5, right=True),
    ]
    rows = [_book_row(each, wide=wide) for each in view.feeds]
    if wide:
        columns.insert(1, Column("QTY", 7, right=True))
        columns.insert(4, Column("QTY", 7, right=True))
    elif width < SLIM:
        del columns[3:]
        rows = [row[:3] for row in rows]
    return Section(columns, rows)


def _book_row(each: FeedView, *, wide: bool) -> list[Cell]:
    label = f"{venue(each.instrument)} {name(each.instrument)}"
    if each.trust:
        return [(f"▲ {label}", ALARM), (each.trust, ALARM)]
    spread = None if each.bid is None or each.ask is None else each.ask - each.bid
    row: list[Cell] = [
        (label, PLAIN),
        (price(each.bid, each.tick), BLUE),
        (price(each.ask, each.tick), ORANGE),
        (price(spread, each.tick), PLAIN),
        (age(each.age_ms), SOFT),
    ]
    if wide:
        row.insert(1, (quantity(each.bid_qty), SOFT))
        row.insert(4, (quantity(each.ask_qty), SOFT))
    return row


def orders(view: ScreenView, width: int) -> Section:
    """Return working orders, the newest first."""
    wide = width >= 70
    columns = [
        Column("ORDERS", 14),
        Column("SIDE", 4),
        Column("QTY", 7, right=True),
        Column("INSTRUMENT", 0),
        Column("PRICE", 9, right=True),
    ]
    roomy = width >= ROOMY
    if roomy:
        columns.append(Column("STATUS", 11))
    if wide:
        columns += [Column("REASON", 11), Column("AGE", 4, right=True)]
    ticks = {each.instrument: each.tick for each in view.feeds}
    rows = [_order_row(each, view, ticks, wide=wide) for each in reversed(view.orders)]
    if wide and not roomy:
        rows = [
            _without_status(row, each)
            for row, each in zip(rows, reversed(view.orders), strict=True)
        ]
    if width < SLIM:
        columns = [Column("ORDERS", 6), *columns[2:]]
        rows = [row[1:] for row in rows]
    return Section(columns, rows)


def _order_row(
    each: OrderView, view: ScreenView, ticks: dict[str, Decimal], *, wide: bool
) -> list[Cell]:
    at = each.px if each.px is not None else each.stop_px
    style = SOFT if each.ord_status in (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED) else ORANGE
    row: list[Cell] = [
        (each.instance, PLAIN),
        side(each.side),
        (quantity(each.leaves_qty), PLAIN),
        (name(each.instrument), PLAIN),
        (price(at, ticks.get(each.instrument)), PLAIN),
    ]
    if wide:
        row += [
            (_STATUS_WORDS.get(each.ord_status, each.ord_status.value), style),
            (each.reason.replace("_", " "), SOFT),
            (age((view.now_ns - each.created_ns) // MILLIS), SOFT),
        ]
    return row


def _without_status(row: list[Cell], each: OrderView) -> list[Cell]:
    """Return the row without its status; one that needs an eye stands where the reason does."""
    told = row[6] if each.ord_status is OrderStatus.NEW else row[5]
    return [*row[:5], told, row[7]]


_STATUS_WORDS = {
    OrderStatus.PENDING_NEW: "sent",
    OrderStatus.PARTIALLY_FILLED: "part filled",
    OrderStatus.PENDING_CANCEL: "cancelling",
    OrderStatus.PENDING_REPLACE: "amending",
}
"""Words that fit; the views have the full ones."""


def positions(view: ScreenView, width: int) -> Section:
    """Return what is held, the newest first."""
    columns = [
        Column("POSITIONS", 14),
        Column("QTY", 8, right=True),
        Column("INSTRUMENT", 0),
        Column("AVERAGE", 9, right=True),
        Column("OPEN", 9, right=True),
    ]
    ticks = {each.instrument: each.tick for each in view.feeds}
    rows: list[list[Cell]] = [
        [
            (each.instance, PLAIN),
            (holding(each.qty), BLUE if each.qty > 0 else ORANGE),
            (name(each.instrument), PLAIN),
            (average(each.avg_px, ticks.get(each.instrument)), PLAIN),
            money(each.unrealised),
        ]
        for each in reversed(view.positions)
    ]
    if width < SLIM:
        columns = [Column("POSITIONS", 0), columns[1], columns[4]]
        rows = [[row[2], row[1], row[4]] for row in rows]
    elif width < MIDDLING:
        # What is held comes before what it cost.
        del columns[3]
        rows = [[*row[:3], row[4]] for row in rows]
    return Section(columns, rows)


def fills(view: ScreenView, width: int) -> Section:
    """Return the last fills, the newest first."""
    wide = width >= 70
    columns = [
        Column("FILLS", 8),
        Column("SIDE", 4),
        Column("QTY", 7, right=True),
        Column("INSTRUMENT", 0),
        Column("PRICE", 9, right=True),
    ]
    if wide:
        columns += [Column("FEE", 8, right=True), Column("", 5), Column("INSTANCE", 14)]
    ticks = {each.instrument: each.tick for each in view.feeds}
    rows = [_fill_row(each, ticks, wide=wide) for each in reversed(view.fills)]
    if width < SLIM:
        # Hours and minutes leave more room for the name.
        columns[0] = Column("FILLS", SHORT_CLOCK)
        rows = [
            [(clock(each.ts_event)[:SHORT_CLOCK], SOFT), *row[1:]]
            for row, each in zip(rows, reversed(view.fills), strict=True)
        ]
    return Section(columns, rows)


def _fill_row(each: FillView, ticks: dict[str, Decimal], *, wide: bool) -> list[Cell]:
    undone = each.life.value == "failed"
    row: list[Cell] = [
        (clock(each.ts_event), SOFT),
        side(each.side),
        (quantity(each.last_qty), PLAIN),
        (("undone " if undone else "") + name(each.instrument), ALARM if undone else PLAIN),
        (price(each.last_px, ticks.get(each.instrument)), PLAIN),
    ]
    if wide:
        row += [
            (fee(each.fee), SOFT),
            (each.liquidity.value, SOFT),
            (each.instance, SOFT),
        ]
    return row


def events(view: ScreenView, width: int) -> Section:
    """Return the last alerts and remarks, the newest first."""
    columns = [Column("EVENTS", 8), Column("", 1), Column("", 0)]
    return Section(columns, [_event_row(each) for each in reversed(view.news)])


def _event_row(each: NewsView) -> list[Cell]:
    glyph, style = _LOUDNESS[each.level]
    told = Text(no_wrap=True)
    told.append(f"{each.instance} " if each.instance else "", style=style or PLAIN)
    told.append(f"{each.kind.replace('_', ' ')}: {each.text}", style=style or SOFT)
    return [(clock(each.ts), SOFT), (glyph, style), told]


_LOUDNESS = {
    Level.INFO: ("·", PLAIN),
    Level.WARNING: ("▲", ORANGE),
    Level.CRITICAL: ("▲", ALARM),
}


def risk(view: ScreenView, width: int) -> Section:
    """Return the scopes: first those that are held back, then how much of each limit is used."""
    rows = [_held_row(each) for each in view.scopes if _is_held_back(each)]
    rows += [_unread_row(each) for each in view.links if each.failed_reads]
    shown = (ScopeKind.DESK, ScopeKind.ACCOUNT)
    for each in view.scopes:
        if each.kind in shown and not _is_held_back(each):
            rows += _account_rows(each)
            rows += _use_rows(each, width)
    return Section([Column("RISK", 12), Column("", 0)], rows)


def _account_rows(each: ScopeView) -> list[list[Cell]]:
    """Return how an account stands that may trade: connected, read, and what is not known yet."""
    if each.kind is not ScopeKind.ACCOUNT:
        return []
    words = "connected, reconciled"
    if each.requests_left is not None:
        words += f", {each.requests_left:,} requests left"
    row: list[Cell] = [(f"● {each.name}", BLUE), (words, PLAIN)]
    if not each.unknown_orders:
        return [row]
    waiting = f"{each.unknown_orders} orders without an answer"
    return [row, [(f"▲ {each.name}", ORANGE), (waiting, ORANGE)]]


def _is_held_back(each: ScopeView) -> bool:
    return each.state is not TradingState.ACTIVE or bool(each.doubts)


def _held_row(each: ScopeView) -> list[Cell]:
    why = each.cause if each.state is not TradingState.ACTIVE else "; ".join(each.doubts)
    word = each.state.value if each.state is not TradingState.ACTIVE else "in doubt"
    return [(f"▲ {each.name or each.kind.value}", ALARM), (f"{word}: {why}", ALARM)]


def _unread_row(each: LinkView) -> list[Cell]:
    """Return how often an account could not be read; each time it was read again later."""
    plural = "s" if each.failed_reads > 1 else ""
    words = f"{each.failed_reads:,} reading{plural} failed since the start"
    return [(f"● {each.account}", BLUE), (words, SOFT)]


def _use_rows(each: ScopeView, width: int) -> list[list[Cell]]:
    label: Cell = (f"● {each.name or each.kind.value}", BLUE)
    if not each.uses:
        plain = each.kind is not ScopeKind.ACCOUNT
        return [[label, ("active, without limits of its own", SOFT)]] if plain else []
    rows = []
    for use in each.uses:
        figures = f"{use.used:,.0f} of {use.bound:,.0f} {use.unit}".rstrip()
        full, empty, style = gauge(use.used, use.bound, max(width - 45, 3))
        told = Text(no_wrap=True)
        told.append(f"{use.limit.replace('_', ' '):<12}", style=SOFT)
        told.append(full, style=style)
        told.append(empty, style=RULE)
        told.append(figures.rjust(20), style=PLAIN)
        rows.append([label, told])
    return rows
