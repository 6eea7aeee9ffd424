"""Where a gateway may listen: addresses that are safe, files of TLS that are there, a free port."""

import socket
from pathlib import Path

from tradewind.model.errors import ConfigError

SEND_BYTES = 128 << 10
STUCK_MS = 20_000
"""A connection whose other end takes nothing for so long is gone."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def see_safe(host: str, *, tls: bool, insecure: bool) -> None:
    """Raise ConfigError for an address that others can reach in the clear."""
    if host in LOOPBACK or tls or insecure:
        return
    raise ConfigError(
        f"Opened the gateway on {host}, found no TLS there, so that passwords would go in the "
        f"clear; name --tls-cert and --tls-key, keep 127.0.0.1, or say --insecure-bind."
    )


def see_tls(cert: Path | None, key: Path | None) -> None:
    """Raise ConfigError unless both files of TLS are there, or none is named."""
    if (cert is None) != (key is None):
        raise ConfigError("Read the TLS files, found one of two; name --tls-cert and --tls-key.")
    for path in (cert, key):
        if path is not None and not path.is_file():
            raise ConfigError(f"Read the TLS file {path}, found none there; name another.")


def open_listener(host: str, port: int, tries: int) -> socket.socket:
    """Return a socket that listens on a port, or on the next free one of so many.

    Raises ConfigError where none can be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    why = ""
    for number in range(port, min(port + tries, 65_536)):
        try:
            return _patient(socket.create_server((host, number), family=family, backlog=128))
        except OSError as error:
            why = error.strerror or str(error)
    raise ConfigError(
        f"Opened port {port} of {host} for the gateway, found {why}; name another with --port."
    )


def _patient(listener: socket.socket) -> socket.socket:
    """Bound what the system holds for a page that does not read, and for how long."""
    # Else megabytes wait there, and nobody sees that it is minutes behind.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None:
        listener.setsockopt(socket.IPPROTO_TCP, option, STUCK_MS)
    return listener
