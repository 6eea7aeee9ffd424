"""What proves to Kalshi that a request is ours.

Knows key and secret, and shows neither; and which calls need them. Must not know what they say:
the signature covers time, method and path, neither query nor body. Source: docs.kalshi.com,
API keys, read 2026-11-20.
"""

import base64
from collections.abc import Callable

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tradewind.edge.venues.kalshi.errors import VENUE
from tradewind.model.errors import AuthFailed, ConfigError
from tradewind.ports import Keys

PREFIX, ORDERS = "/trade-api/v2", "/portfolio/events/orders"
SECRET = ("/portfolio", "/account", "/api_keys", "/exchange/user_data_timestamp")
"""Paths that answer only who signs."""
Sign = Callable[[bytes], bytes]
SALT_LENGTH = 32
VALID_MS = 3_000
"""So long after it was made a header that was signed ahead is used; Kalshi takes 5 s of skew."""
FRESH_MS = 1_000
"""After so long an idle moment signs anew."""


class Signer:
    """Signs with one private key: RSA-PSS with SHA-256 and a salt of 32, or Ed25519."""

    __slots__ = ("_key_id", "_sign")

    def __init__(self, keys: Keys) -> None:
        """Take `key_id` and `private_key` (PEM); ConfigError where one is missing or unreadable."""
        try:
            self._key_id = keys.values["key_id"]
            pem = keys.values["private_key"]
        except KeyError as error:
            raise ConfigError(
                f"Opened the keys of a Kalshi account, found no {error.args[0]!r}; "
                f"seal them again with key_id and private_key."
            ) from None
        self._sign = _signing(pem)

    def __repr__(self) -> str:
        return "Signer(***)"

    def headers(self, method: str, path: str, stamp_ms: int) -> dict[str, str]:
        """Return the headers for a method and a path without its query, stamped in venue time."""
        stamp = str(stamp_ms)
        signature = self._sign(f"{stamp}{method}{path}".encode())
        return {
            "KALSHI-ACCESS-KEY": self._key_id,
            "KALSHI-ACCESS-TIMESTAMP": stamp,
            "KALSHI-ACCESS-SIGNATURE": base64.b64encode(signature).decode(),
        }


class SignedAhead:
    """Headers of one call, signed while nothing else was to be done.

    An RSA signature costs about 0.2 ms, which an order then need not wait for.
    """

    __slots__ = ("_headers", "_method", "_path", "_signer", "_stamp_ms")

    def __init__(self, signer: Signer, method: str, path: str) -> None:
        self._signer, self._method, self._path = signer, method, path
        self._headers: dict[str, str] = {}
        self._stamp_ms = 0

    def refresh(self, stamp_ms: int) -> None:
        """Sign anew unless what is there was signed a moment ago."""
        if not self._headers or not 0 <= stamp_ms - self._stamp_ms < FRESH_MS:
            self._headers = self._signer.headers(self._method, self._path, stamp_ms)
            self._stamp_ms = stamp_ms

    def headers(self, stamp_ms: int) -> dict[str, str]:
        """Return headers that the venue takes now, signed here if none are ready."""
        if not self._headers or not 0 <= stamp_ms - self._stamp_ms <= VALID_MS:
            self.refresh(stamp_ms)
        return self._headers


class Access:
    """Headers for every request: none for public reads, those signed ahead for a new order."""

    __slots__ = ("_ahead", "signer")

    def __init__(self, keys: Keys | None, *, ahead: bool) -> None:
        self.signer = Signer(keys) if keys is not None else None
        self._ahead: SignedAhead | None = None
        if self.signer is not None and ahead:
            self._ahead = SignedAhead(self.signer, "POST", PREFIX + ORDERS)

    def idle(self, stamp_ms: int) -> None:
        """Use an idle moment to sign the next new order's headers."""
        if self._ahead is not None:
            self._ahead.refresh(stamp_ms)

    def headers(self, method: str, path: str, stamp_ms: int) -> dict[str, str]:
        """Return what a call needs; raises AuthFailed where it needs keys that we do not have."""
        if method == "GET" and not path.startswith(SECRET):
            return {}
        if self.signer is None:
            raise AuthFailed(
                f"Asked {VENUE} for {path}, found no keys; add the account's keys to the vault.",
                venue=VENUE,
                endpoint=path,
            )
        if self._ahead is not None and (method, path) == ("POST", ORDERS):
            return self._ahead.headers(stamp_ms)
        return self.signer.headers(method, PREFIX + path, stamp_ms)


def _signing(pem: str) -> Sign:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, Ed25519PrivateKey):
        return key.sign
    if isinstance(key, RSAPrivateKey):
        rsa, padding, digest = key, PSS(MGF1(SHA256()), SALT_LENGTH), SHA256()
        return lambda text: rsa.sign(text, padding, digest)
    raise ConfigError(
        "Opened the private key of a Kalshi account, found no unencrypted RSA or Ed25519 key in "
        "PEM; seal the text that the venue showed when the key was made."
    )
