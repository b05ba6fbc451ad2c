"""The first seed of everything, in a throw-away clone: `python -m nnlabs.pipeline.quick --jobs 2`."""

import argparse
import sys
from typing import Any

import yaml

from nnlabs import params, paths
from nnlabs.errors import one_line_errors
from nnlabs.pipeline import checkout


def main() -> None:
    parser = argparse.ArgumentParser(description="Run the first seed of everything in a throw-away clone.")
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    params.load()
    where = checkout.clone("quick", committed=False)
    file = where / paths.PARAMS.name
    raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    _keep_first_seeds(raw)
    file.write_text(yaml.safe_dump(raw, sort_keys=False, allow_unicode=True), encoding="utf-8")
    status = checkout.schedule(where, "--jobs", str(given.jobs))
    print(f"one seed each, so no intervals: {where / 'reports' / 'README.md'}; the committed report is as it was")
    sys.exit(status)


def _keep_first_seeds(settings: dict[str, Any]) -> None:
    """Cut every list of seeds, wherever it stands, to its first."""
    for key, value in settings.items():
        if key == "seeds":
            settings[key] = value[:1]
        elif isinstance(value, dict):
            _keep_first_seeds(value)


if __name__ == "__main__":
    with one_line_errors():
        main()
