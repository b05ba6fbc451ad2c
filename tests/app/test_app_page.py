"""The app as it is served: in a browser, to malformed requests, and without asking anybody beyond this machine."""

import base64
import importlib.util
import io
import json
import random
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

from app import madeapp
from play.javascript import browser

OWN = Path(".venv-app/bin/python").absolute()
GRADIO = OWN.exists() or importlib.util.find_spec("gradio") is not None
pytestmark = pytest.mark.skipif(not GRADIO, reason="Gradio is not installed (make app)")

WATCHED = """
import sys
def seen(event, found):
    here = (None, "127.0.0.1", "::1", "localhost")
    asked = event == "socket.getaddrinfo" and found[0] not in here
    if asked or event == "socket.connect" and isinstance(found[1], tuple) and found[1][0] not in here:
        open("asked.txt", "a").write(f"{event} {found}\\n")
sys.addaudithook(seen)
from nnlabs.app.page import main
main()
"""


@dataclass(frozen=True)
class Server:
    folder: Path
    port: int
    asking: Any
    """The module of the benchmarks that asks the app as browsers do."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, variant: Any, sent: Any, function: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = self.asking.ask(self.port, variant, sent, function)
        return found

    def told(self, variant: Any, sent: Any, function: int = 0) -> str:
        """All that the page then shows, as text."""
        return json.dumps(self.ask(variant, sent, function))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("app")
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend("benchmarks")
        from harness import web_app

        madeapp.into(folder, patched)
        madeapp.dataset("shapes")
        madeapp.dataset("mnist", 1, classes="0123456789")
        for id in ("a-linear", "odd"):
            madeapp.variant(id, "shapes")
        madeapp.variant("slow", "shapes", model="cnn", channels=(32, 64))
        madeapp.variant("digits", "mnist", 1, classes="0123456789")
        of_shapes = [(id, "shapes") for id in ("a-linear", "never", "odd", "slow")]
        madeapp.listed(*of_shapes, ("digits", "mnist"))
    with (
        (folder / "log.txt").open("w") as log,
        web_app.served("-c", WATCHED, folder=folder, log=log) as (port, started),
    ):
        yield Server(folder, port, web_app)
        assert started.poll() is None
        assert not (folder / "asked.txt").exists(), (folder / "asked.txt").read_text()


def png(pixels: np.ndarray) -> bytes:
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG")
    return written.getvalue()


PICTURE = png(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8))
SENT = base64.b64encode(PICTURE).decode()


def test_a_picture_gets_probabilities_and_then_what_they_rest_on(server: Server) -> None:
    told = server.ask("a-linear", SENT)
    shares, seen = told["output"]["data"]
    assert {each["label"] for each in shares["confidences"]} == set("abc")
    assert sum(each["confidence"] for each in shares["confidences"]) == pytest.approx(1)
    assert "What it sees" in seen
    kept, rest = server.ask("a-linear", SENT, server.asking.EXPLAIN)["output"]["data"]
    assert "Training pictures like it" in rest and "confidences" not in kept  # the probabilities stay


def test_what_cannot_be_answered_is_one_line(server: Server) -> None:
    for function in (server.asking.ANSWER, server.asking.EXPLAIN):
        shares, line = server.ask("never", SENT, function)["output"]["data"]
        assert not shares
        assert line == "<p>never is not trained yet; <code>dvc repro train@never</code> trains it</p>"
    assert "no whole PNG" in server.told("a-linear", SENT[: len(SENT) // 8 * 4])
    shares, line = server.ask("a-linear", "")["output"]["data"]
    assert not shares and line == ""


def test_what_nobody_foresaw_is_one_friendly_line(server: Server) -> None:
    server.ask("odd", SENT)
    (server.folder / "data" / "shapes" / "train_images.npy").rename(server.folder / "away.npy")
    try:
        told = server.ask("odd", SENT, server.asking.EXPLAIN)
    finally:
        (server.folder / "away.npy").rename(server.folder / "data" / "shapes" / "train_images.npy")
    assert told["success"] and "in a way that nobody expected" in told["output"]["data"][1]
    assert "FileNotFoundError" in (server.folder / "log.txt").read_text()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
def test_a_browser_may_ask_by_an_address_or_as_localhost(server: Server, name: str) -> None:
    for host in (name, f"{name}:{server.port}"):
        assert requests.get(server.address, headers={"host": host}, timeout=30).status_code == 200


@pytest.mark.parametrize(
    "name",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:80", "127.0.0.1@evil", ""],
)
def test_a_name_that_others_let_lead_here_is_refused(server: Server, name: str) -> None:
    for path in ("", "config", "gradio_api/queue/join"):
        told = requests.post(f"{server.address}/{path}", json={}, headers={"host": name}, timeout=30)
        assert (told.status_code, "as localhost" in told.text) == (421, True)


def test_who_asks_too_many_questions_is_told_that_the_app_is_busy(server: Server) -> None:
    """Questions come faster than the slow network answers them."""

    def join(number: int) -> requests.Response:
        asked = {"data": ["slow", SENT], "fn_index": server.asking.EXPLAIN, "session_hash": f"busy{number}"}
        return requests.post(f"{server.address}/gradio_api/queue/join", json=asked, timeout=60)

    with ThreadPoolExecutor(20) as several:
        told = list(several.map(join, range(120)))
    assert {each.status_code for each in told} == {200, 503}
    until = time.monotonic() + 300
    while join(len(told)).status_code == 503 and time.monotonic() < until:
        time.sleep(0.2)
    assert "Training pictures like it" in server.told("a-linear", SENT, server.asking.EXPLAIN)


def test_it_serves_after_malformed_requests(server: Server) -> None:
    """Of 60 requests that no page sends none ends it, fetches what it names or reads a file."""
    draws, secret = random.Random(0), server.folder / "data" / "shapes" / "meta.json"
    sent = [None, 7, [], {}, "x" * 1000, {"path": str(secret)}, {"url": "http://192.0.2.1/a.png"}, SENT[:-4], "AAAA"]
    for function in (server.asking.ANSWER, server.asking.EXPLAIN):
        for each in sent:
            assert server.ask("a-linear", each, function)
        for variant in (None, 7, "../../etc", {"path": "http://192.0.2.1/a.png"}, ["a-linear"]):
            assert server.ask(variant, SENT, function)
    join = f"{server.address}/gradio_api/queue/join"
    for _ in range(30):
        body = bytes(draws.randrange(256) for _ in range(draws.randrange(200)))
        assert (
            requests.post(join, data=body, headers={"content-type": "application/json"}, timeout=30).status_code >= 400
        )
    for path in (
        *("gradio_api/upload", "gradio_api/proxy=http://192.0.2.1/", "gradio_api/file=http://192.0.2.1/a.png"),
        *(f"gradio_api/file={secret}", "static/../../etc/passwd", "monitoring", "gradio_api/call/x", "docs", "login"),
    ):
        for method in ("GET", "POST"):
            assert requests.request(method, f"{server.address}/{path}", timeout=30).status_code == 404
    assert requests.post(join, data=iter([b"{}"]), timeout=30).status_code == 413  # no length
    for raw in (b"\0" * 100, b"GET / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as asking:
            asking.sendall(raw)
    too_long = f"Content-Length: {100 << 20}\r\n\r\n"
    without_end = "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"  # the chunks count, not the length
    for announced in (too_long, without_end):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as asking:
            asking.sendall(f"POST /gradio_api/queue/join HTTP/1.1\r\nHost: localhost\r\n{announced}".encode())
            assert b" 413 " in asking.recv(100)
    assert "Training pictures like it" in server.told("a-linear", SENT, server.asking.EXPLAIN)


def test_in_a_browser_nothing_is_asked_of_others(server: Server) -> None:
    """A picture is given and a digit drawn, wide and light, narrow and dark."""
    (server.folder / "picture.png").write_bytes(PICTURE)
    wide = {"viewport": {"width": 1200, "height": 900}, "color_scheme": "light"}
    narrow = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True, "is_mobile": True}
    with browser() as chromium:
        for device in (wide, narrow):
            context = chromium.new_context(**device)
            page, asked, complaints = context.new_page(), [], []
            page.set_default_timeout(120_000)
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.on("console", lambda message, complaints=complaints: complaints.append(message.text))
            page.on("pageerror", lambda error, complaints=complaints: complaints.append(str(error)))
            page.goto(server.address)
            page.locator("input[type=file]").set_input_files(server.folder / "picture.png")
            page.locator("h3:visible").wait_for()
            page.locator("input[type=file]").set_input_files(server.folder / "log.txt")
            page.get_by_text("log.txt is no picture that this browser can read").wait_for()
            page.get_by_role("tab", name="Draw a digit").click()
            box = page.locator("canvas.pad").bounding_box()
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
            page.mouse.down()
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200, steps=5)
            page.mouse.up()
            page.locator("h3:visible").wait_for()
            page.get_by_role("button", name="Clear").click()
            page.locator("h3:visible").wait_for(state="detached")
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            context.close()
            assert (complaints, overflow) == ([], 0)
            assert asked and all(url.startswith((server.address, "data:", "blob:")) for url in asked)
