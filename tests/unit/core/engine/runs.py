"""A run that touches most of the engine, folded from one seed; prints its digest when called.

usage: python -m tests.unit.core.engine.runs SEED
"""

import sys
from random import Random
from typing import Any

import msgspec

from tests.harness import SECOND, Bench, D, account, perpetual
from tradewind import Context, Strategy, param
from tradewind.core.engine.desk import Desk
from tradewind.core.engine.step import step
from tradewind.core.strategy.strategy import Signal
from tradewind.model.commands import Flatten, Kill, Pause, Rearm, Resume, SetParameters, Stop
from tradewind.model.effects import Effect
from tradewind.model.events import Event, Quote
from tradewind.model.ids import InstanceId
from tradewind.model.intents import Protection
from tradewind.model.order import Order, OrderStatus

ONE, TWO = perpetual("ONEUSDT"), perpetual("TWOUSDT")


class Busybody(Strategy):
    """Trades at every third quote, guards what it holds, and talks."""

    size: int = param(1, low=1, high=9)

    def on_start(self, ctx: Context) -> None:
        self.count = 0
        self.seen: set[str] = set()
        ctx.timer("look", after_s=7)

    def on_quote(self, ctx: Context, quote: Quote) -> None:
        self.count += 1
        self.seen.add(quote.instrument)
        orders = ctx.orders(quote.instrument)
        if self.count % 3 == 0 and not orders:
            ctx.open_cycle(f"c{self.count}")
            ctx.buy(quote.instrument, self.size, quote.bid, ttl_ns=20 * SECOND)
        elif orders and self.count % 4 == 0:
            ctx.amend(orders[0].client_order_id, px=quote.bid - D("0.1"))
        if self.count % 10 == 0:
            ctx.publish("count", n=self.count, seen=sorted(self.seen))

    def on_order(self, ctx: Context, order: Order) -> None:
        if order.status is OrderStatus.FILLED and not order.spec.reduce_only:
            held = ctx.position(order.instrument)
            if held.qty > 0 and held.avg_px is not None:
                guard = Protection(stop=held.avg_px - 3, target=held.avg_px + 3)
                ctx.protect(order.instrument, guard)

    def on_signal(self, ctx: Context, signal: Signal) -> None:
        ctx.note(signal.name, **signal.fields)

    def on_timer(self, ctx: Context, key: str) -> None:
        ctx.timer(key, after_s=7)
        ctx.sell(ONE.id, 1, reason="rebalance")


CATALOGUE: dict[str, type[Strategy]] = {"Busybody": Busybody}


def commands(name: str) -> list[Any]:
    """Return a command of every kind that such an instance may get in passing."""
    one = InstanceId(name)
    return [
        Pause(one),
        Resume(one),
        SetParameters(one, {"size": 3}),
        SetParameters(one, {"sise": 3}),
        Flatten(one),
        Kill(),
        Rearm(),
        Stop(one, 5),
    ]


def run(seed: int, length: int = 300) -> Bench:
    """Return a bench after a walk of quotes, fills, commands and silences."""
    random = Random(seed)
    bench = Bench(account("A"), account("B"), config={"tag": "RN"}, catalogue=CATALOGUE)
    bench.define(ONE, TWO)
    for name in ("b1", "b2", "b3"):
        bench.deploy(Busybody, ONE, TWO, name=name)
    px = D(100)
    for _ in range(length):
        px += D(random.randint(-9, 9)) / 10
        instrument = random.choice((ONE, TWO))
        bench.quote(instrument, str(px), str(px + D("0.1")))
        draw = random.random()
        live = [each for each in bench.orders() if each.venue_order_id and each.px is not None]
        if live and draw < 0.3:
            bench.fill(random.choice(live), fee="0.01")
        elif draw < 0.35:
            bench.command(random.choice(commands(random.choice(("b1", "b2", "b3")))))
        elif draw < 0.5:
            bench.pass_time(random.choice((0.1, 1, 5, 30)))
    return bench


def again(events: list[Event]) -> tuple[Desk, list[Effect]]:
    """Fold recorded events into a new desk."""
    desk = Desk(dict(CATALOGUE))
    effects: list[Effect] = []
    for event in events:
        effects += step(desk, event)
    return desk, effects


def main() -> None:
    """Print digest and number of effects."""
    bench = run(int(sys.argv[1]))
    decisions = bench.desk.decisions
    body = msgspec.msgpack.encode(bench.effects)
    sys.stdout.write(f"{decisions.digest()} {decisions.total()} {len(body)}\n")


if __name__ == "__main__":
    main()
