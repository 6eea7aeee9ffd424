"""Throw-away keys: by seed the same, and good enough to sign with."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)

from tradewind.app.throwaway_keys import key_pair, secret

PSS = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)


def test_a_key_pair_signs_and_is_the_same_again() -> None:
    pair = key_pair(1, "a")
    assert pair == key_pair(1, "a")
    assert pair.private != key_pair(2, "a").private
    private = load_pem_private_key(pair.private.encode(), None)
    public = load_pem_public_key(pair.public.encode())
    assert isinstance(private, rsa.RSAPrivateKey)
    assert isinstance(public, rsa.RSAPublicKey)
    assert private.key_size == 2048
    signature = private.sign(b"text", PSS, hashes.SHA256())
    public.verify(signature, b"text", PSS, hashes.SHA256())
    with pytest.raises(InvalidSignature):
        public.verify(signature, b"texts", PSS, hashes.SHA256())


def test_a_secret_says_that_it_is_for_tests() -> None:
    assert secret(1, "a") == secret(1, "a") != secret(1, "b")
    assert secret(1, "a").startswith("test")
    assert len(secret(1, "a")) == 32
