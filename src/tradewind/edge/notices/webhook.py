"""Notices as JSON to a web address of the user's own choosing."""

from types import TracebackType
from typing import Self

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar
from yarl import URL

from tradewind.model.errors import AuthFailed, BadReply, Unreachable
from tradewind.model.notice import Notice

TIMEOUT_S = 10.0
REFUSED_LOGIN = (401, 403, 407)
BUSY = (408, 425, 429)
"""Answers after which another try may help; so may those from 500 on."""


class Webhook:
    """Posts each notice as one JSON object; enter it before use.

    The object has the fields of Notice. The address may hold a token, so it is never shown:
    errors name its host alone. Redirects are not followed.
    """

    def __init__(self, address: str) -> None:
        self._address = URL(address)
        self._session: ClientSession | None = None

    def __repr__(self) -> str:
        return f"Webhook({self._address.host})"

    async def __aenter__(self) -> Self:
        self._session = ClientSession(
            timeout=ClientTimeout(total=TIMEOUT_S), cookie_jar=DummyCookieJar()
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, notice: Notice) -> None:
        """Post one notice; any answer below 300 is a success.

        Raises Unreachable where nobody answers or the service is busy, AuthFailed where it does
        not let us in, BadReply for any other answer.
        """
        assert self._session is not None, "a webhook is entered before it is used"
        host = self._address.host or ""
        try:
            async with self._session.post(
                self._address,
                data=msgspec.json.encode(notice),
                headers={"Content-Type": "application/json"},
                allow_redirects=False,
            ) as answer:
                status = answer.status
        except (ClientError, OSError, TimeoutError) as error:
            # Its text may hold the whole address, and so the token; it goes no further.
            raise Unreachable(
                f"Posted a notice to {host}, found {type(error).__name__}; see whether the "
                f"address answers.",
                venue="webhook",
                endpoint=host,
            ) from None
        self._judge(status, host)

    def _judge(self, status: int, host: str) -> None:
        if status < 300:
            return
        told = f"Posted a notice to {host}, found the answer {status}"
        if status in BUSY or status >= 500:
            raise Unreachable(f"{told}; it is tried again.", venue="webhook", endpoint=host)
        if status in REFUSED_LOGIN:
            raise AuthFailed(
                f"{told}; check its token in the vault.", venue="webhook", endpoint=host
            )
        raise BadReply(f"{told}; check the address.", venue="webhook", endpoint=host)
