"""The broken adapters by name, each with the cards that must find it out."""

from decimal import Decimal

import msgspec

from tests.conformance.broken_adapters import (
    AmendsLeaves,
    AsksNobody,
    CancelsAnother,
    Dawdles,
    Forgets,
    KeysAnew,
    NeverForgets,
    NewRules,
    Obliging,
    OneByOne,
    OneFeed,
    OnePage,
    OpenCandle,
    ReadsInPart,
    ReadsNow,
    Resends,
    SendsTheFirst,
    ShowsKeys,
    SweepsAll,
    TrustsKeys,
    WrongDigest,
    WrongWireId,
    history,
    listing,
    orders_read,
    reading,
    terms,
)
from tests.conformance.broken_ears import (
    all_refused,
    backwards,
    changes,
    drops,
    fills,
    guesses,
    hides_gaps,
    hopes,
    mixes,
    mixes_up_ends,
    takes_cancels_for_granted,
    twice,
)
from tests.conformance.playing import Deafen, Wrap
from tradewind.model import events as ev
from tradewind.model.events import AccountReport
from tradewind.model.ids import NET, FillKey, InstrumentId, OrderId, VenueOrderId
from tradewind.model.market import CandleStatus, Trading
from tradewind.model.money import NANOS
from tradewind.model.order import Liquidity, OrderStatus, OrderType, Side, TimeInForce

replace = msgspec.structs.replace
D = Decimal


class Saboteur(msgspec.Struct, frozen=True, kw_only=True):
    """A broken adapter, and the cards that must find it out at every venue that plays them."""

    name: str
    cards: str
    wrap: Wrap | None = None
    deafen: Deafen | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """Return the numbers of the cards."""
        return tuple(self.cards.split())


def _gone(event: ev.OrderAccepted) -> ev.OrderAccepted:
    return replace(event, venue_order_id=VenueOrderId("somewhere"))


def _ended(event: ev.OrderAccepted) -> ev.OrderCancelled:
    head = (event.account, event.ts_event, event.ts_recv, event.client_order_id)
    return ev.OrderCancelled(*head)


def _haunted(report: AccountReport) -> AccountReport:
    ghost = ev.ReportedOrder(
        VenueOrderId("ghost"),
        None,
        InstrumentId("NOWHERE:GHOST"),
        Side.BUY,
        D(1),
        D(1),
        D(0),
        OrderStatus.NEW,
        report.ts_event,
    )
    return replace(report, orders=(*report.orders, ghost))


SABOTEURS = (
    # Orders on their way out.
    Saboteur(name="resends", wrap=Resends, cards="O04 O05 O50 O52 O53"),
    Saboteur(name="dawdles", wrap=Dawdles, cards="O57 O58 O115"),
    Saboteur(name="journals another digest", wrap=WrongDigest, cards="O05"),
    Saboteur(name="says another wire id", wrap=WrongWireId, cards="O04 O06 O106"),
    Saboteur(name="makes a limit of what it cannot express", wrap=Obliging, cards="O19"),
    Saboteur(
        name="lets everything rest",
        wrap=terms(tif=TimeInForce.GTC, order_type=OrderType.LIMIT, ttl_ns=0),
        cards="O07 O09 O11 O18",
    ),
    Saboteur(name="forgets post-only", wrap=terms(post_only=False), cards="O13"),
    Saboteur(name="forgets reduce-only", wrap=terms(reduce_only=False), cards="O14 O15 O97"),
    Saboteur(
        name="makes everything post-only",
        wrap=terms(post_only=True, tif=TimeInForce.GTC),
        cards="O10 O84",
    ),
    Saboteur(
        name="turns the side",
        wrap=terms(side=lambda spec: spec.side.opposite),
        cards="O01 O82",
    ),
    Saboteur(
        name="rounds off prices to the grid",
        wrap=terms(
            px=lambda spec: (
                spec.px
                if spec.px is None
                else spec.px.quantize(D("0.01"), "ROUND_DOWN")
                if spec.px < 1
                else spec.px.quantize(D("1"))
            )
        ),
        cards="O28 O34",
    ),
    Saboteur(
        name="rounds quantities into the limits",
        wrap=terms(qty=lambda spec: min(max(spec.qty, D("0.01")), D(1))),
        cards="O29 O30 O31",
    ),
    Saboteur(name="cancels another", wrap=CancelsAnother, cards="O37 O38 O39"),
    Saboteur(
        name="forgets cancels",
        wrap=Forgets,
        cards="O35 O40 O43 O46 O49 O55 O56 O60 O70 O94 O95 O96 O99",
    ),
    Saboteur(name="takes totals for what is left", wrap=AmendsLeaves, cards="O44 O45 O47"),
    Saboteur(name="sweeps protection", wrap=SweepsAll, cards="O97"),
    # Readings.
    Saboteur(
        name="calls a failed reading whole", wrap=ReadsInPart, cards="O88 O89 O90 O91 O92 O102 O103"
    ),
    Saboteur(name="reads no fills behind its cursor", wrap=ReadsNow, cards="O83"),
    Saboteur(name="asks nobody", wrap=AsksNobody, cards="O81 O93"),
    Saboteur(
        name="reads one page",
        wrap=reading(lambda report: replace(report, orders=report.orders[:20])),
        cards="O80",
    ),
    Saboteur(
        name="lists no open orders",
        wrap=reading(lambda report: replace(report, orders=())),
        cards="O16 O33 O54 O80 O86",
    ),
    Saboteur(
        name="reads no cursor", wrap=reading(lambda report: replace(report, cursor="")), cards="O79"
    ),
    Saboteur(
        name="turns positions",
        wrap=reading(
            lambda report: replace(
                report,
                positions=tuple(replace(each, qty=-each.qty) for each in report.positions),
            )
        ),
        cards="O84",
    ),
    Saboteur(
        name="reads balances as floats",
        wrap=reading(
            lambda report: replace(
                report,
                balances={name: D(round(float(cash))) for name, cash in report.balances.items()},
            )
        ),
        cards="O85",
    ),
    Saboteur(
        name="takes strangers for ours",
        wrap=reading(
            lambda report: replace(
                report,
                orders=tuple(
                    replace(each, client_order_id=each.client_order_id or OrderId("X" * 20))
                    for each in report.orders
                ),
                fills=tuple(
                    replace(each, client_order_id=each.client_order_id or OrderId("X" * 20))
                    for each in report.fills
                ),
            )
        ),
        cards="O86 O87",
    ),
    Saboteur(
        name="reads fills of another shape",
        wrap=reading(
            lambda report: replace(
                report,
                fills=tuple(
                    replace(each, key=FillKey(f"rest-{each.key}"), fee=D(0))
                    for each in report.fills
                ),
            )
        ),
        cards="O26",
    ),
    Saboteur(
        name="lists ended orders as open",
        wrap=orders_read(status=lambda each: OrderStatus.NEW),
        cards="O81",
    ),
    Saboteur(name="shows keys", wrap=ShowsKeys, cards="O103"),
    # What there is.
    Saboteur(name="lists twice", wrap=listing(lambda rows: rows * 2), cards="D01"),
    Saboteur(
        name="lists no step",
        wrap=listing(lambda rows: [replace(each, qty_step=D(0)) for each in rows]),
        cards="D01",
    ),
    Saboteur(name="calls old rules new", wrap=NewRules, cards="D02"),
    Saboteur(
        name="loses the mirror",
        wrap=listing(lambda rows: [replace(each, mirror=None) for each in rows]),
        cards="D03",
    ),
    Saboteur(
        name="has holes in its history", wrap=history(lambda rows: rows[::2]), cards="D04 D06"
    ),
    Saboteur(
        name="tells history backwards", wrap=history(lambda rows: rows[::-1]), cards="D04 D06"
    ),
    Saboteur(name="takes the open candle for history", wrap=OpenCandle, cards="D05"),
    Saboteur(name="reads one page of history", wrap=OnePage, cards="D06"),
    Saboteur(name="goes on listening", wrap=NeverForgets, cards="D21"),
    Saboteur(name="watches the last alone", wrap=OneFeed, cards="D20 D22 D23"),
    Saboteur(name="finds nothing", wrap=listing(lambda rows: []), cards="D01 D34"),
    # Orders as they are told.
    Saboteur(name="tells acceptances twice", deafen=twice(ev.OrderAccepted), cards="O02"),
    Saboteur(name="tells another venue id", deafen=changes(ev.OrderAccepted, _gone), cards="O01"),
    Saboteur(
        name="takes acceptances for ends",
        deafen=twice(ev.OrderAccepted, _ended),
        cards="O02 O23 O33 O45",
    ),
    Saboteur(name="tells OrderSent late", deafen=backwards, cards="O03"),
    Saboteur(name="tells no OrderSent", deafen=drops(ev.OrderSent), cards="O03"),
    Saboteur(
        name="loses ends",
        deafen=drops(ev.OrderCancelled, ev.OrderExpired),
        cards="O08 O18 O37 O106",
    ),
    Saboteur(name="tells ends twice", deafen=twice(ev.OrderCancelled), cards="O43 O72 O73 O74"),
    Saboteur(
        name="tells wrong totals",
        deafen=changes(ev.OrderCancelled, lambda event: replace(event, filled_qty=D("7.77"))),
        cards="O36 O41",
    ),
    Saboteur(
        name="loses refusals", deafen=drops(ev.OrderRejected), cards="O28 O29 O30 O31 O32 O34 O62"
    ),
    Saboteur(
        name="gives no reasons",
        deafen=changes(
            (ev.OrderRejected, ev.AmendRejected, ev.SessionChanged),
            lambda event: replace(event, reason=""),
        ),
        cards="O48 O68",
    ),
    Saboteur(
        name="takes refused cancels for ends",
        deafen=takes_cancels_for_granted,
        cards="O38 O39 O40 O42 O48 O49",
    ),
    Saboteur(
        name="takes amendments for granted",
        deafen=changes(
            ev.AmendRejected,
            lambda event: ev.OrderAmended(
                event.account, event.ts_event, event.ts_recv, event.client_order_id, D(1), None
            ),
        ),
        cards="O48",
    ),
    Saboteur(name="loses amendments", deafen=drops(ev.OrderAmended), cards="O44 O46 O47"),
    Saboteur(name="guesses", deafen=guesses, cards="O50 O51 O52 O53 O54"),
    Saboteur(name="hopes", deafen=hopes, cards="O57 O58 O59 O60"),
    Saboteur(name="never says that it does not know", deafen=drops(ev.NoAnswer), cards="O51"),
    Saboteur(name="never says that it did not send", deafen=drops(ev.NotSent), cards="O57 O59 O60"),
    Saboteur(name="counts nothing", deafen=drops(ev.RequestsCounted), cards="O51 O64 O65"),
    Saboteur(name="sees no triggers", deafen=drops(ev.OrderTriggered), cards="O17"),
    Saboteur(
        name="claims too much",
        deafen=changes(
            ev.OrderClaimed, lambda event: replace(event, cumulative_qty=event.cumulative_qty * 2)
        ),
        cards="O27",
    ),
    Saboteur(name="locks nothing", deafen=drops(ev.Locked), cards="O107"),
    # Fills as they are told.
    Saboteur(
        name="loses fills",
        deafen=drops(ev.FillReceived),
        cards="O17 O21 O23 O24 O42",
    ),
    Saboteur(name="tells fills twice", deafen=twice(ev.FillReceived), cards="O22 O36 O41"),
    Saboteur(
        name="tells fills again under another key",
        deafen=twice(
            ev.FillReceived,
            lambda event: replace(
                event, fill=replace(event.fill, key=FillKey(f"{event.fill.key}'"))
            ),
        ),
        cards="O22 O72 O73 O74",
    ),
    Saboteur(
        name="counts fees as floats",
        deafen=fills(fee=lambda fill: D(float(fill.fee) * 1.1)),
        cards="O22",
    ),
    Saboteur(name="counts no fees", deafen=fills(fee=lambda fill: D(0)), cards="O26"),
    Saboteur(
        name="takes makers for takers",
        deafen=fills(liquidity=lambda fill: Liquidity.TAKER),
        cards="O24",
    ),
    Saboteur(
        name="turns fills", deafen=fills(side=lambda fill: fill.side.opposite), cards="O25 O26"
    ),
    Saboteur(
        name="loses the mirror of fills",
        deafen=fills(px=lambda fill: 1 - fill.px if fill.px < 1 else fill.px),
        cards="O21",
    ),
    Saboteur(
        name="loses whose fill it was",
        deafen=fills(client_order_id=lambda fill: None),
        cards="O25",
    ),
    # The session.
    Saboteur(
        name="never loses its session",
        deafen=drops(ev.SessionChanged, live=False),
        cards="O68 O69 O70 O71 O75 O76",
    ),
    Saboteur(
        name="tells payments twice",
        deafen=twice(ev.FundingPaid, lambda event: replace(event, key=FillKey("again"))),
        cards="O77",
    ),
    Saboteur(name="takes payments for fills", deafen=drops(ev.FundingPaid), cards="O77"),
    Saboteur(name="pays nothing out", deafen=drops(ev.SettlementReported), cards="O78"),
    Saboteur(name="pays out twice", deafen=twice(ev.SettlementReported), cards="O78"),
    Saboteur(
        name="stamps the future",
        deafen=changes(
            (ev.FillReceived, ev.BookSnapshot),
            lambda event: replace(event, ts_recv=event.ts_recv + 60 * NANOS),
        ),
        cards="O104",
    ),
    # Books and feeds.
    Saboteur(name="hides gaps", deafen=hides_gaps, cards="D11 D12 D13 D14 D15 D17 D18 D23 D35"),
    Saboteur(name="loses changes", deafen=drops(ev.BookDelta), cards="D09 D10 D16 D20 D22 D24"),
    Saboteur(
        name="shifts prices",
        deafen=changes(
            ev.BookSnapshot,
            lambda event: replace(
                event, bids=tuple((px * D("0.99999"), qty) for px, qty in event.bids)
            ),
        ),
        cards="D07 D08",
    ),
    Saboteur(name="mixes books", deafen=mixes, cards="D21 D22 D24"),
    Saboteur(name="has no heartbeat", deafen=drops(ev.FeedChanged, live=True), cards="D17 D19"),
    Saboteur(
        name="turns trades",
        deafen=changes(ev.Trade, lambda event: replace(event, side=event.side.opposite)),
        cards="D25",
    ),
    Saboteur(name="tells trades twice", deafen=twice(ev.Trade), cards="D25"),
    Saboteur(name="loses trades", deafen=drops(ev.Trade), cards="D23 D25"),
    Saboteur(
        name="stands still",
        deafen=changes(ev.Quote, lambda event: replace(event, bid=event.bid - event.bid / 10)),
        cards="D26",
    ),
    Saboteur(name="closes candles twice", deafen=twice(ev.Candle), cards="D27"),
    Saboteur(name="closes no candle", deafen=drops(ev.Candle), cards="D27 D28"),
    Saboteur(
        name="has closed candles alone",
        deafen=drops(ev.Candle, status=CandleStatus.PROVISIONAL),
        cards="D28",
    ),
    Saboteur(name="tells no rate", deafen=drops(ev.FundingRate), cards="D29"),
    Saboteur(
        name="says that all is open",
        deafen=changes(ev.TradingChanged, lambda event: replace(event, trading=Trading.OPEN)),
        cards="D30",
    ),
    Saboteur(
        name="does not say what is permitted", deafen=drops(ev.TradingChanged), cards="D30 D31"
    ),
    Saboteur(name="never verifies", deafen=drops(ev.FeedChanged), cards="D32"),
    Saboteur(
        name="tells news out of order",
        deafen=changes(
            (ev.BookDelta, ev.FeedChanged),
            lambda event: replace(event, ts_recv=event.ts_recv - 5 * NANOS),
        ),
        cards="D33",
    ),
    Saboteur(name="never rests", wrap=terms(tif=TimeInForce.IOC, post_only=False), cards="O12"),
    Saboteur(
        name="loses acceptances", deafen=drops(ev.OrderAccepted), cards="O61 O63 O66 O100 O101"
    ),
    Saboteur(name="never tells of its session", deafen=drops(ev.SessionChanged), cards="O67"),
    Saboteur(name="reads ghosts", wrap=reading(_haunted), cards="O98"),
    Saboteur(
        name="knows no buckets",
        wrap=terms(side=lambda spec: spec.side),
        deafen=fills(bucket=lambda fill: NET),
        cards="O20",
    ),
    Saboteur(name="makes up keys", wrap=KeysAnew, cards="O105"),
    Saboteur(name="trusts every key", wrap=TrustsKeys, cards="O108"),
    Saboteur(name="mixes up ends", deafen=mixes_up_ends, cards="O109"),
    # What leaves together.
    Saboteur(name="sends the first", wrap=SendsTheFirst, cards="O110 O111 O113 O114"),
    Saboteur(name="sends one by one", wrap=OneByOne, cards="O111"),
    Saboteur(name="refuses all with one", deafen=all_refused, cards="O112"),
)
