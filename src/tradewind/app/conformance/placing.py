"""Cards about new orders: how each kind is taken, and how it ends."""

import hashlib
from decimal import Decimal
from typing import Any

from tradewind.app.conformance.bench import Bench, Placed
from tradewind.app.conformance.card import Claim, expect
from tradewind.model import events as ev
from tradewind.model.errors import ConfigError
from tradewind.model.ids import BucketId
from tradewind.model.money import NANOS, ZERO
from tradewind.model.order import OrderType, Side, TimeInForce

BUY, SELL = Side.BUY, Side.SELL
IOC, FOK, GTD = TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTD


async def rests(bench: Bench) -> None:
    """An order far from the market rests under the id that the venue gave it."""
    for side in (BUY, SELL):
        placed = await bench.resting(side)
        accepted = bench.heard.of(ev.OrderAccepted, placed.id)[0]
        true = bench.truly(placed)
        expect(true.open, f"{placed.id} was accepted and does not rest")
        expect(
            accepted.venue_order_id == true.order_id,
            f"told the id {accepted.venue_order_id}, the exchange says {true.order_id}",
        )
        expect(
            (true.side, true.qty) == (side, bench.ground.qty),
            f"asked {side} {bench.ground.qty}, rests {true.side} {true.qty}",
        )


async def accepted_once(bench: Bench) -> None:
    """The acceptance is told once, though an answer and a stream both tell it."""
    placed = await bench.resting()
    await bench.calm(2.0)
    count = len(bench.heard.of(ev.OrderAccepted, placed.id))
    expect(count == 1, f"the acceptance of {placed.id} was told {count} times")
    expect(not bench.endings(placed), f"an end of {placed.id} was told while it rests")


async def sent_first(bench: Bench) -> None:
    """OrderSent comes once, before any answer, with a latency."""
    placed = await bench.resting()
    news = bench.heard.of(ev.OrderEvent, placed.id)
    sent = [each for each in news if isinstance(each, ev.OrderSent)]
    expect(len(sent) == 1, f"OrderSent of {placed.id} came {len(sent)} times")
    expect(news[0] is sent[0], f"{type(news[0]).__name__} of {placed.id} came before OrderSent")
    expect(sent[0].latency_ns >= 0, f"the latency of {placed.id} is {sent[0].latency_ns} ns")


async def wire_id(bench: Bench) -> None:
    """The wire id is known before anything is sent, and it is what the venue shows."""
    order = bench.order(BUY, bench.ground.far_bid)
    before = len(bench.world.written())
    prepared = bench.venue.prepare(order)
    expect(prepared.wire_id, "prepared an order without a wire id")
    expect(prepared.client_order_id == order.client_order_id, "prepared another order")
    expect(len(bench.world.written()) == before, "preparing an order wrote to the network")
    placed = Placed(order, prepared)
    expect(bench.true(placed) is None, "preparing an order placed it")
    bench.venue.submit([prepared], bench.not_after())
    await bench.hear(ev.OrderAccepted, placed.id)
    expect(bench.truly(placed).attempts == 1, f"{placed.id} was sent more than once")


async def digest(bench: Bench) -> None:
    """The digest is the SHA-256 of the prepared bytes, and just these are written, once."""
    placed = await bench.resting()
    payload = bench.world.payload(placed.prepared)
    found = hashlib.sha256(payload).hexdigest()
    expect(found == placed.prepared.digest, f"the bytes digest to {found}")
    times = sum(payload in each for each in bench.world.written())
    expect(times == 1, f"the prepared bytes were written {times} times")


async def prepares_alike(bench: Bench) -> None:
    """Two orders never share a wire id, and the same order is prepared to the same one."""
    one, two = (bench.order(BUY, bench.ground.far_bid) for _ in range(2))
    first, second, again = (bench.venue.prepare(each) for each in (one, two, one))
    expect(first.wire_id != second.wire_id, f"two orders share the wire id {first.wire_id}")
    expect(first.wire_id == again.wire_id, "one order was prepared under two wire ids")


async def market_order(bench: Bench) -> None:
    """A market order is a limit that takes what is there and never rests."""
    ground = bench.ground
    qty = ground.depth + ground.qty
    placed = bench.place(BUY, ground.ask, qty, order_type=OrderType.MARKET, tif=IOC)
    ended = await bench.ended(placed)
    await bench.filled(placed, ground.depth)
    await bench.calm()
    expect(not bench.truly(placed).open, "a market order rests")
    _expect_cancelled(ended, ground.depth)
    bench.check_fills()
    worst = max(each.px for each in bench.heard.fills(placed.id))
    expect(worst <= ground.ask, f"bought at {worst}, beyond the protecting limit {ground.ask}")


async def ioc_fills(bench: Bench) -> None:
    """An IOC order takes what is there, and the rest is cancelled with its final quantity."""
    ground = bench.ground
    qty = ground.depth + ground.qty
    placed = bench.place(SELL, ground.bid, qty, tif=IOC)
    ended = await bench.ended(placed)
    await bench.filled(placed, ground.depth)
    _expect_cancelled(ended, ground.depth)
    expect(not bench.truly(placed).open, "an IOC order rests")


async def ioc_misses(bench: Bench) -> None:
    """An IOC order that meets nothing ends without a fill."""
    placed = bench.place(BUY, bench.ground.far_bid, tif=IOC)
    await _ends_unfilled(bench, placed)


async def fok_fills(bench: Bench) -> None:
    """A FOK order that can fill fills whole."""
    placed = bench.place(BUY, bench.ground.ask, tif=FOK)
    await bench.filled(placed, bench.ground.qty)
    expect(bench.truly(placed).filled_qty == bench.ground.qty, "a FOK order filled in part")


async def fok_kills(bench: Bench) -> None:
    """A FOK order that cannot fill whole ends without a fill."""
    qty = bench.ground.depth + bench.ground.qty
    placed = bench.place(BUY, bench.ground.ask, qty, tif=FOK)
    await _ends_unfilled(bench, placed)


async def post_only_rests(bench: Bench) -> None:
    """A post-only order that would not take rests."""
    placed = await bench.resting(BUY, bench.ground.bid, post_only=True)
    await bench.calm()
    expect(bench.truly(placed).open, "a post-only order at the bid does not rest")


async def post_only_refused(bench: Bench) -> None:
    """A post-only order that would take ends without a fill, and is not told as filled."""
    placed = bench.place(BUY, bench.ground.ask, post_only=True)
    await _ends_unfilled(bench, placed)


async def reduce_only_flat(bench: Bench) -> None:
    """A reduce-only order without a position never opens one."""
    placed = bench.place(BUY, bench.ground.ask, tif=IOC, reduce_only=True)
    await _ends_unfilled(bench, placed)
    expect(bench.world.position(bench.ground.instrument) == ZERO, "reduce-only opened a position")


async def reduce_only_caps(bench: Bench) -> None:
    """A reduce-only order larger than the position leaves none behind, and never turns it."""
    await bench.taken(BUY)
    placed = bench.place(SELL, bench.ground.bid, bench.ground.qty * 2, tif=IOC, reduce_only=True)
    await bench.until(
        lambda: not bench.world.position(bench.ground.instrument) or bench.endings(placed),
        "a reduce-only order",
    )
    await bench.calm()
    left = bench.world.position(bench.ground.instrument)
    expect(left >= ZERO, f"a reduce-only order turned the position to {left}")


async def stop_sleeps(bench: Bench) -> None:
    """A stop order sleeps at the venue, and a reading shows it as open."""
    placed = bench.place(BUY, None, order_type=OrderType.STOP, trigger_px=bench.ground.trigger_px)
    await bench.hear(ev.OrderAccepted, placed.id)
    await bench.calm()
    expect(not bench.heard.fills(placed.id), "a stop filled while it slept")
    report = await bench.read()
    ids = {each.client_order_id for each in report.orders}
    expect(placed.id in ids, "a reading does not show the stop that sleeps")


async def stop_wakes(bench: Bench) -> None:
    """A stop order wakes at its trigger: OrderTriggered, then its fills."""
    ground = bench.ground
    placed = bench.place(BUY, None, order_type=OrderType.STOP, trigger_px=ground.trigger_px)
    await bench.hear(ev.OrderAccepted, placed.id)
    # Somebody empties the book up to the trigger, and leaves something to be bought there.
    beyond = ground.trigger_px
    await bench.world.public(ground.instrument, SELL, ground.depth, beyond, rests=True)
    await bench.world.public(ground.instrument, BUY, ground.depth + ground.qty, beyond, rests=False)
    await bench.hear(ev.OrderTriggered, placed.id)
    await bench.filled(placed, ground.qty)


async def gtd_expires(bench: Bench) -> None:
    """An order with a time to live ends at the venue by itself, and it is told."""
    placed = await bench.resting(BUY, None, None, tif=GTD, ttl_ns=5 * NANOS)
    expect(bench.truly(placed).open, "an order with a time to live does not rest")
    await bench.until(lambda: not bench.truly(placed).open, "the order's time to run out", 30.0)
    ended = await bench.ended(placed)
    expect(
        isinstance(ended, ev.OrderExpired | ev.OrderCancelled),
        f"an expired order was told as {type(ended).__name__}",
    )


async def unclaimed_is_refused(bench: Bench) -> None:
    """What an adapter does not claim, prepare refuses with a sentence; nothing is sent."""
    ground, claimed = bench.ground, bench.claims.claimed
    kinds: dict[Claim, dict[str, Any]] = {
        Claim.STOPS: {"order_type": OrderType.STOP, "trigger_px": ground.trigger_px},
        Claim.GTD: {"tif": GTD, "ttl_ns": 5 * NANOS},
        Claim.FOK: {"tif": FOK},
        Claim.IOC: {"tif": IOC},
    }
    written = len(bench.world.written())
    refused: list[dict[str, Any]] = [{"order_type": OrderType.MARKET, "tif": IOC}]
    refused += [terms for claim, terms in kinds.items() if claim not in claimed]
    for terms in refused:
        stop = terms.get("order_type") in (OrderType.STOP, OrderType.MARKET)
        px = None if stop else ground.far_bid
        order = bench.order(BUY, px, **terms)
        try:
            bench.venue.prepare(order)
        except ConfigError as error:
            expect(len(str(error)) > 20, "refused an order without a sentence")
        else:
            expect(kept=False, sentence=f"prepared what the venue does not know: {terms}")
    expect(len(bench.world.written()) == written, "wrote something for an order it refused")


async def bucket_long_short(bench: Bench) -> None:
    """Where long and short are kept apart, fills and positions say which of them they move."""
    placed = bench.place(BUY, bench.ground.ask, tif=IOC, bucket=BucketId("long"))
    await bench.filled(placed, bench.ground.qty)
    expect({each.bucket for each in bench.heard.fills()} == {"long"}, "a fill moved another bucket")
    report = await bench.read()
    buckets = {each.bucket for each in report.positions if each.qty}
    expect(buckets == {"long"}, f"a bought position lies in {buckets}")


async def mirror_order(bench: Bench) -> None:
    """An order on the mirrored outcome rests and fills at its own price and side."""
    ground = bench.ground
    assert ground.mirror is not None
    px = Decimal(1) - ground.bid  # selling YES at the bid is buying NO at its complement
    placed = bench.place(BUY, px, tif=IOC, instrument=ground.mirror)
    await bench.filled(placed, ground.qty)
    fill = bench.heard.fills(placed.id)[0]
    expect(fill.instrument == ground.mirror, f"a fill of the mirror was told for {fill.instrument}")
    expect(fill.side is BUY, "what was bought on the mirror was told as sold")
    expect(fill.px == px, f"the mirror was bought at {px} and told at {fill.px}")


def _expect_cancelled(ended: ev.OrderEvent, filled_qty: Decimal) -> None:
    assert isinstance(ended, ev.OrderCancelled | ev.OrderExpired), (
        f"a remainder was told as {type(ended).__name__}"
    )
    expect(
        ended.filled_qty in (None, filled_qty),
        f"the final quantity is {filled_qty}, told was {ended.filled_qty}",
    )


async def _ends_unfilled(bench: Bench, placed: Placed) -> None:
    ended = await bench.ended(placed)
    await bench.calm()
    expect(
        isinstance(ended, ev.OrderCancelled | ev.OrderExpired | ev.OrderRejected),
        f"{placed.id} ended as {type(ended).__name__}",
    )
    expect(not bench.heard.fills(placed.id), f"{placed.id} was told to have filled")
    true = bench.true(placed)
    expect(true is None or not true.open, f"{placed.id} rests")
    expect(true is None or not true.filled_qty, f"{placed.id} filled")
    expect(bench.endings(placed) == 1, f"{placed.id} ended {bench.endings(placed)} times")
