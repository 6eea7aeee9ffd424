"""The history formats that can be read: one description each, tried in this order.

A format is recognised by the names in its header, or, without a header, by what stands in each
place. The left side of `fields` is our word, the right side the names that files use for it
(lower case). Times without a zone lie `zone_s` ahead of UTC.
"""

import msgspec

IST_S = 19_800
EST_S = -18_000

TIME = (
    "timestamp",
    "time",
    "date",
    "datetime",
    "ts",
    "open_time",
    "start_at",
    "start",
    "date_time",
)
VOLUME = ("volume", "vol", "qty", "quantity")
SYMBOL = ("symbol", "ticker", "instrument", "pair")
SIZE = ("size", "qty", "quantity", "amount", "volume")
MAKER = ("is_buyer_maker", "buyer_maker", "isbuyermaker")
CANDLE = {"open": ("open",), "high": ("high",), "low": ("low",), "close": ("close",)}

INT, EPOCH, NUMBER, FLAG, COMPACT, DOTTED, ANY = (
    r"-?\d+",
    r"\d{10}|\d{13}|\d{16}|\d{19}",
    r"-?\d+(\.\d*)?([eE][-+]?\d+)?",
    r"(?i:true|false)",
    r"\d{8} \d{9}",
    r"\d{4}\.\d\d\.\d\d \d\d:\d\d",
    r".*",
)
"""What a place of a headerless file may hold, as regular expressions for the whole field."""


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of file says what we store.

    `fields` must be in the header, `extras` may be. `places` describe a file without a header:
    (our word or empty, what must stand there). `keep` names the rows that count. `hint` must be
    part of the file's name. `sizes` stands in where quotes have none. `reader` is `table`, or the
    reader of files in which several rows, or a line of JSON, make one event. `venue` is stated
    where the format belongs to one. `close_third`: the close stands before high and low.
    """

    name: str
    kind: str
    about: str
    fields: dict[str, tuple[str, ...]] = {}
    extras: dict[str, tuple[str, ...]] = {}
    places: tuple[tuple[str, str], ...] = ()
    keep: dict[str, tuple[str, ...]] = {}
    zone_s: int = 0
    venue: str = ""
    interval: str = ""
    hint: str = ""
    sizes: str = ""
    reader: str = "table"
    close_third: bool = False


TABLES: tuple[Format, ...] = (
    Format(
        name="polymarket-events",
        kind="book",
        about="Polymarket CLOB events, a level in each row (recorder's CSV)",
        fields={
            "symbol": ("asset_id",),
            "event": ("event_type",),
            "px": ("price",),
            "side": ("side",),
            "qty": ("size",),
            "group": ("hash",),
            "time": ("timestamp",),
        },
        venue="POLYMARKET",
        reader="level-rows",
    ),
    Format(
        name="binance-depth",
        kind="book",
        about="Binance futures depth, a level in each row",
        fields={
            "symbol": ("symbol",),
            "time": ("timestamp",),
            "first": ("first_update_id",),
            "sequence": ("last_update_id",),
            "side": ("side",),
            "event": ("update_type",),
            "px": ("price",),
            "qty": ("qty",),
            "previous": ("pu",),
        },
        venue="BINANCE_FUTURES",
        reader="level-rows",
    ),
    Format(
        name="nse-bhavcopy-udiff",
        kind="candle",
        about="NSE end-of-day file, the common format since 2024-07-08",
        fields={
            "time": ("traddt",),
            "symbol": ("tckrsymb",),
            "series": ("sctysrs",),
            "open": ("opnpric",),
            "high": ("hghpric",),
            "low": ("lwpric",),
            "close": ("clspric",),
            "volume": ("ttltradgvol",),
        },
        keep={"series": ("EQ", "BE", "SM", "ST")},
        zone_s=IST_S,
        venue="NSE",
        interval="1d",
    ),
    Format(
        name="nse-bhavcopy-full",
        kind="candle",
        about="NSE end-of-day file with deliveries (sec_bhavdata_full)",
        fields={
            "time": ("date1",),
            "symbol": ("symbol",),
            "series": ("series",),
            "open": ("open_price",),
            "high": ("high_price",),
            "low": ("low_price",),
            "close": ("close_price",),
            "volume": ("ttl_trd_qnty",),
        },
        keep={"series": ("EQ", "BE", "SM", "ST")},
        zone_s=IST_S,
        venue="NSE",
        interval="1d",
    ),
    Format(
        name="nse-bhavcopy",
        kind="candle",
        about="NSE end-of-day file, the format until 2024-07",
        fields={
            "time": ("timestamp",),
            "symbol": ("symbol",),
            "series": ("series",),
            **CANDLE,
            "volume": ("tottrdqty",),
        },
        keep={"series": ("EQ", "BE", "SM", "ST")},
        zone_s=IST_S,
        venue="NSE",
        interval="1d",
    ),
    Format(
        name="nse-index",
        kind="candle",
        about="index candles with Date and Time in Indian Standard Time",
        fields={"symbol": ("instrument",), "time": ("date",), "clock": ("time",), **CANDLE},
        extras={"volume": VOLUME},
        zone_s=IST_S,
        venue="NSE",
    ),
    Format(
        name="bybit-trades",
        kind="trade",
        about="Bybit derivatives trading dump",
        fields={
            "time": ("timestamp",),
            "symbol": ("symbol",),
            "side": ("side",),
            "qty": ("size",),
            "px": ("price",),
            "trade_id": ("trdmatchid",),
        },
        venue="BYBIT",
    ),
    Format(
        name="bybit-spot-trades",
        kind="trade",
        about="Bybit spot trading dump",
        fields={
            "trade_id": ("id",),
            "time": ("timestamp",),
            "px": ("price",),
            "qty": ("volume",),
            "side": ("side",),
        },
        venue="BYBIT_SPOT",
    ),
    Format(
        name="bybit-klines",
        kind="candle",
        about="Bybit kline dump",
        fields={"time": ("start_at",), "symbol": ("symbol",), **CANDLE},
        extras={"volume": VOLUME},
        venue="BYBIT",
    ),
    Format(
        name="binance-klines",
        kind="candle",
        about="Binance kline dump",
        fields={"time": ("open_time",), **CANDLE, "volume": ("volume",), "end": ("close_time",)},
        places=(
            ("time", EPOCH),
            ("open", NUMBER),
            ("high", NUMBER),
            ("low", NUMBER),
            ("close", NUMBER),
            ("volume", NUMBER),
            ("end", EPOCH),
            ("", NUMBER),
            ("", INT),
            ("", NUMBER),
            ("", NUMBER),
            ("", ANY),
        ),
    ),
    Format(
        name="binance-agg-trades",
        kind="trade",
        about="Binance aggregate trade dump",
        fields={
            "trade_id": ("agg_trade_id",),
            "px": ("price",),
            "qty": ("quantity",),
            "time": ("transact_time", "timestamp"),
            "maker": MAKER,
        },
        places=(
            ("trade_id", INT),
            ("px", NUMBER),
            ("qty", NUMBER),
            ("", INT),
            ("", INT),
            ("time", EPOCH),
            ("maker", FLAG),
        ),
    ),
    Format(
        name="binance-agg-trades-spot",
        kind="trade",
        about="Binance spot aggregate trade dump, with the best-match flag",
        places=(
            ("trade_id", INT),
            ("px", NUMBER),
            ("qty", NUMBER),
            ("", INT),
            ("", INT),
            ("time", EPOCH),
            ("maker", FLAG),
            ("", FLAG),
        ),
        venue="BINANCE",
    ),
    Format(
        name="binance-trades",
        kind="trade",
        about="Binance trade dump",
        fields={
            "trade_id": ("id",),
            "px": ("price",),
            "qty": ("qty",),
            "time": ("time",),
            "maker": MAKER,
        },
        places=(
            ("trade_id", INT),
            ("px", NUMBER),
            ("qty", NUMBER),
            ("", NUMBER),
            ("time", EPOCH),
            ("maker", FLAG),
        ),
    ),
    Format(
        name="binance-trades-spot",
        kind="trade",
        about="Binance spot trade dump, with the best-match flag",
        places=(
            ("trade_id", INT),
            ("px", NUMBER),
            ("qty", NUMBER),
            ("", NUMBER),
            ("time", EPOCH),
            ("maker", FLAG),
            ("", FLAG),
        ),
        venue="BINANCE",
    ),
    Format(
        name="binance-book-ticker",
        kind="quote",
        about="Binance futures best bid and ask dump",
        fields={
            "sequence": ("update_id",),
            "bid": ("best_bid_price",),
            "bid_qty": ("best_bid_qty",),
            "ask": ("best_ask_price",),
            "ask_qty": ("best_ask_qty",),
            "time": ("transaction_time",),
        },
        extras={"recv": ("event_time",)},
        places=(
            ("sequence", INT),
            ("bid", NUMBER),
            ("bid_qty", NUMBER),
            ("ask", NUMBER),
            ("ask_qty", NUMBER),
            ("time", EPOCH),
            ("recv", EPOCH),
        ),
        venue="BINANCE_FUTURES",
    ),
    Format(
        name="binance-funding",
        kind="funding",
        about="Binance funding rate dump",
        fields={"time": ("calc_time",), "rate": ("last_funding_rate",)},
        venue="BINANCE_FUTURES",
    ),
    Format(
        name="freqtrade-funding",
        kind="funding",
        about="freqtrade funding rates (the rate stands in open)",
        fields={"time": ("date",), "rate": ("open",), "high": ("high",), "low": ("low",)},
        hint="funding_rate",
    ),
    Format(
        name="funding",
        kind="funding",
        about="funding rates with a header",
        fields={
            "time": (*TIME, "fundingratetimestamp", "funding_time", "fundingtime"),
            "rate": ("fundingrate", "funding_rate", "rate"),
        },
        extras={"mark": ("mark", "mark_price", "markprice"), "symbol": SYMBOL},
    ),
    Format(
        name="candles",
        kind="candle",
        about="candles with a header",
        fields={"time": TIME, **CANDLE},
        extras={"volume": VOLUME, "symbol": SYMBOL},
    ),
    Format(
        name="quotes",
        kind="quote",
        about="best bid and ask with a header",
        fields={
            "time": TIME,
            "bid": ("bid", "bid_price", "bidprice", "bid_px"),
            "ask": ("ask", "ask_price", "askprice", "ask_px"),
        },
        extras={
            "bid_qty": ("bid_size", "bid_qty", "bidsize", "bid_quantity", "bid_volume"),
            "ask_qty": ("ask_size", "ask_qty", "asksize", "ask_quantity", "ask_volume"),
            "recv": ("ts_recv", "ts_init", "local_timestamp"),
            "symbol": SYMBOL,
        },
        sizes="1000000",
    ),
    Format(
        name="trades",
        kind="trade",
        about="public prints with a header",
        fields={"time": TIME, "px": ("price", "px"), "qty": SIZE},
        extras={
            "side": ("side", "aggressor_side"),
            "maker": MAKER,
            "trade_id": ("trade_id", "tradeid", "id"),
            "recv": ("ts_recv", "ts_init", "local_timestamp"),
            "symbol": SYMBOL,
        },
    ),
    Format(
        name="bitfinex-candles",
        kind="candle",
        about="Bitfinex candles without a header, the close before high and low",
        places=(
            ("time", EPOCH),
            ("open", NUMBER),
            ("close", NUMBER),
            ("high", NUMBER),
            ("low", NUMBER),
            ("volume", NUMBER),
        ),
        venue="BITFINEX",
        close_third=True,
    ),
    Format(
        name="candles-without-header",
        kind="candle",
        about="candles without a header: epoch, open, high, low, close, volume",
        places=(
            ("time", EPOCH),
            ("open", NUMBER),
            ("high", NUMBER),
            ("low", NUMBER),
            ("close", NUMBER),
            ("volume", NUMBER),
        ),
    ),
    Format(
        name="metatrader-candles",
        kind="candle",
        about="candles without a header: 2024.01.31 23:59, open, high, low, close, volume",
        places=(
            ("time", DOTTED),
            ("open", NUMBER),
            ("high", NUMBER),
            ("low", NUMBER),
            ("close", NUMBER),
            ("volume", NUMBER),
        ),
    ),
    Format(
        name="histdata-quotes",
        kind="quote",
        about="FX quotes without a header; times are US Eastern without daylight saving",
        places=(("time", COMPACT), ("bid", NUMBER), ("ask", NUMBER), ("", NUMBER)),
        zone_s=EST_S,
        sizes="1000000",
    ),
)

CAPTURES: tuple[Format, ...] = (
    Format(
        name="binance-capture",
        kind="quote",
        about="Binance USD-M stream messages, each behind our receive time in nanoseconds",
        venue="BINANCE_FUTURES",
        reader="binance-capture",
    ),
    Format(
        name="cryptofeed-binance",
        kind="quote",
        about="Binance USD-M stream messages as cryptofeed records them",
        venue="BINANCE_FUTURES",
        reader="binance-capture",
    ),
    Format(
        name="cryptofeed-bybit",
        kind="book",
        about="Bybit v2 public stream (2021) as cryptofeed records it",
        venue="BYBIT",
        reader="bybit-v2-capture",
    ),
    Format(
        name="bybit-orderbook",
        kind="book",
        about="Bybit order book dump, a v5 message in each line",
        venue="BYBIT",
        reader="bybit-v5-capture",
    ),
    Format(
        name="kalshi-capture",
        kind="book",
        about="Kalshi stream messages, each with our receive time",
        venue="KALSHI",
        reader="kalshi-capture",
    ),
)
"""Files with a line of JSON for each message; what they hold besides `kind` is found by reading."""


AS_TABLE = (
    "give it a header with timestamp, open, high, low, close[, volume] for candles, "
    "timestamp, bid, ask[, bid_size, ask_size] for quotes, or timestamp, price, size, side "
    "for trades (times as ISO 8601 or epochs, UTC unless they carry a zone)"
)
"""What a table must look like to be read without a format of its own."""
AS_CAPTURE = "recorded streams of Binance USD-M, Bybit and Kalshi can be read"
