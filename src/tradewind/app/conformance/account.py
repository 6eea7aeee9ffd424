"""Cards about who we are to the venue: clocks, keys, and what must never be seen."""

import traceback

import msgspec

from tradewind.app.conformance.bench import Bench, Heard, running
from tradewind.app.conformance.card import expect
from tradewind.app.conformance.world import Trouble
from tradewind.model import events as ev
from tradewind.model.effects import ReadAccount
from tradewind.model.errors import AuthFailed, ConfigError, VenueError
from tradewind.model.order import Side


async def clock_behind(bench: Bench) -> None:
    """A venue whose clock is behind ours takes our orders again before long."""
    await _skewed(bench, Trouble.CLOCK_BEHIND)


async def clock_ahead(bench: Bench) -> None:
    """A venue whose clock is ahead of ours takes our orders again before long."""
    await _skewed(bench, Trouble.CLOCK_AHEAD)


async def wrong_keys(bench: Bench) -> None:
    """Keys that the venue does not know are told with a sentence: AuthFailed, and no session."""
    heard = Heard()
    stranger = bench.world.stranger_desk(heard.take)
    failed: list[VenueError | ConfigError] = []
    async with running(stranger, failed):
        now_ns = bench.clock.now_ns()
        question = ReadAccount(bench.ground.account, (), now_ns, now_ns)
        try:
            await stranger.read(question)
        except AuthFailed as error:
            expect(len(str(error)) > 20, "keys were refused without a sentence")
            failed.append(error)
        else:
            expect(kept=False, sentence="read an account with keys that the venue does not know")
        await bench.calm(10.0)
        expect(
            not any(each.live for each in heard.of(ev.SessionChanged)),
            "a session with wrong keys was told as live",
        )
    _unseen(bench, heard, failed)


async def powerful_keys(bench: Bench) -> None:
    """A key that may withdraw money is refused before anything is done with it."""
    heard = Heard()
    powerful = bench.world.powerful_desk(heard.take)
    try:
        await powerful.discover()
    except ConfigError as error:
        expect("withdraw" in str(error), f"a key that may withdraw was refused with: {error}")
    else:
        expect(kept=False, sentence="a key that may withdraw money was taken")


async def secrets(bench: Bench) -> None:
    """No secret is in any event, error, or description of the adapter."""
    errors: list[VenueError | ConfigError] = []
    await bench.resting()
    bench.place(Side.BUY, bench.ground.bid, bench.ground.too_dear)
    for trouble in (Trouble.READS_GARBLED, Trouble.ORDERS_UNREADABLE, Trouble.UNREACHABLE):
        bench.world.strike(trouble)
        await bench.calm(0.5)
        try:
            await bench.read()
        except VenueError as error:
            errors.append(error)
        bench.world.heal()
    expect(len(errors) > 1, "readings that must fail did not")
    await bench.calm(15.0)
    _unseen(bench, bench.heard, errors)
    for text in (repr(bench.venue), str(bench.venue), repr(vars(bench.venue))):
        _without_secrets(bench, text, "the description of the adapter")


async def sensible_stamps(bench: Bench) -> None:
    """Every event is stamped with our time when its bytes arrived, and none is from the future."""
    began = getattr(bench.heard.events[0], "ts_recv", 0)
    await bench.taken(Side.BUY)
    await bench.calm()
    now_ns = bench.clock.now_ns()
    for event in bench.heard.events:
        recv_ns = getattr(event, "ts_recv", now_ns)
        expect(began <= recv_ns <= now_ns, f"stamped {recv_ns} in [{began}, {now_ns}]: {event}")


async def _skewed(bench: Bench, trouble: Trouble) -> None:
    bench.world.strike(trouble)
    await bench.calm(90.0)
    for _ in range(3):
        placed = bench.place(Side.BUY, bench.ground.far_bid)
        await bench.answered(placed)
        if bench.heard.of(ev.OrderAccepted, placed.id):
            break
        await bench.calm(30.0)
    else:
        expect(
            kept=False, sentence="no order was taken for ninety seconds after the clock had moved"
        )
    await bench.read()


def _unseen(bench: Bench, heard: Heard, errors: list[VenueError | ConfigError]) -> None:
    for event in heard.events:
        _without_secrets(bench, repr(event), f"a {type(event).__name__}")
        encoded = msgspec.json.encode(event).decode()
        _without_secrets(bench, encoded, f"a {type(event).__name__}")
    for error in errors:
        text = "".join(traceback.format_exception(error, chain=True)) + repr(vars(error))
        _without_secrets(bench, text, f"an {type(error).__name__}")


def _without_secrets(bench: Bench, text: str, where: str) -> None:
    for secret in bench.world.secrets:
        expect(secret not in text, f"a secret is to be seen in {where}")
