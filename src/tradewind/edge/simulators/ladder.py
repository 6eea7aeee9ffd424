"""The bids on both answers of one question, which are its whole book.

A bid on NO at q is an offer of YES at 1 - q, so two sides of bids say everything and nothing can
disagree. Knows ticks and contracts as integers. Must not know prices, time or who bids.
"""

YES, NO = 0, 1
Levels = dict[int, int]
"""Contracts by tick."""


class Ladder:
    """Bids on YES and on NO by tick; `top` ticks are a price of one.

    `changed` holds, by side, the ticks that were touched since `drain`, with what stands there.
    """

    __slots__ = ("bids", "changed", "top")

    def __init__(self, top: int) -> None:
        self.top = top
        self.bids: tuple[Levels, Levels] = ({}, {})
        self.changed: tuple[Levels, Levels] = ({}, {})

    def best(self, side: int) -> int:
        """Return the best bid of a side in ticks, 0 when nobody bids."""
        bids = self.bids[side]
        return max(bids) if bids else 0

    def room(self, side: int) -> int:
        """Return the highest tick at which a bid of this side meets nobody."""
        return self.top - self.best(1 - side) - 1

    def put(self, side: int, tick: int, qty: int) -> None:
        """Let a level stand at `qty`; zero takes it away."""
        if qty:
            self.bids[side][tick] = qty
        else:
            self.bids[side].pop(tick, None)
        self.changed[side][tick] = qty

    def hit(self, side: int, qty: int, worst: int) -> list[tuple[int, int]]:
        """Sell into the bids of a side, best first and not below `worst`; return (tick, qty)."""
        done = []
        while qty > 0:
            tick = self.best(side)
            if tick < worst or not tick:
                break
            stood = self.bids[side][tick]
            part = min(stood, qty)
            qty -= part
            self.put(side, tick, stood - part)
            done.append((tick, part))
        return done

    def drain(self) -> tuple[Levels, Levels]:
        """Return what changed on both sides and forget it."""
        changed = self.changed
        self.changed = ({}, {})
        return changed
