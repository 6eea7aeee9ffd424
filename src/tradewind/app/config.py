"""`desk.toml`, read once: what a desk is, its accounts, and what it runs.

Knows every key of the file, and which belong together. Must not open the vault, a socket or a
desk: rooms get the values that they need, never this.
"""

import difflib
import ipaddress
from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from tradewind.app.desk_tables import (
    VENUES,
    AccountTable,
    BreakerTable,
    Durability,
    Environment,
    InstanceTable,
    Name,
    NoticesTable,
    Tables,
    VenueFacts,
    VenueWord,
    WebTable,
)
from tradewind.app.strict import Place, load_tables, read, unknown
from tradewind.app.web import WebSettings
from tradewind.edge.notices.email import Security
from tradewind.model.config import (
    Account,
    AccountMode,
    Breaker,
    DeskConfig,
    InstanceSpec,
)
from tradewind.model.errors import ConfigError, Refused
from tradewind.model.ids import AccountId, Currency, InstanceId, InstrumentId, VenueId
from tradewind.model.money import NANOS, ZERO

__all__ = [
    "VENUES",
    "AccountSettings",
    "Environment",
    "Settings",
    "VenueWord",
    "desk_config",
    "load_settings",
    "require_live",
]

TOKEN = "{token}"
"""Stands in a webhook's address where the vault's token belongs."""
DAILY_LOSS_PCT = Decimal(2)
"""What an account may lose in a day unless its limits say otherwise, in per cent."""


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One account: what the core knows of it, and what its seat at the venue is made from.

    `hosts` are the addresses of a custom environment, empty for the venue's own. `keys` and
    `proxy_keys` name entries of the vault, empty for none.
    """

    account: Account
    venue: VenueWord
    environment: Environment
    hosts: Mapping[str, str]
    keys: str
    proxy: str
    proxy_keys: str
    symbols: tuple[str, ...]

    @property
    def id(self) -> AccountId:
        """Return the account's name."""
        return self.account.id


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """A desk as its file describes it. `folder` None: the data folder of the command line."""

    file: Path
    name: str
    folder: Path | None
    durability: Literal["power", "process"]
    snapshot_every_ns: int
    desk: DeskConfig
    accounts: tuple[AccountSettings, ...]
    instances: list[InstanceSpec]
    web: WebSettings = WebSettings()
    notices: NoticesTable = NoticesTable()


def load_settings(file: Path) -> Settings:
    """Read a desk's file; raises ConfigError with the file, the key and what is allowed."""
    top = Place(file)
    tables = read(Tables, load_tables(file), top)
    accounts = tuple(
        _account(name, each, top.below("accounts").below(name))
        for name, each in tables.accounts.items()
    )
    if not accounts:
        raise top.wrong("no account", "add one: [accounts.NAME]")
    by_name = {each.id: each for each in accounts}
    live = any(each.account.mode is AccountMode.LIVE for each in accounts)
    durability = tables.desk.durability or (Durability.POWER if live else Durability.PROCESS)
    folder = tables.desk.folder
    return Settings(
        file=file,
        name=tables.desk.name,
        folder=None if folder is None else _below(file, folder),
        durability="power" if durability is Durability.POWER else "process",
        snapshot_every_ns=tables.desk.snapshot_every,
        desk=_desk(tables, accounts, top),
        accounts=accounts,
        instances=[
            _instance(name, each, by_name, top.below("instances").below(name))
            for name, each in tables.instances.items()
        ],
        web=_web(file, tables.web),
        notices=_notices(tables.notices, top.below("notices")),
    )


def desk_config(settings: Settings) -> DeskConfig:
    """Return what enters the core with DeskStarted."""
    return settings.desk


def require_live(settings: Settings, allowed: Collection[str]) -> None:
    """See that exactly the live accounts of the file are asked for by name.

    Raises Refused for a live account that is not among `allowed`, ConfigError for a name among
    them that is no live account of the file.
    """
    live = [str(each.id) for each in settings.accounts if each.account.mode is AccountMode.LIVE]
    for name in allowed:
        if name not in live:
            near = difflib.get_close_matches(name, live, n=1)
            known = f"it has {', '.join(live)}" if live else "it has none, so leave --live out"
            hint = f"did you mean {near[0]}?" if near else f"{known}."
            raise ConfigError(f"Read {settings.file}, found no live account {name}; {hint}")
    missing = [name for name in live if name not in allowed]
    if missing:
        words = " ".join(f"--live {name}" for name in missing)
        raise Refused(
            f"Read {settings.file}, found real money in {', '.join(missing)} and no word that it "
            f"is meant; add {words}, or set the mode to paper or sandbox."
        )


def _desk(tables: Tables, accounts: tuple[AccountSettings, ...], top: Place) -> DeskConfig:
    known = {word.value.upper(): word for word in VENUES}
    for name in tables.venues:
        if name not in known:
            raise unknown(name, known, top.below("venues"))
    desk = tables.desk
    return DeskConfig(
        tag=desk.tag,
        reporting_currency=Currency(desk.reporting_currency),
        accounts=tuple(each.account for each in accounts),
        desk_limits=tables.limits,
        venue_limits={VenueId(name): each.limits for name, each in tables.venues.items()},
        stale_book_ns=desk.stale_book,
        stale_ref_ns=desk.stale_reference,
        market_buffer_pct=desk.market_buffer_pct,
        claim_patience_ns=desk.claim_patience,
        callback_budget_ns=desk.callback_budget,
        day_offset_ns={
            VenueId(name): each.day_offset
            for name, each in tables.venues.items()
            if each.day_offset
        },
        candle_memory=desk.candle_memory,
        reconcile_every_ns=desk.reconcile_every,
    )


def _account(name: str, given: AccountTable, place: Place) -> AccountSettings:
    _check_name(name, place)
    facts = VENUES[given.venue]
    _check_world(given, facts, place)
    _check_hosts(given, facts, place)
    _check_keys(given, place)
    return AccountSettings(
        account=_core_account(name, given, facts, place),
        venue=given.venue,
        environment=given.environment,
        hosts=given.hosts,
        keys=given.keys or "",
        proxy=given.proxy or "",
        proxy_keys=given.proxy_keys or "",
        symbols=given.symbols,
    )


def _core_account(name: str, given: AccountTable, facts: VenueFacts, place: Place) -> Account:
    paper = given.mode is AccountMode.PAPER
    if given.balance is not None and not paper:
        raise place.wrong(
            f"{place}.balance with mode {given.mode.value}", "leave it out: the venue tells it"
        )
    if paper and given.balance is None:
        raise place.wrong(f"no balance in [{place}]", "give the paper account its money")
    limits = given.limits
    if limits.max_daily_loss_pct is None:
        limits = msgspec.structs.replace(limits, max_daily_loss_pct=DAILY_LOSS_PCT)
    return Account(
        id=AccountId(name),
        venue=VenueId(given.venue.value.upper()),
        currency=Currency(given.currency or facts.currency),
        mode=given.mode,
        balance=given.balance or ZERO,
        capital_base=given.capital_base,
        leverage=given.leverage,
        hedge_mode=given.hedge_mode,
        enabled=given.enabled,
        orders_per_s=given.orders_per_s,
        order_burst=given.order_burst,
        limits=limits,
        breaker=_breaker(given.breaker),
        proof_window_ns=_at_least(facts.proof_window_ns, given.proof_window, "proof_window", place),
        read_lag_ns=_at_least(facts.read_lag_ns, given.read_lag, "read_lag", place),
        max_kill_s=given.max_kill_s,
    )


def _breaker(given: BreakerTable) -> Breaker:
    return Breaker(
        failed_orders=given.failed_orders,
        failed_window_ns=given.failed_window,
        error_rate_pct=given.error_rate_pct,
        error_window=given.error_window,
    )


def _at_least(least_ns: int, given_ns: int | None, key: str, place: Place) -> int:
    if given_ns is not None and given_ns < least_ns:
        raise place.wrong(
            f"{place}.{key} shorter than this venue needs for a proof",
            f'give "{least_ns // NANOS}s" or more, or leave it out',
        )
    return least_ns if given_ns is None else given_ns


def _check_name(name: str, place: Place) -> None:
    read(_Named, {"name": name}, place)


class _Named(msgspec.Struct, frozen=True):
    name: Name


def _check_world(given: AccountTable, facts: VenueFacts, place: Place) -> None:
    """See that real money and play money are not mixed up."""
    world = given.environment
    if world is not facts.real and world not in facts.play:
        words = ", ".join(each.value for each in (facts.real, *facts.play))
        raise place.wrong(
            f"{place}.environment = {world.value} of {given.venue.value}", f"give one of {words}"
        )
    if given.mode is AccountMode.SANDBOX and world is facts.real:
        words = ", ".join(each.value for each in facts.play)
        raise place.wrong(
            f"{place} with mode sandbox in {world.value}, where money is real",
            f"give the environment {words}, or the mode live",
        )
    if given.mode is AccountMode.LIVE and world is not facts.real:
        raise place.wrong(
            f"{place} with mode live in {world.value}",
            f"give the environment {facts.real.value}, or the mode sandbox",
        )


def _check_hosts(given: AccountTable, facts: VenueFacts, place: Place) -> None:
    where = place.below("hosts")
    if given.environment is not Environment.CUSTOM:
        if given.hosts:
            raise where.wrong(
                f"[{where}] with environment {given.environment.value}",
                "leave the addresses out, or give the environment custom",
            )
        return
    for name in given.hosts:
        if name not in facts.hosts:
            raise unknown(name, facts.hosts, where)
    for name, scheme in facts.hosts.items():
        if name not in given.hosts:
            raise where.wrong(f"no {name} in [{where}]", f"give its {scheme}:// address")
        _check_address(given.hosts[name], scheme, facts, where.below(name))


def _check_address(text: str, scheme: str, facts: VenueFacts, place: Place) -> None:
    try:
        address = urlsplit(text)
        host, _ = address.hostname, address.port
    except ValueError:
        address, host = urlsplit(""), None
    if not host or address.scheme not in (scheme, f"{scheme}s") or address.username is not None:
        raise place.misfit(text, f"an address that begins with {scheme}:// or {scheme}s://")
    if any(label.startswith(facts.domains) for label in host.split(".")):
        # Else a desk without --live could trade real money by a typed-in address.
        raise place.misfit(text, "a host that is not the venue's own: name its environment instead")
    if address.scheme == scheme and not _is_near(host):
        raise place.misfit(text, f"{scheme}s:// for a host beyond this machine's own network")


def _is_near(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal"))
    return address.is_private


def _check_keys(given: AccountTable, place: Place) -> None:
    if given.keys is None and given.mode is not AccountMode.PAPER:
        raise place.wrong(
            f"no keys in [{place}]",
            f"name an entry of the vault: tradewind accounts add NAME --venue {given.venue.value}",
        )
    if given.keys is not None and given.mode is AccountMode.PAPER:
        raise place.wrong(
            f"{place}.keys with mode paper", "leave them out: a paper account opens nothing"
        )
    _check_proxy(given, place)


def _check_proxy(given: AccountTable, place: Place) -> None:
    if given.proxy is None:
        if given.proxy_keys is not None:
            raise place.wrong(f"{place}.proxy_keys without a proxy", "give the proxy's address")
        return
    where = place.below("proxy")
    try:
        address = urlsplit(given.proxy)
        host, port = address.hostname, address.port
    except ValueError:
        raise where.misfit(given.proxy, "http://HOST:PORT or socks5://HOST:PORT") from None
    if address.scheme not in ("http", "socks5") or not host or port is None:
        raise where.misfit(given.proxy, "http://HOST:PORT or socks5://HOST:PORT")
    if address.username is not None or address.password is not None:
        raise where.wrong(
            f"{where} with a user or password in it",
            "seal them with tradewind accounts add NAME --venue proxy, and name that entry as "
            "proxy_keys",
        )


def _notices(given: NoticesTable, place: Place) -> NoticesTable:
    """See that no secret stands in the file, and that none leaves in the open."""
    hook, mail = given.webhook, given.email
    if hook is not None:
        where = place.below("webhook").below("address")
        try:
            address = urlsplit(hook.address)
            host = address.hostname
        except ValueError:
            address, host = urlsplit(""), None
        if not host or address.scheme not in ("http", "https"):
            # The address is not repeated: somebody may have put the token there.
            raise where.wrong(f"{where} that is none", "give one that begins with https://")
        if address.scheme == "http" and not _is_near(host):
            raise where.wrong(
                f"{where} without encryption", "give https:// beyond this machine's own network"
            )
        if (TOKEN in hook.address) != (hook.keys is not None):
            raise where.wrong(
                f"{where} and its keys apart",
                f"write {TOKEN} where the token belongs and name its entry of the vault as keys",
            )
    if mail is not None:
        where = place.below("email")
        if not mail.to:
            raise where.wrong(f"{where}.to as an empty list", "name at least one address")
        if mail.keys is not None and mail.security is Security.NONE and not _is_near(mail.host):
            raise where.wrong(
                f"{where} with keys and the security none", "give the security starttls or tls"
            )
    return given


def _instance(
    name: str,
    given: InstanceTable,
    accounts: Mapping[AccountId, AccountSettings],
    place: Place,
) -> InstanceSpec:
    _check_name(name, place)
    if not given.accounts:
        raise place.wrong(f"{place}.accounts as an empty list", "name at least one account")
    for each in given.accounts:
        if each not in accounts:
            near = difflib.get_close_matches(each, accounts, n=1) or list(accounts)
            raise place.wrong(
                f"{place}.accounts with {each}, which is none", f"give one of {', '.join(near)}"
            )
    venues = {accounts[AccountId(each)].account.venue for each in given.accounts}
    for each in given.instruments:
        if each.partition(":")[0] not in venues:
            raise place.wrong(
                f"{place}.instruments with {each}, at whose venue it has no account",
                f"give instruments of {', '.join(sorted(venues))}",
            )
    return InstanceSpec(
        id=InstanceId(name),
        strategy=_strategy(place.file, given.strategy),
        accounts=tuple(AccountId(each) for each in given.accounts),
        instruments=tuple(InstrumentId(each) for each in given.instruments),
        parameters=_plain(given.parameters),
        limits=given.limits,
        auto_resume=given.auto_resume,
    )


def _strategy(file: Path, name: str) -> str:
    path, colon, cls = name.partition(":")
    return f"{_below(file, path)}{colon}{cls}" if path.endswith(".py") else name


def _web(file: Path, table: WebTable) -> WebSettings:
    return WebSettings(
        enabled=table.enabled,
        host=table.host,
        port=table.port,
        names=table.names,
        tls_cert=None if table.tls_cert is None else _below(file, table.tls_cert),
        tls_key=None if table.tls_key is None else _below(file, table.tls_key),
    )


def _below(file: Path, name: str) -> Path:
    """Return a path of the file: of the user's own folder, or from where the file lies."""
    return (file.absolute().parent / Path(name).expanduser()).resolve()


def _plain(value: Any) -> Any:
    """Return a strategy's values with its numbers as text, which the strategy's types read."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return str(value) if type(value) not in (str, int, bool) else value
