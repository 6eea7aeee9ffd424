"""The private stream: what is told, in which order, and how it misbehaves on request."""

from tests.unit.edge.simulators.bybit.driving import Ear, Floor
from tradewind.edge.simulators.wire_faults import Kind


def statuses(ear: Ear) -> list[str]:
    return [row["orderStatus"] for row in ear.of("order")]


def test_a_filled_order_is_told_on_every_topic() -> None:
    floor = Floor()
    ear = floor.listen("order", "execution", "execution.fast", "position", "wallet")
    order_id = floor.order("Buy", "0.01", orderLinkId="t")["result"]["orderId"]
    assert ear.of("order") == []
    floor.wait(1)
    assert statuses(ear) == ["New", "Filled"]
    fill, fast = ear.of("execution")[0], ear.of("execution.fast")[0]
    assert fill["orderId"] == fast["orderId"] == order_id
    assert fill["execId"] == fast["execId"]
    assert "execFee" not in fast
    held = ear.of("position")[-1]
    assert (held["size"], "entryPrice" in held, "avgPrice" in held) == ("0.010", True, False)
    assert held["seq"] == fill["seq"]
    assert ear.of("wallet")[0]["coin"]
    assert all(frame["creationTime"] >= int(fill["execTime"]) for frame in ear.frames[2:])


def test_every_action_is_followed_by_a_position() -> None:
    floor = Floor()
    ear = floor.listen("position")
    bid, _ = floor.touch()
    order_id = floor.order("Buy", "0.01", str(bid - 1))["result"]["orderId"]
    about = {"category": "linear", "symbol": "BTCUSDT", "orderId": order_id}
    floor.post("/v5/order/amend", **about, qty="0.02")
    floor.post("/v5/order/cancel", **about)
    floor.wait(1)
    assert [row["size"] for row in ear.of("position")] == ["0"] * 3


def test_topics_are_independent_of_each_other() -> None:
    firsts = set()
    for seed in range(12):
        floor = Floor(seed=seed)
        ear = floor.listen("order", "execution")
        floor.order("Buy", "0.01")
        floor.wait(1)
        told = [
            frame["topic"]
            for frame in ear.frames[2:]
            if frame["topic"] == "execution" or frame["data"][0]["orderStatus"] == "Filled"
        ]
        firsts.add(told[0])
    assert firsts == {"order", "execution"}


def test_an_order_that_fills_at_once_may_never_be_told_as_new() -> None:
    floor = Floor()
    ear = floor.listen("order")
    for quiet, told in ((False, ["New", "Filled"]), (True, ["Filled"])):
        if quiet:
            floor.fate.begin(Kind.QUIET)
        known = len(ear.of("order"))
        floor.order("Buy", "0.01")
        floor.wait(1)
        assert statuses(ear)[known:] == told
