"""Every refusal that Bybit documents has its remedy; any other proves nothing."""

import pytest

from tradewind.edge.net.transport import HttpAnswer
from tradewind.edge.venues.bybit.errors import REMEDIES, Remedy, failure, http_failure, remedy
from tradewind.model.errors import AuthFailed, OutcomeUnknown, RateLimited, VenueError

DOCUMENTED: dict[Remedy, tuple[int, ...]] = {
    Remedy.CLOCK: (10002,),
    Remedy.LOGIN: (
        10003, 10004, 10005, 10007, 10008, 10009, 10010, 10024, 10027, 10028, 33004, -2015,
    ),
    Remedy.PATIENCE: (10006, 10403, 170005, 170222, 20003),
    Remedy.UNKNOWN: (
        10000, 10016, 10019, 10429, 170007, 170032, 170146, 170147, 170310, 110079, 170001, 500000,
    ),
    Remedy.DUPLICATE: (110072, 170141, 20006, 10014),
    Remedy.REQUEST: (
        10001, 10029, 10404, 110003, 110017, 110032, 110092, 110093, 110094, 110108, 110109,
        110118, 110120, 110121, 30208, 30209, 170115, 170116, 170117, 170121, 170124, 170130,
        170132, 170133, 170134, 170136, 170137, 170140, 170148, 170192, 170193, 170194, 170203,
        170204, 170371, 170372, 170381, 170382,
    ),
    Remedy.FUNDS: (
        110004, 110006, 110007, 110012, 110014, 110044, 110045, 110051, 110052, 110053, 110090,
        110021, 110085, 110086, 110089, 3400139, 170131, 170033, 170228, 170229,
    ),
    Remedy.COUNT: (110009, 110020, 110061, 170810),
    Remedy.MARKET: (
        110023, 110042, 110063, 110066, 110074, 110095, 110098, 110103, 30228, 170151, 170157,
        170159, 170217,
    ),
    Remedy.GONE: (
        110001, 170213, 170143, 110008, 170139, 110010, 170142, 110019, 110059, 110064, 170313,
        40004, 170144, 170145, 170190, 170191, 170212, 170312,
    ),
    Remedy.UNCHANGED: (110043, 110025, 110026, 110027, 34040),
    Remedy.MODE: (110024, 110028, 110029, 110036, 110038),
}  # fmt: skip
CLASSES = {
    Remedy.LOGIN: AuthFailed,
    Remedy.CLOCK: AuthFailed,
    Remedy.PATIENCE: RateLimited,
    Remedy.UNKNOWN: OutcomeUnknown,
    Remedy.DUPLICATE: OutcomeUnknown,
}


@pytest.mark.parametrize("what", Remedy)
def test_every_documented_code_has_its_remedy_and_its_class(what: Remedy) -> None:
    for code in DOCUMENTED[what]:
        assert remedy(code) is what, code
        error = failure(code, "said so", "/v5/order/create")
        assert type(error) is CLASSES.get(what, VenueError), code
        assert (error.code, error.endpoint) == (str(code), "/v5/order/create")
        assert what.value in str(error)


def test_no_code_stands_in_the_table_that_no_page_names() -> None:
    assert set(REMEDIES) == {code for codes in DOCUMENTED.values() for code in codes}


def test_an_undocumented_code_proves_nothing() -> None:
    assert isinstance(failure(987654, "new", "x"), OutcomeUnknown)


@pytest.mark.parametrize(
    ("status", "body", "kind", "retry_after_s"),
    [
        (400, b"", VenueError, None),
        (401, b"", AuthFailed, None),
        (403, b"access too frequent", RateLimited, 600.0),
        (403, b"<h1>Forbidden</h1>", AuthFailed, None),
        (404, b"", VenueError, None),
        (429, b"", OutcomeUnknown, None),
        (500, b"", OutcomeUnknown, None),
        (502, b"", OutcomeUnknown, None),
        (503, b"", OutcomeUnknown, None),
    ],
)
def test_every_status_has_its_class(
    status: int, body: bytes, kind: type[VenueError], retry_after_s: float | None
) -> None:
    error = http_failure(HttpAnswer(status, {}, body), "x")
    assert type(error) is kind
    assert getattr(error, "retry_after_s", None) == retry_after_s


def test_an_answer_that_came_through_is_no_failure() -> None:
    assert http_failure(HttpAnswer(200, {}, b"{}"), "x") is None
