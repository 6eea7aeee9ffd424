"""Who signs: the published vectors, the venue's clock window, and the bodies of the 401s."""

from base64 import b64decode

import msgspec
import pytest

from tests.unit.edge.simulators.kalshi.desk import START_NS, account, exchange, signed
from tradewind.edge.simulators.kalshi.settings import KalshiSettings, KeyTerms
from tradewind.edge.simulators.kalshi.signing import Signatory, signatory
from tradewind.edge.simulators.wire import WireRequest
from tradewind.model.errors import ConfigError, Refused
from tradewind.model.money import MILLIS, NANOS

RSA_KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtTjDhEgvyovjUDRww/9FvxRI1MoyRAm/r0ol1Lfd58El1Oxi"
    "DLttoUPfWzDH2j/pEweiy02uR6Y+pGhXA4cLMHOWMKOQFpUQV7OG2FQL3Bs17vpeJ0X+PJUCROwJLVItffsMmWbSE7jc"
    "P8E10csGzMMmPykqBYm34hncmkWiMK4tQSHnKXkXTd0BPJ2UkbWwU/7nfURBuEWJ29rQl2gjec4MQaAIk3avVDhfREuW"
    "m/ttqnv690fyY3mTOCKzQefBbJg68SAjOt1YRGwnlknFQaBsBmVIx4iBuKRLhqfIx/V/q+VPSTjsElbaVN/ebpXDxlYZ"
    "sHYP9tXK6Alj9kPuoQIDAQAB"
)
ED25519_KEY = "MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
STAMP = 1_795_176_000_123
RSA_VECTORS = (
    (
        "GET",
        "/trade-api/v2/portfolio/orders",
        "i3LW/+duoYDXoMlXG99QpXrsJa534Cc60KlzfLNYI3WAFHEJ1n4wd6/mm0oR9O+bgP7WDNFmaUvNj1TStvX9lMGjeGtb"
        "AkeCQ7GxVrs2YIPKypBXCkhSzRenSsaw1JwiNMVG53aVVoFt/YwYh5uP9SyJEk+TDTJx5y1NXv84uI8tsuaZ96eduQfi"
        "McMs6bdc5k7CaPL6C8eRSfmPTjI7akJqUKQX1C108NYzox4jZeyA21r5jK9JOcSPRsKB9KcbZKpDcObUfdvW7cuWLT8J"
        "oAARMevPL/ctPhtYEbjJlSwbfIYaMICgrgHFZ+YIXRKeM7pAqbI1BpIXdsjbOnoE7A==",
    ),
    (
        "POST",
        "/trade-api/v2/portfolio/events/orders",
        "Q5fc8eEtQ6P7HXKT4l17EOZmJ9C4k0OV0Wg+j/zf1Dl0jpn6d1E92v3Od3NI44VSFU1B7vGFQH20I4GTcOh9FPY0Mm9V"
        "SpYTzrUllGIo2RFgI3NlXHz5xCwNwhsRlRLQTUNrVY8N2Tg8p4p7LMDYFtmUZgBy4Q4E/fUVjObXBSjCAjZFzcWVEeKm"
        "a3Q9dNb+WYwkqUmZay3llFXk6FVJc8zFOFtUKd24xM9i4+JgFn13O3A370wpMuEz498tECp2glSzssyVmbU1fcgs3QEc"
        "XbNR1tdanbnfnM/4SP0zICdmL+Us6zIMUufBiM/nApF08n/eIUh6s2rRdXFM/AZmww==",
    ),
    (
        "GET",
        "/trade-api/ws/v2",
        "f2eXp9XRqyblc1KgQsUUanC57dkMrcQNfw8vnuM6JCDoMN7jqMql6o0Lotn4avhJNIFxwmFKX/8HKiO6tA2AAhFCj1AF"
        "+0PKzfj6stTOkuojvqdFI+ak5NFo3QkY9XBPaj/p5OZ2PFEiQt+nwLz/haekG2TDXRJ42TL6nRCZV2bhyHVDP5iS8zAz"
        "viVhZhR7uxGTQfA31yNw+1bEgnmewWHTQk+Z1nPfS/pxoe72hIltBVbTFK45fbi+JDWojJHEDM/phN5QRGaDwLw1lq2K"
        "RE00wBbn8tiCMAINGq5llHjvyy5n8pO6VAIY0pKgU8cXdYWzip9diTzrvvho7HfLvw==",
    ),
)
ED25519_SIGNATURE = (
    "YX/MUSxNPWxICVoo9nl8twaxJkZU5+6j9jSIrkd+6l8YxXiGGSgbfwm/6uNaXllpeAscmj/Vw09ewkgR+NcnAA=="
)


def key(name: str, der: str) -> Signatory:
    pem = f"-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n"
    return Signatory(KeyTerms(id=name, public_key=pem), "ann")


KEYS = {"rsa": key("rsa", RSA_KEY), "ed": key("ed", ED25519_KEY)}
SETTINGS = KalshiSettings(accounts=(account("ann"),), start_ns=START_NS)


def request(name: str, method: str, target: str, signature: str) -> WireRequest:
    headers = {
        "kalshi-access-key": name,
        "kalshi-access-timestamp": str(STAMP),
        "kalshi-access-signature": signature,
    }
    return WireRequest(method, target, headers)


@pytest.mark.parametrize(("method", "path", "signature"), RSA_VECTORS)
def test_a_published_rsa_signature_is_accepted(method: str, path: str, signature: str) -> None:
    asked = request("rsa", method, path, signature)
    assert signatory(asked, KEYS, SETTINGS, STAMP * MILLIS) is KEYS["rsa"]


def test_the_query_is_not_signed() -> None:
    method, path, signature = RSA_VECTORS[0]
    asked = request("rsa", method, f"{path}?limit=5", signature)
    assert signatory(asked, KEYS, SETTINGS, STAMP * MILLIS) is KEYS["rsa"]
    message = f"{STAMP}{method}{path}?limit=5".encode()
    assert not KEYS["rsa"].signed(message, b64decode(signature))


def test_the_published_ed25519_signature_is_accepted() -> None:
    asked = request("ed", "GET", "/trade-api/v2/portfolio/balance", ED25519_SIGNATURE)
    assert signatory(asked, KEYS, SETTINGS, STAMP * MILLIS) is KEYS["ed"]


def test_a_signature_for_another_path_is_refused() -> None:
    asked = request("ed", "GET", "/trade-api/v2/portfolio/fills", ED25519_SIGNATURE)
    with pytest.raises(Refused, match="INCORRECT_API_KEY_SIGNATURE"):
        signatory(asked, KEYS, SETTINGS, STAMP * MILLIS)


@pytest.mark.parametrize(
    ("behind_s", "accepted"), [(5, True), (15, True), (16, False), (-30, True), (-31, False)]
)
def test_a_request_must_be_made_about_now(behind_s: int, accepted: bool) -> None:
    venue = exchange()
    asked = signed("ann", "GET", "/trade-api/v2/portfolio/balance", START_NS - behind_s * NANOS)
    answer = venue.request(asked, START_NS)
    assert answer.status == (200 if accepted else 401)
    if not accepted:
        assert msgspec.json.decode(answer.body) == {
            "error": {
                "code": "header_timestamp_expired",
                "message": "header timestamp expired",
            }
        }


def test_each_way_to_sign_wrongly_has_its_own_body() -> None:
    venue = exchange()
    target = "/trade-api/v2/portfolio/balance"
    good = signed("ann", "GET", target, START_NS)
    missing = msgspec.structs.replace(good, headers={})
    unknown = msgspec.structs.replace(good, headers={**good.headers, "kalshi-access-key": "who"})
    wrong = signed("bob", "GET", target, START_NS)
    forged = msgspec.structs.replace(
        good, headers={**wrong.headers, "kalshi-access-key": "key-ann"}
    )
    bodies = [
        msgspec.json.decode(venue.request(asked, START_NS).body)["error"]
        for asked in (missing, forged, unknown)
    ]
    assert bodies == [
        {
            "code": "signature_is_missing_from_headers",
            "message": "signature is missing from headers",
        },
        {
            "code": "authentication_error",
            "message": "authentication_error",
            "details": "INCORRECT_API_KEY_SIGNATURE",
        },
        {
            "code": "authentication_error",
            "message": "authentication_error",
            "details": "NOT_FOUND",
        },
    ]


def test_a_key_that_is_no_key_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="give a public key in PEM"):
        Signatory(KeyTerms(id="k", public_key="no key"), "ann")
