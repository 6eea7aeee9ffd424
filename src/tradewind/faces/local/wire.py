"""One request or answer as one line of JSON, and back. Knows bytes; must not know sockets."""

from collections.abc import Iterable, Iterator

import msgspec

from tradewind.control.frames import Frame
from tradewind.control.requests import Answer, Request
from tradewind.model.errors import BadReply, ConfigError

MAX_REQUEST = 1 << 20
MAX_ANSWER = 64 << 20
"""Bytes that a line may have."""

_encode = msgspec.json.Encoder().encode
_decode_request = msgspec.json.Decoder(Request).decode
_decode_answer = msgspec.json.Decoder(Answer).decode


def line_of(message: Request | Answer) -> bytes:
    """Return a message as one line, its end included."""
    return _encode(message) + b"\n"


def pieces_of(frame: Frame) -> Iterator[bytes]:
    """Yield the messages of a frame, each as JSON; `frame_line` makes the line of them."""
    return map(_encode, frame.messages)


def frame_line(seq: int, pieces: Iterable[bytes]) -> bytes:
    """Return a frame as one line, as `line_of` would."""
    return b'{"type":"frame","seq":%d,"messages":[%s]}\n' % (seq, b",".join(pieces))


def read_request(line: bytes) -> Request:
    """Return the request of a line; ConfigError, with the reason, when it is none."""
    try:
        request: Request = _decode_request(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"Read a request, found that {error}; send one JSON object on each line."
        ) from error
    return request


def read_answer(line: bytes, endpoint: str) -> Answer:
    """Return the answer of a line; BadReply when it is none that this version knows."""
    try:
        answer: Answer = _decode_answer(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadReply(
            f"Read the desk's answer, found that {error}; use the version that runs the desk.",
            venue="",
            endpoint=endpoint,
        ) from error
    return answer
