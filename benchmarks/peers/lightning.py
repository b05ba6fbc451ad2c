"""PyTorch Lightning's Trainer on the lecture's network, fed by torchvision or from tensors in memory."""

import tempfile

from peers import loaders  # before lightning, which imports torchvision as it is

# isort: split
import lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from harness import tasks
from harness.protocol import Turns
from peers.textbook import lecture


class Classifier(lightning.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        self.network = lecture()

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        images, labels = batch
        loss = F.cross_entropy(self.network(images), labels)
        self.log("loss", loss)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor]) -> None:
        images, labels = batch
        self.log("accuracy", (self.network(images).argmax(1) == labels).float().mean())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=tasks.LEARNING_RATE)


class Turn(lightning.Callback):
    """Ends the turn once Lightning has validated and, right after that, written its checkpoint."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        self.turns.end(accuracy=trainer.callback_metrics["accuracy"].item())


def tensors(share: float) -> tuple[DataLoader, DataLoader]:
    train, validation = (
        TensorDataset(*(torch.from_numpy(array) for array in tasks.normalised(name, share)))
        for name in ("train", "validation")
    )
    return loaders.pair(train, validation, tasks.BATCH)


def main() -> None:
    parser = tasks.parser("lecture")
    parser.add_argument("--data", choices=["torchvision", "tensors"], required=True)
    given = parser.parse_args()
    turns = Turns()
    lightning.seed_everything(given.seed)
    batches, validation = loaders.fashion(given.share) if given.data == "torchvision" else tensors(given.share)
    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(
            accelerator="cpu",
            max_epochs=given.epochs,
            default_root_dir=folder,
            callbacks=[ModelCheckpoint(folder, save_on_train_epoch_end=False), Turn(turns)],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        trainer.fit(Classifier(), batches, validation)


if __name__ == "__main__":
    main()
