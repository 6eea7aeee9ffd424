"""Signatures against the golden vectors, and keys that cannot sign."""

import base64
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tradewind.edge.venues.kalshi.auth import FRESH_MS, VALID_MS, SignedAhead, Signer
from tradewind.model.errors import ConfigError
from tradewind.ports import Keys

GOLDEN = Path(__file__).parents[4] / "golden" / "kalshi" / "signing.json"


@pytest.fixture(scope="module")
def golden() -> Any:
    return msgspec.json.decode(GOLDEN.read_bytes())


def pem(body: str) -> str:
    lines = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
    return f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"


def signer(golden: Any, private: str) -> Signer:
    return Signer(Keys({"key_id": golden["key_id"], "private_key": pem(private)}))


def verify(golden: Any, message: str, signature: str) -> None:
    key = load_der_public_key(base64.b64decode(golden["public_key_base64"]))
    assert isinstance(key, RSAPublicKey)
    padding = PSS(MGF1(SHA256()), salt_length=32)
    key.verify(base64.b64decode(signature), message.encode(), padding, SHA256())


@pytest.mark.parametrize("number", [0, 1, 2])
def test_our_verifier_accepts_the_golden_signatures(golden: Any, number: int) -> None:
    vector = golden["vectors"][number]
    verify(golden, vector["message"], vector["signature"])


def test_a_golden_signature_fails_with_the_query_string_in_the_message(golden: Any) -> None:
    vector = golden["vectors"][0]
    with pytest.raises(InvalidSignature):
        verify(golden, vector["message"] + "?limit=5", vector["signature"])


@pytest.mark.parametrize("number", [0, 1, 2])
def test_our_rsa_signatures_verify_over_the_golden_messages(golden: Any, number: int) -> None:
    message = golden["vectors"][number]["message"]
    stamp = str(golden["timestamp_ms"])
    rest = message.removeprefix(stamp)
    method, path = rest[: rest.index("/")], rest[rest.index("/") :]
    headers = signer(golden, golden["private_key_base64"]).headers(method, path, int(stamp))
    assert headers["KALSHI-ACCESS-KEY"] == golden["key_id"]
    assert headers["KALSHI-ACCESS-TIMESTAMP"] == stamp
    verify(golden, message, headers["KALSHI-ACCESS-SIGNATURE"])


def test_an_ed25519_key_signs_the_golden_message_byte_for_byte(golden: Any) -> None:
    case = golden["ed25519"]
    made = signer(golden, case["private_key_base64"])
    headers = made.headers("GET", "/trade-api/v2/portfolio/balance", golden["timestamp_ms"])
    assert headers["KALSHI-ACCESS-SIGNATURE"] == case["signature"]


def test_headers_signed_ahead_are_used_for_some_seconds_and_then_made_anew(golden: Any) -> None:
    made = signer(golden, golden["private_key_base64"])
    ahead = SignedAhead(made, "POST", "/trade-api/v2/portfolio/events/orders")
    ahead.refresh(1_000_000)
    first = ahead.headers(1_000_000 + VALID_MS)
    assert first["KALSHI-ACCESS-TIMESTAMP"] == "1000000"
    later = 1_000_000 + VALID_MS + 1
    assert ahead.headers(later)["KALSHI-ACCESS-TIMESTAMP"] == str(later)
    ahead.refresh(later + FRESH_MS - 1)
    assert ahead.headers(later)["KALSHI-ACCESS-TIMESTAMP"] == str(later)
    ahead.refresh(later + FRESH_MS)
    assert ahead.headers(later + FRESH_MS)["KALSHI-ACCESS-TIMESTAMP"] == str(later + FRESH_MS)


def test_a_clock_set_back_signs_anew_instead_of_using_a_stamp_of_the_future(golden: Any) -> None:
    ahead = SignedAhead(signer(golden, golden["private_key_base64"]), "POST", "/x")
    ahead.refresh(1_000_000)
    assert ahead.headers(900_000)["KALSHI-ACCESS-TIMESTAMP"] == "900000"


@pytest.mark.parametrize(
    "values",
    [
        {"key_id": "a"},
        {"private_key": "x"},
        {"key_id": "a", "private_key": "canary-not-a-key"},
        {"key_id": "a", "private_key": pem("AAAA")},
    ],
)
def test_unusable_keys_are_a_config_error_that_does_not_show_them(values: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        Signer(Keys(values))
    assert "canary" not in str(caught.value)
    assert "AAAA" not in str(caught.value)


def test_a_signer_never_shows_its_secret(golden: Any) -> None:
    assert repr(signer(golden, golden["private_key_base64"])) == "Signer(***)"
