"""Same events, same effects, byte for byte; and a digest that any other effect would change."""

import pickle
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.unit.core.engine.runs import CATALOGUE, again, run
from tradewind.core.engine.decisions import Decisions
from tradewind.core.engine.desk import Desk
from tradewind.core.engine.step import step
from tradewind.model.effects import Alert, Denied, Effect, Level, Noted, SubmitOrder
from tradewind.model.ids import InstanceId

ROOT = Path(__file__).parents[4]
SEEDS = (1, 2, 3)


def alerts(count: int) -> list[Effect]:
    return [Alert(Level.INFO, "a", f"text {index}", index) for index in range(count)]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_events_lead_to_the_same_effects_byte_for_byte(seed: int) -> None:
    bench = run(seed)
    desk, effects = again(bench.events)
    assert msgspec.msgpack.encode(effects) == msgspec.msgpack.encode(bench.effects)
    assert desk.decisions.digest() == bench.desk.decisions.digest()
    kinds = {type(each) for each in effects}
    assert {SubmitOrder, Denied, Noted, Alert} <= kinds, "the run has touched little"


def test_another_seed_decides_otherwise() -> None:
    digests = {run(seed, 50).desk.decisions.digest() for seed in SEEDS}
    assert len(digests) == len(SEEDS)


def test_a_desk_put_away_half_way_goes_on_as_if_nothing_had_been() -> None:
    bench = run(1)
    events = bench.events
    half = len(events) // 2
    desk, effects = again(events[:half])
    back: Desk = pickle.loads(pickle.dumps(desk))  # noqa: S301 - our own bytes, as snapshots do
    back.catalogue = dict(CATALOGUE)
    for event in events[half:]:
        effects += step(back, event)
    assert msgspec.msgpack.encode(effects) == msgspec.msgpack.encode(bench.effects)
    assert back.decisions.digest() == bench.desk.decisions.digest()


def test_the_digest_does_not_depend_on_the_order_of_sets_and_dicts_in_this_process() -> None:
    command = [sys.executable, "-m", "tests.unit.core.engine.runs", "1"]
    environment = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PATH": ""}
    told = {
        subprocess.run(
            command,
            capture_output=True,
            check=True,
            cwd=ROOT,
            env={**environment, "PYTHONHASHSEED": seed},
            text=True,
            timeout=60,
        ).stdout
        for seed in ("0", "4711")
    }
    bench = run(1)
    decisions = bench.desk.decisions
    body = msgspec.msgpack.encode(bench.effects)
    assert told == {f"{decisions.digest()} {decisions.total()} {len(body)}\n"}


# --- the digest -----------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(600,), (1,) * 600, (255, 1, 256, 88), (300, 300)])
def test_the_digest_does_not_depend_on_how_effects_were_grouped(sizes: tuple[int, ...]) -> None:
    effects = alerts(600)
    whole = Decisions()
    whole.add(list(effects))
    parts = Decisions()
    at = 0
    for size in sizes:
        parts.add(effects[at : at + size])
        at += size
    assert (parts.digest(), parts.total()) == (whole.digest(), 600)


def test_the_digest_may_be_read_at_any_time_without_changing_it() -> None:
    decisions = Decisions()
    decisions.add(alerts(10))
    first = decisions.digest()
    assert decisions.digest() == first
    assert len(first) == 64
    decisions.add(alerts(1))
    assert decisions.digest() != first


@pytest.mark.parametrize("index", [0, 255, 256, 599])
def test_one_other_effect_gives_another_digest(index: int) -> None:
    one, other = alerts(600), alerts(600)
    other[index] = Alert(Level.INFO, "a", "another text", index, InstanceId("x"))
    digests = []
    for effects in (one, other, list(reversed(one))):
        decisions = Decisions()
        decisions.add(effects)
        digests.append(decisions.digest())
    assert len(set(digests)) == 3
