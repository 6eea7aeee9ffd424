"""What proves to Bybit that a request, or a connection, is ours.

Knows key and secret, and shows neither. Must not know what is signed.
Source: Bybit API documentation v5, guide and websocket/connect, read 2026-11-20.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tradewind.edge.net.line import Line
from tradewind.edge.venues.bybit import wire
from tradewind.edge.venues.bybit.errors import VENUE
from tradewind.model.errors import AuthFailed, ConfigError
from tradewind.ports import Keys

RECV_WINDOW_MS = 5_000
"""How long after its stamp Bybit may still accept a request; the proof of absence counts on it."""
LOGIN_AHEAD_MS = 10_000
Sign = Callable[[bytes], str]


class Signer:
    """Signs with the secret of one key: HMAC-SHA256, or RSA where the secret is a PEM text."""

    __slots__ = ("_key", "_sign")

    def __init__(self, keys: Keys) -> None:
        """Take `key` and `secret`; raises ConfigError where one is missing or unreadable."""
        try:
            self._key = keys.values["key"]
            secret = keys.values["secret"]
        except KeyError as error:
            raise ConfigError(
                f"Opened the keys of a Bybit account, found no {error.args[0]!r}; "
                f"seal them again with key and secret."
            ) from None
        self._sign: Sign = _rsa(secret) if secret.startswith("-----BEGIN") else _hmac(secret)

    def __repr__(self) -> str:
        return "Signer(***)"

    def headers(self, payload: bytes, stamp_ms: int) -> dict[str, str]:
        """Return the headers for a raw query string or body, stamped in the venue's time."""
        text = f"{stamp_ms}{self._key}{RECV_WINDOW_MS}".encode()
        return {
            "X-BAPI-API-KEY": self._key,
            "X-BAPI-TIMESTAMP": str(stamp_ms),
            "X-BAPI-RECV-WINDOW": str(RECV_WINDOW_MS),
            "X-BAPI-SIGN": self._sign(text + payload),
        }

    def login(self, expires_ms: int) -> tuple[str, int, str]:
        """Return the arguments of `op: auth`; `expires_ms` is in the venue's time, and ahead."""
        return self._key, expires_ms, self._sign(f"GET/realtime{expires_ms}".encode())


class Login:
    """The greeting of a connection that needs one: log in, then subscribe."""

    def __init__(self, signer: Signer, stamp_ms: Callable[[], int], name: str) -> None:
        self._signer = signer
        self._stamp_ms = stamp_ms
        self._name = name
        self._count = 0
        self._waiting: asyncio.Future[wire.Frame] | None = None

    async def log_in(self, line: Line) -> None:
        """Prove who we are; raises AuthFailed where it is not accepted."""
        args = self._signer.login(self._stamp_ms() + LOGIN_AHEAD_MS)
        frame = await self._ask(line, "auth", args)
        accepted = frame.success if frame.success is not None else frame.ret_code == 0
        if not accepted:
            self._refused("log in", frame)

    async def subscribe(self, line: Line, topics: tuple[str, ...]) -> None:
        """Ask for topics; raises AuthFailed where they are not given."""
        frame = await self._ask(line, "subscribe", topics)
        if not frame.success:
            self._refused("subscribe", frame)

    def answered(self, frame: wire.Frame) -> None:
        """Take the answer to what was asked last."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(frame)

    async def _ask(self, line: Line, op: str, args: tuple[str | int, ...]) -> wire.Frame:
        self._count += 1
        number = f"{op}{self._count}"
        trade = self._name == "trade"
        ask = wire.Ask(op, "" if trade else number, number if trade else "", args)
        self._waiting = asyncio.get_running_loop().create_future()
        line.send(msgspec.json.encode(ask))
        # The line ends the greeting, and so this wait, after its own time.
        return await self._waiting

    def _refused(self, what: str, frame: wire.Frame) -> None:
        said = frame.ret_msg or frame.message
        raise AuthFailed(
            f"Asked Bybit's {self._name} socket to {what}, found {said!r}; "
            f"check key, secret and clock.",
            venue=VENUE,
            endpoint=self._name,
            code=str(frame.ret_code or ""),
        )


def _hmac(secret: str) -> Sign:
    key = secret.encode()
    return lambda text: hmac.new(key, text, hashlib.sha256).hexdigest()


def _rsa(pem: str) -> Sign:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise ConfigError(
            "Opened the secret of a Bybit account, found PEM text that is no unencrypted RSA key; "
            "seal the private key that belongs to the public one at the venue."
        )
    return lambda text: base64.b64encode(key.sign(text, PKCS1v15(), SHA256())).decode()
