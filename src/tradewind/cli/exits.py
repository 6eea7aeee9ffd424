"""Exit codes, in their one place: what a script may rely on.

0 done · 2 bad usage or configuration · 3 differs, or a failed check · 4 refused by risk or access ·
5 venue or desk unreachable, or outcome unknown · 130 interrupted (Ctrl-C) · 141 whoever read the
output has closed it.
"""

from tradewind.model.effects import Confirmation
from tradewind.model.errors import (
    AuthFailed,
    ConfigError,
    DataError,
    Fenced,
    Forbidden,
    JournalError,
    LockedOut,
    NotSignedIn,
    Outdated,
    Refused,
    ReplayDiffers,
    TradewindError,
    VenueError,
)

DONE = 0
USAGE = 2
DIFFERS = 3
REFUSED = 4
UNKNOWN = 5
INTERRUPTED = 130
CLOSED = 141

EXITS: dict[type[TradewindError], int] = {
    ConfigError: USAGE,
    DataError: DIFFERS,
    AuthFailed: REFUSED,
    VenueError: UNKNOWN,
    Fenced: REFUSED,
    JournalError: DIFFERS,
    ReplayDiffers: DIFFERS,
    Outdated: REFUSED,
    Refused: REFUSED,
    NotSignedIn: REFUSED,
    Forbidden: REFUSED,
    LockedOut: REFUSED,
    TradewindError: UNKNOWN,
}
"""Error class to exit code; an error's own class counts before its bases."""

OUTCOMES: dict[Confirmation, int] = {
    Confirmation.CONFIRMED: DONE,
    Confirmation.REFUSED: REFUSED,
    Confirmation.ACCEPTED: UNKNOWN,
    Confirmation.UNRESOLVED: UNKNOWN,
}
"""Exit code of a command by how far it came; what is not confirmed is not done."""


def exit_code(error: TradewindError) -> int:
    """Return the exit code of an error."""
    return next(EXITS[kind] for kind in type(error).__mro__ if kind in EXITS)
