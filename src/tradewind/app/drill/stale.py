"""A witness on the desk's bus: nothing is approved on data older than the desk permits."""

from tradewind.core.engine.desk import Desk
from tradewind.model.effects import SubmitOrder
from tradewind.ports import Published


class StaleSends:
    """Hears the desk's bus: no order may be approved on data older than the desk permits."""

    def __init__(self, desk: Desk) -> None:
        self.found: list[str] = []
        self._desk = desk

    def __call__(self, news: Published) -> None:
        """See one committed step."""
        for effect in news.effects:
            if type(effect) is not SubmitOrder or effect.spec.reduce_only:
                continue
            market = self._desk.feeds[effect.spec.instrument].market
            age_ns = effect.ts - market.verified_ns
            if not market.live or age_ns > self._desk.config.stale_book_ns:
                self.found.append(
                    f"order {effect.client_order_id} was approved on data {age_ns / 1e9:.1f} s old"
                )
