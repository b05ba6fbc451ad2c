"""One seed of everything, cut short, in a throw-away clone: `python -m nnlabs.pipeline.quick --jobs 2`."""

import sys
from math import ceil
from typing import Any

import yaml

from nnlabs.config import whole
from nnlabs.core import paths
from nnlabs.core.arguments import Parser, at_least
from nnlabs.core.errors import one_line_errors
from nnlabs.pipeline import checkout


def main() -> None:
    parser = Parser(description="Run the first seed of everything in a throw-away clone.")
    parser.add_argument("--jobs", type=at_least(1), default=1)
    parser.add_argument("--watch", action="store_true", help="show the run on a page of 127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="of that page (default: one that is free)")
    given = parser.parse_args()
    watched = ("--watch", "--port", str(given.port)) if given.watch else ()
    whole.load()
    where = checkout.clone("quick", committed=False)
    file = where / paths.PARAMS.name
    raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    cut(raw)
    file.write_text(yaml.safe_dump(raw, sort_keys=False, allow_unicode=True), encoding="utf-8")
    # DVC reads and writes the whole lock with every stage, and hardly a line of it holds for the settings here.
    (where / "dvc.lock").unlink(missing_ok=True)
    status = checkout.schedule(where, "--jobs", str(given.jobs), *watched)
    if status:
        sys.exit(status)
    page = where / "reports" / "README.md"
    print(
        "one seed each, so no intervals; a fifth of the epochs, half of the images where params.yaml says how many a "
        f"class has, the middle rate of a search: {page}; the committed report is as it was"
    )


def cut(settings: dict[str, Any]) -> None:
    """Keep the first seed, a fifth of the epochs, half of a class's images and the middle rate of a search."""
    for key, value in list(settings.items()):
        if key == "seeds":
            settings[key] = value[:1]
        elif key in ("epochs", "first_epoch"):
            settings[key] = ceil(value / 5)
        elif key == "windows" and value:  # one an epoch at most; at the end it is whole images that are learned
            settings[key] = value[-ceil(len(value) / 5) :]
        elif key == "train_per_class" and value:
            settings[key] = ceil(value / 2)  # never none
        elif key == "lr_grid" and value:
            settings |= {key: None, "lr": value[(len(value) - 1) // 2]}
        elif isinstance(value, dict):
            cut(value)


if __name__ == "__main__":
    with one_line_errors():
        main()
