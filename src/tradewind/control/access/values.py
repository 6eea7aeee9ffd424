"""The values that open something: how they are drawn, written, digested and compared.

Knows bits and digests only. What is kept of a value is its SHA-256: each has so many random bits
that nobody finds it by trying.
"""

import base64
import hmac
from hashlib import sha256
from random import Random

import pyotp

VALUE_BYTES = 32
TOTP_BYTES = 20
TOTP_STEP_S = 30
CODE_SIGNS = 12
CODE_PART = 4
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U, which look like others."""
TOKEN_BEGINS = "twd_"
ISSUER = "Tradewind"
_MISREAD = str.maketrans("OIL", "011", "- ")


def new_value(dice: Random) -> str:
    """Return 256 random bits in base 64, for a cookie or a token."""
    return base64.urlsafe_b64encode(dice.randbytes(VALUE_BYTES)).rstrip(b"=").decode()


def new_code(dice: Random) -> str:
    """Return 60 random bits as three groups of four letters and digits."""
    bits = int.from_bytes(dice.randbytes(8)) >> 4
    signs = "".join(CODE_ALPHABET[bits >> 5 * at & 31] for at in reversed(range(CODE_SIGNS)))
    return "-".join(signs[at : at + CODE_PART] for at in range(0, CODE_SIGNS, CODE_PART))


def code_as_typed(code: str) -> str:
    """Return a set-up code as it was made, however it was typed."""
    return code.upper().translate(_MISREAD)


def digest(value: str) -> str:
    """Return what is kept of a value."""
    return sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare two values in the same time wherever they differ."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )


def csrf_of(cookie_value: str) -> str:
    """Return what a page must repeat with every change; only who has the cookie can make it."""
    made = hmac.digest(cookie_value.encode("utf-8", "surrogatepass"), b"csrf", "sha256")
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def new_totp_secret(dice: Random) -> str:
    """Return 160 random bits in base 32, as RFC 4226 asks."""
    return base64.b32encode(dice.randbytes(TOTP_BYTES)).decode()


def totp_uri(secret: str, name: str) -> str:
    """Return the otpauth address that an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def totp_step(secret: str, code: str, now_ns: int) -> int | None:
    """Return the number of the step whose code this is: now's, or one beside it; else None."""
    told = "".join(code.split())
    now = now_ns // (TOTP_STEP_S * 1_000_000_000)
    made = pyotp.TOTP(secret)
    # A clock that was never set begins with step 0.
    near = (step for step in (now, now - 1, now + 1) if step >= 0)
    found = [step for step in near if same(made.generate_otp(step), told)]
    return found[0] if found else None
