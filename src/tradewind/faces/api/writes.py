"""What can be asked of a desk: every command, by its own address or by its type. Decides nothing.

Each handler turns its words into one command of control and hands it on; who asks goes along.
"""

import getpass
import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from tradewind.control.access.roles import need_of
from tradewind.control.access.who import LOCAL, Who
from tradewind.control.requests import Do, Failure, Preview, Receipt
from tradewind.faces.api import problems
from tradewind.faces.api.problems import Problem, problem
from tradewind.faces.api.table import Call, Reply
from tradewind.faces.api.words import see_numbers
from tradewind.model.commands import (
    CancelOne,
    Command,
    Deploy,
    EnableAccount,
    Kill,
    PlaceManual,
    Rearm,
    Reconcile,
    Scope,
    ScopeKind,
)
from tradewind.model.config import InstanceSpec
from tradewind.model.effects import Confirmation
from tradewind.model.ids import AccountId, InstanceId, InstrumentId, OrderId
from tradewind.model.order import PlaceOrder

ACTIONS = {
    "pause": "Pause",
    "resume": "Resume",
    "single_fire": "SingleFire",
    "stop": "Stop",
    "force_stop": "ForceStop",
    "flatten": "Flatten",
    "cancel_orders": "CancelOrders",
    "set": "SetParameters",
    "tell": "Tell",
}
VERSION = "version_conflict"
"""The rule that refuses parameters which somebody has changed meanwhile."""


async def command(call: Call) -> Reply:
    """Carry out any command."""
    return await carry_out(call, call.body.command)


async def instance_command(call: Call) -> Reply:
    """Carry out a command on one instance."""
    name, body = InstanceId(call.path["instance"]), call.body
    scope = Scope(ScopeKind.INSTANCE, name)
    if body.action in ("kill", "rearm"):
        given = {"type": body.action.capitalize(), **body.arguments}
        given.setdefault("scope", msgspec.to_builtins(scope))
    else:
        given = {"type": ACTIONS[body.action], **body.arguments, "instance": name}
    try:
        made = msgspec.convert(given, Command, strict=True)
    except msgspec.ValidationError as error:
        raise problem("bad_request", f"Read the arguments, found that {error}.") from error
    known = msgspec.to_builtins(made)
    for key in given:
        if key not in known:
            raise problem(
                "bad_request", f"Read the arguments, found {key[:60]}, which it does not take."
            )
    if body.action in ("kill", "rearm") and getattr(made, "scope", None) != scope:
        raise problem("bad_request", "Read the scope, found another; leave it out here.")
    see_numbers(made)
    return await carry_out(call, made)


async def deploy(call: Call) -> Reply:
    """Create an instance."""
    body = call.body
    spec = InstanceSpec(
        id=InstanceId(body.instance or _new_name(body.strategy, call.key)),
        strategy=body.strategy,
        accounts=tuple(AccountId(each) for each in body.accounts),
        instruments=tuple(InstrumentId(each) for each in body.instruments),
        parameters=body.parameters,
        limits=body.limits,
        auto_resume=body.auto_resume,
    )
    return await carry_out(call, Deploy(spec, body.start))


async def place(call: Call) -> Reply:
    """Place an order by hand."""
    body = call.body
    order = PlaceOrder(
        account=AccountId(body.account),
        instrument=InstrumentId(body.instrument),
        side=body.side,
        qty=body.qty,
        px=body.px,
        order_type=body.ord_type,
        tif=body.tif,
        post_only=body.post_only,
        reduce_only=body.reduce_only,
        trigger_px=body.trigger_px,
    )
    return await carry_out(call, PlaceManual(order))


async def cancel(call: Call) -> Reply:
    """Cancel one order."""
    return await carry_out(call, CancelOne(OrderId(call.path["order"])))


async def kill(call: Call) -> Reply:
    """Halt and cancel."""
    return await carry_out(call, Kill(call.body.scope, call.body.cancel_protective))


async def rearm(call: Call) -> Reply:
    """Let it trade again."""
    return await carry_out(call, Rearm(call.body.scope))


async def reconcile(call: Call) -> Reply:
    """Read an account again."""
    return await carry_out(call, Reconcile(AccountId(call.path["account"])))


def enable(*, enabled: bool) -> Callable[[Call], Awaitable[Reply]]:
    """Return what lets an account take new risk, or stops that."""

    async def answer(call: Call) -> Reply:
        return await carry_out(call, EnableAccount(AccountId(call.path["account"]), enabled))

    return answer


async def carry_out(call: Call, command: Command) -> Reply:
    """Give a command to the desk and tell what came of it, confirmed or not."""
    call.asker.require(need_of(command))
    query = call.query
    request = Do(
        command=command,
        command_id=call.key or f"api-{secrets.token_hex(8)}",
        why=call.body.why,
        dry_run=query.dry_run,
        wait_s=query.wait_s,
        preview_hash=call.body.preview_hash,
        by=audit_name(call.asker),
    )
    told = await call.gateway.link.ask(request)
    if isinstance(told, Failure):
        raise problems.of(told)
    if isinstance(told, Preview):
        return Reply(value=told)
    assert isinstance(told, Receipt)
    if told.confirmation is Confirmation.REFUSED and not query.receipt:
        code = "version_conflict" if told.rule == VERSION else "refused"
        raise problems.of(Problem(code=code, message=told.effect, rule=told.rule))
    done = told.confirmation in (Confirmation.CONFIRMED, Confirmation.REFUSED)
    return Reply(value=told, status=200 if done else 202)


def audit_name(who: Who) -> str:
    """Return who asks, in the words of the audit."""
    return f"token:local/{getpass.getuser()}" if who.by == LOCAL else who.by


def _new_name(strategy: str, key: str) -> str:
    """Return a name for an instance; the same for the same key, so that it is deployed once."""
    stem = re.sub(r"[^a-z0-9]+", "-", strategy.rpartition("/")[2].partition(".py")[0].lower())
    seed: Any = key.encode() if key else secrets.token_bytes(8)
    end = hashlib.blake2b(seed, digest_size=3).hexdigest()
    return f"{stem.strip('-')[:24] or 'instance'}-{end}"
