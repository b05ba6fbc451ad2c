"""What an edit makes stale, and what not: an edit, the stage `settings`, then what `dvc status` says."""

import re
import shutil

import recorder
from copies import FAST, Copy, changed_stages, lock

LAB = "objects3"
TWENTY = (
    *("core/errors", "core/files", "core/paths", "core/runtime", "core/seeding"),
    *("data/prepared", "data/prepare", "data/catalogue/kinds"),
    *("models/mlp", "models/layers", "models/base"),
    *("training/loop", "training/variant", "training/checkpoint", "training/optimizers/sgd"),
    *("evaluation/metrics", "evaluation/statistics", "reporting/tables", "scratch/layers", "labs/backprop/compute"),
)
"""Modules of every layer."""
OF_FAST = {f"train@{FAST}", f"evaluate@{FAST}"}


def stale(copy: Copy) -> set[str]:
    """What would run after the settings were written anew."""
    copy.run("dvc", "repro", "-q", "settings")
    return changed_stages(copy)


def edit(copy: Copy, file: str, old: str, new: str) -> None:
    path = copy.folder / file
    text = path.read_text()
    assert old in text, f"{file}: {old}"
    path.write_text(text.replace(old, new, 1))


def of(kind: str, found: set[str]) -> set[str]:
    return {name for name in found if name.partition("@")[0] == kind}


def test_comments_docstrings_and_layout_mean_nothing(copy: Copy) -> None:
    for name in TWENTY:
        path = copy.folder / "src/nnlabs" / f"{name}.py"
        text = path.read_text()
        assert text.startswith('"""'), name
        text = '"""Other words.\n\n' + text[3:]
        text = re.sub(r"^(def |class )", r"\n\n# a comment\n\1", text, flags=re.M)
        path.write_text(f"{text}\n\n# at the end\n")
    assert stale(copy) == set()


def test_error_messages_mean_nothing(copy: Copy) -> None:
    edit(copy, "src/nnlabs/training/loop.py", "weights are not finite", "weights are no numbers")
    assert stale(copy) == set()


def test_a_progress_bar_means_nothing(copy: Copy) -> None:
    path = copy.folder / "src/nnlabs/telling/progress.py"
    path.write_text(path.read_text() + "\nANOTHER = 1\n")
    assert stale(copy) == set()


def test_a_constant_of_training_reaches_every_training(copy: Copy) -> None:
    edit(copy, "src/nnlabs/training/loop.py", "CHECKPOINT_SECONDS = 1.0", "CHECKPOINT_SECONDS = 2.0")
    found = stale(copy)
    assert of("train", found) == {f"train@{FAST}", "train@digits-cnn"}
    assert not of("data", found) | of("page", found) | of("compute", found)


def test_a_licence_reaches_pages_and_no_training(copy: Copy) -> None:
    edit(copy, "src/nnlabs/data/catalogue/licences.py", "Learning multiple layers", "On learning multiple layers")
    found = stale(copy)
    assert of("page", found)
    assert found <= of("page", found) | {"report"}


def test_a_family_reaches_its_variants(copy: Copy) -> None:
    path = copy.folder / "src/nnlabs/models/mlp.py"
    path.write_text(path.read_text() + "\nANOTHER = 1\n")
    assert stale(copy) == OF_FAST


def test_an_optimizer_reaches_the_trainings_that_use_it(copy: Copy) -> None:
    path = copy.folder / "src/nnlabs/training/optimizers/sgd.py"
    path.write_text(path.read_text() + "\nANOTHER = 1\n")
    assert stale(copy) == {f"train@{FAST}"}


def test_a_template_reaches_its_page(copy: Copy) -> None:
    path = copy.folder / "src/nnlabs/labs/backprop/page.md.j2"
    path.write_text(path.read_text() + "\nMore words.\n")
    assert stale(copy) == {"page@backprop"}


def test_what_a_lab_computes_reaches_itself(copy: Copy) -> None:
    path = copy.folder / "src/nnlabs/labs/backprop/compute.py"
    path.write_text(path.read_text() + "\nANOTHER = 1\n")
    assert stale(copy) == {"compute@backprop"}


def test_a_question_reaches_its_page_and_the_index(copy: Copy) -> None:
    edit(copy, f"src/nnlabs/labs/{LAB}/lab.yaml", "question: ", "question: So, ")
    assert stale(copy) == {f"page@{LAB}", "report"}


def test_torch_reaches_trainings_and_matplotlib_pages(copy: Copy) -> None:
    edit(copy, "requirements.lock", "torch==2.13.0", "torch==2.13.1")
    found = stale(copy)
    assert of("train", found) == {f"train@{FAST}", "train@digits-cnn"}
    assert not of("page", found) | of("data", found)
    edit(copy, "requirements.lock", "torch==2.13.1", "torch==2.13.0")
    version = re.search(r"^matplotlib==(.*)$", (copy.folder / "requirements.lock").read_text(), re.M)
    assert version
    edit(copy, "requirements.lock", version[0], "matplotlib==9.9")
    found = stale(copy)
    assert of("page", found)
    assert found <= of("page", found) | {"report"}


def test_a_knob_reaches_its_variant(copy: Copy) -> None:
    raw = copy.params
    raw["variants"][FAST]["lr"] = 0.004
    copy.params = raw
    assert stale(copy) == {f"train@{FAST}"}  # its evaluation, page and index follow from what it leaves


def test_a_new_family_optimizer_and_lab_reach_what_is_new(copy: Copy) -> None:
    source = copy.folder / "src/nnlabs"
    shutil.copy(source / "models/mlp.py", source / "models/wide.py")
    shutil.copy(source / "training/optimizers/sgd.py", source / "training/optimizers/walk.py")
    shutil.copy(source / "models/activations/relu.py", source / "models/activations/ramp.py")
    shutil.copytree(source / "labs" / LAB, source / "labs/small")
    (source / "labs/small/lab.yaml").write_text("title: Small\nquestion: How small may a network be?\n")
    raw = copy.params
    raw["labs"]["small"] = raw["labs"][LAB]
    raw["variants"]["mine"] = raw["variants"][FAST] | {
        "lab": "small",
        "model": "wide",
        "optimizer": "walk",
        "activation": "ramp",
        "hidden": [3],
    }
    copy.params = raw
    new = {"train@mine", "evaluate@mine", "compute@small", "page@small"}
    assert stale(copy) == new | {"report"}


def test_a_docstring_counts_where_it_is_read(copy: Copy) -> None:
    path = copy.folder / "src/nnlabs/models/mlp.py"
    path.write_text(path.read_text() + "\nSAID = __doc__\n")
    assert stale(copy) == OF_FAST
    copy.git("stash", "-q")
    copy.git("stash", "apply", "-q")
    before = (copy.folder / f"reports/settings/train/{FAST}.json").read_bytes()
    edit(copy, "src/nnlabs/models/mlp.py", '"""', '"""Other words. ')
    copy.run("dvc", "repro", "-q", "settings")
    assert (copy.folder / f"reports/settings/train/{FAST}.json").read_bytes() != before
    copy.git("stash", "drop", "-q")


def test_every_module_that_a_stage_has_loaded_is_in_its_closure(ran_once: Copy) -> None:
    """And every file that it has read of the project's; that of all stages is looked at where all run."""
    assert recorder.recorded(ran_once.records).keys() == lock(ran_once).keys()
    assert recorder.unexplained(ran_once.records, ran_once.folder / "reports/settings") == {}
