"""Notices as mail, handed to a real SMTP server on this machine."""

import asyncio
import base64
import email
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import Message

import msgspec
import pytest

from tradewind.edge.notices.email import Email, MailServer, Security
from tradewind.model.errors import AuthFailed, BadReply, TradewindError, Unreachable
from tradewind.model.notice import Notice, NoticeKind
from tradewind.ports import Keys

PASSWORD = "pa55-that-nobody-may-see"
KEYS = Keys({"user": "ada", "password": PASSWORD})
NOTICE = Notice(
    kind=NoticeKind.UNKNOWN_ORDER,
    level="warning",
    desk="d",
    subject="m\nBcc: x@y",
    text="why",
    ts=10**18,
)


class Mailbox:
    """A mail server of a few words; `answers` replaces what it says to a command."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.mails: list[Message] = []
        self.logins: list[bytes] = []
        self.port = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := (await reader.readline()).decode().strip():
            word = line.split()[0].upper()
            if word == "AUTH":
                self.logins.append(base64.b64decode(line.split()[2]))
            usual = {"EHLO": "250-here\r\n250 AUTH PLAIN", "DATA": "354 go on", "AUTH": "235 in"}
            answer = self.answers.get(word, usual.get(word, "250 fine"))
            writer.write(f"{answer}\r\n".encode())
            if word == "DATA" and answer.startswith("354"):
                text = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
                self.mails.append(email.message_from_bytes(text))
                writer.write(b"250 taken\r\n")
            if word == "QUIT":
                break
        writer.close()

    @property
    def address(self) -> MailServer:
        return MailServer(
            host="127.0.0.1",
            port=self.port,
            security=Security.NONE,
            sender="desk@example.org",
            to=("ada@example.org", "bob@example.org"),
        )


@asynccontextmanager
async def serving() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    server = await asyncio.start_server(box.talk, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()


async def test_a_notice_is_one_mail_to_everybody_after_a_login() -> None:
    async with serving() as box:
        await Email(box.address, KEYS).send(msgspec.structs.replace(NOTICE, more=3))
    assert box.logins == [f"\0ada\0{PASSWORD}".encode()]
    [mail] = box.mails
    assert mail["To"] == "ada@example.org, bob@example.org"
    assert mail["Subject"] == "[d] unknown order m Bcc: x@y"
    assert mail["Bcc"] is None, "a subject cannot add a header"
    assert mail["Date"].startswith("Sun, 09 Sep 2001")
    text = mail.get_payload()
    assert isinstance(text, str)
    assert text.startswith("why")
    assert "3 more of the kind" in text


async def test_without_keys_nobody_logs_in() -> None:
    async with serving() as box:
        await Email(box.address, None).send(NOTICE)
    assert (box.logins, len(box.mails)) == ([], 1)


@pytest.mark.parametrize(
    ("word", "answer", "kind"),
    [
        ("AUTH", "535 no", AuthFailed),
        ("RCPT", "550 nobody here", BadReply),
        ("MAIL", "550 not from you", BadReply),
        ("DATA", "451 later", Unreachable),
    ],
)
async def test_a_server_that_does_not_take_it_is_told_by_the_remedy(
    word: str, answer: str, kind: type[TradewindError]
) -> None:
    async with serving() as box:
        box.answers[word] = f"{answer} {PASSWORD}"
        sender = Email(box.address, KEYS)
        with pytest.raises(kind) as told:
            await sender.send(NOTICE)
    assert type(told.value) is kind
    assert PASSWORD not in repr(told.value) + str(told.value) + repr(sender)
    assert told.value.__cause__ is None
    assert box.mails == []


async def test_where_nobody_answers_it_may_be_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    server = MailServer(
        host="127.0.0.1", port=port, security=Security.NONE, sender="a@b.c", to=("d@e.f",)
    )
    with pytest.raises(Unreachable):
        await Email(server, None).send(NOTICE)


async def test_where_it_must_be_guarded_nothing_is_sent_in_the_open() -> None:
    async with serving() as box:
        guarded = msgspec.structs.replace(box.address, security=Security.STARTTLS)
        with pytest.raises(Unreachable):
            await Email(guarded, KEYS).send(NOTICE)
    assert (box.logins, box.mails) == ([], [])
