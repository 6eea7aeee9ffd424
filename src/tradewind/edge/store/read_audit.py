"""Who asked for what, and what came of it: the tables `commands` and `audit_log`.

Knows which news a person wants to find later; it must not change what the news say.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from tradewind.edge.store.read_cache import Rows
from tradewind.edge.store.read_rows import AuditRow, CommandRow
from tradewind.model.effects import (
    Alert,
    CommandAnswered,
    Confirmation,
    LifecycleChanged,
    LockChanged,
    OrderResolved,
    ParametersChanged,
    PositionCorrected,
    TradingStateChanged,
)
from tradewind.model.events import (
    CallbackOverran,
    CommandReceived,
    DeskStarted,
    Locked,
    TicksLost,
)
from tradewind.ports import Published

DESK = "desk"
Words = tuple[str, str, str, str]
"""(who, subject, why, effect)."""


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _command_words(event: CommandReceived) -> Words:
    return event.by, event.command_id, event.why, _text(event.command)


def _trading_words(effect: TradingStateChanged) -> Words:
    scope = f"{effect.scope.kind.value} {effect.scope.name}".rstrip()
    return DESK, scope, effect.cause, effect.state.value


def _lifecycle_words(effect: LifecycleChanged) -> Words:
    flags = " single-fire" * effect.single_fire + " faulted" * bool(effect.faulted)
    return DESK, effect.instance, effect.cause, effect.state.value + flags


def _lock_words(effect: LockChanged) -> Words:
    subject = f"{effect.account} {effect.instrument or ''}".rstrip()
    return DESK, subject, effect.cause, "locked" if effect.cause else "free"


def _correction_words(effect: PositionCorrected) -> Words:
    return DESK, f"{effect.account} {effect.instrument}", effect.cause, f"{effect.qty:+} units"


WORDS: dict[type, Callable[[Any], Words]] = {
    CommandReceived: _command_words,
    DeskStarted: lambda event: (DESK, f"epoch {event.epoch}", event.code_version, "started"),
    CallbackOverran: lambda event: (DESK, event.instance, event.callback, f"{event.took_ns} ns"),
    TicksLost: lambda event: (DESK, f"{event.first} to {event.last}", "", "lost"),
    Locked: lambda event: (DESK, event.account, event.reason, "locked"),
    CommandAnswered: lambda effect: (
        DESK,
        effect.command_id,
        effect.rule,
        f"{effect.confirmation.value}: {effect.effect}",
    ),
    TradingStateChanged: _trading_words,
    LifecycleChanged: _lifecycle_words,
    LockChanged: _lock_words,
    ParametersChanged: lambda effect: (
        DESK,
        effect.instance,
        f"version {effect.version}",
        _text(effect.parameters),
    ),
    OrderResolved: lambda effect: (DESK, effect.client_order_id, effect.how, "ended"),
    PositionCorrected: _correction_words,
    Alert: lambda effect: (
        effect.instance or DESK,
        effect.kind,
        effect.level.value,
        effect.text,
    ),
}
"""What the audit says of each kind of news; all others are no part of it."""


class Audit:
    """The fold of `commands` and `audit_log`."""

    def __init__(self, commands: Rows[CommandRow], audit: Rows[AuditRow]) -> None:
        self._commands = commands
        self._audit = audit

    def note(self, news: Published) -> None:
        """Write down every piece of a step that the audit wants."""
        for ordinal, piece in enumerate((news.event, *news.effects)):
            words = WORDS.get(type(piece))
            if words is not None:
                who, subject, why, effect = words(piece)
                self._audit.put(
                    AuditRow(
                        seq=news.seq,
                        ordinal=ordinal,
                        ts=news.ts,
                        who=who,
                        what=type(piece).__name__,
                        subject=subject,
                        why=why,
                        effect=effect,
                    )
                )

    def receive(self, event: CommandReceived, seq: int) -> bool:
        """Enter a command; returns False for an id that has been asked before."""
        if self._commands.get(event.command_id) is not None:
            return False
        self._commands.put(
            CommandRow(
                command_id=event.command_id,
                name=type(event.command).__name__,
                by=event.by,
                why=event.why,
                body=_text(event.command),
                received_ns=event.ts_recv,
                seq=seq,
            )
        )
        return True

    def answer(self, effect: CommandAnswered) -> None:
        """Enter what became of a command."""
        row = self._commands.get(effect.command_id)
        if row is not None:
            row.confirmation, row.effect = effect.confirmation.value, effect.effect
            row.rule, row.details = effect.rule, _text(effect.details)
            row.answered_ns = effect.ts
            self._commands.put(row)


def refused(news: Published, command_id: str) -> bool:
    """Tell whether a step refused the command that it was given."""
    return any(
        isinstance(effect, CommandAnswered)
        and effect.command_id == command_id
        and effect.confirmation is Confirmation.REFUSED
        for effect in news.effects
    )
