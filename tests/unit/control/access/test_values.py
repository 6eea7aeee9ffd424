"""Values that open something: how many bits, how written, how compared."""

import random

import pytest

from tests.unit.control.access.people import SECOND, app_of
from tradewind.control.access import values

CODE = random.Random(1)


def test_values_are_drawn_from_the_dice_alone() -> None:
    for draw in (values.new_value, values.new_code, values.new_totp_secret):
        same = {draw(random.Random(7)) for _ in range(2)}
        assert len(same | {draw(random.Random(8))}) == 2


def test_a_value_holds_256_bits_and_a_code_60() -> None:
    class Ones(random.Random):
        def randbytes(self, n: int) -> bytes:
            return b"\xff" * n

    assert values.new_value(Ones()) == "_" * 42 + "8"
    assert values.new_code(Ones()) == "ZZZZ-ZZZZ-ZZZZ"
    assert values.new_totp_secret(Ones()) == "7" * 32


@pytest.mark.parametrize("typed", ["01AB-1CDE-1234", "oiab ocde 1234", " o1ABlcde1234 "])
def test_a_code_is_understood_however_it_is_typed(typed: str) -> None:
    assert values.code_as_typed(typed) in ("01AB1CDE1234", "01AB0CDE1234")


@pytest.mark.parametrize(
    ("steps", "found"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_code_is_good_one_step_before_and_after(steps: int, found: bool) -> None:
    secret = values.new_totp_secret(CODE)
    now = 59_333_333
    code = app_of(values.totp_uri(secret, "ada")).generate_otp(now + steps)
    for within in (0, 29):
        step = values.totp_step(secret, f"{code[:3]} {code[3:]}", (now * 30 + within) * SECOND)
        assert step == (now + steps if found else None)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "\ud800"])
def test_what_is_no_code_is_wrong_and_no_fault(code: str) -> None:
    assert values.totp_step(values.new_totp_secret(CODE), code, 1) is None


def test_the_codes_are_those_of_the_standard() -> None:
    # RFC 6238, appendix B, whose eight digits end in these six.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    table = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}
    for at_s, code in table.items():
        assert values.totp_step(secret, code, at_s * SECOND) == at_s // 30


def test_what_a_page_repeats_belongs_to_one_cookie() -> None:
    assert values.csrf_of("one") == values.csrf_of("one")
    assert values.csrf_of("one") != values.csrf_of("other")
    assert len(values.csrf_of("")) == 43


def test_an_address_for_an_app_names_the_person_and_us() -> None:
    app = app_of(values.totp_uri(values.new_totp_secret(CODE), "ada"))
    assert (app.name, app.issuer) == ("ada", "Tradewind")
