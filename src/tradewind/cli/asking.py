"""How verbs reach a desk: by its gateway, else its socket; in its record when only reading.

Knows where a desk's files are called what; must not know what a verb means.
"""

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer

from tradewind.cli.exits import DONE, OUTCOMES, REFUSED, USAGE
from tradewind.cli.options import Terms
from tradewind.control.requests import (
    BAD_REQUEST,
    Do,
    Preview,
    Receipt,
    Show,
    Shown,
    ViewName,
)
from tradewind.control.views import Wanted
from tradewind.faces.local.client import LocalClient, answers
from tradewind.model.commands import Command
from tradewind.model.effects import Confirmation
from tradewind.model.errors import ConfigError, OutcomeUnknown, Refused, TradewindError, Unreachable

if TYPE_CHECKING:
    from tradewind.faces.api.client import ApiClient

SOCKET = "desk.sock"
GATEWAY = "gateway.json"
URL = "TRADEWIND_URL"
TOKEN_FILE = "TRADEWIND_TOKEN_FILE"
JOURNAL = "journal.sqlite"
READS = "read.sqlite"
DEMO = "demo"


class Place(msgspec.Struct, frozen=True):
    """One desk's folder, and whether the desk answers."""

    folder: Path
    running: bool

    @property
    def socket(self) -> Path:
        """Return where a running desk answers."""
        return self.folder / SOCKET


def home(data: Path | None) -> Path:
    """Return the data folder: what was given, else the user's own."""
    return data if data is not None else Path.home() / ".tradewind"


def find(data: Path | None) -> Place:
    """Return the desk of a data folder, or the one in it; one that runs comes first.

    Raises ConfigError where no desk has ever been, and where there are several to choose from.
    """
    root = home(data)
    folders = [root, *_inside(root)]
    running = [each for each in folders if answers(each / SOCKET)]
    if running:
        return Place(_only(running, "run"), running=True)
    kept = [each for each in folders if (each / JOURNAL).is_file()]
    if kept:
        return Place(kept[0] if kept[0] == root else _only(kept, "lie"), running=False)
    raise ConfigError(
        f"Looked for a desk in {root}, found none; start one with: tradewind demo, or tradewind "
        f"up, or name its folder with --data."
    )


def _inside(root: Path) -> list[Path]:
    """Return the folders of desks in a data folder: those that have a journal or a socket."""
    names = {path.parent for name in (JOURNAL, SOCKET) for path in root.glob(f"*/{name}")}
    return sorted(names)


def _only(folders: list[Path], what: str) -> Path:
    if len(folders) > 1:
        names = ", ".join(each.name for each in folders)
        raise ConfigError(
            f"Looked for a desk in {folders[0].parent}, found {len(folders)} that {what} there "
            f"({names}); name one of them: --data {folders[-1]}"
        )
    return folders[0]


def carry_out(command: Command, terms: Terms) -> None:
    """Give a command to the running desk and say what came of it; ends with its exit code.

    The effect is shown before anything happens; with `dry_run` nothing does. Raises Unreachable
    when the desk does not run, Refused, and OutcomeUnknown for what was not confirmed in time.
    """
    command_id = terms.command_id or f"cli-{secrets.token_hex(8)}"
    with client_of(terms.data) as client:
        expected = _preview(client, command, terms)
        request = Do(command=command, command_id=command_id, why=terms.why, wait_s=terms.wait_s)
        receipt = client.ask(request)
    assert isinstance(receipt, Receipt)
    _report(receipt, expected, terms)


def client_of(data: Path | None) -> "LocalClient | ApiClient":
    """Return how to ask the running desk: a gateway that was named, its own one, or its socket.

    Raises Unreachable where no desk runs, ConfigError for a token that cannot be read.
    """
    if os.environ.get(URL):
        return _named(os.environ[URL])
    place = find(data)
    if not place.running:
        raise Unreachable(
            f"Called the desk in {place.folder}, found that it does not run; start it first.",
            venue="",
            endpoint=str(place.socket),
        )
    return own_gateway(place) or LocalClient(place.socket)


class Beside(msgspec.Struct, frozen=True):
    """What a desk writes of its gateway, for whoever may read its folder."""

    url: str
    token: str

    def __repr__(self) -> str:
        return f"Beside({self.url!r}, ***)"


def own_gateway(place: Place) -> "ApiClient | None":
    """Return a client of the gateway beside a desk, None where none answers."""
    from tradewind.faces.api.client import ApiClient, answers

    try:
        told = msgspec.json.decode((place.folder / GATEWAY).read_bytes(), type=Beside)
    except (OSError, msgspec.DecodeError):
        return None
    return ApiClient(told.url, told.token) if answers(told.url) else None


def _named(url: str) -> "ApiClient":
    from tradewind.faces.api.client import ApiClient

    path = os.environ.get(TOKEN_FILE)
    if not path:
        raise ConfigError(f"Called the gateway at {url}, found no token; name it: --token-file")
    try:
        token = Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"Read the token file {path}, found none there; name another.") from None
    return ApiClient(url, token)


def _preview(client: "LocalClient | ApiClient", command: Command, terms: Terms) -> Preview | None:
    """Show what a command would do; with a dry run that is all. None where it cannot be told."""
    try:
        told = client.ask(Do(command=command, dry_run=True))
    except TradewindError as error:
        if terms.dry_run or type(error) is not TradewindError:
            raise
        # A kill must not wait for words about it.
        typer.echo(f"tradewind: no preview: {error}", err=True)
        return None
    assert isinstance(told, Preview)
    if terms.dry_run:
        print_preview(told, terms)
        raise typer.Exit(_refusal_code(told) if told.refused else DONE)
    if not terms.as_json and not told.refused:
        typer.echo(f"will: {told.text}")
    return told


def _refusal_code(told: Preview | None) -> int:
    return USAGE if told is not None and told.code == BAD_REQUEST else REFUSED


def print_preview(told: Preview, terms: Terms) -> None:
    """Print what a command would do."""
    if terms.as_json:
        print_json(told)
    else:
        typer.echo(f"{'' if told.refused else 'would: '}{told.text} [{told.hash}]")


def _report(receipt: Receipt, expected: Preview | None, terms: Terms) -> None:
    refused = receipt.confirmation is Confirmation.REFUSED
    code = _refusal_code(expected) if refused else OUTCOMES[receipt.confirmation]
    if terms.as_json:
        print_json(receipt)
        raise typer.Exit(code)
    if refused:
        raise (ConfigError if code == USAGE else Refused)(receipt.effect)
    if code:
        raise OutcomeUnknown(
            f"{receipt.confirmation.value.capitalize()}: {receipt.effect}; ask again with "
            f"--id {receipt.command_id} to go on waiting.",
            venue="",
            endpoint="desk",
        )
    typer.echo(f"{receipt.confirmation.value} after {receipt.waited_s:.1f} s: {receipt.effect}")


def read(view: ViewName, wanted: Wanted, data: Path | None) -> Shown:
    """Return a view of the running desk, else of what its journal says (and say so)."""
    named = bool(os.environ.get(URL))
    place = Place(Path(), running=True) if named else find(data)
    if place.running:
        with client_of(data) as client:
            shown = client.ask(Show(view=view, wanted=wanted))
        assert not isinstance(shown, Receipt | Preview)
        return shown
    from tradewind.app.archive import open_views
    from tradewind.control.showing import show

    typer.echo(f"tradewind: the desk in {place.folder} does not run; from its journal:", err=True)
    return show(open_views(place.folder / JOURNAL, place.folder / READS), view, wanted)


def print_json(value: object) -> None:
    """Print a value as JSON on one line; money is text, times are nanoseconds UTC."""
    typer.echo(msgspec.json.encode(value).decode())
