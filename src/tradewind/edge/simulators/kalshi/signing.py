"""Who signs a request: RSA-PSS or Ed25519 over time, method and path.

Knows headers, keys and the venue's clock window. Must not know what the request wants. The
message is `<milliseconds><METHOD><path without query>`; the body is not signed. Source: Kalshi
Trade API v2, API keys, docs.kalshi.com, read 2026-08.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tradewind.edge.simulators.kalshi.settings import KalshiSettings, KeyTerms
from tradewind.edge.simulators.wire import WireRequest
from tradewind.model.errors import ConfigError, Refused
from tradewind.model.money import MILLIS

KEY, TIMESTAMP = "kalshi-access-key", "kalshi-access-timestamp"
SIGNATURE = "kalshi-access-signature"
PADDING = padding.PSS(padding.MGF1(SHA256()), salt_length=32)


class Signatory:
    """One key that may sign, for the account it belongs to."""

    __slots__ = ("account", "terms", "verifier")

    def __init__(self, terms: KeyTerms, account: str) -> None:
        self.terms = terms
        self.account = account
        try:
            verifier = load_pem_public_key(terms.public_key.encode())
        except ValueError as error:
            raise ConfigError(
                f"Read the public key of {terms.id}, found no PEM; give a public key in PEM."
            ) from error
        if not isinstance(verifier, RSAPublicKey | Ed25519PublicKey):
            raise ConfigError(
                f"Read the public key of {terms.id}, found another kind; give RSA or Ed25519."
            )
        self.verifier = verifier

    def may(self, scope: str) -> bool:
        """Tell whether the key has a scope; a parent stands for all of its children."""
        return scope in self.terms.scopes or scope.partition("::")[0] in self.terms.scopes

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Tell whether the signature is this key's."""
        try:
            if isinstance(self.verifier, RSAPublicKey):
                self.verifier.verify(signature, message, PADDING, SHA256())
            else:
                self.verifier.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def signatory(
    request: WireRequest, keys: Mapping[str, Signatory], settings: KalshiSettings, now_ns: int
) -> Signatory:
    """Return whose request it is.

    Raises Refused with the venue's code: a header is missing, the time is out of the window, the
    key is unknown, or the signature is not its.
    """
    headers = request.headers
    key, stamp, signature = (headers.get(name, "") for name in (KEY, TIMESTAMP, SIGNATURE))
    if not key or not stamp or not signature:
        raise Refused("", rule="signature_is_missing_from_headers")
    if not stamp.isascii() or not stamp.isdigit():
        raise Refused("", rule="header_timestamp_expired")
    ahead = int(stamp) * MILLIS - now_ns
    if not -settings.skew_behind_ns <= ahead <= settings.skew_ahead_ns:
        raise Refused("", rule="header_timestamp_expired")
    found = keys.get(key)
    if found is None:
        raise Refused("NOT_FOUND", rule="authentication_error")
    path = request.target.partition("?")[0].partition("#")[0]
    if not found.signed(f"{stamp}{request.method}{path}".encode(), _decoded(signature)):
        raise Refused("INCORRECT_API_KEY_SIGNATURE", rule="authentication_error")
    return found


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
