"""A demo as a person starts it, and its gateway as a browser or a program asks it.

Real processes and real sockets; nothing stands in for anything. What is started here ends here.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec
from websockets.sync.client import ClientConnection, connect

from tests.canaries import listen
from tests.e2e.running import PROGRAM, environment
from tests.unit.faces.local.serving import short_folder

READY_S = 30.0
PASSWORD = "a long enough password"
ANSWER_S = 40.0


class Answer(msgspec.Struct, frozen=True):
    """What came back."""

    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.raw)

    @property
    def code(self) -> str:
        """Return the code of an error, and see that it is in the one shape."""
        told = self.json
        assert set(told) == {"code", "message", "rule", "retryable"}, (self.status, told)
        assert isinstance(told["retryable"], bool)
        assert told["message"], told
        return str(told["code"])


class Browser:
    """One signed-in person: a cookie, and what every change must repeat."""

    def __init__(self, desk: "Served", cookie: str, csrf: str) -> None:
        self.desk = desk
        self.cookie = cookie
        self.csrf = csrf

    def headers(self, method: str) -> dict[str, str]:
        told = {"Cookie": self.cookie}
        return told if method == "GET" else {**told, "X-CSRF-Token": self.csrf}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        return self.desk.ask(method, path, body, **{**self.headers(method), **headers})

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status == 200, (path, answer)
        return answer.json


class Served:
    """A running demo with its gateway."""

    def __init__(self, home: Path, *words: str) -> None:
        self.home = home
        self.words = words
        self.process: subprocess.Popen[str] | None = None
        self.port = 0
        self.code = ""

    @property
    def folder(self) -> Path:
        return self.home / "demo"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        told = msgspec.json.decode((self.folder / "gateway.json").read_bytes())
        return str(told["token"])

    def start(self) -> None:
        """Start the demo and wait until its gateway answers."""
        words = ["demo", "--plain", "--speed", "20", *self.words]
        # Into files: a pipe that nobody reads would fill, and hold the desk up.
        said = (self.home / "said").open("w")
        self.process = subprocess.Popen(
            [*PROGRAM, *words],
            env=environment(self.home),
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said.close()
        line = self._page_line()
        address, _, code = line.removeprefix("page: ").partition("  set-up code: ")
        self.port = int(address.rpartition(":")[2])
        self.code = code.partition(" ")[0]
        self.wait_healthy()

    def wait_healthy(self) -> None:
        until(lambda: self.bearer("GET", "/api/health").status == 200, READY_S, self.said)

    def stop(self) -> None:
        """End the desk as Ctrl-C does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(20)
        listen("tradewind", self.said())
        self.process = None

    def said(self) -> str:
        """Return what the desk printed."""
        return (self.home / "said").read_text()

    def kill(self) -> None:
        """Pull the plug."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(20)
        self.process = None

    def gateway_pid(self) -> int:
        """Return the process id of the newest gateway."""
        lines = (msgspec.json.decode(line) for line in self.log().splitlines() if line[:1] == "{")
        return int([line["pid"] for line in lines if line["event"] == "serving"][-1])

    def log(self) -> str:
        path = self.folder / "gateway.log"
        return path.read_text() if path.is_file() else ""

    # --- asking ----------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Ask over a connection of its own; header names are written with `_` for `-`."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) else None
        if body is not None and data is None:
            data = msgspec.json.encode(body)
        if data is not None:
            told.setdefault("Content-Type", "application/json")
        connection = HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_S)
        try:
            connection.request(method, path, data, told)
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, names, answer.read())
        except OSError:
            return Answer(0, {}, b"")
        finally:
            connection.close()

    def bearer(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Ask with the desk's own token."""
        return self.ask(method, path, body, Authorization=f"Bearer {self.token}", **headers)

    def get(self, path: str) -> Any:
        answer = self.bearer("GET", path)
        assert answer.status == 200, (path, answer)
        return answer.json

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> Browser:
        body = {"name": name, "password": password, **more}
        return self._browser(self.ask("POST", "/api/login", body))

    def set_up(self, name: str = "root") -> Browser:
        """Use the set-up code."""
        body = {"code": self.code, "name": name, "password": PASSWORD}
        return self._browser(self.ask("POST", "/api/setup", body))

    def _browser(self, answer: Answer) -> Browser:
        assert answer.status == 200, answer
        cookie = answer.headers["set-cookie"].partition(";")[0]
        return Browser(self, cookie, answer.json["csrf"])

    @contextmanager
    def page(self, since: int = 0, /, **headers: str) -> Iterator[ClientConnection]:
        """Open /ws as a program does."""
        told = headers or {"Authorization": f"Bearer {self.token}"}
        url = f"ws://127.0.0.1:{self.port}/ws" + (f"?since={since}" if since else "")
        with connect(
            url,
            additional_headers=told,
            max_size=None,
            compression=None,
            open_timeout=20,
            close_timeout=0.5,
        ) as page:
            yield page

    def _page_line(self) -> str:
        until(lambda: "\n" in self.said(), READY_S, self.said)
        line = self.said().splitlines()[0]
        assert line.startswith("page: "), (self.said(), self.log()[-2000:])
        return line


@contextmanager
def served(*words: str, port: str = "0") -> Iterator[Served]:
    """A demo in a folder of its own."""
    with short_folder() as home:
        desk = Served(home, "--port", port, *words)
        try:
            desk.start()
            yield desk
        finally:
            desk.stop()


def until(true: Callable[[], bool], within_s: float, why: Callable[[], object]) -> None:
    ends = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < ends, why()
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # One that nobody has waited for yet is no process any more.
    status = Path(f"/proc/{pid}/stat")
    return not status.is_file() or status.read_text().rpartition(")")[2].split()[0] != "Z"
