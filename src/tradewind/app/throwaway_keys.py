"""Keys of simulated accounts: made from a seed, the same each time, worth nothing anywhere.

Knows how keys are made. They are shown on purpose; no real key ever passes through here.
"""

import math
from hashlib import sha256
from random import Random

import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

EXPONENT = 65_537
PRIME_BITS = 1024
ROUNDS = 24
SMALL = tuple(n for n in range(3, 2000) if all(n % d for d in range(2, math.isqrt(n) + 1)))


class KeyPair(msgspec.Struct, frozen=True):
    """An RSA key pair as PEM text: PKCS#8, and SubjectPublicKeyInfo."""

    private: str
    public: str


def secret(seed: int, name: str) -> str:
    """Return a secret of 32 characters."""
    return "test" + sha256(f"tradewind/{seed}/{name}".encode()).hexdigest()[:28]


def key_pair(seed: int, name: str) -> KeyPair:
    """Return an RSA key of 2048 bits; takes about a second."""
    dice = Random(f"tradewind/{seed}/{name}")
    p, q = sorted((_prime(dice), _prime(dice)), reverse=True)
    d = pow(EXPONENT, -1, math.lcm(p - 1, q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=d % (p - 1),
        dmq1=d % (q - 1),
        iqmp=pow(q, -1, p),
        public_numbers=rsa.RSAPublicNumbers(EXPONENT, p * q),
    )
    key = numbers.private_key()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(private.decode(), public.decode())


def _prime(dice: Random) -> int:
    # The two highest bits are set, so that the product has all of its bits.
    top = 0b11 << (PRIME_BITS - 2)
    while True:
        number = dice.getrandbits(PRIME_BITS) | top | 1
        if not all(number % small for small in SMALL) or not (number - 1) % EXPONENT:
            continue
        if _is_prime(number, dice):
            return number


def _is_prime(number: int, dice: Random) -> bool:
    """Tell by Miller and Rabin's test; wrong for one composite in 4**ROUNDS."""
    odd, twos = number - 1, 0
    while not odd % 2:
        odd //= 2
        twos += 1
    for _ in range(ROUNDS):
        power = pow(dice.randrange(2, number - 1), odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True
