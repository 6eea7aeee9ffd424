"""Cards about requests without an answer: what may have happened is Unknown, never sent again."""

from tradewind.app.conformance.bench import Bench, Placed
from tradewind.app.conformance.card import expect
from tradewind.app.conformance.world import Trouble
from tradewind.model import events as ev
from tradewind.model.money import MILLIS
from tradewind.model.order import Side

BUY, SELL = Side.BUY, Side.SELL


async def create_unanswered(bench: Bench) -> None:
    """An order whose answer is lost ends as NoAnswer and is found by its client id."""
    placed = await _in_doubt(bench, Trouble.CREATE_UNANSWERED)
    await bench.hear(ev.NoAnswer, placed.id, within_s=bench.claims.answer_s + 5)
    bench.world.heal()
    await _found(bench, placed)


async def create_swallowed(bench: Bench) -> None:
    """An order that never arrived ends as NoAnswer, and a reading has asked for it in vain."""
    placed = await _in_doubt(bench, Trouble.CREATE_SWALLOWED)
    answer = await bench.hear(ev.NoAnswer, placed.id, within_s=bench.claims.answer_s + 5)
    expect(answer.request is ev.Request.SUBMIT, "the lost create was told as another request")
    bench.world.heal()
    await bench.calm(3.0)
    report = await bench.read([placed.id])
    expect(bench.true(placed) is None, "an order that was lost on its way was sent again")
    expect(placed.id in report.asked, "a reading does not say that it looked the order up")
    listed = [each for each in report.orders if each.client_order_id == placed.id]
    expect(not listed, "a reading lists an order that never arrived")
    await bench.until(
        lambda: any(each.failed for each in bench.heard.of(ev.RequestsCounted)),
        "the failed request to be counted",
    )


async def create_failed_late(bench: Bench) -> None:
    """A server's failure after the order was taken is no refusal: it may have happened."""
    placed = await _in_doubt(bench, Trouble.CREATE_FAILED_LATE)
    await _told_as_taken_or_unknown(bench, placed)
    await _found(bench, placed)


async def create_garbled(bench: Bench) -> None:
    """An answer that cannot be read is no refusal: the order may have been taken."""
    placed = await _in_doubt(bench, Trouble.CREATE_GARBLED)
    await _told_as_taken_or_unknown(bench, placed)
    await _found(bench, placed)


async def create_cut(bench: Bench) -> None:
    """A connection cut with a request under way is no proof that it never left."""
    placed = await _in_doubt(bench, Trouble.CREATE_CUT)
    await _told_as_taken_or_unknown(bench, placed)
    await _found(bench, placed)


async def cancel_unanswered(bench: Bench) -> None:
    """A cancel whose answer is lost ends as NoAnswer or by the venue's own word."""
    placed = await bench.resting()
    bench.world.strike(Trouble.CANCEL_UNANSWERED)
    bench.cancel(placed)
    await bench.until(
        lambda: bench.heard.of(ev.NoAnswer, placed.id) or bench.endings(placed),
        f"what became of the cancel of {placed.id}",
    )
    bench.world.heal()
    await bench.calm(2.0)
    for answer in bench.heard.of(ev.NoAnswer, placed.id):
        expect(answer.request is ev.Request.CANCEL, f"told as a lost {answer.request}")
    expect(not bench.heard.of(ev.CancelRejected, placed.id), "a lost cancel was told as refused")
    report = await bench.read([placed.id])
    listed = [each for each in report.orders if each.client_order_id == placed.id]
    expect(
        all(each.status != "new" for each in listed) or bench.truly(placed).open,
        "a reading lists a cancelled order as open",
    )


async def amend_unanswered(bench: Bench) -> None:
    """An amendment whose answer is lost ends as NoAnswer or by the venue's own word."""
    placed = await bench.resting(BUY, None, bench.ground.qty * 3)
    bench.world.strike(Trouble.CHANGE_UNANSWERED)
    bench.amend(placed, bench.ground.qty * 2, bench.ground.far_bid)
    await bench.until(
        lambda: (
            bench.heard.of(ev.NoAnswer, placed.id) or bench.heard.of(ev.OrderAmended, placed.id)
        ),
        f"what became of the amendment of {placed.id}",
    )
    bench.world.heal()
    await bench.calm()
    expect(not bench.heard.of(ev.AmendRejected, placed.id), "a lost amendment was told as refused")
    report = await bench.read([placed.id])
    qty = [each.qty for each in report.orders if each.client_order_id == placed.id]
    expect(qty == [bench.truly(placed).qty], f"a reading says {qty} of the amended order")


async def submit_too_late(bench: Bench) -> None:
    """An order past its deadline answers NotSent, and not a byte of it is written."""
    order = bench.order(BUY, bench.ground.far_bid)
    placed = Placed(order, bench.venue.prepare(order))
    written = len(bench.world.written())
    bench.venue.submit([placed.prepared], bench.clock.monotonic_ns() - MILLIS)
    refused = await bench.hear(ev.NotSent, placed.id)
    await bench.calm()
    expect(refused.request is ev.Request.SUBMIT, f"told as a {refused.request} that was not sent")
    expect(not bench.heard.of(ev.OrderSent, placed.id), "told as sent as well")
    _unwritten(bench, written, bench.world.payload(placed.prepared))
    expect(bench.true(placed) is None, "an order past its deadline was placed")


async def change_too_late(bench: Bench) -> None:
    """A cancel or an amendment past its deadline answers NotSent, and the order stays."""
    placed = await bench.resting()
    late = bench.clock.monotonic_ns() - MILLIS
    bench.cancel(placed, late)
    refused = await bench.hear(ev.NotSent, placed.id)
    expect(refused.request is ev.Request.CANCEL, f"told as a {refused.request} that was not sent")
    await bench.calm()
    expect(bench.truly(placed).open, "a cancel past its deadline was carried out")
    mark = bench.mark()
    bench.amend(placed, bench.ground.qty * 2, bench.ground.far_bid, late)
    await bench.until(
        lambda: (
            bench.heard.of(ev.NotSent, placed.id, mark)
            or bench.heard.of(ev.AmendRejected, placed.id, mark)
        ),
        "what became of an amendment past its deadline",
    )
    expect(bench.truly(placed).qty == bench.ground.qty, "an amendment came past its deadline")


async def submit_unconnected(bench: Bench) -> None:
    """An order without a connection answers NotSent, and is not sent later either."""
    bench.world.strike(Trouble.UNREACHABLE)
    await bench.calm(2.0)
    placed = bench.place(BUY, bench.ground.far_bid)
    await bench.hear(ev.NotSent, placed.id)
    bench.world.heal()
    await bench.calm(15.0)
    expect(bench.true(placed) is None, "an order that was told as not sent was placed later")


async def cancel_unconnected(bench: Bench) -> None:
    """A cancel without a connection answers NotSent, and the order rests."""
    placed = await bench.resting()
    bench.world.strike(Trouble.UNREACHABLE)
    await bench.calm(2.0)
    bench.cancel(placed)
    refused = await bench.hear(ev.NotSent, placed.id)
    expect(refused.request is ev.Request.CANCEL, f"told as a {refused.request} that was not sent")
    bench.world.heal()
    await bench.calm(5.0)
    expect(bench.truly(placed).open, "a cancel that was told as not sent was carried out")


async def comes_back(bench: Bench) -> None:
    """After a time without any connection the adapter works again by itself."""
    bench.world.strike(Trouble.UNREACHABLE)
    await bench.calm(5.0)
    mark = bench.mark()
    bench.world.heal()
    await bench.until(
        lambda: any(each.live for each in bench.heard.of(ev.SessionChanged, None, mark)),
        "the session to be verified again",
        60.0,
    )
    for _ in range(30):
        # Orders may have a connection of their own, which comes back when it does.
        placed = bench.place(BUY, bench.ground.far_bid)
        await bench.calm()
        if bench.heard.of(ev.OrderAccepted, placed.id):
            return
        expect(bench.heard.of(ev.NotSent, placed.id), f"no answer to {placed.id}")
    expect(kept=False, sentence="no order was taken for thirty seconds after the session was live")


async def throttled(bench: Bench) -> None:
    """An order that was one too many is told as refused, never lost and never sent again."""
    bench.world.strike(Trouble.CREATE_THROTTLED)
    placed = bench.place(BUY, bench.ground.far_bid)
    ended = await bench.ended(placed)
    bench.world.heal()
    await bench.calm(5.0)
    expect(
        isinstance(ended, ev.OrderRejected | ev.NotSent),
        f"an order that was one too many was told as {type(ended).__name__}",
    )
    expect(bench.true(placed) is None, "an order that was refused as one too many was sent again")


async def burst(bench: Bench) -> None:
    """Forty orders at once all get an answer: some may be refused, none is lost or sent twice."""
    placed = [bench.place(BUY, bench.ground.far_bid) for _ in range(40)]
    for one in placed:
        await bench.answered(one)
    for one in placed:
        true = bench.true(one)
        expect(true is None or true.attempts == 1, f"{one.id} was sent more than once")
        accepted = bool(bench.heard.of(ev.OrderAccepted, one.id))
        expect(
            accepted == (true is not None and true.open),
            f"{one.id} was told as {'accepted' if accepted else 'refused'}, and is otherwise",
        )


async def counted(bench: Bench) -> None:
    """Answered requests are counted for the breaker."""
    await bench.resting()
    await bench.hear(ev.RequestsCounted)
    counts = bench.heard.of(ev.RequestsCounted)
    expect(sum(each.answered for each in counts) > 0, "no answered request was counted")
    expect(all(each.failed == 0 for each in counts), "a failed request was counted in calm weather")


async def budget_told(bench: Bench) -> None:
    """Where the venue tells what is left of the budget, it is passed on."""
    await bench.resting()
    await bench.until(
        lambda: any(each.remaining is not None for each in bench.heard.of(ev.RequestsCounted)),
        "what is left of the budget",
    )


async def maintained(bench: Bench) -> None:
    """During maintenance no order is lost, and after it the next one goes as before."""
    bench.world.strike(Trouble.MAINTENANCE)
    await bench.calm(2.0)
    placed = bench.place(BUY, bench.ground.far_bid)
    await bench.until(
        lambda: bench.endings(placed) or bench.heard.of(ev.NoAnswer, placed.id),
        f"an answer to {placed.id}",
    )
    expect(bench.true(placed) is None, "an order was placed during maintenance")
    bench.world.heal()
    await bench.calm(15.0)
    expect(bench.true(placed) is None, "an order of the maintenance was sent again after it")
    await bench.resting()


async def _in_doubt(bench: Bench, trouble: Trouble) -> Placed:
    bench.world.strike(trouble)
    return bench.place(BUY, bench.ground.far_bid)


async def _told_as_taken_or_unknown(bench: Bench, placed: Placed) -> None:
    await bench.until(
        lambda: (
            bench.heard.of(ev.NoAnswer, placed.id) or bench.heard.of(ev.OrderAccepted, placed.id)
        ),
        f"what became of {placed.id}",
        bench.claims.answer_s + 5,
    )
    bench.world.heal()
    await bench.calm(3.0)


async def _found(bench: Bench, placed: Placed) -> None:
    expect(not bench.endings(placed), "an order that may rest was told to have ended")
    true = bench.truly(placed)
    expect(true.attempts == 1, f"the order was sent {true.attempts} times")
    await bench.calm(5.0)
    report = await bench.read([placed.id])
    listed = [each for each in report.orders if each.client_order_id == placed.id]
    expect(len(listed) == 1, f"a reading lists {len(listed)} orders under the client id")
    expect(listed[0].venue_order_id == true.order_id, "a reading gives it another id")
    expect(placed.id in report.asked, "a reading does not say that it looked the order up")


def _unwritten(bench: Bench, since: int, payload: bytes) -> None:
    written = bench.world.written()[since:]
    expect(not any(payload in each for each in written), "bytes of the order were written")
