"""`tradewind user`: who may use a desk, changed in its folder whether it runs or not."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli import options
from tradewind.model.access import Role

if TYPE_CHECKING:
    from tradewind.control.access.access import Access
    from tradewind.control.access.who import TokenView, UserView

user = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Add, list and change the people of a desk, and their tokens.",
)
Name = Annotated[str, typer.Argument(help="The person's name.")]
Stdin = Annotated[
    bool, typer.Option("--stdin", help="Read it from the first line of stdin, not the terminal.")
]
RoleWord = Annotated[str, typer.Option("--role", help="viewer, trader or admin.")]
# What a mistaken word says must not be repeated: it may be a password.
EXTRA = {"allow_extra_args": True}
DAY_S = 24 * 3600


@user.command("add", context_settings=EXTRA)
def add(
    context: typer.Context,
    name: Name,
    role: RoleWord,
    stdin: Stdin = False,
    data: options.Data = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
) -> None:
    """Add a person; the password is asked for without echo, or read from stdin."""
    word = _begun(context, role)
    assert word is not None
    with _access(data, dry_run=dry_run) as access:
        access.see_can_add(name, word)
        made = access.add_user(name, _new_password(name, stdin=stdin), word)
    _print(made, "would add" if dry_run else "added", as_json=as_json)


@user.command("list", context_settings=EXTRA)
def list_(context: typer.Context, data: options.Data = None, as_json: options.Json = False) -> None:
    """List the people of a desk: name, role, second factor, and who is disabled."""
    from tradewind.cli.asking import print_json
    from tradewind.cli.columns import clock, print_table

    _begun(context)
    # On a copy: to look must not make the file.
    with _access(data, dry_run=True) as access:
        rows = access.users()
    if as_json:
        print_json(rows)
    elif not rows:
        typer.echo("Nobody yet; add an admin with: tradewind user add NAME --role admin")
    else:
        print_table(
            ("NAME", "ROLE", "SECOND_FACTOR", "SINCE", "DISABLED"),
            [
                (
                    each.name,
                    each.role.value,
                    "yes" if each.totp else "no",
                    clock(each.created_ns),
                    clock(each.disabled_ns or 0),
                )
                for each in rows
            ],
        )


@user.command("role", context_settings=EXTRA)
def role_(
    context: typer.Context,
    name: Name,
    role: Annotated[str, typer.Argument(help="viewer, trader or admin.")],
    data: options.Data = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
) -> None:
    """Change what a person may do, in open sessions and by their tokens too."""
    word = _begun(context, role)
    assert word is not None
    with _access(data, dry_run=dry_run) as access:
        made = access.set_role(name, word)
    _print(made, "would change" if dry_run else "changed", as_json=as_json)


@user.command("password", context_settings=EXTRA)
def password(
    context: typer.Context,
    name: Name,
    stdin: Stdin = False,
    data: options.Data = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
) -> None:
    """Give a person a new password and end their sessions."""
    _begun(context)
    with _access(data, dry_run=dry_run) as access:
        access.user(name)
        made = access.set_password(name, _new_password(name, stdin=stdin))
    what = "would give a new password to" if dry_run else "new password, sessions ended"
    _print(made, what, as_json=as_json)


@user.command("disable", context_settings=EXTRA)
def disable(
    context: typer.Context,
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="Let the person in again.")] = False,
    data: options.Data = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
) -> None:
    """Shut a person out, with their sessions and tokens."""
    _begun(context)
    with _access(data, dry_run=dry_run) as access:
        made = access.enable(name) if undo else access.disable(name)
    what = "enable" if undo else "disable"
    _print(made, f"would {what}" if dry_run else f"{what}d", as_json=as_json)


@user.command("totp", context_settings=EXTRA)
def totp(
    context: typer.Context,
    name: Name,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Prove the new one by a code; from then on it counts.")
    ] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Sign in without one again.")] = False,
    stdin: Stdin = False,
    data: options.Data = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
) -> None:
    """Make a person's second factor: prints, once, the address for an authenticator app."""
    from tradewind.cli.asking import print_json
    from tradewind.cli.hidden import ask_code

    _begun(context)
    _one_of(confirm=confirm, drop=drop)
    with _access(data, dry_run=dry_run) as access:
        if drop:
            made = access.drop_totp(name)
        elif confirm:
            access.user(name)
            made = access.confirm_totp(name, _line() if stdin else ask_code())
        else:
            uri = access.enrol_totp(name)
            if dry_run:
                _print(access.user(name), "would make a second factor for", as_json=as_json)
            elif as_json:
                print_json({"name": name, "uri": uri})
            else:
                typer.echo(uri)
                typer.echo(f"then confirm it with: tradewind user totp {name} --confirm", err=True)
            return
    done = "dropped" if drop else "in use"
    what = f"second factor would be {done}" if dry_run else f"second factor {done}"
    _print(made, what, as_json=as_json)


@user.command("token", context_settings=EXTRA)
def token(
    context: typer.Context,
    name: Name,
    label: Annotated[str, typer.Option("--label", help="What it is for; one of a kind.")] = "",
    scopes: Annotated[
        list[str] | None,
        typer.Option("--scope", help="read, trade, rearm or admin; several by several --scope."),
    ] = None,
    days: Annotated[float, typer.Option("--days", help="How long it lives, at most 366.")] = 90,
    listing: Annotated[bool, typer.Option("--list", help="List the person's tokens.")] = False,
    revoke: Annotated[str, typer.Option("--revoke", help="End the token of this id.")] = "",
    data: options.Data = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
) -> None:
    """Make a token for programs: its value is printed once, and never again."""
    from tradewind.cli.asking import print_json
    from tradewind.model.errors import ConfigError

    _begun(context)
    _one_of(label=bool(label), list=listing, revoke=bool(revoke))
    if not (label or listing or revoke):
        raise ConfigError("Read the command line, found no --label, --list or --revoke; give one.")
    with _access(data, dry_run=dry_run or listing) as access:
        known = access.user(name)
        if listing:
            _print_tokens(access.tokens(known.name), as_json=as_json)
            return
        if revoke:
            ended = access.revoke_token(revoke, known.name)
            what = f"{'would revoke' if dry_run else 'revoked'}: {ended.label} of {known.name}"
            if as_json:
                print_json(ended)
            else:
                typer.echo(what)
            return
        made, value = access.make_token(known.name, label, scopes or ["read"], days * DAY_S)
    if dry_run:
        _print(known, f"would make the token {label} for", as_json=as_json)
    elif as_json:
        print_json({"id": made, "value": value})
    else:
        typer.echo(value)
        typer.echo(f"token {made}, {label} of {known.name}: it is not shown again", err=True)


@contextmanager
def _access(data: Path | None, *, dry_run: bool) -> "Iterator[Access]":
    """Open the people of a desk, for a dry run a copy of them that goes again."""
    from tradewind.app.access import access_copy, open_access
    from tradewind.cli.asking import find

    folder = find(data).folder
    if dry_run:
        with access_copy(folder) as copy:
            yield copy
        return
    access = open_access(folder)
    try:
        yield access
    finally:
        access.close()


def _begun(context: typer.Context, role: str | None = None) -> Role | None:
    """Refuse more words than a verb takes, without repeating them; return the role of a word."""
    from tradewind.cli.hidden import no_more_words

    no_more_words(context, "passwords")
    return None if role is None else options.choice(Role, role, "the role")


def _one_of(**given: bool) -> None:
    from tradewind.model.errors import ConfigError

    named = [f"--{word}" for word, is_given in given.items() if is_given]
    if len(named) > 1:
        raise ConfigError(f"Read the command line, found {' and '.join(named)}; give one of them.")


def _new_password(name: str, *, stdin: bool) -> str:
    from tradewind.cli.hidden import ask_password

    return _line() if stdin else ask_password(f"New password of {name}")


def _line() -> str:
    """Return the first line of stdin; raises ConfigError where there is none."""
    from tradewind.model.errors import ConfigError

    line = sys.stdin.buffer.readline().rstrip(b"\r\n")
    try:
        if told := line.decode():
            return told
    except UnicodeDecodeError:
        pass
    raise ConfigError("Read stdin, found no line of text; give it on the first line.")


def _print(made: "UserView", what: str, *, as_json: bool) -> None:
    from tradewind.cli.asking import print_json

    if as_json:
        print_json(made)
    else:
        typer.echo(f"{what}: {made.name}, {made.role.value}{', disabled' * made.disabled}")


def _print_tokens(rows: "list[TokenView]", *, as_json: bool) -> None:
    from tradewind.cli.asking import print_json
    from tradewind.cli.columns import clock, print_table

    if as_json:
        print_json(rows)
        return
    states = [("revoked" * each.revoked or "over" * each.expired or "good") for each in rows]
    print_table(
        ("ID", "LABEL", "SCOPES", "STATE", "ENDS", "LAST_USED"),
        [
            (
                each.id,
                each.label,
                " ".join(each.scopes),
                state,
                clock(each.expires_ns),
                clock(each.used_ns or 0),
            )
            for each, state in zip(rows, states, strict=True)
        ],
    )
