"""The options that verbs share, spelt once."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
import typer

from tradewind.model.errors import ConfigError

if TYPE_CHECKING:
    from tradewind.model.commands import Scope

Word = TypeVar("Word", bound=StrEnum)

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        envvar="TRADEWIND_HOME",
        help="The desk's folder; ~/.tradewind by default, and the demo's inside it.",
        show_envvar=True,
    ),
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        envvar="TRADEWIND_KEY_FILE",
        help="The vault's master key in a file; a new vault makes it. DATA/vault.key is found "
        "without this.",
        show_envvar=True,
    ),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        envvar="TRADEWIND_PASSPHRASE_FILE",
        help="The vault's passphrase in a file, instead of asking for it.",
        show_envvar=True,
    ),
]
Port = Annotated[
    int | None, typer.Option("--port", help="Where the page is served.", min=0, max=65_535)
]
Host = Annotated[str | None, typer.Option("--host", help="The address it is served on.")]
TlsCert = Annotated[Path | None, typer.Option("--tls-cert", help="TLS: the certificate's PEM.")]
TlsKey = Annotated[Path | None, typer.Option("--tls-key", help="TLS: the key's PEM.")]
InsecureBind = Annotated[
    bool, typer.Option("--insecure-bind", help="Serve others without TLS; passwords can be read.")
]
NoWeb = Annotated[bool, typer.Option("--web/--no-web", help="Serve the page and the API.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it would do, and do nothing.")]
Why = Annotated[str, typer.Option("--why", help="Your reason; it goes to the audit.")]
CommandName = Annotated[
    str, typer.Option("--id", help="Command id; the same id is carried out once.")
]
Wait = Annotated[
    float, typer.Option("--wait", help="Seconds to wait for the confirmed effect.", min=0)
]
Instance = Annotated[str, typer.Argument(help="The instance's name.")]
ForInstance = Annotated[str, typer.Option("--instance", help="Only this instance.")]
ForAccount = Annotated[str, typer.Option("--account", help="Only this account.")]
ForInstrument = Annotated[str, typer.Option("--instrument", help="Only this instrument.")]
Limit = Annotated[int, typer.Option("--limit", "-n", help="The newest rows.", min=1)]
OnVenue = Annotated[str, typer.Option("--venue", help="Only this venue.")]
OnAccount = Annotated[str, typer.Option("--account", help="Only this account.")]
OnInstance = Annotated[str, typer.Option("--instance", help="Only this instance.")]
Protective = Annotated[
    str, typer.Option("--protective", help="keep or cancel the orders that guard positions.")
]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How a command is given: to which desk, why, under which id, and how long to wait."""

    data: Path | None
    dry_run: bool
    why: str
    command_id: str
    wait_s: float
    as_json: bool


def scope_of(venue: str, account: str, instance: str) -> "Scope":
    """Return the scope that at most one of the words names, the whole desk without one."""
    from tradewind.model.commands import DESK, Scope, ScopeKind

    named = [
        Scope(kind, name)
        for kind, name in (
            (ScopeKind.VENUE, venue),
            (ScopeKind.ACCOUNT, account),
            (ScopeKind.INSTANCE, instance),
        )
        if name
    ]
    if len(named) > 1:
        words = ", ".join(f"--{each.kind.value} {each.name}" for each in named)
        raise ConfigError(f"Read the scope, found {words}; name one of them.")
    return named[0] if named else DESK


def cancels_protective(word: str) -> bool:
    """Tell whether `--protective` asks to cancel; raises ConfigError for other words."""
    if word not in ("keep", "cancel"):
        raise ConfigError(f"Read --protective, found {word!r}; give keep or cancel.")
    return word == "cancel"


def choice(kind: type[Word], word: str, what: str) -> Word:
    """Return the word as one of a kind; raises ConfigError that lists them."""
    try:
        return kind(word.lower())
    except ValueError:
        words = ", ".join(each.value for each in kind)
        raise ConfigError(f"Read {what}, found {word!r}; give one of {words}.") from None


def values(pairs: list[str]) -> dict[str, object]:
    """Return name=value pairs; what looks like a JSON list or object becomes one, the rest text.

    Raises ConfigError for a pair without a name or a sign, and for a name that comes twice.
    """
    found: dict[str, object] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name or name in found:
            raise ConfigError(f"Read {pair!r}, found no new name=value; write it so, once each.")
        try:
            found[name] = msgspec.json.decode(value) if value[:1] in ("[", "{") else value
        except msgspec.DecodeError as error:
            raise ConfigError(f"Read {pair!r}, found that {error}; mend the JSON.") from error
    return found
