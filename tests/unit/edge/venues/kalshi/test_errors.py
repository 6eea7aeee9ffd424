"""Every documented refusal and error frame has its class."""

import pytest

from tradewind.edge.net.transport import HttpAnswer
from tradewind.edge.venues.kalshi.errors import (
    REQUEST_CODES,
    STREAM_CODES,
    failure,
    stream_failure,
)
from tradewind.model.errors import (
    AuthFailed,
    BadReply,
    OutcomeUnknown,
    RateLimited,
    Unreachable,
    VenueError,
)

DOCUMENTED = [
    # status, body, class, code
    (
        401,
        '{"error":{"code":"signature_is_missing_from_headers","message":"signature is missing"}}',
        AuthFailed,
        "signature_is_missing_from_headers",
    ),
    (
        401,
        '{"error":{"code":"authentication_error","message":"authentication_error",'
        '"details":"INCORRECT_API_KEY_SIGNATURE"}}',
        AuthFailed,
        "authentication_error",
    ),
    (
        401,
        '{"error":{"code":"header_timestamp_expired","message":"header timestamp expired"}}',
        AuthFailed,
        "header_timestamp_expired",
    ),
    (400, '{"error":{"code":"insufficient_balance"}}', VenueError, "insufficient_balance"),
    (400, '{"error":{"code":"invalid_price"}}', VenueError, "invalid_price"),
    (
        400,
        '{"error":{"code":"invalid_order","message":"invalid order","details":"post only cross"}}',
        VenueError,
        "invalid_order",
    ),
    (
        400,
        '{"code":"bad_request","message":"bad request","details":"json: cannot unmarshal number"}',
        BadReply,
        "bad_request",
    ),
    (400, '{"msg":"Parameter validation failed for GetMarkets"}', VenueError, "400"),
    (400, '{"error":{"code":"invalid_parameters"}}', VenueError, "invalid_parameters"),
    (400, '{"code":"user_not_found: 7d1c0d0e","message":"x"}', VenueError, "user_not_found"),
    (404, '{"error":{"code":"market_not_found"}}', VenueError, "market_not_found"),
    (
        409,
        '{"error":{"code":"market_closed","message":"market closed"}}',
        VenueError,
        "market_closed",
    ),
    (409, '{"error":{"code":"trading_is_paused"}}', RateLimited, "trading_is_paused"),
    (409, '{"error":{"code":"exchange_is_paused"}}', RateLimited, "exchange_is_paused"),
    (
        409,
        '{"error":{"code":"fill_or_kill_insufficient_resting_volume"}}',
        VenueError,
        "fill_or_kill_insufficient_resting_volume",
    ),
    (403, "{}", AuthFailed, "403"),
    (404, '{"error":{"code":"not_found","message":"not found"}}', VenueError, "not_found"),
    (409, '{"error":{"code":"order_already_exists"}}', VenueError, "order_already_exists"),
    (
        410,
        '{"error":{"code":"deprecated_v1_order_endpoint"}}',
        BadReply,
        "deprecated_v1_order_endpoint",
    ),
    (429, '{"error":"too many requests"}', RateLimited, "too_many_requests"),
    (500, "<html>oops</html>", OutcomeUnknown, "500"),
    (503, "", OutcomeUnknown, "503"),
    (504, '{"error":{"code":"not_found"}}', OutcomeUnknown, "not_found"),
    (302, "", BadReply, "302"),
]


@pytest.mark.parametrize(("status", "body", "made", "code"), DOCUMENTED)
def test_every_documented_refusal_has_its_class_and_keeps_its_code(
    status: int, body: str, made: type[VenueError], code: str
) -> None:
    error = failure(HttpAnswer(status, {}, body.encode()), "/portfolio/events/orders")
    assert type(error) is made
    assert error.code == code
    assert "/portfolio/events/orders" in str(error)


def test_a_known_code_decides_whatever_the_status() -> None:
    body = b'{"error":{"code":"user_not_found"}}'
    errors = [failure(HttpAnswer(status, {}, body), "x") for status in (400, 404)]
    assert [type(error) for error in errors] == [VenueError, VenueError]


def test_the_tables_name_every_code_once() -> None:
    assert len(REQUEST_CODES) == 21
    assert sorted(STREAM_CODES) == list(range(1, 29))


@pytest.mark.parametrize(
    ("code", "made"),
    [(9, AuthFailed), (10, Unreachable), (25, Unreachable), (27, RateLimited), (8, BadReply)],
)
def test_an_error_frame_has_a_class(code: int, made: type[VenueError]) -> None:
    assert type(stream_failure(code, "words")) is made


def test_a_halt_is_waited_for_longer_than_a_full_bucket() -> None:
    halt = failure(HttpAnswer(409, {}, b'{"error":{"code":"trading_is_paused"}}'), "x")
    full = failure(HttpAnswer(429, {}, b'{"error":"too many requests"}'), "x")
    assert isinstance(halt, RateLimited)
    assert isinstance(full, RateLimited)
    assert halt.retry_after_s > full.retry_after_s
