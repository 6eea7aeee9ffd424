"""The plane: every operator verb once, for every face. It asks the desk and waits for the effect.

Knows commands, how a desk answers them, and when an answer is final. It must not change the desk:
what it asks goes through the inbox, and the journal's rows of the command are the audit. Runs in
the desk's event loop.
"""

import asyncio
import re
import secrets
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tradewind.control.aftermath import Aftermath, aftermath
from tradewind.control.preview import preview
from tradewind.control.requests import WAIT_S, Preview, Receipt
from tradewind.core.engine.desk import Desk
from tradewind.model.commands import (
    DESK,
    Attest,
    CancelOne,
    CancelOrders,
    Command,
    Deploy,
    EnableAccount,
    Flatten,
    ForceStop,
    Kill,
    Pause,
    PlaceManual,
    Rearm,
    Reconcile,
    Resume,
    Scope,
    SetParameters,
    SingleFire,
    Stop,
    Tell,
    Unlock,
)
from tradewind.model.config import InstanceSpec
from tradewind.model.effects import CommandAnswered, Confirmation
from tradewind.model.errors import ConfigError, Outdated, Refused
from tradewind.model.ids import AccountId, InstanceId, InstrumentId, OrderId
from tradewind.model.order import PlaceOrder
from tradewind.ports import Bus, Published

MAX_WAIT_S = 3600.0
REMEMBERED = 10_000
SETTLED = (Confirmation.CONFIRMED, Confirmation.REFUSED)
COMMAND_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
MAX_WORDS = 1000

Ask = Callable[[Command, str, str, str], None]
"""Put (command, command id, by, why) into the desk's priority lane."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and how: `by` and `why` go to the audit as they are.

    The same `command_id` gets the same receipt; an empty one is made. `wait_s` bounds the wait
    for the confirmed effect. `preview_hash` is that of the preview that was decided on, if any.
    """

    by: str
    why: str = ""
    command_id: str = ""
    wait_s: float = WAIT_S
    preview_hash: str = ""


class Waiter:
    """One command that somebody waits for, and its last answer."""

    __slots__ = ("answer", "changed")

    def __init__(self) -> None:
        self.answer: CommandAnswered | None = None
        self.changed = asyncio.Event()


def new_command_id() -> str:
    """Return a command id that nobody has used."""
    return f"c-{secrets.token_hex(8)}"


class Plane:
    """Carries out commands on one desk and reports their confirmed effect."""

    def __init__(
        self, desk: Desk, ask: Ask, bus: Bus, new_id: Callable[[], str] = new_command_id
    ) -> None:
        self._desk = desk
        self._ask = ask
        self._new_id = new_id
        self._waiters: dict[str, list[Waiter]] = {}
        self._receipts: dict[str, Receipt] = {}
        self._commands: dict[str, Command] = {}
        self._unsubscribe = bus.subscribe(self._on_news)

    def close(self) -> None:
        """Stop listening; harmless when done twice."""
        self._unsubscribe()

    def preview(self, command: Command) -> Preview:
        """Return what a command would do now, without doing it."""
        return preview(self._desk, command)

    # --- the verbs -------------------------------------------------------------------------------

    async def deploy(self, asked: Asked, spec: InstanceSpec, *, start: bool) -> Receipt:
        """Create an instance, and start it if asked to."""
        return await self.carry_out(asked, Deploy(spec, start))

    async def pause(self, asked: Asked, instance: InstanceId) -> Receipt:
        """Begin no new cycle; keep live orders fresh and exits running."""
        return await self.carry_out(asked, Pause(instance))

    async def resume(self, asked: Asked, instance: InstanceId) -> Receipt:
        """Let an instance run again."""
        return await self.carry_out(asked, Resume(instance))

    async def single_fire(self, asked: Asked, instance: InstanceId) -> Receipt:
        """Permit exactly one cycle, then pause."""
        return await self.carry_out(asked, SingleFire(instance))

    async def stop(
        self, asked: Asked, instance: InstanceId, *, timeout_s: int, flatten: bool
    ) -> Receipt:
        """Finish the cycle, then cancel what is left; confirmed when it has stopped."""
        return await self.carry_out(asked, Stop(instance, timeout_s, flatten))

    async def force_stop(
        self, asked: Asked, instance: InstanceId, *, cancel_protective: bool
    ) -> Receipt:
        """Cancel everything now and end the instance; confirmed when its orders are gone."""
        return await self.carry_out(asked, ForceStop(instance, cancel_protective))

    async def flatten(
        self, asked: Asked, instance: InstanceId, max_slippage_pct: Decimal
    ) -> Receipt:
        """Close an instance's positions; confirmed when it is flat without orders."""
        return await self.carry_out(asked, Flatten(instance, max_slippage_pct))

    async def kill(
        self, asked: Asked, scope: Scope = DESK, *, cancel_protective: bool = False
    ) -> Receipt:
        """Halt a scope and cancel; confirmed when its accounts were read empty twice."""
        return await self.carry_out(asked, Kill(scope, cancel_protective))

    async def rearm(self, asked: Asked, scope: Scope = DESK) -> Receipt:
        """Release a halt."""
        return await self.carry_out(asked, Rearm(scope))

    async def set_parameters(
        self,
        asked: Asked,
        instance: InstanceId,
        patch: dict[str, Any],
        expected_version: int | None = None,
    ) -> Receipt:
        """Change parameters of an instance, all or nothing."""
        return await self.carry_out(asked, SetParameters(instance, patch, expected_version))

    async def tell(
        self, asked: Asked, instance: InstanceId, action: str, arguments: dict[str, Any]
    ) -> Receipt:
        """Hand a strategy its own command."""
        return await self.carry_out(asked, Tell(instance, action, arguments))

    async def order(self, asked: Asked, order: PlaceOrder) -> Receipt:
        """Place an order by hand, through the same gate; confirmed when the venue has it."""
        return await self.carry_out(asked, PlaceManual(order))

    async def cancel(self, asked: Asked, client_order_id: OrderId) -> Receipt:
        """Cancel one order; confirmed when it is gone."""
        return await self.carry_out(asked, CancelOne(client_order_id))

    async def cancel_orders(
        self, asked: Asked, instance: InstanceId, *, cancel_protective: bool = False
    ) -> Receipt:
        """Cancel an instance's orders; confirmed when they are gone."""
        command = CancelOrders(instance, cancel_protective=cancel_protective)
        return await self.carry_out(asked, command)

    async def reconcile(self, asked: Asked, account: AccountId) -> Receipt:
        """Read an account again; confirmed when it was read."""
        return await self.carry_out(asked, Reconcile(account))

    async def enable_account(self, asked: Asked, account: AccountId, *, enabled: bool) -> Receipt:
        """Let an account take new risk, or stop that."""
        return await self.carry_out(asked, EnableAccount(account, enabled))

    async def attest(self, asked: Asked, client_order_id: OrderId) -> Receipt:
        """Count an Unknown order as absent on a person's word."""
        return await self.carry_out(asked, Attest(client_order_id))

    async def unlock(self, asked: Asked, account: AccountId, instrument: InstrumentId) -> Receipt:
        """Release an instrument's lock on a person's word."""
        return await self.carry_out(asked, Unlock(account, instrument))

    # --- how ------------------------------------------------------------------------------------

    async def carry_out(self, asked: Asked, command: Command) -> Receipt:
        """Carry out any command once, and return what became of it within `wait_s`.

        A command that is not confirmed by then is ACCEPTED or UNRESOLVED, never a success; ask
        again with the same id to go on waiting. Raises ConfigError for an id or words that cannot
        be taken, Refused for an id that stands for another command, and Outdated, with the new
        preview's text, where the one of `preview_hash` is no longer true.
        """
        command_id = asked.command_id or self._new_id()
        _check(asked, command_id)
        done = self._receipts.get(command_id)
        self._claim(command_id, command)
        if done is not None:
            return done
        started_s = asyncio.get_running_loop().time()
        known = self._desk.receipts.get(command_id)
        if known is None and command_id not in self._waiters:
            self._see_preview(asked, command)
        waiter = self._wait_for(command_id)
        after = aftermath(self._desk, command, fresh=known is None)
        try:
            if known is None:
                self._ask(command, command_id, asked.by, asked.why)
            else:
                waiter.answer = known
            found = await self._settle(waiter, after, asked.wait_s)
        finally:
            self._stop_waiting(command_id, waiter)
        waited_s = asyncio.get_running_loop().time() - started_s
        receipt = msgspec.structs.replace(found, command_id=command_id, waited_s=round(waited_s, 3))
        if receipt.confirmation in SETTLED:
            self._remember(receipt)
        return receipt

    def _see_preview(self, asked: Asked, command: Command) -> None:
        if not asked.preview_hash:
            return
        now = self.preview(command)
        if now.hash != asked.preview_hash:
            raise Outdated(now.text)

    async def _settle(self, waiter: Waiter, after: Aftermath, wait_s: float) -> Receipt:
        limit_s = min(wait_s, MAX_WAIT_S)
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    found = _final(waiter, after)
                    if found is not None:
                        return found
                    waiter.changed.clear()
                    await waiter.changed.wait()
        except TimeoutError:
            return _overdue(waiter, after, limit_s)

    def _on_news(self, news: Published) -> None:
        if not self._waiters:
            return
        for effect in news.effects:
            if type(effect) is CommandAnswered:
                for waiter in self._waiters.get(effect.command_id, ()):
                    waiter.answer = effect
        # What follows a command (an order's answer, a reading) comes as other news.
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.changed.set()

    def _wait_for(self, command_id: str) -> Waiter:
        waiter = Waiter()
        others = self._waiters.setdefault(command_id, [])
        if others:
            waiter.answer = others[0].answer
        others.append(waiter)
        return waiter

    def _stop_waiting(self, command_id: str, waiter: Waiter) -> None:
        left = self._waiters[command_id]
        left.remove(waiter)
        if not left:
            del self._waiters[command_id]

    def _claim(self, command_id: str, command: Command) -> None:
        known = self._commands.setdefault(command_id, command)
        if known != command:
            raise Refused(
                f"Asked for {type(command).__name__} under the id {command_id}, found another "
                f"{type(known).__name__} under it; choose a new id."
            )
        if len(self._commands) > REMEMBERED:
            del self._commands[next(iter(self._commands))]

    def _remember(self, receipt: Receipt) -> None:
        self._receipts[receipt.command_id] = receipt
        if len(self._receipts) > REMEMBERED:
            del self._receipts[next(iter(self._receipts))]


def _check(asked: Asked, command_id: str) -> None:
    if COMMAND_ID.fullmatch(command_id) is None:
        raise ConfigError(
            f"Read the command id {command_id[:80]!r}, found signs it cannot have; "
            f"use up to 64 letters, digits and . _ : -"
        )
    if not asked.by:
        raise ConfigError("Read the command, found nobody who asks; say who it is.")
    if len(asked.why) > MAX_WORDS or len(asked.by) > MAX_WORDS:
        raise ConfigError(
            f"Read the command's reason, found more than {MAX_WORDS} signs; make it shorter."
        )


def _receipt(
    confirmation: Confirmation,
    effect: str,
    rule: str = "",
    details: Mapping[str, Any] | None = None,
) -> Receipt:
    return Receipt(
        command_id="",
        confirmation=confirmation,
        effect=effect,
        rule=rule,
        details=details or {},
        waited_s=0.0,
    )


def _final(waiter: Waiter, after: Aftermath) -> Receipt | None:
    """Return what became of the command, None while more is to come."""
    answer = waiter.answer
    if answer is None or answer.confirmation not in SETTLED:
        return None
    if answer.confirmation is Confirmation.REFUSED:
        return _receipt(answer.confirmation, answer.effect, answer.rule)
    seen = after(answer)
    if seen is None:
        return None
    return _receipt(seen.confirmation, seen.effect, seen.rule, answer.details)


def _overdue(waiter: Waiter, after: Aftermath, limit_s: float) -> Receipt:
    answer = waiter.answer
    if answer is None:
        return _receipt(
            Confirmation.UNRESOLVED,
            f"asked, and no answer within {limit_s:g} s; it may still be carried out",
        )
    if answer.confirmation is Confirmation.UNRESOLVED:
        return _receipt(Confirmation.UNRESOLVED, answer.effect, details=answer.details)
    return _receipt(
        Confirmation.ACCEPTED,
        f"{answer.effect}; not confirmed within {limit_s:g} s, it goes on",
        details=answer.details,
    )
