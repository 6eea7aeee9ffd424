"""One message on each line, whatever is in it."""

import pytest

from tradewind.control.frames import FeedsMessage, Frame, Hello
from tradewind.control.requests import Do, Failure
from tradewind.faces.local.wire import (
    frame_line,
    line_of,
    pieces_of,
    read_answer,
    read_request,
)
from tradewind.model.commands import Pause
from tradewind.model.errors import ConfigError
from tradewind.model.ids import InstanceId


def test_a_message_is_one_line_even_with_line_ends_in_it() -> None:
    asked = Do(command=Pause(InstanceId("a\nb")), why="one\r\ntwo \u2028 three")
    line = line_of(asked)
    assert line.count(b"\n") == 1
    assert read_request(line) == asked


def test_a_failure_survives_the_line() -> None:
    told = Failure(code="refused", message="No.\nNever.", rule="tick")
    assert read_answer(line_of(told), "here") == told


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b'{"type":"do"}', b'{"type":"show","view":"x"}']
)
def test_a_line_that_is_no_request_gets_a_sentence(line: bytes) -> None:
    with pytest.raises(ConfigError, match="one JSON object on each line"):
        read_request(line)


def test_a_frame_made_of_pieces_is_the_line_of_the_frame() -> None:
    hello = Hello(seq=7, desk="a\nb", mode="demo", version="1", now_ns=5, resumed=True)
    feeds = FeedsMessage(())
    for messages in ((), (hello,), (hello, feeds, hello)):
        frame = Frame(seq=12, messages=messages)
        assert frame_line(frame.seq, pieces_of(frame)) == line_of(frame)
