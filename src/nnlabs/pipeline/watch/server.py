"""The page, and a server of this machine alone that gives it what has changed."""

import html
import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from nnlabs.core.errors import UserError
from nnlabs.core.files import aside
from nnlabs.pipeline.watch.follow import Watched
from nnlabs.play import bundle

HERE = Path(__file__).parent / "page"
ADDRESS = "127.0.0.1"
CHANGES = re.compile(r"/changes\?since=(\d{1,9})")
PAGE = bundle.PAGE.replace("<title>", '<link rel="icon" href="data:,">\n<title>')


def page(watched: Watched, *, live: bool) -> str:
    """The page with all that there is to see by now; `live`, it goes on asking for what has changed."""
    policy = f"{bundle.POLICY}; connect-src 'self'" if live else bundle.POLICY
    title = next(iter(watched.runs.values())).title if len(watched.runs) == 1 else "What runs in this folder"
    style = (bundle.HERE / "style.css").read_text(encoding="utf-8") + (HERE / "style.css").read_text(encoding="utf-8")
    data = _json(watched.changes(0) | {"live": live}).replace("<", "\\u003c")
    return PAGE.format(
        policy=policy, title=html.escape(title), style=style, data=data, script=bundle.script(HERE / "main.js")
    )


def write(watched: Watched, path: Path) -> None:
    """Write the page that remains."""
    with aside(path) as beside:
        beside.write_text(page(watched, live=False), encoding="utf-8", newline="\n")


class Server(ThreadingHTTPServer):
    """Serves the page and the changes, and nothing else: no path of an address is looked up on the disk.

    Raises
    ------
    UserError
        Where the port cannot be had.
    """

    daemon_threads = True

    def __init__(self, watched: Watched, port: int) -> None:
        self.watched, self.lock = watched, threading.Lock()
        self.given, self.asked = 0, 0.0
        """The last version that a page was given, and when."""
        try:
            super().__init__((ADDRESS, port), Handler)
        except (OSError, OverflowError) as error:
            raise UserError(f"PORT: {port} cannot be had ({error}); allowed: one that is free, 1024 to 65535") from None
        self.hosts = {f"{name}:{self.server_port}" for name in (ADDRESS, "localhost")}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *asked: Any) -> None:
        """Nothing where a page was closed before it had its answer: the terminal is the run's."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*asked)

    def open(self, within: float) -> bool:
        """Whether a page that has asked within so many seconds still waits for the last version."""
        return self.given < self.watched.version and time.monotonic() - self.asked < within

    @property
    def address(self) -> str:
        return f"http://{ADDRESS}:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    server: Server
    timeout = 10

    def do_GET(self) -> None:
        watched, lock = self.server.watched, self.server.lock
        if self.headers.get("Host") not in self.server.hosts:  # another site's name that leads here
            self.send_error(403)
        elif self.path == "/":
            with lock:
                text = page(watched, live=True)
            self._give(text, "text/html")
        elif match := CHANGES.fullmatch(self.path):
            with lock:
                text, version = _json(watched.changes(int(match[1]))), watched.version
            self._give(text, "application/json")
            self.server.given, self.server.asked = version, time.monotonic()
        else:
            self.send_error(404)

    def _give(self, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(200)
        for name, value in (
            ("Content-Type", f"{kind}; charset=utf-8"),
            ("Content-Length", str(len(content))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Nothing: the terminal is the run's."""


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
