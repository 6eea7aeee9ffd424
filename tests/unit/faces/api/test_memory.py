"""What the hub remembers: rows by number, states by key, and until where a page can come back."""

from typing import Any

import msgspec

from tradewind.faces.api import memory as room
from tradewind.faces.api.memory import Memory, Told, read_frame


def frame(seq: int, *messages: dict[str, Any]) -> list[Told]:
    line = msgspec.json.encode({"type": "frame", "seq": seq, "messages": messages})
    return read_frame(line)[1]


def hello(seq: int, *, resumed: bool = False) -> dict[str, Any]:
    return {"type": "hello", "seq": seq, "desk": "demo", "now_ns": 1, "resumed": resumed}


def fill(seq: int, name: str = "") -> dict[str, Any]:
    return {"type": "fill", "seq": seq, "row": {"account": "a", "exec_id": name or f"x{seq}"}}


def order(seq: int, name: str, status: str) -> dict[str, Any]:
    return {"type": "order", "seq": seq, "row": {"client_order_id": name, "ord_status": status}}


def told(memory: Memory, *messages: dict[str, Any]) -> None:
    for each in frame(0, *messages):
        if each.kind == "hello":
            memory.begin(each)
        else:
            memory.take(each)


def seqs(raws: Any) -> list[int]:
    return [msgspec.json.decode(raw)["seq"] for raw in raws]


def states(memory: Memory) -> dict[str, Any]:
    decoded = [msgspec.json.decode(raw) for raw in memory.states()]
    return {each["type"]: each for each in decoded}


def test_a_page_comes_back_to_what_it_missed() -> None:
    memory = Memory()
    told(memory, hello(10), fill(8), fill(9), fill(11), fill(12), fill(12, "y"), fill(13))
    assert memory.can_resume(11)
    assert seqs(memory.missed(11)) == [12, 12, 13]
    # What came with the greeting is only the newest: nothing tells what lies between.
    assert not memory.can_resume(9)
    assert memory.can_resume(10)
    assert seqs(memory.newest()) == [8, 9, 11, 12, 12, 13]
    assert not memory.can_resume(0)
    assert not memory.can_resume(14), "a step that this desk has not taken"


def test_what_has_left_the_ring_cannot_be_resumed_from(monkeypatch: Any) -> None:
    monkeypatch.setattr(room, "RING", 3)
    memory = Memory()
    told(memory, hello(0), *(fill(seq) for seq in range(1, 6)))
    assert not memory.can_resume(1)
    assert memory.can_resume(2)
    assert seqs(memory.missed(2)) == [3, 4, 5]


def test_a_desk_that_resumed_leaves_the_ring_whole_and_another_empties_it() -> None:
    memory = Memory()
    told(memory, hello(0), fill(1), fill(2), hello(2, resumed=True), fill(3))
    assert seqs(memory.missed(1)) == [2, 3]
    told(memory, hello(50))
    assert not memory.can_resume(3)
    assert list(memory.newest()) == []


def test_every_live_order_is_kept_and_the_newest_that_ended(monkeypatch: Any) -> None:
    monkeypatch.setattr(room, "NEWEST", 2)
    memory = Memory()
    told(memory, hello(0), order(1, "live", "new"))
    told(memory, *(order(seq, f"o{seq}", "new") for seq in range(2, 6)))
    told(memory, *(order(seq + 10, f"o{seq}", "filled") for seq in range(2, 6)))
    rows = [msgspec.json.decode(raw)["row"] for raw in memory.newest()]
    assert [row["client_order_id"] for row in rows] == ["live", "o4", "o5"]


def test_states_are_kept_whole_and_what_is_gone_goes() -> None:
    memory = Memory()
    one = {"instance": "a", "state": "running"}
    other = {"instance": "b", "state": "running"}
    told(memory, hello(1), {"type": "instances", "rows": [one, other], "gone": []})
    told(memory, {"type": "instances", "rows": [{**one, "state": "paused"}], "gone": ["b"]})
    assert states(memory)["instances"]["rows"] == [{**one, "state": "paused"}]
    key = {"account": "k", "instance": "a", "instrument": "X:Y", "bucket": "net"}
    told(memory, {"type": "positions", "rows": [{**key, "qty": "1"}], "gone": []})
    assert len(states(memory)["positions"]["rows"]) == 1
    told(memory, {"type": "positions", "rows": [], "gone": [key]})
    assert states(memory)["positions"]["rows"] == []


def test_a_curve_grows_and_a_series_replaces_its_last_candle() -> None:
    memory = Memory()
    told(memory, hello(1), {"type": "vitals", "curve": [[1, 2.0]], "instance_curves": {"a": []}})
    told(memory, {"type": "vitals", "curve": [[2, 3.0]], "instance_curves": {"a": [[2, 1.0]]}})
    assert states(memory)["vitals"]["curve"] == [[1, 2.0], [2, 3.0]]
    assert states(memory)["vitals"]["instance_curves"] == {"a": [[2, 1.0]]}
    candles = {"type": "candles", "instrument": "X:Y", "interval": "1m", "provisional": True}
    told(memory, {**candles, "rows": [[1, 1, 1, 1, 1, 1], [2, 1, 1, 1, 1, 1]]})
    told(memory, {**candles, "rows": [[2, 1, 9, 1, 5, 1], [3, 5, 5, 5, 5, 0]]})
    [known] = [msgspec.json.decode(raw) for raw in memory.market("X:Y", "1m")]
    assert [row[4] for row in known["rows"]] == [1, 5, 5]
    assert list(memory.market("X:Y", "5m")) == []
    memory.forget_markets([("X:Y", "5m")])
    assert list(memory.market("X:Y", "1m")) == []
