"""The channels that a desk's file names."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.unit.edge.notices.test_webhook import NOTICE, serving
from tradewind.app import accounts
from tradewind.app.desk_tables import EmailTable, NoticesTable, WebhookTable
from tradewind.app.notices import channels_of, enter
from tradewind.edge.store.vault_file import FileVault
from tradewind.edge.store.vault_lock import KeyFile
from tradewind.model.errors import ConfigError


def vault(folder: Path) -> FileVault:
    return FileVault(folder / "vault", KeyFile(folder / "key"))


async def test_the_token_comes_from_the_vault_and_is_in_the_address_alone(tmp_path: Path) -> None:
    kept = vault(tmp_path)
    accounts.add(kept, "hook", "webhook", accounts.checked("webhook", {"token": "c4n4ry-token"}))
    async with serving() as hook:
        address = f"http://127.0.0.1:{hook.port}/in/{{token}}"
        table = NoticesTable(webhook=WebhookTable(address=address, keys="hook"))
        channels = channels_of(table, kept)
        assert "c4n4ry" not in repr(channels) + repr(table)
        async with AsyncExitStack() as stack:
            await enter(channels, stack)
            await channels["webhook"].send(NOTICE)
        assert hook.got[0][0] == "/in/c4n4ry-token"


def test_keys_of_another_kind_are_refused(tmp_path: Path) -> None:
    kept = vault(tmp_path)
    accounts.add(kept, "hook", "webhook", accounts.checked("webhook", {"token": "t"}))
    email = EmailTable(host="h", sender="a@b.c", to=("d@e.f",), keys="hook")
    with pytest.raises(ConfigError, match="found keys of webhook where email"):
        channels_of(NoticesTable(email=email), kept)


def test_a_file_without_channels_opens_no_vault(tmp_path: Path) -> None:
    assert channels_of(NoticesTable(), FileVault(tmp_path / "none", KeyFile(tmp_path / "no"))) == {}
