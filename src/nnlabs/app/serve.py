"""Serve the page: `python -m nnlabs.app.serve [--host 0.0.0.0] [--port 7860]`, or `make app`."""

import argparse
import os
import socket

from nnlabs.core.errors import UserError, one_line_errors

OFF = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_RUN_HISTORY": "False", "HF_HUB_OFFLINE": "1"}
"""What Gradio would ask servers for."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Pictures of one's own for the networks that are trained.")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets others in (default: 127.0.0.1)")
    parser.add_argument("--port", type=int, default=7860)
    given = parser.parse_args()
    os.environ.update(OFF)
    with one_line_errors():
        try:
            import torch
            import uvicorn

            from nnlabs.app import page
        except ImportError as error:
            raise UserError(f"{error}; `make app` installs what the app needs") from None
        torch.set_num_threads(1)  # answers to several people share the cores
        try:
            listening = socket.create_server((given.host, given.port))
        except (OSError, OverflowError) as error:
            raise UserError(
                f"HOST {given.host}, PORT {given.port} cannot be had ({error}); allowed: an address of this machine, "
                "and a port that is free, 1024 to 65535"
            ) from None
        with listening:
            config = uvicorn.Config(page.application(), log_level="warning", ws="none", limit_concurrency=500)
            print(f"open http://{given.host}:{listening.getsockname()[1]} in a browser; Ctrl-C ends it", flush=True)
            uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
