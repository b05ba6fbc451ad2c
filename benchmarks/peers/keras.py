"""Keras 3's fit on the lecture's network and arrays in memory, with one of its backends."""

import os
import tempfile
from pathlib import Path

from harness import tasks
from harness.protocol import Turns


def main() -> None:
    parser = tasks.parser("lecture")
    parser.add_argument("--backend", choices=["torch", "jax"], required=True)
    given = parser.parse_args()
    os.environ["KERAS_BACKEND"] = given.backend
    os.environ["KERAS_HOME"] = str(tasks.CACHE / "keras")  # not the user's own settings
    import keras

    turns = Turns()
    keras.utils.set_random_seed(given.seed)
    layers = [keras.layers.Input(tasks.SIZES[:1])]
    for units in tasks.SIZES[1:-1]:
        layers += [keras.layers.Dense(units, activation="relu"), keras.layers.Dropout(tasks.DROPOUT)]
    network = keras.Sequential([*layers, keras.layers.Dense(tasks.SIZES[-1])])
    network.compile(
        optimizer=keras.optimizers.Adam(tasks.LEARNING_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    images, labels = tasks.normalised("train", given.share)
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "epoch.weights.h5"
        network.fit(
            images,
            labels,
            batch_size=tasks.BATCH,
            epochs=given.epochs,
            validation_data=tasks.normalised("validation", given.share),
            validation_batch_size=tasks.VALIDATION_BATCH,
            callbacks=[
                keras.callbacks.ModelCheckpoint(str(weights), save_weights_only=True),
                keras.callbacks.LambdaCallback(on_epoch_end=lambda _, logs: turns.end(accuracy=logs["val_accuracy"])),
            ],
            verbose=0,
        )


if __name__ == "__main__":
    main()
