"""word2vec beside gensim: words a second in turns, an epoch each, and what the vectors are worth at the end."""

import json
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from harness import texts, variants
from harness.protocol import Worker
from harness.races import OURS, PEERS, idle_cores
from nnlabs.data.corpus import load

OURS_COMPILED, DEFINITION, GENSIM = "ours, one thread", "ours, the definition in NumPy", "gensim, two workers"

SEEDS = 3
"""Whole trainings of each loop."""

ROWS: dict[str, tuple[str, ...]] = {
    OURS_COMPILED: (OURS, "ours.words"),
    "gensim, one worker": (PEERS, "peers.gensim", "--workers", "1"),
    GENSIM: (PEERS, "peers.gensim", "--workers", "2"),
}


@dataclass
class Told:
    """What a row's workers told, all seeds together."""

    seconds: list[float] = field(default_factory=list)
    scores: dict[str, list[float]] = field(default_factory=lambda: {"similarity": [], "analogies": []})
    drawing: list[float] = field(default_factory=list)
    words: int = 0
    pairs: int = 0


def measure(scale: float) -> dict[str, Any]:
    """Seconds of every epoch but each worker's first, which warms up; scores of every training."""
    wanted = variants.words()
    texts.SETTINGS.parent.mkdir(parents=True, exist_ok=True)
    texts.SETTINGS.write_text(json.dumps(wanted), encoding="utf-8")
    told = {title: Told() for title in (*ROWS, DEFINITION)}
    idle = [_race(told, seed, wanted["epochs"], scale) for seed in range(SEEDS)]
    ours = told[OURS_COMPILED]
    return {
        "seconds": {title: each.seconds for title, each in told.items()},
        "words": {title: each.words for title, each in told.items()},
        "scores": {title: told[title].scores for title in ROWS},
        "pairs": ours.pairs,
        "vocabulary": len(load(wanted["dataset"]).words),
        "drawing": median(ours.drawing),
        "idle_cores": max(idle),
        "epochs": wanted["epochs"],
        "recipe": {key: wanted[key] for key in ("dimensions", "window", "negatives", "subsample", "lr")},
        "seeds": SEEDS,
        "share": scale,
    }


def _race(told: dict[str, Told], seed: int, epochs: int, scale: float) -> float:
    """Every loop from its first weights to its last epoch, in turns; cores in use while all of them wait."""
    commands = ROWS | {DEFINITION: (*ROWS[OURS_COMPILED], "--plain")}
    workers: dict[str, Worker] = {}
    try:
        for title, command in commands.items():
            # one thread for BLAS: gensim's workers are threads of their own
            workers[title] = Worker(*command, "--seed", str(seed), "--share", str(scale), threads=1)
            answer = workers[title].answer()
            told[title].words = answer["words"]
            print(f"seed {seed}, {title}: ready", flush=True)
        idle = idle_cores(list(workers.values()))
        for epoch in range(1, epochs):
            for title, worker in workers.items():
                worker.ask()
                answer = worker.answer()
                told[title].seconds.append(answer["seconds"])
                told[title].pairs = answer.get("pairs", 0)
                rate = answer["words"] / answer["seconds"]
                print(f"seed {seed}, epoch {epoch + 1}/{epochs}, {title}: {rate:,.0f} words/s", flush=True)
        for title in ROWS:
            workers[title].ask()
            answer = workers[title].answer()
            for score, values in told[title].scores.items():
                values.append(answer[score])
            told[title].drawing.append(answer.get("drawing", 0.0))
            print(f"seed {seed}, {title}: {answer}", flush=True)
        return idle
    finally:
        for worker in workers.values():
            worker.close()
