"""The error tree. An error is named by its remedy, and its text is one sentence:
what we did, what we found, what to do.

TradewindError
├─ ConfigError          fix the file or the argument; nothing started
├─ DataError            fix or re-import the market data; nothing was changed
├─ VenueError           (venue, endpoint, raw code)
│  ├─ Unreachable       it never left: safe to retry
│  ├─ RateLimited       wait retry_after_s
│  ├─ AuthFailed        log in again; the account halts
│  ├─ BadReply          we cannot read it: the wire has drifted, distrust the feed
│  └─ OutcomeUnknown    it may have happened: reconcile, never resend
├─ JournalError         truth cannot be written: the desk halts
│  └─ Fenced            another desk holds the lease: send nothing
├─ ReplayDiffers        the record and the replay part ways: call a human
├─ Outdated             what was decided on has changed: look again, decide again
├─ Refused              the command is not possible now; nothing was changed
├─ NotSignedIn          sign in, or bring a token that is good
├─ Forbidden            ask somebody whose role allows it
└─ LockedOut            wait retry_after_s; too many tries
"""


class TradewindError(Exception):
    """Root of every error that Tradewind raises on purpose."""


class ConfigError(TradewindError):
    """A parameter, file or argument is wrong; nothing was started."""


class DataError(TradewindError):
    """Market data cannot be read or breaks its own rules; nothing was changed."""


class VenueError(TradewindError):
    """A venue call failed. `code` is the venue's raw code, verbatim."""

    def __init__(self, message: str, *, venue: str, endpoint: str, code: str = "") -> None:
        super().__init__(message)
        self.venue = venue
        self.endpoint = endpoint
        self.code = code


class Unreachable(VenueError):
    """The request never left this machine; it is safe to retry."""


class RateLimited(VenueError):
    """The venue asks for patience; nothing happened there."""

    def __init__(
        self, message: str, *, venue: str, endpoint: str, code: str = "", retry_after_s: float
    ) -> None:
        super().__init__(message, venue=venue, endpoint=endpoint, code=code)
        self.retry_after_s = retry_after_s


class AuthFailed(VenueError):
    """The venue does not accept our credentials; the account halts until login."""


class BadReply(VenueError):
    """The reply cannot be read; the protocol has drifted from what we know."""


class OutcomeUnknown(VenueError):
    """The request may have taken effect; reconcile, never resend."""


class JournalError(TradewindError):
    """The journal cannot be read or written; the desk halts."""


class Fenced(JournalError):
    """A newer epoch holds the journal; this desk must send nothing more."""


class ReplayDiffers(TradewindError):
    """A replay made another decision than the record says."""


class Outdated(TradewindError):
    """The preview that a person decided on is no longer true; nothing was changed."""


class Refused(TradewindError):
    """The command is not possible in the present state; nothing was changed.

    `rule` names the rule of the gate that denied it, empty where none did.
    """

    def __init__(self, message: str, *, rule: str = "") -> None:
        super().__init__(message)
        self.rule = rule


class NotSignedIn(TradewindError):
    """Nobody whom we know asks; sign in. The sentence is the same whatever was wrong."""


class Forbidden(TradewindError):
    """Who asks is known and may not do this; nothing was changed."""


class LockedOut(TradewindError):
    """Too many tries to sign in; nothing was looked at. Wait `retry_after_s`."""

    def __init__(self, message: str, *, retry_after_s: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
