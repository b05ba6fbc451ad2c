"""Our loop, whole: nnlabs.training.loop.run, held after each epoch's checkpoint."""

import tempfile
from pathlib import Path
from typing import Any

from harness import tasks, variants
from harness.protocol import Turns
from nnlabs.core import runtime
from nnlabs.data import prepared
from nnlabs.data.prepared import Part


def main() -> None:
    parser = tasks.parser(*tasks.VARIANTS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=["float32", "bf16"], required=True)
    given = parser.parse_args()
    runtime.configure(given.threads)
    import torch  # reads its thread settings here

    from nnlabs.training import loop
    from nnlabs.training.checkpoint import Checkpoints

    turns = Turns()

    class Held(Checkpoints):
        """Checkpoints after which the run waits for its next turn."""

        def save(self, run: str, state: dict[str, Any]) -> None:
            super().save(run, state)
            turns.end(accuracy=state["state"]["history"][-1]["validation_accuracy"])

    loop.CHECKPOINT_SECONDS = 0.0  # one an epoch, as the peers write one
    variant = variants.cut(variants.named(tasks.VARIANTS[given.task]), given.epochs)
    (rate,) = variant.training.rates
    data = prepared.load(variant.dataset)
    device = torch.device("cpu")
    train, validation = (
        loop.Split.on(device, Part(*tasks.part(variant.dataset, name, given.share))) for name in ("train", "validation")
    )
    job = loop.Job(variant, rate, given.seed, device, given.precision)
    with tempfile.TemporaryDirectory() as folder:
        loop.run(job, data, train, validation, Held(Path(folder)))


if __name__ == "__main__":
    main()
