"""/metrics in Prometheus' words, made from the desk's views when somebody asks.

Knows prometheus_client. A figure that the desk does not tell is left out, never made up.
"""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from tradewind.control.requests import Feeds, ViewName
from tradewind.control.views import FeedView, HealthView, ScopeView, ScreenView, Wanted
from tradewind.faces.api import guard
from tradewind.faces.api.problems import problem
from tradewind.faces.api.reads import ALL, view
from tradewind.faces.api.table import Call, Reply
from tradewind.model.access import AccessScope
from tradewind.model.commands import ScopeKind, TradingState
from tradewind.model.errors import Unreachable

MEDIA = "text/plain; version=0.0.4; charset=utf-8"
MS = 1000.0
US = 1_000_000.0
STATES = {TradingState.ACTIVE: 0, TradingState.REDUCING: 1, TradingState.HALTED: 2}


async def metrics(call: Call) -> Reply:
    """Return the figures of the desk and the gateway; for this machine, or with a token."""
    if call.who is None and not guard.is_near(call.request):
        raise problem("auth_failed", "Asked for the metrics from afar; bring a token with read.")
    if call.who is not None:
        call.who.require(AccessScope.READ)
    families = [*_of_gateway(call)]
    try:
        families += await _of_desk(call)
    except Unreachable:
        families.append(GaugeMetricFamily("tradewind_up", "Whether the desk answers.", 0))
    registry = CollectorRegistry()
    registry.register(_Made(families))
    return Reply(raw=generate_latest(registry), media=MEDIA)


class _Made(Collector):
    """What has been gathered already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        """Return it; Prometheus' own protocol."""
        return self._families


async def _of_desk(call: Call) -> list[Metric]:
    health = await view(call, ViewName.HEALTH, Wanted())
    screen = await view(call, ViewName.SCREEN, Wanted())
    feeds = await view(call, ViewName.FEEDS, Wanted(limit=ALL))
    assert isinstance(health, HealthView)
    assert isinstance(screen, ScreenView)
    assert isinstance(feeds, Feeds)
    return [
        GaugeMetricFamily("tradewind_up", "Whether the desk answers.", 1),
        *_of_orders(health, screen),
        *_of_scopes(screen.scopes),
        *_of_feeds(row for row in feeds.rows if row.live),
    ]


def _of_gateway(call: Call) -> Iterator[Metric]:
    hub = call.gateway.hub
    yield CounterMetricFamily(
        "tradewind_ws_messages", "Messages told to pages, each once for all.", hub.messages
    )
    yield GaugeMetricFamily("tradewind_pages", "Pages that look at the desk.", hub.pages)


def _of_orders(health: HealthView, screen: ScreenView) -> Iterator[Metric]:
    yield GaugeMetricFamily("tradewind_live_orders", "Orders that work.", health.live_orders)
    yield GaugeMetricFamily(
        "tradewind_unknown_orders", "Orders whose outcome is open.", health.unknown_orders
    )
    yield CounterMetricFamily("tradewind_fills", "Fills that were posted.", screen.fills_count)
    yield CounterMetricFamily("tradewind_steps", "Steps of the desk.", health.seq)
    states = GaugeMetricFamily("tradewind_instances", "Instances by state.", labels=["state"])
    counts: dict[str, int] = {}
    for row in screen.instances:
        counts[row.state.value] = counts.get(row.state.value, 0) + 1
    for state, count in sorted(counts.items()):
        states.add_metric([state], count)
    yield states
    positions = GaugeMetricFamily(
        "tradewind_positions", "Signed quantity held.", labels=["account", "instance", "instrument"]
    )
    for held in screen.positions:
        positions.add_metric([held.account, held.instance, held.instrument], float(held.qty))
    yield positions
    if screen.total is not None:
        yield _labelled("tradewind_pnl", "Net result.", "currency", screen.total.currency, screen)
    if health.latency is not None:
        yield _latency(health)


def _labelled(name: str, text: str, label: str, value: str, screen: ScreenView) -> Metric:
    assert screen.total is not None
    made = GaugeMetricFamily(name, text, labels=[label])
    made.add_metric([value], float(screen.total.net))
    return made


def _latency(health: HealthView) -> Metric:
    latency = health.latency
    assert latency is not None
    made = GaugeMetricFamily(
        "tradewind_tick_to_order_seconds",
        "From the arrival of an order's cause to its last byte.",
        labels=["quantile"],
    )
    made.add_metric(["0.5"], latency.p50_us / US)
    made.add_metric(["0.99"], latency.p99_us / US)
    made.add_metric(["1"], latency.worst_us / US)
    return made


def _of_scopes(scopes: Iterable[ScopeView]) -> Iterator[Metric]:
    states = GaugeMetricFamily(
        "tradewind_kill_state", "0 active, 1 reducing, 2 halted.", labels=["scope", "name"]
    )
    left = GaugeMetricFamily(
        "tradewind_rate_budget_remaining", "Requests that the venue allows now.", labels=["account"]
    )
    for scope in scopes:
        states.add_metric([scope.kind.value, scope.name], STATES[scope.state])
        if scope.kind is ScopeKind.ACCOUNT and scope.requests_left is not None:
            left.add_metric([scope.name], scope.requests_left)
    yield states
    yield left


def _of_feeds(feeds: Iterable[FeedView]) -> Iterator[Metric]:
    ages = GaugeMetricFamily(
        "tradewind_feed_age_seconds", "Age of the newest data.", labels=["instrument"]
    )
    trust = GaugeMetricFamily(
        "tradewind_book_trust", "1 where the book may be traded on.", labels=["instrument"]
    )
    for feed in feeds:
        ages.add_metric([feed.instrument], feed.age_ms / MS)
        trust.add_metric([feed.instrument], 0 if feed.trust else 1)
    yield ages
    yield trust
