"""What models without layers make of the same images: how much of a network's score needs a network."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.data import prepared
from nnlabs.data.prepared import Part
from nnlabs.evaluation.metrics import shares
from nnlabs.evaluation.statistics import image_error
from nnlabs.labs.cars.results import Results, Yardstick
from nnlabs.labs.cars.settings import Settings

LINEAR, KERNEL = "Linear model", "Support vector machine"


def compute(settings: Settings, dataset: str) -> tuple[Results, dict[str, NDArray[Any]]]:
    """Fit a logistic regression and a support vector machine (radial kernel) to the training images' components."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    data = prepared.load(dataset)
    asked = settings.yardsticks
    components = min(asked.components, len(data.train.labels) - 1)
    projection = PCA(components, whiten=True, svd_solver="randomized", random_state=0).fit(_pixels(data.train))
    parts = {name: projection.transform(_pixels(getattr(data, name))) for name in ("train", "validation", "test")}

    def fitted(name: str, strength: float) -> Any:
        model = LogisticRegression(C=strength, max_iter=1000) if name == LINEAR else SVC(C=strength)
        return model.fit(parts["train"], data.train.labels)

    found = []
    for name in (LINEAR, KERNEL):
        models = {strength: fitted(name, strength) for strength in asked.strengths}
        reached = {
            strength: _scored(data.validation, model.predict(parts["validation"]))[0]
            for strength, model in models.items()
        }
        best = max(reached, key=lambda strength: reached[strength])
        test, half = _scored(data.test, models[best].predict(parts["test"]))
        found.append(Yardstick(name, best, reached[best], test, half))
    return Results(components, float(projection.explained_variance_ratio_.sum()), found), {}


def _pixels(part: Part) -> NDArray[np.float32]:  # N x CHW, 0 to 1
    return part.images.reshape(len(part.images), -1).astype(np.float32) / np.float32(255)


def _scored(part: Part, predicted: NDArray[np.int64]) -> tuple[float, float]:
    """Macro-F1, and half the width of its 95 % interval over images."""
    classes = int(part.labels.max()) + 1
    confusion = np.bincount(part.labels * classes + predicted, minlength=classes**2).reshape(classes, classes)
    added = shares(confusion, "macro_f1")[part.labels, predicted]
    return float(added.mean()), image_error(float(added.std()), len(added))
