"""The world of a drill: the simulated exchanges, and our accounts there.

Keys are made up from the seed and open nothing. Knows which exchange speaks for which venue, and
how an order that leaves looks on its wire; must not know who trades.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from random import Random

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tradewind.app.config import AccountSettings, VenueWord
from tradewind.app.drill.cast import host
from tradewind.app.drill.network import Carriage
from tradewind.edge.simulators.bybit.exchange import BybitExchange
from tradewind.edge.simulators.bybit.settings import AccountSettings as BybitAccount
from tradewind.edge.simulators.bybit.settings import BybitSettings
from tradewind.edge.simulators.kalshi.exchange import KalshiExchange
from tradewind.edge.simulators.kalshi.settings import AccountTerms, KalshiSettings, KeyTerms
from tradewind.edge.simulators.wire import WireExchange
from tradewind.model.ids import AccountId, InstrumentId
from tradewind.model.money import NANOS
from tradewind.ports import Keys

START_NS = 1_767_614_400 * NANOS  # 2026-01-05 12:00 UTC


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One account of ours: how the desk is told of it, and how its exchange knows it."""

    settings: AccountSettings
    keys: Keys
    key_id: str
    exchange: WireExchange

    @property
    def host(self) -> str:
        """Return where its exchange is on the network."""
        return host(self.settings.venue)


def members(accounts: Sequence[AccountSettings], seed: int) -> tuple[Member, ...]:
    """Return our accounts, those of one venue around one new exchange."""
    found: list[Member] = []
    for venue in VenueWord:
        mine = [each for each in accounts if each.venue is venue]
        if mine:
            found += MADE[venue](mine, seed)
    return tuple(found)


def _at_bybit(accounts: Sequence[AccountSettings], seed: int) -> list[Member]:
    keys = {each.id: _bybit_keys(each.id, seed) for each in accounts}
    known = tuple(
        BybitAccount(
            key=keys[each.id]["key"],
            secret=keys[each.id]["secret"],
            hedge=each.account.hedge_mode,
        )
        for each in accounts
    )
    exchange = BybitExchange(BybitSettings(accounts=known, start_ns=START_NS, seed=seed))
    return [
        Member(
            settings=each, keys=Keys(keys[each.id]), key_id=keys[each.id]["key"], exchange=exchange
        )
        for each in accounts
    ]


def _bybit_keys(account: AccountId, seed: int) -> dict[str, str]:
    return {
        "key": f"DRILL{account}{seed:09d}",
        "secret": f"nothing-is-behind-this-{account}-{seed}",
    }


def _at_kalshi(accounts: Sequence[AccountSettings], seed: int) -> list[Member]:
    keys, terms = {}, []
    for each in accounts:
        private = Ed25519PrivateKey.from_private_bytes(Random(f"{seed}/{each.id}").randbytes(32))
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        key_id = f"drill-{each.id}-{b64encode(seed.to_bytes(8)).decode()}"
        keys[each.id] = {"key_id": key_id, "private_key": pem}
        known = (KeyTerms(id=key_id, public_key=public.decode()),)
        terms.append(AccountTerms(user_id=str(each.id), keys=known, tier="expert"))
    exchange = KalshiExchange(KalshiSettings(accounts=tuple(terms), start_ns=START_NS, seed=seed))
    return [
        Member(
            settings=each,
            keys=Keys(keys[each.id]),
            key_id=keys[each.id]["key_id"],
            exchange=exchange,
        )
        for each in accounts
    ]


MADE: Mapping[VenueWord, Callable[[Sequence[AccountSettings], int], list[Member]]] = {
    VenueWord.BYBIT: _at_bybit,
    VenueWord.KALSHI: _at_kalshi,
}


class _Frame(msgspec.Struct):
    op: str
    args: list[msgspec.Raw]


class _Together(msgspec.Struct):
    request: list[msgspec.Raw] = []
    orders: list[msgspec.Raw] = []


_FRAME = msgspec.json.Decoder(_Frame)
_TOGETHER = msgspec.json.Decoder(_Together)


def ordered(carriage: Carriage) -> list[bytes]:
    """Return the bytes of each new order that leaves, as its adapter prepared them."""
    if carriage.way != ">":
        return []
    target, body = carriage.where.partition(" POST ")[2], carriage.text
    if b'"op":"order.create' in body:
        frame = _FRAME.decode(body)
        target, body = f"/v5/{frame.op.replace('.', '/')}", bytes(frame.args[0])
    if target in ("/v5/order/create", "/trade-api/v2/portfolio/events/orders"):
        return [body]
    if target in ("/v5/order/create-batch", "/trade-api/v2/portfolio/events/orders/batched"):
        together = _TOGETHER.decode(body)
        return [bytes(each) for each in (*together.request, *together.orders)]
    return []


def asks(carriage: Carriage) -> bool:
    """Tell whether a client asks for a change of its orders: a new one, another, or none."""
    if carriage.way != ">":
        return False
    by_request = " POST " in carriage.where or " DELETE " in carriage.where
    return by_request or b'"op":"order.' in carriage.text


def symbol_of(instrument: InstrumentId) -> str:
    """Return what an exchange's truth calls an instrument: its own name, without the outcome."""
    return instrument.split(":")[1]
