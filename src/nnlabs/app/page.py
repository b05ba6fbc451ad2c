"""The page, in Gradio: a picture or a drawn digit, what a network says of it, and what that rests on."""

import html
import re
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI, Request, Response
from starlette.middleware.base import BaseHTTPMiddleware

from nnlabs.app import pictures
from nnlabs.app.pictures import Picture, Shape
from nnlabs.app.trained import Trained, file, trained
from nnlabs.core import paths, settings
from nnlabs.core.errors import UserError
from nnlabs.play import bundle

HERE = Path(__file__).parent
ASKED = re.compile(
    r"/|/(assets|static|svelte)/[\w./@-]+|/(config|theme\.css|favicon\.ico|manifest\.json)"
    r"|/gradio_api/(queue/(join|data)|heartbeat/\w+|reset|cancel|startup-events|info)"
)
"""All that the page needs. Gradio has more, which takes files, or fetches addresses for whoever asks."""
MOST_BYTES = 15 << 20
"""Of a request: a picture in base64."""
POLICY = "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; frame-ancestors 'none'"
"""Browsers then load nothing from elsewhere."""
_answering, _explaining = ThreadPoolExecutor(2), ThreadPoolExecutor(1)
"""Few threads, for each keeps memory; one more for what an answer rests on, which takes longer than answers may."""


def application() -> FastAPI:
    """The page behind its guard."""
    app = FastAPI(openapi_url=None)
    app.add_middleware(BaseHTTPMiddleware, dispatch=_guard)
    # the reader's own letters: those of Gradio's themes come from a server
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    how = {"footer_links": [], "show_error": False, "theme": theme, "css_paths": HERE / "page.css"}
    return gr.mount_gradio_app(app, _page(), "/", **how)


async def _guard(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Let through what the page needs, of a length that is announced."""
    if not ASKED.fullmatch(request.url.path):
        return Response(status_code=404)
    length = request.headers.get("content-length", "none" if request.method == "POST" else "0")
    if "transfer-encoding" in request.headers or not length.isdecimal() or int(length) > MOST_BYTES:
        return Response(status_code=413)
    response = await answer(request)
    response.headers["content-security-policy"] = POLICY
    return response


def _page() -> gr.Blocks:
    digits = settings.read("pad").parameters["dataset"]
    choices: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    known = [path.stem for path in (paths.SETTINGS / "train").glob("*.json")]
    for id in sorted(known, key=lambda id: (file(id) is None, id)):  # those that are trained first
        one = settings.read("train", id).parameters["variant"]
        name = settings.read("page", one["lab"]).parameters["names"].get(id, id)
        choices[one["dataset"] == digits].append((f"{one['lab']}: {name}", id))
    ink, limit = bundle.script(bundle.HERE / "core" / "ink.js"), f"const MOST_BYTES = {pictures.MOST_BYTES};\n"
    with gr.Blocks(title="nnlabs", analytics_enabled=False) as blocks:
        gr.Markdown("# Try the networks\nOn a picture of yours, or a digit that you draw: nothing leaves this machine.")
        with gr.Tab("A picture"):
            _tab(choices[False], pictures.read, "picture", limit)
        with gr.Tab("Draw a digit"):
            _tab(choices[True], pictures.drawn, "pad", ink)
    return blocks


def _tab(choices: list[tuple[str, str]], read: Callable[[bytes, Shape], Picture], name: str, code: str) -> None:
    place, script = ((HERE / f"{name}.{kind}").read_text(encoding="utf-8") for kind in ("html", "js"))
    with gr.Row():
        with gr.Column():
            variant = gr.Dropdown(choices, label="Network")
            picture = gr.HTML("", html_template=place, js_on_load=code + script, elem_classes="place")
        with gr.Column():
            shares, told = gr.Label(label="It says", num_top_classes=5), gr.HTML()

    def answered(chosen: str, sent: Any) -> tuple[Trained, Picture, dict[str, float]]:
        network = trained(chosen)
        given = read(pictures.content(sent), network.shape)
        return network, given, dict(zip(network.config["classes"], network.probabilities(given[None])[0], strict=True))

    def answer(chosen: str, sent: Any) -> Iterator[tuple[dict[str, float] | None, str]]:
        """First the probabilities, then what they rest on."""
        try:
            if not sent:
                yield None, ""
                return
            network, given, found = _answering.submit(answered, chosen, sent).result()
            yield found, _figure(given, "What it sees")
            yield found, _explaining.submit(_explained, network, given, max(found, key=found.__getitem__)).result()
        except UserError as error:
            yield None, re.sub("`(.+?)`", r"<code>\1</code>", f"<p>{html.escape(str(error))}</p>")

    events = [variant.change, picture.change]
    gr.on(events, answer, [variant, picture], [shares, told], concurrency_limit=None, show_progress="hidden")


def _explained(network: Trained, given: Picture, best: str) -> str:
    shown, most = network.regions(given, network.config["classes"].index(best))
    like = "".join(_figure(each, f"{html.escape(name)}, {alike:.2f}") for each, name, alike in network.nearest(given))
    return (
        f"{_figure(given, 'What it sees')}{_figure(shown, 'What mattered')}<p>A square that covers part of the orange "
        f"makes “{html.escape(best)}” less probable, by up to {100 * most:.0f} points.</p>"
        f"<h3>Training pictures like it</h3>{like}"
        "<p>Of a thousand, those whose angle to it is smallest in the last hidden layer, with its cosine.</p>"
    )


def _figure(picture: Picture, caption: str) -> str:
    return f'<figure><img src="{pictures.as_png(picture)}" alt=""><figcaption>{caption}</figcaption></figure>'
