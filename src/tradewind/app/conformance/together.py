"""Cards about orders that leave together: one message or several, each order is by itself."""

from tradewind.app.conformance.bench import Bench, Placed
from tradewind.app.conformance.card import expect
from tradewind.app.conformance.world import Trouble
from tradewind.model import events as ev
from tradewind.model.effects import CancelOrder
from tradewind.model.money import MILLIS
from tradewind.model.order import Side

BUY = Side.BUY


async def answered_apart(bench: Bench) -> None:
    """Orders that leave together each have their own OrderSent and their own acceptance."""
    placed = _placed(bench, 3)
    for one in placed:
        await bench.hear(ev.OrderAccepted, one.id)
    await bench.calm()
    for one in placed:
        told = bench.heard.of(ev.OrderAccepted, one.id)
        expect(len(told) == 1, f"{one.id} was accepted {len(told)} times")
        expect(len(bench.heard.of(ev.OrderSent, one.id)) == 1, f"{one.id} was not sent once")
        true = bench.truly(one)
        expect(true.open and true.attempts == 1, f"{one.id} does not rest once")
        expect(true.order_id == told[0].venue_order_id, f"{one.id} was told with another's number")


async def one_message(bench: Bench) -> None:
    """Where the venue has batches, orders that leave together leave in one message."""
    since = len(bench.world.written())
    placed = _placed(bench, 3)
    for one in placed:
        await bench.hear(ev.OrderAccepted, one.id)
    payloads = [bench.world.payload(one.prepared) for one in placed]
    found = [text for text in bench.world.written()[since:] if payloads[0] in text]
    expect(len(found) == 1, f"the first order left in {len(found)} messages")
    expect(all(each in found[0] for each in payloads), "they did not leave in one message")


async def bad_apart(bench: Bench) -> None:
    """A bad order among those that leave together is refused, and the others rest."""
    ground = bench.ground
    orders = [bench.order(BUY, ground.far_bid) for _ in range(3)]
    orders[1] = bench.order(BUY, ground.far_bid, ground.too_dear)
    placed = [Placed(each, bench.venue.prepare(each)) for each in orders]
    bench.venue.submit([each.prepared for each in placed], bench.not_after())
    refused = await bench.ended(placed[1])
    expect(
        isinstance(refused, ev.OrderRejected) and refused.reason,
        f"the bad order was told as {type(refused).__name__}",
    )
    for one in (placed[0], placed[2]):
        await bench.hear(ev.OrderAccepted, one.id)
    await bench.calm()
    for one in (placed[0], placed[2]):
        expect(not bench.endings(one), f"{one.id} was told to have ended with the bad one")
        expect(bench.truly(one).open, f"{one.id} does not rest")


async def cancelled_apart(bench: Bench) -> None:
    """Of cancels that leave together each is by itself: the others go, whatever one is told."""
    placed = [await bench.resting() for _ in range(3)]
    bench.cancel(placed[1])
    await bench.hear(ev.OrderCancelled, placed[1].id)
    mark = bench.mark()
    _cancel(bench, placed)
    for one in (placed[0], placed[2]):
        await bench.hear(ev.OrderCancelled, one.id)
        expect(not bench.truly(one).open, f"{one.id} still rests")
    refused = await bench.hear(ev.CancelRejected, placed[1].id, after=mark)
    expect(refused.not_found, "the cancel of an order that is gone was not told as not found")
    others = (placed[0].id, placed[2].id)
    told = [each.client_order_id for each in bench.heard.of(ev.CancelRejected, None, mark)]
    expect(not set(told) & set(others), "a cancel that was carried out was told as refused")


async def unanswered_apart(bench: Bench) -> None:
    """Orders that leave together and have no answer are each unknown, and each is found."""
    bench.world.strike(Trouble.CREATE_UNANSWERED)
    placed = _placed(bench, 3)
    for one in placed:
        await bench.hear(ev.NoAnswer, one.id, within_s=bench.claims.answer_s + 5)
        expect(not bench.endings(one), f"{one.id} was told to have ended")
    bench.world.heal()
    await bench.calm(5.0)
    report = await bench.read([one.id for one in placed])
    for one in placed:
        true = bench.truly(one)
        expect(true.attempts == 1, f"{one.id} was sent {true.attempts} times")
        listed = [each for each in report.orders if each.client_order_id == one.id]
        expect(len(listed) == 1, f"a reading lists {len(listed)} orders under {one.id}")
        expect(listed[0].venue_order_id == true.order_id, "a reading gives it another id")


async def late_apart(bench: Bench) -> None:
    """Orders that leave together past their deadline are each NotSent, and nothing is written."""
    orders = [bench.order(BUY, bench.ground.far_bid) for _ in range(3)]
    placed = [Placed(each, bench.venue.prepare(each)) for each in orders]
    since = len(bench.world.written())
    late = bench.clock.monotonic_ns() - MILLIS
    bench.venue.submit([each.prepared for each in placed], late)
    for one in placed:
        await bench.hear(ev.NotSent, one.id)
    await bench.calm()
    written = bench.world.written()[since:]
    for one in placed:
        expect(not bench.heard.of(ev.OrderSent, one.id), f"{one.id} was told as sent as well")
        payload = bench.world.payload(one.prepared)
        expect(not any(payload in each for each in written), f"bytes of {one.id} were written")
        expect(bench.true(one) is None, f"{one.id} was placed past its deadline")


def _placed(bench: Bench, count: int) -> list[Placed]:
    orders = [bench.order(BUY, bench.ground.far_bid) for _ in range(count)]
    placed = [Placed(each, bench.venue.prepare(each)) for each in orders]
    bench.venue.submit([each.prepared for each in placed], bench.not_after())
    return placed


def _cancel(bench: Bench, placed: list[Placed]) -> None:
    requests = []
    for one in placed:
        (accepted,) = bench.heard.of(ev.OrderAccepted, one.id)
        number, now_ns = accepted.venue_order_id, bench.clock.now_ns()
        requests.append(CancelOrder(one.id, bench.ground.account, one.instrument, number, now_ns))
    bench.venue.cancel(requests, bench.not_after())
