"""Whether the faster loop learns as much: accuracy after five epochs, several seeds."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from harness.protocol import Worker
from harness.races import OURS, PEERS

EPOCHS = 5


def loops(precision: str) -> dict[str, tuple[str, ...]]:
    """Ours in float32, and in the precision that it takes."""
    ours = (OURS, "ours.loop", "--precision")
    return {"textbook loop": (PEERS, "peers.textbook")} | {
        f"ours, {each}": (*ours, each) for each in dict.fromkeys(("float32", precision))
    }


def measure(seeds: int, scale: float, precision: str) -> dict[str, Any]:
    """Validation accuracies of the last epoch, a seed each; on one thread, as many at once as there are cores."""
    commands = loops(precision)

    def final(title: str, seed: int) -> float:
        python, script, *options = commands[title]
        common = ("lecture", "--epochs", str(EPOCHS), "--share", str(scale), "--seed", str(seed))
        worker = Worker(python, script, *common, *options, threads=1)
        worker.answer()
        for _ in range(EPOCHS - 1):
            worker.ask()
            accuracy = worker.answer()["accuracy"]
        worker.close()
        print(f"{title}, seed {seed}: {accuracy:.2%}", flush=True)
        return accuracy

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting = {title: [pool.submit(final, title, seed) for seed in range(seeds)] for title in commands}
        accuracies = {title: [each.result() for each in row] for title, row in waiting.items()}
    return {"epochs": EPOCHS, "accuracies": accuracies}
