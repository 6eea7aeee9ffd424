"""The proof of a desk that does not run: fills and postings of its tables, added up anew.

Knows rows of the read tables. It compares with the positions that stand in them; see `tally` for
the proof of a desk that runs.
"""

from decimal import Decimal

import msgspec

from tradewind.control.table_rows import FillLine, PositionLine, PostingLine
from tradewind.control.views import FillsFold, FoldRow
from tradewind.model.money import ZERO
from tradewind.model.order import Side

Key = tuple[str, str, str, str]


def prove(
    positions: list[PositionLine], fills: list[FillLine], postings: list[PostingLine]
) -> FillsFold:
    """Add fills and postings up anew and compare with the positions; differences are sentences."""
    held: dict[Key, PositionLine] = {line.key: line for line in positions}
    sums = {key: _Sum() for key in held}
    differences = []
    for fill in fills:
        total = sums.get(fill.key)
        if total is None:
            differences.append(f"fill {fill.fill_key} of {fill.account_id} is in no position")
            continue
        line = held[fill.key]
        qty = fill.exec_qty if fill.side is Side.BUY else -fill.exec_qty
        own = fill.commission_currency == line.currency
        total.fills += 1
        total.qty += qty
        total.traded -= qty * fill.exec_price * line.multiplier
        total.fees += fill.commission if own else ZERO
    for posting in postings:
        total = sums.get(posting.key)
        if total is not None:
            own = posting.currency == held[posting.key].currency
            total.qty += posting.qty
            total.paid_out -= posting.value
            total.fees += posting.fee if own else ZERO
            total.funding += posting.funding if own else ZERO
    for key, line in held.items():
        differences += _compare("/".join(key), line, sums[key])
    rows = _fold_rows(held, sums)
    return FillsFold(fills=len(fills), whole=True, differences=tuple(differences), rows=rows)


class _Sum(msgspec.Struct):
    fills: int = 0
    qty: Decimal = ZERO
    traded: Decimal = ZERO
    paid_out: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO


def _compare(name: str, line: PositionLine, total: _Sum) -> list[str]:
    told = {
        "quantity": (line.qty, total.qty),
        "realised profit": (line.realised, line.cost + total.traded + total.paid_out),
        "fees": (line.fees, total.fees),
        "funding": (line.funding, total.funding),
    }
    return [
        f"{name} has {word} of {ours}, its fills say {theirs}"
        for word, (ours, theirs) in told.items()
        if ours != theirs
    ]


def _fold_rows(held: dict[Key, PositionLine], sums: dict[Key, _Sum]) -> tuple[FoldRow, ...]:
    rows: dict[tuple[str, str, str], FoldRow] = {}
    for key, line in held.items():
        total = sums[key]
        place = (line.bot_id, line.account_id, line.currency)
        row = rows.get(place)
        rows[place] = FoldRow(
            instance=place[0],
            account=place[1],
            currency=place[2],
            fills=total.fills + (row.fills if row is not None else 0),
            traded=total.traded + (row.traded if row is not None else ZERO),
            paid_out=total.paid_out + (row.paid_out if row is not None else ZERO),
            held_cost=line.cost + (row.held_cost if row is not None else ZERO),
            realised=line.cost
            + total.traded
            + total.paid_out
            + (row.realised if row is not None else ZERO),
            fees=total.fees + (row.fees if row is not None else ZERO),
        )
    return tuple(rows[place] for place in sorted(rows))
