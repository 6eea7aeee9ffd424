"""A strategy in a user's own file, from one process to the next."""

import subprocess
import sys
from pathlib import Path

from tests.harness import START, account, perpetual
from tests.unit.app.test_strategies import written
from tradewind.app.desks import DeskFolder, OpenDesk
from tradewind.app.strategies import Catalogue
from tradewind.core.engine.step import step
from tradewind.model.commands import Deploy
from tradewind.model.config import DeskConfig, InstanceSpec
from tradewind.model.events import CommandReceived, Event, InstrumentDefined
from tradewind.model.ids import InstanceId

ROOT = Path(__file__).resolve().parents[2]
BTC = perpetual()


def run(folder: Path, name: str) -> str:
    """Open a desk, deploy the strategy if it is new, close it; say how it was found."""
    desk = OpenDesk(DeskFolder(folder), Catalogue(), "process")
    again = "warm" if desk.recovered.warm else desk.recovered.why
    why = "; ".join(desk.snapshots.why_ignored)
    now = START + desk.desk.world.seq
    events: list[Event] = [desk.started(DeskConfig(accounts=(account(),)), now)]
    if not desk.desk.instances:
        spec = InstanceSpec(
            id=InstanceId("mine"), strategy=name, accounts=(account().id,), instruments=(BTC.id,)
        )
        events += [InstrumentDefined(BTC, now), CommandReceived(Deploy(spec), "c", "test", now)]
    for event in events:
        desk.keeper.note(event, step(desk.desk, event))
    word = vars(desk.desk.instances[InstanceId("mine")].strategy)["word"]
    desk.close()
    return f"{again} {word} {why}"


def in_a_process_of_its_own(folder: Path, name: str) -> str:
    code = f"import sys; from {__name__} import run; from pathlib import Path; "
    code += "print(run(Path(sys.argv[1]), sys.argv[2]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), name],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def test_a_desk_with_a_users_file_starts_warm_until_the_file_changes(tmp_path: Path) -> None:
    path = str(written(tmp_path / "mine.py", "first"))
    assert in_a_process_of_its_own(tmp_path / "desk", path) == "warm first"
    assert in_a_process_of_its_own(tmp_path / "desk", path) == "warm first"
    written(Path(path), "other")
    changed = in_a_process_of_its_own(tmp_path / "desk", path)
    assert changed.startswith("no snapshot of this version other")
    assert "mine.py has changed since" in changed
