"""What currencies are worth in the reporting currency.

Knows the last rate of each. Must not assume any: no stablecoin is worth one, nothing is worth
what it was worth in another currency.
"""

from decimal import Decimal

from tradewind.model.errors import DataError
from tradewind.model.events import CurrencyRate
from tradewind.model.ids import Currency
from tradewind.model.money import ONE, ZERO


class Rates:
    """The last known rate of each currency; `reporting` itself is worth one."""

    __slots__ = ("_rates", "reporting")

    def __init__(self, reporting: Currency) -> None:
        self.reporting = reporting
        self._rates: dict[str, Decimal] = {reporting: ONE}

    def report_in(self, reporting: Currency) -> None:
        """Change the reporting currency; rates in the former one are forgotten."""
        if reporting != self.reporting:
            self.reporting = reporting
            self._rates = {reporting: ONE}

    def apply(self, event: CurrencyRate) -> None:
        """Take a rate; raises DataError unless it is positive, or 1 for the reporting currency."""
        wrong = event.currency == self.reporting and event.rate != ONE
        if wrong or not event.rate.is_finite() or event.rate <= ZERO:
            raise DataError(
                f"Read the rate of {event.currency} in {self.reporting}, found {event.rate}; "
                f"give a positive rate, and none but 1 for the reporting currency."
            )
        self._rates[event.currency] = event.rate

    def rate(self, currency: str) -> Decimal | None:
        """Return what one unit is worth in the reporting currency, None while unknown."""
        return self._rates.get(currency)

    def convert(self, amount: Decimal, currency: str) -> Decimal | None:
        """Return an amount in the reporting currency, None while the rate is unknown."""
        rate = self._rates.get(currency)
        return None if rate is None else amount * rate

    def exchange(self, amount: Decimal, currency: str, target: str) -> Decimal | None:
        """Return an amount of one currency in another, None while one of the rates is unknown."""
        if currency == target:
            return amount
        theirs, ours = self._rates.get(currency), self._rates.get(target)
        return None if theirs is None or ours is None else amount * theirs / ours
