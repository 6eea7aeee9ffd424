"""`tradewind accounts`: seal the keys of accounts, list them, let them go, and try them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli import options
from tradewind.model.errors import ConfigError

if TYPE_CHECKING:
    from tradewind.app.accounts import AccountKeys
    from tradewind.edge.store.vault_file import FileVault
    from tradewind.ports import Keys

accounts = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Seal, list, remove and test the keys of accounts.",
)
Name = Annotated[str, typer.Argument(help="The name of the keys; desk.toml calls them by it.")]
# What a mistaken word says must not be repeated: it may be a secret.
EXTRA = {"allow_extra_args": True}


@accounts.command("add", context_settings=EXTRA)
def add(
    context: typer.Context,
    name: Name,
    venue: Annotated[str, typer.Option("--venue", help="bybit, kalshi, proxy, webhook or email.")],
    stdin: Annotated[
        bool, typer.Option("--stdin", help="Read the fields as a JSON object from stdin.")
    ] = False,
    private_key_file: Annotated[
        Path | None, typer.Option("--private-key-file", help="Kalshi: the PEM file of the key.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the keys that the name has.")
    ] = False,
    key_file: options.KeyFile = None,
    passphrase_file: options.PassphraseFile = None,
    data: options.Data = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
) -> None:
    """Seal the keys of an account; they are asked for without echo, or read from stdin.

    Keys are never words of a command, since others can read those. What is printed of them is a
    fingerprint of the public half.
    """
    from tradewind.app import accounts as keys_of

    _no_more_words(context)
    keys_of.check_name(name)
    fields = keys_of.fields_of(venue)
    if private_key_file is not None and not any(field.pem for field in fields):
        raise ConfigError(
            f"Read --private-key-file for {venue}, found that its keys have none; leave it out."
        )
    vault = _vault(data, key_file, passphrase_file)
    keys_of.see_free(vault, name, replace=replace)
    keys = _read_keys(venue, private_key_file, from_stdin=stdin)
    made = keys_of.AccountKeys(name, venue, keys_of.fingerprint(venue, keys))
    if dry_run:
        _print(made, f"would seal into {vault.path}", as_json=as_json)
        return
    _print(keys_of.add(vault, name, venue, keys), "sealed", as_json=as_json)


@accounts.command("list", context_settings=EXTRA)
def list_(context: typer.Context, data: options.Data = None, as_json: options.Json = False) -> None:
    """List the keys in the vault: name, venue, and a fingerprint of the public half."""
    from tradewind.app.accounts import listed
    from tradewind.cli.asking import print_json
    from tradewind.cli.columns import print_table

    _no_more_words(context)
    rows = listed(_vault(data, None, None))
    if as_json:
        print_json(rows)
    elif not rows:
        typer.echo("No keys are sealed yet; add some with: tradewind accounts add NAME --venue …")
    else:
        print_table(
            ("NAME", "VENUE", "FINGERPRINT"), [(r.name, r.venue, r.fingerprint) for r in rows]
        )


@accounts.command("remove", context_settings=EXTRA)
def remove(
    context: typer.Context,
    name: Name,
    key_file: options.KeyFile = None,
    passphrase_file: options.PassphraseFile = None,
    data: options.Data = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
) -> None:
    """Take keys out of the vault; the venue still knows them, so revoke them there too."""
    from tradewind.app.accounts import found

    _no_more_words(context)
    vault = _vault(data, key_file, passphrase_file)
    there = found(vault, name)
    if not dry_run:
        vault.remove(name)
    _print(there, f"would remove from {vault.path}" if dry_run else "removed", as_json=as_json)


@accounts.command("test", context_settings=EXTRA)
def try_(
    context: typer.Context,
    name: Name,
    environment: Annotated[
        str, typer.Option("--environment", help="Which world of the venue; the real one if left.")
    ] = "",
    config: Annotated[
        Path | None, typer.Option("--config", help="A desk.toml that says where the keys are for.")
    ] = None,
    key_file: options.KeyFile = None,
    passphrase_file: options.PassphraseFile = None,
    data: options.Data = None,
) -> None:
    """Ask the venue what the keys may do; nothing is ordered or changed there."""
    from tradewind.app import accounts as keys_of
    from tradewind.app.key_checks import ask_venue

    _no_more_words(context)
    vault = _vault(data, key_file, passphrase_file)
    venue = keys_of.found(vault, name).venue
    world, hosts = keys_of.where(name, venue, environment, config)
    keys = keys_of.open_keys(vault, name, venue)
    typer.echo(ask_venue(keys_of.KeyCheck(venue, keys, world, hosts)))


def _vault(data: Path | None, key_file: Path | None, passphrase_file: Path | None) -> "FileVault":
    from tradewind.app.accounts import vault_of
    from tradewind.cli.asking import home
    from tradewind.cli.hidden import ask_passphrase

    return vault_of(home(data), key_file, passphrase_file, ask_passphrase)


def _read_keys(venue: str, private_key_file: Path | None, *, from_stdin: bool) -> "Keys":
    from tradewind.app.accounts import checked, decoded, fields_of
    from tradewind.cli.hidden import ask_field

    fields = fields_of(venue)
    given: dict[str, object] = {}
    if from_stdin:
        given = decoded(sys.stdin.buffer.read(), venue)
    for field in fields:
        if field.pem and private_key_file is not None:
            given[field.word] = _read_pem(private_key_file)
        elif not from_stdin:
            given[field.word] = ask_field(field)
    return checked(venue, given)


def _read_pem(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except UnicodeDecodeError:
        raise ConfigError(
            f"Read the private key {path}, found no text; give the PEM file of the venue."
        ) from None
    except OSError as error:
        raise ConfigError(
            f"Read the private key {path}, found {error.strerror}; name a file that you may read."
        ) from None


def _no_more_words(context: typer.Context) -> None:
    from tradewind.cli.hidden import no_more_words

    no_more_words(context, "keys")


def _print(keys: "AccountKeys", what: str, *, as_json: bool) -> None:
    from tradewind.cli.asking import print_json

    if as_json:
        print_json(keys)
    else:
        typer.echo(f"{what}: {keys.name} at {keys.venue}, fingerprint {keys.fingerprint}")
