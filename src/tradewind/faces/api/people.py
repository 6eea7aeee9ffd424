"""Signing in and out, the own account, and the people of a desk, as HTTP has it.

Knows the cookie. Whether a password is right, and who may stay, is control's.
"""

from starlette.requests import Request

from tradewind.control.access.who import LOCAL, Session, TokenView, UserView, Who
from tradewind.faces.api import guard
from tradewind.faces.api.gateway import Gateway
from tradewind.faces.api.problems import problem
from tradewind.faces.api.reads import session_view
from tradewind.faces.api.shapes import (
    MadeToken,
    SecondFactorAnswer,
    SessionAnswer,
    Whole,
)
from tradewind.faces.api.table import Call, Reply
from tradewind.model.access import AccessScope
from tradewind.model.errors import ConfigError

LIFE_S = 7 * 24 * 3600


async def session(call: Call) -> Reply:
    """Return who is signed in, and which desk this is."""
    return Reply(value=await _answer(call, call.who, _cookie(call)))


async def set_up(call: Call) -> Reply:
    """Make the first admin and sign them in."""
    body = call.body
    made = await call.gateway.aside.set_up(body.code, body.name, body.password)
    return await _signed_in(call, made)


async def sign_in(call: Call) -> Reply:
    """Sign in."""
    body = call.body
    peer = guard.peer_of(call.request)
    made = await call.gateway.aside.sign_in(body.name, body.password, body.totp, peer)
    return await _signed_in(call, made)


async def sign_out(call: Call) -> Reply:
    """Sign out."""
    cookie = _cookie(call)
    if cookie:
        call.gateway.access.end_session(cookie)
    gone = f"{call.gateway.cookie}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
    return Reply(value=await _answer(call, None, ""), headers={"Set-Cookie": gone})


async def change_password(call: Call) -> Reply:
    """Change the own password; every other session ends."""
    cookie = _cookie(call)
    if not cookie or "authorization" in call.request.headers:
        raise problem("forbidden", "Changed a password with a token; sign in with the old one.")
    body, peer = call.body, guard.peer_of(call.request)
    await call.gateway.aside.change_password(cookie, body.old, body.new, peer)
    return Reply(value=await _answer(call, call.who, cookie))


async def second_factor(call: Call) -> Reply:
    """Take one step with the own second factor."""
    access, name = call.gateway.access, _person(call)
    step, code = call.body.step, call.body.code
    if step == "enrol":
        return Reply(value=SecondFactorAnswer(totp=False, uri=access.enrol_totp(name)))
    if step == "confirm":
        return Reply(value=SecondFactorAnswer(totp=access.confirm_totp(name, code).totp))
    return Reply(value=SecondFactorAnswer(totp=access.drop_totp(name, code).totp))


# --- tokens --------------------------------------------------------------------------------------


async def tokens(call: Call) -> Reply:
    """Return the own tokens; an admin's list is everybody's."""
    owner = None if call.asker.may(AccessScope.ADMIN) else call.asker.name
    rows: list[TokenView] = call.gateway.access.tokens(owner)
    return Reply(value=Whole(tuple(rows)))


async def make_token(call: Call) -> Reply:
    """Make a token for oneself; never one that may do more than whoever asks."""
    body = call.body
    for scope in body.scopes:
        call.asker.require(scope)
    name = _person(call)
    made, value = call.gateway.access.make_token(name, body.label, body.scopes, body.expires_s)
    return Reply(value=MadeToken(id=made, value=value), status=201)


async def revoke_token(call: Call) -> Reply:
    """End a token of one's own; an admin ends anybody's."""
    owner = None if call.asker.may(AccessScope.ADMIN) else call.asker.name
    return Reply(value=call.gateway.access.revoke_token(call.path["token"], owner))


# --- the people of a desk ------------------------------------------------------------------------


async def users(call: Call) -> Reply:
    """Return everybody."""
    rows: list[UserView] = call.gateway.access.users()
    return Reply(value=Whole(tuple(rows)))


async def add_user(call: Call) -> Reply:
    """Add a person."""
    body = call.body
    made = await call.gateway.aside.add_user(body.name, body.password, body.role)
    return Reply(value=made, status=201)


async def change_user(call: Call) -> Reply:
    """Change a person's role, password, or whether they may come in."""
    access, body, name = call.gateway.access, call.body, call.path["user"]
    made = _known(call, name)
    if body.role is not None:
        made = access.set_role(name, body.role)
    if body.disabled is not None:
        made = access.disable(name) if body.disabled else access.enable(name)
    if body.totp is False:
        made = access.drop_totp(name)
    if body.password is not None:
        made = await call.gateway.aside.set_password(name, body.password)
    return Reply(value=made)


async def remove_user(call: Call) -> Reply:
    """Forget a person with their sessions and tokens."""
    name = call.path["user"]
    _known(call, name)
    return Reply(value=call.gateway.access.remove_user(name))


# --- how -----------------------------------------------------------------------------------------


def _known(call: Call, name: str) -> UserView:
    try:
        return call.gateway.access.user(name)
    except ConfigError as error:
        raise problem("not_found", str(error)) from error


def _person(call: Call) -> str:
    if call.asker.by == LOCAL:
        raise problem(
            "forbidden",
            "Asked with the desk's own token, found that it is no person's; sign in as one.",
        )
    return call.asker.name


def _cookie(call: Call) -> str:
    return cookie_of(call.gateway, call.request)


def cookie_of(gateway: Gateway, request: Request) -> str:
    """Return the value of the session's cookie, empty for none."""
    return str(request.cookies.get(gateway.cookie, ""))


async def _signed_in(call: Call, made: Session) -> Reply:
    secure = "; Secure" if call.gateway.facts.tls else ""
    cookie = (
        f"{call.gateway.cookie}={made.value}; Path=/; Max-Age={LIFE_S}; HttpOnly; "
        f"SameSite=Strict{secure}"
    )
    return Reply(value=await _answer(call, made.who, made.value), headers={"Set-Cookie": cookie})


async def _answer(call: Call, who: Who | None, cookie: str) -> SessionAnswer:
    access = call.gateway.access
    desk = await session_view(call)
    person = who is not None and who.by != LOCAL
    return SessionAnswer(
        signed_in=who is not None,
        needs_setup=access.needs_setup(),
        user=None if who is None else who.name,
        role=None if who is None else who.role,
        scopes=() if who is None else who.scopes,
        csrf=access.csrf_of(cookie) if who is not None and cookie else "",
        totp=person and who is not None and access.user(who.name).totp,
        desk="" if desk is None else desk.desk,
        mode="" if desk is None else desk.mode,
        version=call.gateway.facts.version,
    )
