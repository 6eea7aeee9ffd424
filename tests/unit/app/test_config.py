"""desk.toml: what is right becomes settings, and what is wrong becomes one sentence."""

import re
import tomllib
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tradewind.app.config import Settings, desk_config, load_settings, require_live
from tradewind.app.desk_tables import (
    AccountTable,
    BreakerTable,
    DeskTable,
    EmailTable,
    InstanceTable,
    NoticesTable,
    Tables,
    VenueTable,
    WebhookTable,
    WebTable,
)
from tradewind.app.strategies import Catalogue
from tradewind.core.strategy.parameters import validate
from tradewind.model.config import AccountMode, DeskConfig, Limits
from tradewind.model.errors import ConfigError, Refused
from tradewind.model.money import NANOS
from tradewind.model.notice import NoticeKind

EXAMPLES = sorted(
    each.name
    for each in files("tradewind.app").joinpath("examples").iterdir()
    if each.name.endswith(".toml")
)
GOOD = """\
[desk]
tag = "AB"
stale_book = "250ms"

[limits]
max_exposure_notional = "50000.5"

[venues.BYBIT]
day_offset = "8h"
limits = { max_open_orders = 9 }

[accounts.main]
venue = "bybit"
mode = "sandbox"
environment = "testnet"
keys = "bybit-test"
symbols = ["BTCUSDT"]
leverage = "2.5"
limits = { max_order_qty = 3 }

[accounts.play]
venue = "kalshi"
mode = "paper"
environment = "production"
symbols = ["KXSIM"]
balance = "1000"

[instances.one]
strategy = "dual_ema_short"
accounts = ["main", "play"]
instruments = ["BYBIT:BTCUSDT", "KALSHI:KXSIM:YES"]

[instances.one.parameters]
allocation_pct = 7.10
ema_fast = 5
"""


def example(name: str) -> str:
    return files("tradewind.app").joinpath("examples", name).read_text(encoding="utf-8")


def loaded(folder: Path, text: str) -> Settings:
    (folder / "desk.toml").write_text(text)
    return load_settings(folder / "desk.toml")


def test_what_is_written_reaches_the_core_digit_by_digit(tmp_path: Path) -> None:
    settings = loaded(tmp_path, GOOD)
    desk = desk_config(settings)
    main, play = desk.accounts
    assert (desk.tag, desk.stale_book_ns) == ("AB", 250_000_000)
    assert desk.stale_ref_ns == DeskConfig().stale_ref_ns
    assert str(desk.desk_limits.max_exposure_notional) == "50000.5"
    assert desk.venue_limits == {"BYBIT": Limits(max_open_orders=9)}
    assert desk.day_offset_ns == {"BYBIT": 8 * 3600 * NANOS}
    assert (main.venue, main.currency, main.mode) == ("BYBIT", "USDT", AccountMode.SANDBOX)
    assert str(main.leverage) == "2.5"
    assert main.limits == Limits(max_order_qty=Decimal(3), max_daily_loss_pct=Decimal(2))
    assert (play.currency, play.balance, play.proof_window_ns) == ("USD", 1000, 35 * NANOS)
    seat = settings.accounts[0]
    assert (seat.keys, seat.symbols, seat.hosts) == ("bybit-test", ("BTCUSDT",), {})


def test_parameters_keep_their_digits_and_suit_the_strategy(tmp_path: Path) -> None:
    [spec] = loaded(tmp_path, GOOD).instances
    assert spec.parameters == {"allocation_pct": "7.10", "ema_fast": 5}
    values = validate(Catalogue()[spec.strategy].parameters, spec.parameters, spec.strategy)
    assert str(values["allocation_pct"]) == "7.10"
    assert spec.auto_resume is False


def test_settings_enter_the_journal_and_come_back(tmp_path: Path) -> None:
    settings = loaded(tmp_path, GOOD)
    told = msgspec.json.encode(settings.desk)
    assert msgspec.json.decode(told, type=DeskConfig) == settings.desk


def test_paths_are_from_where_the_file_lies(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir("/")
    monkeypatch.setenv("HOME", "/nowhere")
    text = GOOD.replace('"dual_ema_short"', '"own/mine.py:Mine"')
    settings = loaded(tmp_path, text.replace("[desk]", '[desk]\nfolder = "run"'))
    assert settings.instances[0].strategy == f"{tmp_path}/own/mine.py:Mine"
    assert settings.folder == tmp_path / "run"
    settings = loaded(tmp_path, text.replace("[desk]", '[desk]\nfolder = "~/run"'))
    assert settings.folder == Path("/nowhere/run")
    assert loaded(tmp_path, GOOD).folder is None


LIVE = GOOD.replace('"sandbox"', '"live"').replace('"testnet"', '"mainnet"')


@pytest.mark.parametrize(
    ("text", "given", "durability"),
    [
        (GOOD, "", "process"),
        (LIVE, "", "power"),
        (GOOD, "power", "power"),
        (LIVE, "process", "process"),
    ],
)
def test_durability_follows_the_mode_unless_it_is_given(
    text: str, given: str, durability: str, tmp_path: Path
) -> None:
    given = f'[desk]\ndurability = "{given}"' if given else "[desk]"
    assert loaded(tmp_path, text.replace("[desk]", given)).durability == durability


def test_live_must_be_asked_for_by_name(tmp_path: Path) -> None:
    settings = loaded(tmp_path, LIVE)
    require_live(settings, ["main"])
    require_live(loaded(tmp_path, GOOD), [])
    with pytest.raises(Refused, match=r"real money in main .*add --live main"):
        require_live(settings, [])
    for names, text in ((["mian"], r"account mian; did you mean main\?"), (["play"], "no live")):
        with pytest.raises(ConfigError, match=text):
            require_live(settings, names)
    with pytest.raises(ConfigError, match="has none, so leave --live out"):
        require_live(loaded(tmp_path, GOOD), ["main"])


# --- examples -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_right_and_its_strategies_take_its_parameters(
    name: str, tmp_path: Path
) -> None:
    settings = loaded(tmp_path, example(name))
    assert settings.name == name.removesuffix(".toml")
    for spec in settings.instances:
        validate(Catalogue()[spec.strategy].parameters, spec.parameters, spec.strategy)


def test_every_key_that_there_is_stands_in_the_example_with_its_default() -> None:
    text = example("bybit-simulated.toml")
    shown = tomllib.loads(
        "\n".join(
            line.removeprefix("# ") if re.match(r"# [a-z_0-9]+ = \S", line) else line
            for line in text.splitlines()
        )
    )
    # Lines that only show something need not belong together, but each of its own must be right.
    account, instance = shown["accounts"]["main"], shown["instances"]["ema-short"]
    tables: list[tuple[type[msgspec.Struct], dict[str, Any]]] = [
        (Tables, shown),
        (DeskTable, shown["desk"]),
        (WebTable, shown["web"]),
        (VenueTable, shown["venues"]["BYBIT"]),
        (AccountTable, account),
        (BreakerTable, account["breaker"]),
        (InstanceTable, instance),
        (Limits, shown["limits"]),
        (NoticesTable, shown["notices"]),
        (WebhookTable, shown["notices"]["webhook"]),
        (EmailTable, shown["notices"]["email"]),
    ]
    for kind, table in tables:
        assert set(table) == {field.name for field in msgspec.structs.fields(kind)}, kind


@pytest.mark.parametrize(
    "line",
    [
        line.removeprefix("# ")
        for line in example("bybit-simulated.toml").splitlines()
        if re.match(r"# [a-z_]+ = \S", line)
    ],
)
def test_every_line_of_the_example_that_only_shows_something_is_right(
    line: str, tmp_path: Path
) -> None:
    text = example("bybit-simulated.toml").replace(f"# {line}", line)
    if line.startswith("balance"):
        text = text.replace('mode = "sandbox"', 'mode = "paper"').replace("keys =", "# keys =")
    if line.startswith("proxy_keys"):
        text = text.replace("# proxy =", "proxy =")
    loaded(tmp_path, text)


# --- what is wrong --------------------------------------------------------------------------------

SYMBOLS = 'symbols = ["BTCUSDT"]'
HOSTS = """
[accounts.main.hosts]
rest = "http://127.0.0.1:1"
public = "ws://127.0.0.1:1/public"
private = "ws://127.0.0.1:1/private"
trade = "ws://127.0.0.1:1/trade"
"""
CUSTOM = GOOD.replace('"testnet"', '"custom"') + HOSTS
WRONG: dict[str, tuple[str, str, str]] = {
    # What it is: what stands there, what stands there instead, what the sentence says.
    "an unknown key": ("stale_book", "stale_bok", r"key stale_bok in \[desk\]; did you mean stale"),
    "an unknown table": ("[venues.BYBIT]", "[venue.BYBIT]", "key venue; did you mean venues"),
    "an unknown venue's table": ("[venues.BYBIT]", "[venues.BYBTI]", "did you mean BYBIT"),
    "an unknown limit": ("max_order_qty", "max_order_qyt", r"\[accounts.main.limits\]; did you m"),
    "nothing near": ("stale_book", "xyz", r"xyz in \[desk\]; known are name, folder"),
    "a missing key": (SYMBOLS, "", r"no symbols in \[accounts.main\]; give a list of the venue's"),
    "a missing venue": ('venue = "bybit"', "", r"no venue in \[accounts.main\]; give bybit, kal"),
    "a table as a text": ("[desk]", "desk = 3\n[limit]", "."),
    "a tag too long": ('"AB"', '"ABC"', r"desk.tag = \"ABC\"; give two characters out of A-Z"),
    "a duration as a number": ('"250ms"', "250", r"desk.stale_book = 250; give a duration in q"),
    "a duration without unit": ('"250ms"', '"250"', r'give a duration in quotes from "50ms" to'),
    "a duration too long": ('"250ms"', '"2d"', r'= "2d"; give a duration in quotes from "50ms"'),
    "a duration below zero": ('"250ms"', '"-3s"', "give a duration"),
    "a decimal without quotes": ('"2.5"', "2.5", r"leverage = 2.5 without quotes; .*: \"2.5\""),
    "a decimal that is none": ('"2.5"', '"two"', r"leverage = \"two\"; give a decimal in quotes"),
    "a decimal out of range": ('"2.5"', '"0.5"', r"give a decimal in quotes from 1 to 200"),
    "a decimal that is not finite": ('"2.5"', '"NaN"', "give a decimal in quotes"),
    "infinity": ('"2.5"', '"Infinity"', "give a decimal in quotes"),
    "true for a decimal": ('"2.5"', "true", r"leverage = true; give a decimal"),
    "a limit of nothing": ("max_order_qty = 3", 'max_order_qty = "0"', "a decimal .* above zero"),
    "a limit too large": ('"50000.5"', '"1e30"', "give a decimal in quotes above zero"),
    "half an order": ("max_open_orders = 9", "max_open_orders = 9.5", "a whole number above zero"),
    "a whole number in quotes": ("max_open_orders = 9", 'max_open_orders = "9"', "whole number"),
    "a list that is a text": (SYMBOLS, 'symbols = "BTCUSDT"', r"symbols = .*; give a list, for"),
    "a list of numbers": (SYMBOLS, "symbols = [1]", r"symbols = 1; give the venue's own names"),
    "a name twice": (SYMBOLS, 'symbols = ["A", "A"]', r'symbols with "A" twice; name it once'),
    "a mode that is none": ('"sandbox"', '"sandbx"', r"mode = \"sandbx\"; give sandbox, or ano"),
    "a mode in capitals": ('"sandbox"', '"SANDBOX"', "give sandbox"),
    "a date": ('"250ms"', "2026-01-01", "give a duration"),
    "another venue's world": ('"testnet"', '"production"', "of bybit; give one of mainnet, testn"),
    "a sandbox with real money": ('"testnet"', '"mainnet"', "where money is real; give the envir"),
    "live with play money": ('"sandbox"', '"live"', "mode live in testnet; give the environment"),
    "no keys": ('keys = "bybit-test"', "", r"no keys in \[accounts.main\]; name an entry of the"),
    "keys of a paper account": ('balance = "1000"', 'balance = "1"\nkeys = "x"', "opens nothing"),
    "a paper account without money": ('balance = "1000"', "", r"no balance in \[accounts.play\]"),
    "a balance of others": (SYMBOLS, f'{SYMBOLS}\nbalance = "1"', "leave it out: the venue tells"),
    "a proof too soon": (
        SYMBOLS,
        f'{SYMBOLS}\nproof_window = "5s"',
        'give "15s" or more, or leave',
    ),
    "a proxy that is none": (SYMBOLS, f'{SYMBOLS}\nproxy = "ftp://h:1"', r"socks5://HOST:PORT"),
    "a proxy without port": (
        SYMBOLS,
        f'{SYMBOLS}\nproxy = "http://h"',
        r"proxy = a text; give htt",
    ),
    "a proxy's bad port": (SYMBOLS, f'{SYMBOLS}\nproxy = "http://h:x"', "http://HOST:PORT or so"),
    "a proxy's password": (
        SYMBOLS,
        f'{SYMBOLS}\nproxy = "http://me:hunter2@h:1"',
        "with a user or password in it; seal them",
    ),
    "keys of no proxy": (SYMBOLS, f'{SYMBOLS}\nproxy_keys = "p"', "proxy_keys without a proxy"),
    "hosts of a named world": (
        SYMBOLS,
        f'{SYMBOLS}\nhosts = {{rest="http://a"}}',
        "leave the addr",
    ),
    "a name that is none": (
        "[accounts.main]",
        '[accounts."ma in"]',
        "a name of at most 32 letters",
    ),
    "an unknown account": ('["main", "play"]', '["mian"]', "mian, which is none; give one of main"),
    "no account": ('["main", "play"]', "[]", "accounts as an empty list; name at least one"),
    "an instrument elsewhere": (
        '["main", "play"]',
        '["main"]',
        "no account; give instruments of B",
    ),
    "an instrument without venue": ('"BYBIT:BTCUSDT"', '"BTCUSDT"', "instruments as VENUE:name"),
    "an empty strategy": ('"dual_ema_short"', '""', "strategy = .*; give a text in quotes that"),
    "parameters as a text": ("[instances.one.parameters]", "[x]", "unknown key x"),
}
WRONG_HOSTS: dict[str, tuple[str, str, str]] = {
    "an unknown address": ("rest =", "rset =", r"rset in \[accounts.main.hosts\]; did you mean re"),
    "a missing address": ('trade = "ws://127.0.0.1:1/trade"', "", "no trade in .*; give its ws://"),
    "no addresses": (HOSTS, "", r"no rest in \[accounts.main.hosts\]; give its http://"),
    "another scheme": ("http://127.0.0.1:1", "ftp://a", "begins with http:// or https://"),
    "a port that is none": ("http://127.0.0.1:1", "http://127.0.0.1:x", "begins with http://"),
    "no host": ("http://127.0.0.1:1", "http://", "begins with http://"),
    "a user": ("http://127.0.0.1:1", "http://me@127.0.0.1:1", "begins with http://"),
    "the venue's own host": ("http://127.0.0.1:1", "https://api.bybit.com", "name its environment"),
    "its other host": ("http://127.0.0.1:1", "https://API.ByTick.com", "name its environment"),
    "no encryption": ("http://127.0.0.1:1", "http://example.com", "https:// for a host beyond"),
}


HOOK = 'webhook = { address = "%s" }'
MAIL = 'email = { host = "mail.example.org", sender = "a@b.c", to = ["d@e.f"], %s }'
WRONG_NOTICES: dict[str, tuple[str, str]] = {
    "a strange kind": ('kinds = ["killl"]', r"notices.kinds = \"killl\"; give kill"),
    "no address": (HOOK % "hooks", "address that is none; give one that begins with https://"),
    "no encryption": (HOOK % "http://example.com/hunter2", "address without encryption"),
    "a token without keys": (HOOK % "https://example.com/{token}", "and its keys apart"),
    "keys without a token": (
        'webhook = { address = "https://example.com/x", keys = "k" }',
        "write {token} where the token belongs",
    ),
    "no mail address": (MAIL.replace("d@e.f", "d") % 'keys = "k"', "give a mail address"),
    "nobody to write to": (MAIL.replace('"d@e.f"', "") % 'keys = "k"', "to as an empty list"),
    "a password in the open": (MAIL % 'keys = "k", security = "none"', "starttls or tls"),
    "a strange word": (MAIL % 'password = "hunter2"', "unknown key password"),
}


@pytest.mark.parametrize("name", WRONG_NOTICES)
def test_channels_that_are_wrong_are_refused(name: str, tmp_path: Path) -> None:
    lines, told = WRONG_NOTICES[name]
    assert re.search(told, sentence(tmp_path, f"{GOOD}\n[notices]\n{lines}\n"))


def test_a_channel_on_this_machine_may_go_without_encryption(tmp_path: Path) -> None:
    lines = HOOK % "http://127.0.0.1:9/x"
    notices = loaded(tmp_path, f"{GOOD}\n[notices]\n{lines}\n").notices
    assert notices.webhook is not None
    assert notices.kinds == tuple(NoticeKind)
    assert loaded(tmp_path, GOOD).notices == NoticesTable()


def sentence(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    told = str(caught.value)
    assert told.startswith(f"Read {folder / 'desk.toml'}, found ")
    assert "; " in told
    assert told.endswith((".", "?"))
    assert "\n" not in told
    assert "hunter2" not in told
    return told


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_one_sentence_with_the_key_and_what_is_allowed(
    name: str, tmp_path: Path
) -> None:
    before, after, told = WRONG[name]
    assert GOOD.count(before) >= 1, "the case has lost its place"
    assert re.search(told, sentence(tmp_path, GOOD.replace(before, after, 1)))


@pytest.mark.parametrize("name", WRONG_HOSTS)
def test_addresses_that_are_wrong_are_refused(name: str, tmp_path: Path) -> None:
    before, after, told = WRONG_HOSTS[name]
    assert before in CUSTOM, "the case has lost its place"
    assert re.search(told, sentence(tmp_path, CUSTOM.replace(before, after, 1)))


@pytest.mark.parametrize(
    "host", ["localhost:1", "127.0.0.1:1", "10.0.0.7:1", "simulator:1", "[::1]:1"]
)
def test_a_custom_world_may_be_near_by_without_encryption(host: str, tmp_path: Path) -> None:
    settings = loaded(tmp_path, CUSTOM.replace("127.0.0.1:1", host))
    assert settings.accounts[0].hosts["rest"] == f"http://{host}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no accounts in the file"),
        ("[accounts]", "no account; add one"),
        ("accounts = 3", r"accounts as a number; write it as a table: \[accounts\]"),
        ("[accounts]\nmain = 3", r"accounts.main as a number; write it as a table"),
        ('[desk]\ntag = "AB', r"no TOML \(at .*\); mend that line"),
        ("[desk]\n[desk]", "no TOML"),
    ],
)
def test_a_file_without_a_desk_says_so(text: str, told: str, tmp_path: Path) -> None:
    assert re.search(told, sentence(tmp_path, text))


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"# caf\xe9\n")
    cases = {"none": "no such file", ".": "directory", "latin": "no UTF-8"}
    for name, told in cases.items():
        with pytest.raises(ConfigError, match=told):
            load_settings(tmp_path / name)


def test_what_was_put_into_the_file_by_mistake_is_not_repeated(tmp_path: Path) -> None:
    for line in ("keys = 'hunter2 hunter2'", "api_secret = 'hunter2'", "keys = hunter2"):
        sentence(tmp_path, GOOD.replace('keys = "bybit-test"', line))
