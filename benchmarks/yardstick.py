"""What gensim learns from the text of the lab `words`, for its page: `make bench` writes it after it has measured that.

The figures are those of `results.json`; `python benchmarks/yardstick.py` writes them anew and trains nothing.
"""

import csv
import json
from pathlib import Path
from typing import Any

from harness.kinds import records
from nnlabs.core.errors import one_line_errors
from nnlabs.core.files import aside

ROW = "gensim, one worker"
"""With one worker gensim's scores are the same from one run to the next."""
RESULTS = Path(__file__).parent / "results.json"
FILE = Path(__file__).parents[1] / "src/nnlabs/labs/words/reported.csv"


def rows(section: dict[str, Any]) -> list[dict[str, Any]]:
    """A row a test and seed, with version and settings."""
    return [
        {
            "tool": "gensim",
            "version": section["machine"]["versions"]["gensim"],
            "workers": 1,
            "when": section["when"],
            **section["recipe"],
            "epochs": section["epochs"],
            "vocabulary": section["vocabulary"],
            "test": test,
            "seed": seed,
            "score": score,
        }
        for test, scores in section["scores"][ROW].items()
        for seed, score in enumerate(scores)
    ]


def write(path: Path) -> None:
    table = rows(records(json.loads(RESULTS.read_text(encoding="utf-8")), "words")[0])
    with aside(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, table[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


if __name__ == "__main__":
    with one_line_errors():
        write(FILE)
