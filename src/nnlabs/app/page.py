"""The page, in Gradio, and its server: `python -m nnlabs.app.page [--host 0.0.0.0] [--port 7860]`, or `make app`."""

import html
import re
import socket
import traceback
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import torch
import uvicorn
from fastapi import FastAPI, Request, Response

from nnlabs.app.trained import Picture, Trained, as_png, file, trained
from nnlabs.core import paths, settings
from nnlabs.core.arguments import Parser
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.play import bundle

HERE = Path(__file__).parent
ASKED = re.compile(  # all that the page needs; Gradio has more, which takes files, or fetches what is named to it
    r"/|/(assets|static|svelte)/[\w./@-]+|/(config|theme\.css|favicon\.ico|manifest\.json)"
    r"|/gradio_api/(queue/(join|data)|heartbeat/\w+|reset|cancel|startup-events|info)"
)
NOTHING_FROM_ELSEWHERE = "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; frame-ancestors 'none'"


def main() -> None:
    parser = Parser(description="Pictures of one's own for the networks that are trained.")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets others in (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=7860)
    given = parser.parse_args()
    torch.set_num_threads(1)  # answers to several people share the cores
    with one_line_errors():
        try:
            listening = socket.create_server((given.host, given.port))
        except (OSError, OverflowError) as error:
            what = f"HOST {given.host}, PORT {given.port} cannot be had ({error})"
            raise UserError(f"{what}; allowed: an address of this machine, and a free port, 1024 to 65535") from None
        config = uvicorn.Config(application(given.host), log_level="warning", ws="none", limit_concurrency=500)
        print(f"open http://{given.host}:{listening.getsockname()[1]} in a browser; Ctrl-C ends it", flush=True)
        uvicorn.Server(config).run(sockets=[listening])


def application(host: str) -> FastAPI:
    """The page, for browsers that ask for it by an address, as localhost or as `host`."""
    app = FastAPI(openapi_url=None)
    # a name that somebody else lets lead here could be that of their own page, which would read the answers
    own = re.compile(rf"([\d.]+|\[[\da-f:.]+\]|localhost|{re.escape(host)})(:\d+)?", re.IGNORECASE)

    async def guard(request: Request, answer: Any) -> Response:
        length = request.headers.get("content-length", "0")
        if not own.fullmatch(request.headers.get("host", "")):
            return Response(f"open this page by its address, as localhost or as {host}", 421)
        if not ASKED.fullmatch(request.url.path):
            return Response(status_code=404)
        if "transfer-encoding" in request.headers or not length.isdecimal() or int(length) > 1 << 19:
            return Response(status_code=413)  # the largest picture takes less
        response: Response = await answer(request)
        response.headers["content-security-policy"] = NOTHING_FROM_ELSEWHERE
        return response

    app.middleware("http")(guard)
    # the reader's own letters: those of Gradio's themes come from a server
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    return gr.mount_gradio_app(app, _page(), "/", footer_links=[], theme=theme, css_paths=HERE / "page.css")


def _page() -> gr.Blocks:
    known = [settings.read("train", path.stem).parameters["variant"] for path in (paths.SETTINGS / "train").glob("*")]
    known.sort(key=lambda one: (file(one["id"]) is None, one["id"]))  # those that are trained first
    names = {lab: settings.read("page", lab).parameters["names"] for lab in {one["lab"] for one in known}}
    pad = settings.read("pad").parameters
    digits = [one for one in known if one["dataset"] == pad["dataset"]]
    # few threads, for each keeps the memory that it once needed; what an answer rests on takes longer than answers may
    answer = partial(_asked, ThreadPoolExecutor(2), _answer)
    explain = partial(_asked, ThreadPoolExecutor(1), _explain)
    with gr.Blocks(title="nnlabs", analytics_enabled=False) as blocks:
        gr.Markdown("# Try the networks\nOn a picture of yours, or a digit that you draw: nothing leaves this machine.")
        for tab, module, variants in (("A picture", "picture.js", known), ("Draw a digit", "pad.js", digits)):
            choices = [(f"{one['lab']}: {names[one['lab']].get(one['id'], one['id'])}", one["id"]) for one in variants]
            with gr.Tab(tab), gr.Row():
                with gr.Column():
                    variant = gr.Dropdown(choices, label="Network")
                    sent = gr.HTML("", html_template="", js_on_load=bundle.script(HERE / module), elem_classes="given")
                with gr.Column():
                    shown = [gr.Label(label="It says", num_top_classes=5), gr.HTML()]
            events, given = [variant.change, sent.change], {"inputs": [variant, sent], "outputs": shown}
            gr.on(events, answer, concurrency_limit=2, **given).then(explain, concurrency_limit=1, **given)
    return blocks.queue(max_size=40)  # questions; the page tells who asks one more that the app is busy


def _asked(pool: ThreadPoolExecutor, about: Any, variant: str, sent: Any) -> Any:
    """What `about` says of a network and of a picture that was sent: probabilities, and HTML."""
    try:
        network = trained(variant)
        return pool.submit(lambda: about(network, network.sees(sent))).result() if sent else (None, "")
    except UserError as error:
        line = str(error)
    except Exception:
        traceback.print_exc()
        line = "This went wrong in a way that nobody expected; the terminal of `make app` says how."
    return None, re.sub("`(.+?)`", r"<code>\1</code>", f"<p>{html.escape(line)}</p>")


def _answer(network: Trained, given: Picture) -> tuple[dict[str, float], str]:
    return dict(zip(network.classes, network.probabilities(given[None])[0], strict=True)), figure(given, "What it sees")


def _explain(network: Trained, given: Picture) -> tuple[Any, str]:
    shown, best, most = network.regions(given)
    like = "".join(figure(each, f"{name}, {alike:.2f}") for each, name, alike in network.nearest(given))
    return gr.skip(), (
        f"{figure(given, 'What it sees')}{figure(shown, 'What mattered')}<p>A square that covers part of the orange "
        f"makes “{html.escape(best)}” less probable, by up to {100 * most:.0f} points.</p>"
        f"<h3>Training pictures like it</h3>{like}<p>Of 1,000, by the cosine of the angle in the last hidden layer.</p>"
    )


def figure(picture: Picture, caption: str) -> str:
    source = f"data:image/png;base64,{as_png(picture)}"
    return f'<figure><img src="{source}" alt=""><figcaption>{html.escape(caption)}</figcaption></figure>'


if __name__ == "__main__":
    main()
