"""A witness at the desk's side: nothing is approved on data older than the desk permits."""

from tradewind.model.effects import Effect, SubmitOrder
from tradewind.model.events import Event
from tradewind.model.money import NANOS
from tradewind.model.order import PlaceOrder
from tradewind.runtime.keeper import JournalKeeper


class WitnessedKeeper(JournalKeeper):
    """Keeps steps as ever, and notes in `stale` what was sent on data too old to act on."""

    stale: list[str]

    def note(self, event: Event, effects: list[Effect]) -> None:
        """Take one step, as it left the desk."""
        for effect in effects:
            if type(effect) is SubmitOrder and not self._reduces(effect.spec):
                self._look(effect)
        super().note(event, effects)

    def _look(self, order: SubmitOrder) -> None:
        market = self.desk.feeds[order.spec.instrument].market
        age_ns = order.ts - market.verified_ns
        if not market.live or age_ns > self.desk.config.stale_book_ns:
            feed = "live" if market.live else "lost"
            name, age_s = order.client_order_id, age_ns / NANOS
            self.stale.append(f"order {name} was approved on a {feed} feed, {age_s:.1f} s old")

    def _reduces(self, order: PlaceOrder) -> bool:
        """Tell whether it makes a position smaller: that may be done on any data."""
        if order.reduce_only:
            return True
        rules = self.desk.instrument(order.instrument)
        net = self.desk.ledger.net_qty(order.account, order.instrument, order.bucket)
        if rules.netting and rules.mirror is not None:
            net -= self.desk.ledger.net_qty(order.account, rules.mirror, order.bucket)
        return net * order.side.sign < 0 and order.qty <= abs(net)
