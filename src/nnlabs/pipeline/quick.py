"""The first seed of every variant, in a throw-away clone: `python -m nnlabs.pipeline.quick --jobs 2`."""

import argparse
import sys

import yaml

from nnlabs import params, paths
from nnlabs.errors import one_line_errors
from nnlabs.pipeline import checkout


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the first seed of every variant in a throw-away clone.")
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    params.load()
    where = checkout.clone("quick", committed=False)
    file = where / paths.PARAMS.name
    raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    for settings in [*(lab["defaults"] for lab in raw["labs"].values()), *raw["variants"].values()]:
        if "seeds" in settings:
            settings["seeds"] = settings["seeds"][:1]
    file.write_text(yaml.safe_dump(raw, sort_keys=False, allow_unicode=True), encoding="utf-8")
    status = checkout.schedule(where, "--jobs", str(given.jobs))
    print(f"one seed a variant, so no intervals: {where / 'reports' / 'README.md'}; the committed report is as it was")
    sys.exit(status)


if __name__ == "__main__":
    with one_line_errors():
        main()
