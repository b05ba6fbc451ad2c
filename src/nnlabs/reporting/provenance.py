"""Where a lab's images and pretrained layers come from, in sentences."""

from typing import Any

from nnlabs.data.catalogue.licences import LICENCES, licence
from nnlabs.data.rule import rule
from nnlabs.models.pretrained import STAGES
from nnlabs.reporting.names import in_code, in_markdown
from nnlabs.reporting.sentences import counted, listed

PARTS = {"train": "training", "validation": "validation", "test": "test"}
"""How a page calls them."""


def features(name: str, data: dict[str, Any]) -> str:
    """What transfer variants stand on: `data` is what is said of features in their data/<name>/meta.json."""
    chosen = data["features"]
    frozen, stages = chosen["frozen"], STAGES[chosen["backbone"]]
    size = f"{chosen['size']} x {chosen['size']} pixels" if chosen["size"] else "the size that it was trained with"
    if not frozen:
        what = (
            f"images for a pretrained `{chosen['backbone']}`, brought to {size}; none of its {stages} stages is frozen"
        )
    else:
        mirrored = " and their mirror images" * chosen["flip"]
        first = f"all {stages}" if frozen == stages else f"the first {frozen} of the {stages}"
        what = (
            f"what {first} stages of a pretrained `{chosen['backbone']}` make of the images{mirrored}, brought to "
            f"{size}; computed once, since these stages stay as they are"
        )
    return f"`{name}`: {what}."


def weights(features: dict[str, dict[str, Any]]) -> list[str]:
    """Of each pretrained network that features were made with: its file, hash and licence."""
    networks = {data["features"]["backbone"]: data["weights"] for data in features.values()}
    said = []
    for backbone, file in networks.items():
        free = licence(backbone)
        said.append(
            f"Weights of `{backbone}`: {file['file']}, sha256 `{file['sha256'][:16]}`, "
            f"[{free.name}]({free.url}); {free.citation}."
        )
    return said


def groups(settings: dict[str, Any]) -> str:
    """Which classes of the origin make up those of the lab; empty where they are the same.

    `settings` is the dataset's entry of params.yaml.
    """
    several = {name: members for name, members in (settings.get("groups") or {}).items() if list(members) != [name]}
    if not several:
        return ""
    said = [
        f"{in_code(name)} is {listed([in_markdown(each) for each in members])}{' in equal parts' * (len(members) > 1)}"
        for name, members in several.items()
    ]
    return f"Of the origin's classes, {'; '.join(said)}."


def own(settings: dict[str, Any]) -> bool:
    """Whether the dataset's entry of params.yaml asks for a folder that the user has."""
    return "path" in settings


def files(data: dict[str, Any], settings: dict[str, Any]) -> list[str]:
    """What became of the files of an image folder, where the dataset was made of one; else nothing.

    `settings` is the dataset's entry of params.yaml. `data["images"]` holds `parts`, the folder of each; `files`, how
    many there were; `counts`, how many of each kind there were; `duplicates`, how many were dropped for being there
    twice; `merged`, by class the folders that became it.
    """
    told = data.get("images")
    if told is None:
        return []
    found = [f"{n:,} {kind}" for kind, n in told["counts"].items() if n]
    folders = told["parts"]
    parts = [f"{in_code(folders[part])} ({called})" for part, called in PARTS.items() if part in folders]
    said = [f"The set's folders: {listed(parts)}."] if parts else []
    said += [
        rule(to_box=settings.get("crop_to_box", False)),
        f"Of {counted(told['files'], 'file')}: {', '.join(found) if found else 'all plain images'}.",
    ]
    if n := told["duplicates"]:
        said.append(f"{counted(n, 'image')} identical to another one {'was' if n == 1 else 'were'} dropped.")
    for name, spelt in told["merged"].items():
        said.append(f"{in_code(name)} is one class of the folders {listed([in_code(folder) for folder in spelt])}.")
    return said


SEEN = "[what people saw of its scores](README.md#what-was-seen-of-the-test-images)"
"""The one place of the report that says it."""


def splits(settings: dict[str, Any]) -> str:
    """How choices and tests are kept apart, by the dataset's entry of params.yaml."""
    carved = settings["validation"] is not None
    if own(settings):
        validation = "is carved from the training images, stratified and seeded" if carved else "is the folder's own"
        test = "are carved from all images before that" if settings["test"] is not None else "are the folder's own"
        return (
            f"The validation part {validation}; the test images {test}.\n"
            f"Code chooses on validation alone, never on the test set ({SEEN})."
        )
    whence = "is carved from the official training set, stratified and seeded" if carved else "is the official one"
    return (
        f"The validation part {whence}; the test images come from the official test set.\n"
        f"Code chooses on validation alone, never on the test set ({SEEN})."
    )


def terms(data: dict[str, Any], settings: dict[str, Any]) -> str:
    """The licence of a dataset, linked where the catalogue knows it; that of one's own folder is in its settings."""
    if data["origin"] not in LICENCES:
        return in_markdown(settings.get("licence") or "not stated")
    free = licence(data["origin"])
    return f"[{free.name}]({free.url})"


DOUBTED = {"mnist": "MNIST", "cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}
"""Origins in whose test sets wrong labels were found, and how they are called."""


def doubt(data: dict[str, Any]) -> str:
    """That a mistake may be the label's, where something is known of how good the test labels are; else nothing."""
    if data["origin"] == "fashion-mnist":
        return (
            "What counts as right is the category that a shop's staff gave to the product in the picture (H. Xiao et "
            "al., [Fashion-MNIST](https://arxiv.org/abs/1708.07747), 2017, section 2); at 28 x 28 grey pixels a shirt, "
            "a pullover and a coat may look alike to people, too."
        )
    if data["origin"] not in DOUBTED:
        return ""
    return (
        "A confident mistake is sometimes the label's: C. Northcutt et al. ([Pervasive label errors in test sets "
        "destabilize machine learning benchmarks](https://arxiv.org/abs/2103.14749), 2021) found wrong labels in the "
        f"test set of {DOUBTED[data['origin']]}."
    )


def citation(origin: str) -> str:
    """Who is to be cited; empty where nobody is known."""
    return f"{origin}: {licence(origin).citation}." if origin in LICENCES else ""
