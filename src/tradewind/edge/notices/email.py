"""Notices as plain mail, by SMTP (RFC 5321), one message each."""

import asyncio
import smtplib
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum

import msgspec

from tradewind.model.errors import AuthFailed, BadReply, Unreachable
from tradewind.model.money import NANOS
from tradewind.model.notice import Notice
from tradewind.ports import Keys

TIMEOUT_S = 10.0


class Security(StrEnum):
    """How the way to the mail server is guarded; `none` is for one on this machine."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where mail is handed in, from whom and to whom."""

    host: str
    port: int
    security: Security
    sender: str
    to: tuple[str, ...]


class Email:
    """Hands each notice to a mail server; `keys` hold `user` and `password`, None for no login."""

    def __init__(self, server: MailServer, keys: Keys | None) -> None:
        self._server = server
        self._keys = keys

    def __repr__(self) -> str:
        return f"Email({self._server.host})"

    async def send(self, notice: Notice) -> None:
        """Send one mail, in a thread of its own.

        Raises Unreachable where nobody answers or the server is busy, AuthFailed where it does
        not let us in, BadReply where it does not take the message.
        """
        await asyncio.to_thread(self._hand_in, self._message(notice))

    def _message(self, notice: Notice) -> EmailMessage:
        message = EmailMessage()
        subject = f"[{notice.desk}] {notice.kind.replace('_', ' ')} {notice.subject}".strip()
        # A header ends where its line does.
        message["Subject"] = " ".join(subject.split())
        message["From"] = self._server.sender
        message["To"] = ", ".join(self._server.to)
        moment = datetime.fromtimestamp(notice.ts / NANOS, UTC)
        message["Date"] = format_datetime(moment)
        more = f"\n{notice.more} more of the kind came shortly before.\n" if notice.more else ""
        message.set_content(
            f"{notice.text}\n{more}\n{notice.level}, {moment:%Y-%m-%d %H:%M:%S} UTC\n"
        )
        return message

    def _hand_in(self, message: EmailMessage) -> None:
        host = self._server.host
        told = f"Handed a notice to the mail server {host}, found"
        try:
            server = self._connected()
            try:
                if self._keys is not None:
                    server.login(self._keys.values["user"], self._keys.values["password"])
                server.send_message(message)
                # It is taken: what is said to our farewell is nobody's business.
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()
            finally:
                server.close()
        except smtplib.SMTPAuthenticationError:
            # What the server says may repeat what it was told; it goes no further.
            raise AuthFailed(
                f"{told} that it does not take user and password; check them in the vault.",
                venue="email",
                endpoint=host,
            ) from None
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused) as error:
            raise BadReply(
                f"{told} {type(error).__name__}; check the addresses.", venue="email", endpoint=host
            ) from None
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(
                f"{told} {type(error).__name__}; see whether it answers.",
                venue="email",
                endpoint=host,
            ) from None

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.security is Security.TLS:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
        made = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
        if server.security is Security.STARTTLS:
            try:
                made.starttls(context=ssl.create_default_context())
            except BaseException:
                made.close()
                raise
        return made
