"""Two desks of one installation never trade one market."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.harness import binary, perpetual
from tradewind.app.config import AccountSettings, Environment, VenueWord
from tradewind.app.territory import Territory
from tradewind.model.config import Account, AccountMode
from tradewind.model.errors import Fenced
from tradewind.model.ids import AccountId, Currency, VenueId


def account(name: str, world: Environment = Environment.TESTNET) -> AccountSettings:
    return AccountSettings(
        account=Account(
            id=AccountId(name),
            venue=VenueId("BYBIT"),
            currency=Currency("USDT"),
            mode=AccountMode.SANDBOX,
            balance=Decimal(0),
        ),
        venue=VenueWord.BYBIT,
        environment=world,
        hosts={},
        keys=name,
        proxy="",
        proxy_keys="",
        symbols=(),
    )


def test_a_market_belongs_to_one_desk_until_it_is_let_go(tmp_path: Path) -> None:
    first, second = Territory(tmp_path, "first"), Territory(tmp_path, "second")
    first.take(account("a"), [perpetual()])
    with pytest.raises(Fenced, match=r"market BYBIT:BTCUSDT, found desk 'first'"):
        second.take(account("b"), [perpetual()])
    second.take(account("b"), [perpetual("ETHUSDT")])
    first.release()
    second.take(account("b"), [perpetual()])
    second.release()


def test_the_two_outcomes_and_the_questions_of_a_series_are_one_market(tmp_path: Path) -> None:
    first, second = Territory(tmp_path, "first"), Territory(tmp_path, "second")
    first.take(account("a"), binary("Q1", series="RAIN"))
    with pytest.raises(Fenced, match="RAIN"):
        second.take(account("b"), [binary("Q2", series="RAIN")[1]])
    first.release()
    second.release()


def test_another_world_of_the_venue_is_another_market(tmp_path: Path) -> None:
    first, second = Territory(tmp_path, "first"), Territory(tmp_path, "second")
    first.take(account("a"), [perpetual()])
    second.take(account("b", Environment.MAINNET), [perpetual()])
    first.release()
    second.release()
