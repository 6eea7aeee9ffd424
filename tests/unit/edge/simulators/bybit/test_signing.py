"""Signatures by the page's golden vectors, RSA by a fresh key, and the rule of the clock."""

import base64

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tradewind.edge.simulators.bybit.settings import AccountSettings
from tradewind.edge.simulators.bybit.signing import Signed, clock_refusal, login_origin, verifies

ACCOUNT = AccountSettings(key="SIMKEY0000000000AA", secret="SIMSECRET000000000000000000000000bb")
P1 = (
    '{"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", '
    '"qty": "0.01", "price": "65000.5", "timeInForce": "GTC", "positionIdx": 0, '
    '"orderLinkId": "t-0001"}'
)
GOLDEN = {
    "category=linear&limit=50&symbol=BTCUSDT": (
        "28c6fe5b8d96fbba48ab51fc5a87cb1cc250233f4166241ac4e390d0b790cbeb"
    ),
    "": "a04065f8af8da326a12718d9225ba4777fadacb570dd9f1d7dbfcda4ba06314c",
    "category=linear&cursor=a1b2%3A1789999990000%2Ca1b2%3A1789999990000&limit=50": (
        "49360f8559ce620cb1564098aa260a8fcbe6826183bdbe6fc8b573245c568b21"
    ),
    P1: "d9f93632f90e29d2e12692be58ef4d469f8faf94a73a3471a37b7f9d1d75af64",
    P1.replace(" ", ""): "3abf6d38292b4672d24fa9fb5f6ca3a4c1d6fd499721f8e60c395adf1c668b45",
    "{}": "442d28f2b953e16a8db5d2314aa545c0ca9c342035975d2e2ce0b890a039132c",
}


@pytest.mark.parametrize(("payload", "signature"), GOLDEN.items())
def test_the_golden_vectors_verify_and_a_changed_byte_does_not(
    payload: str, signature: str
) -> None:
    signed = Signed(ACCOUNT.key, "1790000000000", "5000", signature)
    assert verifies(ACCOUNT, signed.origin(payload.encode()), signature)
    assert not verifies(ACCOUNT, signed.origin(payload.encode() + b" "), signature)


def test_the_golden_login_verifies() -> None:
    signature = "66a0a660be89de51a759bf6f63a92004adc4e3986547976212f3fbd87bf2b9e9"
    assert verifies(ACCOUNT, login_origin(1790000001000), signature)


def test_an_rsa_signature_is_base64_and_verified_with_the_public_key() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    account = AccountSettings(key="R", secret=pem, algorithm="rsa")
    made = base64.b64encode(key.sign(b"text", padding.PKCS1v15(), hashes.SHA256())).decode()
    assert verifies(account, b"text", made)
    assert not verifies(account, b"test", made)
    assert not verifies(account, b"text", "no base64!")


@pytest.mark.parametrize(
    ("timestamp", "window", "good"),
    [
        ("1000000", "5000", True),
        ("995000", "5000", True),
        ("994999", "5000", False),
        ("1000999", "5000", True),
        ("1001000", "60000", False),
        ("995001", "", True),
        ("soon", "5000", False),
    ],
)
def test_a_timestamp_may_be_late_by_the_window_and_early_by_less_than_a_second(
    timestamp: str, window: str, *, good: bool
) -> None:
    assert (clock_refusal(timestamp, window, 1_000_000) == "") is good
