"""The journal with its lease, the read tables, and the tables of people and their tokens.

Money is exact, times are nanoseconds UTC, nested things are JSON text. `bot_id` is the instance,
or `operator` or `unmanaged`; `symbol` is the instrument; `order_id` is the venue's.
"""

from alembic import op

from tradewind.edge.store.ddl import columns, schema_of, table_name

revision = "0001"
down_revision = None

# Truth: only the desk that holds the lease writes here.
JOURNAL = {
    "journal": """
        seq     int   key
        ordinal int   key
        epoch   int
        ts      int
        kind    text
        payload text
        digest  bytes
    """,
    "lease": """
        name  text key
        epoch int
        owner text
        pid   int
        host  text
    """,
    "meta": """
        name  text key
        value text
    """,
}

# Projections: what the journal says, ready to be looked at.
STANDING = {
    "strategies": """
        strategy_name text key
        first_used_ns int
        last_used_ns  int
    """,
    "bots": """
        bot_id            text key
        bot_name          text
        bot_type          text
        strategy_name     text
        status            text
        mode              text
        initial_capital   money null
        registered_ns     int
        last_heartbeat_ns int
    """,
    "instances": """
        bot_id             text key
        strategy_name      text
        accounts           text
        instruments        text
        parameters         text
        parameters_version int
        limits             text
        auto_resume        flag
        state              text
        cause              text
        single_fire        flag
        faulted            text
        open_cycles        text
        trading_state      text
        trading_cause      text
        pnl                text
        created_ns         int
        changed_ns         int
    """,
    "accounts": """
        account_id    text key
        venue         text
        currency      text
        mode          text
        enabled       flag
        leverage      money
        hedge_mode    flag
        limits        text
        start_balance money
        balances      text
        balances_ns   int
        session_live  flag
        locks         text
        trading_state text
        trading_cause text
        changed_ns    int
    """,
    "instruments": """
        symbol     text key
        venue      text
        kind       text
        quote      text
        multiplier money
        market     text
        version    int
        rules      text
        changed_ns int
    """,
}

DEALING = {
    "orders": """
        client_order_id text  key
        order_id        text  null
        bot_id          text
        account_id      text
        symbol          text
        bucket          text
        side            text
        order_type      text
        tif             text
        qty             money
        px              money null
        trigger_px      money null
        post_only       flag
        reduce_only     flag
        reason          text
        group_id        text
        status          text
        filled_qty      money
        filled_cost     money
        avg_price       money null
        claimed_qty     money
        commission      money
        wire_id         text
        digest          text
        epoch           int
        cause_seq       int
        amendments      int
        created_ns      int
        acknowledged_ns int   null
        triggered_ns    int   null
        first_fill_ns   int   null
        last_fill_ns    int   null
        closed_ns       int   null
        end_reason      text
        end_code        text
        changed_ns      int
        seq             int
    """,
    "fills": """
        account_id          text  key
        fill_key            text  key
        bot_id              text
        symbol              text
        bucket              text
        order_id            text  null
        client_order_id     text  null
        side                text
        exec_price          money
        exec_qty            money
        exec_time           int
        commission          money
        commission_currency text
        close_reason        text  null
        closed_pnl          money
        reason              text
        liquidity           text
        life                text
        recv_ns             int
        seq                 int
    """,
    "positions": """
        bot_id          text  key
        account_id      text  key
        symbol          text  key
        bucket          text  key
        currency        text
        multiplier      money
        qty             money
        provisional_qty money
        pending_bought  money
        cost            money
        avg_price       money null
        realised        money
        fees            money
        other_fees      text
        funding         money
        opened_ns       int
        last_ns         int
        last_key        text
        round_trips     int
        first_seq       int
        seq             int
    """,
    "trades": """
        bot_id       text  key
        account_id   text  key
        symbol       text  key
        bucket       text  key
        number       int   key
        side         text
        status       text
        currency     text
        entry_qty    money
        entry_value  money
        entry_price  money
        exit_qty     money
        exit_value   money
        exit_price   money null
        gross_pnl    money
        commission   money
        funding      money
        net_pnl      money
        entry_fills  int
        exit_fills   int
        entry_key    text
        entry_reason text
        exit_reason  text  null
        entry_ns     int
        exit_ns      int   null
        holding_ns   int   null
    """,
    "postings": """
        account_id text  key
        entry_key  text  key
        bot_id     text  key
        symbol     text  key
        bucket     text  key
        kind       text
        qty        money
        value      money
        fee        money
        funding    money
        currency   text
        cause      text
        ts         int
        told_ns    int
        seq        int
    """,
    "settlements": """
        account_id text  key
        symbol     text  key
        number     int   key
        phase      text
        payout     money
        qty        money
        amount     money
        currency   text
        ts         int
        seq        int
    """,
}

PEOPLE = {
    "commands": """
        command_id   text key
        name         text
        by           text
        why          text
        body         text
        confirmation text
        effect       text
        rule         text
        details      text
        received_ns  int
        answered_ns  int  null
        seq          int
    """,
    "audit_log": """
        seq     int  key
        ordinal int  key
        ts      int
        who     text
        what    text
        subject text
        why     text
        effect  text
    """,
    "users": """
        user_id       text key
        name          text
        password_hash text
        role          text
        totp_secret   text null
        created_ns    int
        disabled_ns   int  null
    """,
    "api_tokens": """
        token_hash   text key
        user_id      text
        name         text
        scopes       text
        created_ns   int
        expires_ns   int  null
        last_used_ns int  null
        revoked_ns   int  null
    """,
    "cursors": """
        name       text key
        seq        int
        epoch      int
        changed_ns int
    """,
}

TABLES = JOURNAL | STANDING | DEALING | PEOPLE

INDEXES = (
    ("orders", "order_id"),
    ("orders", "bot_id", "created_ns"),
    ("orders", "status"),
    ("fills", "bot_id", "symbol", "seq"),
    ("fills", "client_order_id"),
    ("trades", "entry_ns"),
    ("postings", "symbol", "account_id"),
    ("audit_log", "ts"),
    ("api_tokens", "user_id"),
)


def upgrade() -> None:
    """Make every table and index."""
    dialect = op.get_context().dialect.name
    for name, listing in TABLES.items():
        op.create_table(
            table_name(name, dialect),
            *columns(listing),
            schema=schema_of(dialect),
            # Rows of the journal lie in the order of their numbers.
            sqlite_with_rowid=name != "journal",
        )
    for table, *keys in INDEXES:
        op.create_index(
            _index(table, keys), table_name(table, dialect), keys, schema=schema_of(dialect)
        )


def downgrade() -> None:
    """Drop everything again."""
    dialect = op.get_context().dialect.name
    for table, *keys in reversed(INDEXES):
        op.drop_index(_index(table, keys), table_name(table, dialect), schema=schema_of(dialect))
    for name in reversed(TABLES):
        op.drop_table(table_name(name, dialect), schema=schema_of(dialect))


def _index(table: str, keys: list[str]) -> str:
    return "_".join(("ix_trading", table, *keys))
