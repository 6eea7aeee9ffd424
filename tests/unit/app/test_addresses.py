"""Where a gateway may listen."""

import socket
from pathlib import Path

import pytest

from tradewind.app.addresses import open_listener, see_safe, see_tls
from tradewind.model.errors import ConfigError


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_needs_no_tls(host: str) -> None:
    see_safe(host, tls=False, insecure=False)


def test_others_need_it_or_a_word_that_it_is_meant() -> None:
    with pytest.raises(ConfigError, match="--insecure-bind"):
        see_safe("0.0.0.0", tls=False, insecure=False)
    see_safe("0.0.0.0", tls=True, insecure=False)
    see_safe("0.0.0.0", tls=False, insecure=True)


def test_both_files_of_tls_or_none(tmp_path: Path) -> None:
    there = tmp_path / "cert.pem"
    there.touch()
    see_tls(None, None)
    see_tls(there, there)
    for cert, key in ((there, None), (None, there), (there, tmp_path / "none.pem")):
        with pytest.raises(ConfigError):
            see_tls(cert, key)


def test_the_next_free_port_is_taken_and_a_taken_one_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(ConfigError, match="--port"):
            open_listener("127.0.0.1", taken, tries=1)
        with open_listener("127.0.0.1", taken, tries=50) as found:
            assert found.getsockname()[1] > taken
