"""The ways out to a person that a desk's file names, made from it and from the vault."""

from contextlib import AsyncExitStack

from tradewind.app.accounts import EMAIL, WEBHOOK, open_keys
from tradewind.app.config import TOKEN
from tradewind.app.desk_tables import EmailTable, NoticesTable, WebhookTable
from tradewind.edge.notices.email import Email, MailServer
from tradewind.edge.notices.webhook import Webhook
from tradewind.edge.store.vault_file import FileVault
from tradewind.ports import NoticeChannel


def channels_of(notices: NoticesTable, vault: FileVault) -> dict[str, NoticeChannel]:
    """Return the channels by name, not yet entered; raises ConfigError for keys that are not there.

    The vault is opened only where a channel names keys.
    """
    found: dict[str, NoticeChannel] = {}
    if notices.webhook is not None:
        found[WEBHOOK] = _webhook(notices.webhook, vault)
    if notices.email is not None:
        found[EMAIL] = _email(notices.email, vault)
    return found


async def enter(channels: dict[str, NoticeChannel], stack: AsyncExitStack) -> None:
    """Open what a channel keeps open, until the stack is closed."""
    for channel in channels.values():
        if isinstance(channel, Webhook):
            await stack.enter_async_context(channel)


def _webhook(table: WebhookTable, vault: FileVault) -> Webhook:
    if table.keys is None:
        return Webhook(table.address)
    token = open_keys(vault, table.keys, WEBHOOK).values["token"]
    return Webhook(table.address.replace(TOKEN, token))


def _email(table: EmailTable, vault: FileVault) -> Email:
    server = MailServer(
        host=table.host,
        port=table.port,
        security=table.security,
        sender=table.sender,
        to=table.to,
    )
    return Email(server, open_keys(vault, table.keys, EMAIL) if table.keys is not None else None)
