"""Who asks, and when he says it is: signatures over raw bytes and the rule of the clock.

Source: Bybit API documentation v5, integration guidance, state of 2026-07-24.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tradewind.edge.simulators.bybit.settings import RSA, AccountSettings

AHEAD_MS = 1000
DEFAULT_WINDOW = 5000


class Signed(msgspec.Struct, frozen=True):
    """What the headers of a request say about who sent it; empty where there is none."""

    key: str
    timestamp: str
    window: str
    signature: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Signed":
        """Read it from headers with lower-case names."""
        names = ("x-bapi-api-key", "x-bapi-timestamp", "x-bapi-recv-window", "x-bapi-sign")
        return cls(*(headers.get(name, "") for name in names))

    @property
    def complete(self) -> bool:
        """Tell whether all that is needed is there; the window may be missing."""
        return bool(self.key and self.timestamp and self.signature)

    def origin(self, payload: bytes) -> bytes:
        """Return the bytes that the client had to sign; a missing window is missing there too."""
        return f"{self.timestamp}{self.key}{self.window}".encode() + payload


def verifies(account: AccountSettings, origin: bytes, signature: str) -> bool:
    """Tell whether the signature is the account's: HMAC in lower-case hex or RSA in base64."""
    if account.algorithm == RSA:
        return _verifies_rsa(account.secret, origin, signature)
    expected = hmac.new(account.secret.encode(), origin, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def login_origin(expires: int) -> bytes:
    """Return what is signed to log a socket in; `expires` in milliseconds."""
    return f"GET/realtime{expires}".encode()


def clock_refusal(timestamp: str, window: str, now_ms: int) -> str:
    """Return why a timestamp is not accepted, empty where it is; milliseconds as text."""
    if timestamp.isdecimal() and (window or "0").isdecimal():
        stamp, width = int(timestamp), int(window or DEFAULT_WINDOW)
        if now_ms - width <= stamp < now_ms + AHEAD_MS:
            return ""
    return (
        "invalid request, please check your server timestamp or recv_window param. "
        f"req_timestamp[{timestamp}],server_timestamp[{now_ms}],"
        f"recv_window[{window or DEFAULT_WINDOW}]"
    )


def _verifies_rsa(pem: str, origin: bytes, signature: str) -> bool:
    key = load_pem_public_key(pem.encode())
    assert isinstance(key, RSAPublicKey)
    try:
        key.verify(
            base64.b64decode(signature, validate=True), origin, padding.PKCS1v15(), hashes.SHA256()
        )
    except (InvalidSignature, binascii.Error):
        return False
    return True
