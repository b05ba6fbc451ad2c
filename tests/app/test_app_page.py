"""The app as it is served: in a browser, to malformed requests, and without asking anybody beyond this machine."""

import base64
import importlib.util
import io
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
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
from nnlabs.app.serve import main
main()
"""


@dataclass(frozen=True)
class Server:
    folder: Path
    address: str

    def answer(self, variant: Any, sent: Any, number: int = 0) -> str:
        """All that the server says to a picture, as it comes."""
        session = f"s{random.random()}"
        asked = {"data": [variant, sent], "fn_index": number, "session_hash": session}
        requests.post(f"{self.address}/gradio_api/queue/join", json=asked, timeout=30).raise_for_status()
        told = requests.get(f"{self.address}/gradio_api/queue/data", {"session_hash": session}, timeout=60)
        return told.text


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("app")
    with pytest.MonkeyPatch.context() as patched:
        madeapp.into(folder, patched)
        madeapp.dataset("shapes")
        madeapp.dataset("mnist", 1, classes="0123456789")
        madeapp.variant("a-linear", "shapes")
        madeapp.variant("digits", "mnist", 1, classes="0123456789")
        madeapp.listed(("a-linear", "shapes"), ("never", "shapes"), ("digits", "mnist"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    python = OWN if OWN.exists() else sys.executable
    environment = os.environ | {"PYTHONPATH": str(Path("src").absolute())}
    with (folder / "log.txt").open("w") as log:
        started = subprocess.Popen(
            [python, "-c", WATCHED, "--port", str(port)], cwd=folder, env=environment, stdout=log, stderr=log
        )
        try:
            until = time.monotonic() + 300
            while "open http" not in (folder / "log.txt").read_text() or not reachable(port):
                assert started.poll() is None and time.monotonic() < until, (folder / "log.txt").read_text()
                time.sleep(0.1)
            yield Server(folder, f"http://127.0.0.1:{port}")
            assert started.poll() is None
            assert not (folder / "asked.txt").exists(), (folder / "asked.txt").read_text()
        finally:
            started.terminate()
            started.wait(30)


def reachable(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def png(pixels: np.ndarray) -> bytes:
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PNG")
    return written.getvalue()


PICTURE = png(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8))
SENT = base64.b64encode(PICTURE).decode()


def test_a_picture_gets_probabilities_first_and_then_what_they_rest_on(server: Server) -> None:
    told = [json.loads(line[6:]) for line in server.answer("a-linear", SENT).splitlines() if line.startswith("data: ")]
    kinds = [each["msg"] for each in told]
    assert kinds.index("process_generating") < kinds.index("process_completed")
    first = next(each for each in told if each["msg"] == "process_generating")["output"]["data"]
    assert {each["label"] for each in first[0]["confidences"]} == set("abc")
    assert sum(each["confidence"] for each in first[0]["confidences"]) == pytest.approx(1)
    assert "Training pictures like it" in json.dumps(told)


def test_what_cannot_be_answered_is_one_line(server: Server) -> None:
    assert "never is not trained yet; <code>dvc repro train@never</code> trains it" in server.answer("never", SENT)
    assert "this is no whole picture" in server.answer("a-linear", SENT[: len(SENT) // 8 * 4])


def test_it_serves_after_malformed_requests(server: Server) -> None:
    """Of 60 requests that no page sends none ends it, fetches what it names or reads a file."""
    draws, secret = random.Random(0), server.folder / "data" / "shapes" / "meta.json"
    sent = [None, 7, [], {}, "x" * 1000, {"path": str(secret)}, {"url": "http://192.0.2.1/a.png"}, SENT[:-4], "AAAA"]
    for each in sent:
        server.answer("a-linear", each)
    for variant in (None, 7, "../../etc", {"path": "http://192.0.2.1/a.png"}, ["a-linear"]):
        server.answer(variant, SENT)
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
    host, port = server.address.removeprefix("http://").split(":")
    for raw in (b"\0" * 100, b"GET / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=30) as asking:
            asking.sendall(raw)
    too_long = f"Content-Length: {100 << 20}\r\n\r\n"
    without_end = "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"  # the chunks count, not the length
    for announced in (too_long, without_end):
        with socket.create_connection((host, int(port)), timeout=30) as asking:
            asking.sendall(f"POST /gradio_api/queue/join HTTP/1.1\r\nHost: here\r\n{announced}".encode())
            assert b" 413 " in asking.recv(100)
    assert "Training pictures like it" in server.answer("a-linear", SENT)


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
            page.get_by_role("tab", name="Draw a digit").click()
            box = page.locator("canvas").bounding_box()
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
