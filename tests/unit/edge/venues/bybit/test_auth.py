"""What we sign is what the exchange's own SDK signs, and the secret is never shown."""

import base64
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tradewind.edge.venues.bybit.auth import RECV_WINDOW_MS, Signer
from tradewind.model.errors import ConfigError
from tradewind.ports import Keys

GOLDEN = Path(__file__).resolve().parents[4] / "golden" / "bybit" / "signing.json"
VECTORS: dict[str, Any] = msgspec.json.decode(GOLDEN.read_bytes())
KEYS = Keys(values={"key": VECTORS["key"], "secret": VECTORS["secret"]})


@pytest.mark.parametrize("name", VECTORS["requests"])
def test_a_request_is_signed_as_the_exchanges_own_sdk_signs_it(name: str) -> None:
    vector = VECTORS["requests"][name]
    headers = Signer(KEYS).headers(vector["payload"].encode(), VECTORS["stamp_ms"])
    assert headers == {
        "X-BAPI-API-KEY": VECTORS["key"],
        "X-BAPI-TIMESTAMP": str(VECTORS["stamp_ms"]),
        "X-BAPI-RECV-WINDOW": str(RECV_WINDOW_MS),
        "X-BAPI-SIGN": vector["signature"],
    }


def test_a_login_is_signed_as_the_exchanges_own_sdk_signs_it() -> None:
    login = VECTORS["login"]
    told = Signer(KEYS).login(login["expires_ms"])
    assert told == (VECTORS["key"], login["expires_ms"], login["signature"])


def test_an_rsa_key_signs_so_that_its_public_half_agrees() -> None:
    private = generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    signer = Signer(Keys(values={"key": "k", "secret": pem}))
    signature = signer.headers(b"a=1", 7)["X-BAPI-SIGN"]
    text = f"7k{RECV_WINDOW_MS}a=1".encode()
    private.public_key().verify(base64.b64decode(signature), text, PKCS1v15(), SHA256())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"key": "k"}, "found no 'secret'"),
        ({"secret": "canary-secret"}, "found no 'key'"),
        ({"key": "k", "secret": "-----BEGIN canary-secret"}, "no unencrypted RSA key"),
    ],
)
def test_incomplete_keys_are_refused_without_showing_them(
    values: dict[str, str], words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        Signer(Keys(values=values))
    assert "canary" not in str(caught.value)


def test_a_signer_never_shows_its_secret() -> None:
    assert VECTORS["secret"] not in f"{Signer(KEYS)!r} {Signer(KEYS)}"
