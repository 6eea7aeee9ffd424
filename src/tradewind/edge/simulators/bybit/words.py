"""How the exchange says things: numbers as text, refusals by code, envelopes.

Source: Bybit API documentation v5, error codes, state of 2026-07-24.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tradewind.edge.simulators.wire import WireAnswer
from tradewind.model.money import MILLIS

Row = dict[str, Any]
encode = msgspec.json.encode


class Refusal(msgspec.Struct, frozen=True):
    """Why a request is not carried out."""

    code: int
    text: str


BAD_SIDE = Refusal(10001, "Side invalid")
TOO_MANY = Refusal(10006, "Too many visits!")
SERVER_ERROR = Refusal(10016, "Server error.")
RESTARTING = Refusal(10019, "This node is restarting, please reconnect.")
NO_ORDER = Refusal(110001, "order not exists or too late to cancel")
NO_ORDER_SPOT = Refusal(170213, "Order does not exist.")
BAD_KEY = Refusal(10003, "API key is invalid.")
NO_PERMISSION = Refusal(10005, "Permission denied, please check your API key permissions.")


def bad(text: str) -> Refusal:
    """Return the refusal of a parameter."""
    return Refusal(10001, text)


def plain(value: Decimal) -> str:
    """Return a number as text without exponent and without idle zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def scaled(value: Decimal, step: Decimal) -> str:
    """Return a number with the decimals of a step."""
    return f"{value.quantize(step):f}"


def ms(ns: int) -> int:
    """Return milliseconds of nanoseconds."""
    return ns // MILLIS


def answer(
    result: object,
    now_ns: int,
    *,
    refusal: Refusal | None = None,
    ext: object = None,
    headers: Mapping[str, str] | None = None,
) -> WireAnswer:
    """Return the envelope of every answer; business errors are HTTP 200 too."""
    body: Row = {
        "retCode": 0 if refusal is None else refusal.code,
        "retMsg": "OK" if refusal is None else refusal.text,
        "result": {} if refusal is not None or result is None else result,
        "retExtInfo": {} if ext is None else ext,
        "time": ms(now_ns),
    }
    kind = {"Content-Type": "application/json", "Timenow": str(ms(now_ns)), **(headers or {})}
    return WireAnswer(200, encode(body), kind)
