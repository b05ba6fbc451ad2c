"""What verify calls equal, within tolerance and different; throw-away clones; clean."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file
from tiny import Tiny

from nnlabs.core import paths
from nnlabs.core.errors import UserError
from nnlabs.evaluation.outcomes import Outcomes
from nnlabs.pipeline import agreement, checkout, clean, verify
from nnlabs.pipeline.agreement import Quantity
from nnlabs.pipeline.comparison import Comparing, Finding, Subject, Turned

RESULTS, RECORDS = "reports/results/lab", "reports/run/records"
PAGE, DATA = "reports/lab.md", "reports/settings/data/set.json"
FIRST = (0.80, 0.82, 0.84)
"""Accuracies of three seeds: deviation 0.02."""
ALLOWED = 8.610 * 0.02 * (2 / 3) ** 0.5
"""t(4) leaves 0.05 % above 8.610; the mean of three has a variance of 0.02^2 / 3 on each side."""


def put(folder: Path, contents: dict[str, Any]) -> None:
    for file, content in contents.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(content if isinstance(content, str) else json.dumps(content))


def seen(accuracies: tuple[float, ...]) -> Outcomes:
    """What seeds predicted of 100 images of two classes: each gets other images wrong."""
    labels = np.arange(100) % 2
    wrong = np.array([np.roll(np.arange(100) >= round(100 * each), 30 * i) for i, each in enumerate(accuracies)])
    return Outcomes(labels, np.where(wrong, 1 - labels, labels))


def side(folder: Path, accuracies: tuple[float, ...], other: tuple[float, ...] = FIRST, **machines: str) -> Path:
    """A checkout of one lab with two variants, `one` and `two`, each with its machine."""
    contents: dict[str, Any] = {PAGE: f"{accuracies}", DATA: {"content": "same"}}
    for variant, values in (("one", accuracies), ("two", other)):
        cpu = machines.get(variant, "here")
        scores = {"accuracy": values, "macro_f1": values, "seeds": [*range(len(values))]}
        scores["confusion"] = seen(values).confusions(2).tolist()
        outcomes = folder / RESULTS / variant / "test" / "outcomes.npy"
        outcomes.parent.mkdir(parents=True, exist_ok=True)
        seen(values).write(outcomes)
        rows = "".join(f"{seed},{1 - value},{value},1\n" for seed, value in enumerate(values))
        contents |= {
            f"{RESULTS}/{variant}/test/scores.json": scores | {"test_images": 1000, "sampling_error": 0.0196},
            f"{RESULTS}/{variant}/history.csv": f"seed,train_loss,validation_accuracy,chosen\n{rows}",
            f"{RECORDS}/lab/{variant}.json": {"cpu": cpu, "versions": {"torch": "2"}},
        }
    asked = {"key": "which", "variants": ["one", "two"], "pairs": []}
    told = [{"id": each, "default": True} for each in ("one", "two")]
    page = {"lab": "lab", "score": "accuracy", "variants": told, "comparisons": [asked]}
    contents["reports/settings/page/lab.json"] = {"parameters": page}
    contents["reports/answers/lab.json"] = {"answer": f"*One* reaches {accuracies[0]} %."}
    put(folder, contents)
    outs = [
        {"path": f"models/{variant}", "md5": f"{values}"} for variant, values in (("one", accuracies), ("two", other))
    ]
    outs += [{"path": f"{RECORDS}/lab/one.json", "md5": machines.get("one", "here")}, {"path": "data/set", "md5": "d"}]
    put(folder, {"dvc.lock": yaml.safe_dump({"stages": {"train": {"cmd": "x", "outs": outs}}})})
    return folder


Both = Callable[..., tuple[Path, Path]]


@pytest.fixture
def both(tmp_path: Path) -> Both:
    """The committed checkout, made here, and a rerun: there, or here."""

    def made(again: tuple[float, ...], first: tuple[float, ...] = FIRST, **machines: str) -> tuple[Path, Path]:
        return side(tmp_path / "ours", first), side(tmp_path / "theirs", again, **machines)

    return made


def compared(sides: tuple[Path, Path]) -> tuple[Comparing, dict[str, Finding]]:
    ours, theirs = sides
    files = [path.relative_to(ours).as_posix() for path in sorted(ours.rglob("reports/**/*")) if path.is_file()]
    comparing = Comparing(ours, theirs, ours / ".dvc" / "cache")
    found = comparing.findings(file for file in files if not file.startswith("reports/run/"))
    return comparing, {finding.what: finding for finding in found}


def verdicts(sides: tuple[Path, Path]) -> dict[str, str]:
    return {what: finding.verdict for what, finding in compared(sides)[1].items()}


def test_the_same_bytes_are_bit_equal_wherever_they_were_made(both: Both) -> None:
    assert set(verdicts(both(FIRST)).values()) == {"bit-equal"}
    assert set(verdicts(both(FIRST, one="there")).values()) == {"bit-equal"}  # reports/run does not count


def test_on_one_machine_any_other_byte_is_different(both: Both) -> None:
    found = verdicts(both((0.80, 0.82, 0.85)))
    assert found == {
        **{"one": "different", "two": "bit-equal", "settings": "bit-equal"},
        **{"data set": "bit-equal", "page lab": "different"},
    }


def test_a_machine_is_known_for_each_variant(both: Both) -> None:
    near = (0.81, 0.83, 0.85)
    ours, theirs = both(near, one="there")
    side(theirs, near, other=near, one="there")  # the other was committed from this machine
    comparing, found = compared((ours, theirs))
    assert (found["one"].verdict, found["two"].verdict) == ("within tolerance", "different")
    assert found["two"].why == "4 of its files and hashes are others, on the same machine"
    assert comparing.machines == {"here -> there": 1, "": 1}


def test_elsewhere_means_may_lie_as_far_apart_as_two_samples_do(both: Both) -> None:
    shift = 0.99 * ALLOWED
    found = compared(both(tuple(value + shift for value in FIRST), one="there"))[1]
    assert found["one"].verdict == found["page lab"].verdict == "within tolerance"
    assert found["one"].why == f"test accuracy {shift:.3g} apart, {ALLOWED:.3g} allowed"
    assert found["page lab"].why == "follows"
    further = tuple(value + 1.01 * ALLOWED for value in FIRST)
    assert verdicts(both(further, one="there"))["one"] == "different"


def test_other_data_and_settings_and_what_was_not_made_are_never_tolerated(both: Both) -> None:
    ours, theirs = both((0.81, 0.83, 0.85), one="there", two="there")
    put(theirs, {DATA: {}})
    (theirs / f"{RESULTS}/two/history.csv").unlink()
    lock = (theirs / "dvc.lock").read_text()
    (theirs / "dvc.lock").write_text(lock.replace("md5: d\n", "md5: e\n"))
    found = compared((ours, theirs))[1]
    assert (found["settings"].verdict, found["data set"].verdict, found["two"].verdict) == ("different",) * 3
    assert found["two"].why == f"{RESULTS}/two/history.csv was not made"


def test_a_hash_is_as_its_file(both: Both) -> None:
    ours, theirs = both(FIRST, one="there")
    lock = (theirs / "dvc.lock").read_text()
    (theirs / "dvc.lock").write_text(lock.replace("models/one", "models/two").replace("models/two", "models/one", 1))
    found = compared((ours, theirs))[1]["one"]
    assert found.verdict == "bit-equal"  # both variants are of the same accuracies
    side(theirs, (0.81, 0.83, 0.85), one="there")
    found = compared((ours, theirs))[1]["one"]
    assert found.verdict == "within tolerance" and "hash of models/one" in found.details


def test_verdicts_of_pages_are_counted_and_those_that_turn_are_named(both: Both) -> None:
    higher = (0.90, 0.92, 0.94)  # 0.1 over the first in each of three seeds
    ours, theirs = both(FIRST, first=higher, one="there")
    ours = side(ours, higher, other=FIRST)
    theirs = side(theirs, FIRST, other=FIRST, one="there")
    stayed, turned = compared((ours, theirs))[0].verdicts()
    assert (stayed, turned) == (1, [Turned("lab, which: two against one", "worse", "cannot tell")])
    assert not turned[0].opposite
    assert verify.holds([], turned)
    assert not verify.holds([], [Turned("a page", "better", "worse")])


@pytest.mark.parametrize(("default", "removed"), [(False, False), (False, True), (True, True)])
def test_verdicts_are_those_that_the_page_has(both: Both, default: bool, removed: bool) -> None:
    """Of a question of left-out variants alone too, as far as they were measured; never of one that is gone."""
    ours, theirs = both(FIRST, first=(0.90, 0.92, 0.94))
    for where in (ours, theirs):
        file = where / "reports/settings/page/lab.json"
        page = json.loads(file.read_text())
        page["parameters"]["variants"] = [{"id": each, "default": default} for each in ("one", "two")]
        if removed and default:
            page["parameters"]["variants"].pop()
        elif removed:
            (where / RESULTS / "two" / "test" / "outcomes.npy").unlink()
        file.write_text(json.dumps(page))
    stayed, turned = compared((ours, theirs))[0].verdicts()
    found = [] if removed else [Turned("lab, which: two against one", "worse", "cannot tell")]
    assert (stayed, turned) == (1, found)  # the page's answer in words is the same but for its numbers


def test_a_report_is_a_line_a_variant_with_details_behind_a_switch() -> None:
    findings = [
        Finding("one", "within tolerance", "test accuracy 0.01 apart, 0.02 allowed", ("hash of models/one",)),
        Finding("two", "bit-equal"),
    ]
    turned = [Turned("lab, which: two against one", "worse", "cannot tell")]
    lines = [*verify.told(findings, 7, turned, {"here -> there": 1, "": 2}, details=False)]
    assert lines == [
        "within tolerance  one  (test accuracy 0.01 apart, 0.02 allowed)",
        "bit-equal         two",
        "machines: 1 results were committed from another: here -> there",
        "machines: 2 results were committed from one like this",
        "turned: lab, which: two against one: worse -> cannot tell",
        "verdicts of the pages: 7 stayed, 1 turned",
        "1 bit-equal, 1 within tolerance, 0 different",
    ]
    detailed = [*verify.told(findings, 7, turned, {}, details=True)]
    assert detailed[1].strip() == "hash of models/one"


def test_what_belongs_together(both: Both) -> None:
    ours, theirs = both(FIRST)
    put(ours, {f"{RESULTS}/computed/results.json": {}})
    of = Comparing(ours, theirs, ours).subject
    assert of("models/one") == of("predictions/one.safetensors") == of(f"{RESULTS}/one") == Subject("variant", "one")
    assert of("models/lab") == of(f"{RESULTS}/computed/results.json") == Subject("computed", "lab")
    for path in (
        "reports/lab.md",
        "reports/answers/lab.json",
        "reports/figures/lab/a.svg",
        "reports/plots/lab",
        RESULTS,
    ):
        assert of(path) == Subject("page", "lab")
    for path in ("reports/README.md", "reports/claims.md", "reports/figures/montage.svg", "reports/answers"):
        assert of(path) == of("reports/results") == Subject("report")
    assert of("requirements.lock") == of("reports/settings/page/lab.json") == of("src/nnlabs") == Subject("settings")
    assert of("reports/verified") == of("reports/verified/README.md") == Subject("settings")


# ---------------------------------------------------------------- what things mean


def _names(quantities: Any) -> dict[str, Quantity]:
    return {each.name: each for each in quantities}


def test_of_one_seed_the_test_sets_sampling_error_is_the_tolerance(tmp_path: Path) -> None:
    # 95 % half width 0.0196: a standard error of 0.01 on both sides, 3 sqrt(2) 0.01 = 0.0424
    for name, accuracy in (("a", 0.80), ("b", 0.84), ("c", 0.85)):
        scores = {"accuracy": [accuracy], "macro_f1": [accuracy], "test_images": 100, "sampling_error": 0.0196}
        (tmp_path / name).write_text(json.dumps(scores))
    assert all(each.holds for each in agreement.scores(tmp_path / "a", tmp_path / "b"))
    assert not any(each.holds for each in agreement.scores(tmp_path / "a", tmp_path / "c"))


def test_seeds_without_spread_may_differ_by_what_cannot_be_measured(tmp_path: Path) -> None:
    for name, accuracy in (("a", 0.80), ("b", 0.801), ("c", 0.82)):
        scores = {"accuracy": [accuracy] * 3, "macro_f1": [accuracy] * 3, "test_images": 1000, "sampling_error": 0.0}
        (tmp_path / name).write_text(json.dumps(scores))
    assert all(each.holds for each in agreement.scores(tmp_path / "a", tmp_path / "b"))
    assert not any(each.holds for each in agreement.scores(tmp_path / "a", tmp_path / "c"))


def test_a_history_is_its_kept_runs_last_epochs(tmp_path: Path) -> None:
    for name, last in (("a", 0.5), ("b", 0.5001), ("c", 0.7)):
        rows = [f"{seed},{epoch},{loss},0.9,1" for seed in (0, 1) for epoch, loss in ((1, 9.0), (2, last))]
        rows.append("0,2,99,0.1,0")  # a rate that was tried and not kept
        (tmp_path / name).write_text("\n".join(["seed,epoch,train_loss,validation_accuracy,chosen", *rows]))
    near, far = (_names(agreement.history(tmp_path / "a", tmp_path / other)) for other in "bc")
    assert near["last train_loss"].holds and near["last validation_accuracy"].holds
    assert near["last train_loss"].apart == pytest.approx(0.0001)
    assert not far["last train_loss"].holds and far["last validation_accuracy"].holds


def test_predictions_agree_as_well_as_two_seeds_do(tmp_path: Path) -> None:
    labels, first = np.zeros(100, np.int64), np.zeros((2, 100), np.int64)
    first[1, :10] = 1  # two seeds differ in a tenth
    for name, others in (("a", 0), ("b", 11), ("c", 12)):
        again = first.copy()
        again[:, 50 : 50 + others] += 1
        Outcomes(labels, again).write(tmp_path / name)
    (near,), (far,) = (agreement.predictions(tmp_path / "a", tmp_path / other) for other in "bc")
    assert (near.apart, near.allowed) == (0.11, pytest.approx(0.11))
    assert near.holds and not far.holds


def test_predictions_of_one_seed_say_nothing_and_of_other_images_all(tmp_path: Path) -> None:
    labels, right = np.arange(100) % 2, np.stack([np.arange(100) % 2] * 2)
    Outcomes(labels, right).write(tmp_path / "a")
    for name, other in (
        ("other images", Outcomes(1 - labels, right)),
        ("fewer images", Outcomes(labels[:50], right[:, :50])),
        ("a seed less", Outcomes(labels, right[:1])),
    ):
        Outcomes(other.labels, other.predicted).write(tmp_path / name)
        (found,) = agreement.predictions(tmp_path / "a", tmp_path / name)
        assert not found.holds, name
    one = tmp_path / "a seed less"
    assert [*agreement.predictions(one, one)] == []


def test_features_and_computed_numbers_are_told_apart_by_their_distance(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    whole = rng.normal(size=(10, 4)).astype(np.float16)
    for name, factor in (("a", 1.0), ("b", 1.04), ("c", 2.5)):
        np.save(tmp_path / f"{name}.npy", whole * np.float16(factor))
        folder = tmp_path / name
        folder.mkdir()
        save_file({"curve": np.array([1.0, 2.0, np.inf]) * factor}, folder / "arrays.safetensors")
        results = {"runs": [{"seed": 0, "error": 1e-16 * factor**9}, {"seed": 1, "error": 0.0}], "steps": 100 * factor}
        (folder / "results.json").write_text(json.dumps({"results": results}))
    (near,), (far,) = (agreement.features(tmp_path / "a.npy", tmp_path / f"{other}.npy") for other in "bc")
    assert near.holds and not far.holds
    near_by, far_by = (_names(agreement.computed(tmp_path / "a", tmp_path / other)) for other in "bc")
    assert all(each.holds for each in near_by.values())
    assert {name for name, each in far_by.items() if not each.holds} == {"curve", "results.steps"}
    assert far_by["results.runs.error"].apart < 1e-9  # both are next to nothing


def test_a_number_that_a_lab_is_chosen_by_may_be_a_little_other(tmp_path: Path) -> None:
    for name, value in (("a", 7), ("b", 6), ("c", 5)):
        put(tmp_path, {f"{name}/learning.json": {"value": value}, f"{name}/cnn.json": {"test": "92.4 ± 0.2"}})
    (near,), (far,) = (agreement.metrics(tmp_path / "a", tmp_path / other) for other in "bc")
    assert near.holds and not far.holds


def test_outcomes_are_their_variants_and_compared_by_meaning_elsewhere(both: Both) -> None:
    ours, theirs = both((0.81, 0.83, 0.85), one="there")
    file = f"{RESULTS}/one/test/outcomes.npy"
    assert Comparing(ours, theirs, ours).subject(file) == Subject("variant", "one")
    found = compared((ours, theirs))[1]["one"]
    assert found.verdict == "within tolerance" and file in found.details  # an image of each seed is another
    # the two seeds that differ most: 36 images wrong of one alone, the other the same
    assert "predictions 0.01 apart, 0.39 allowed" in found.details
    wrong = seen((0.81, 0.83, 0.85))
    Outcomes(wrong.labels, 1 - wrong.predicted).write(theirs / file)
    found = compared((ours, theirs))[1]["one"]
    assert found.verdict == "different" and found.why.startswith("predictions 0.")
    (ours / file).unlink()  # of one that is left out, measured before they were kept
    assert compared((ours, theirs))[1]["one"].verdict == "within tolerance"


def test_on_one_machine_another_prediction_is_different(both: Both) -> None:
    ours, theirs = both(FIRST)
    file = theirs / RESULTS / "one" / "test" / "outcomes.npy"
    told = Outcomes.read(file)
    told.predicted[0, 0] = 1 - told.predicted[0, 0]
    told.write(file)
    assert verdicts((ours, theirs))["one"] == "different"


# ---------------------------------------------------------------- the command


def test_quick_finds_nothing_different_where_nothing_is(tmp_path: Path, surroundings: dict[str, str]) -> None:
    tiny = Tiny(tmp_path)
    tiny.environment["PATH"] = f"{surroundings['FORKED']}:{tiny.environment['PATH']}"  # in the clone too
    tiny.run("python", "-m", "nnlabs.pipeline.schedule")
    tiny.run("git", "add", "-A")
    tiny.run("git", "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "-qm", "Results")
    told = tiny.run("python", "-m", "nnlabs.pipeline.verify", "--quick").splitlines()
    assert told[-2:] == ["verdicts of the pages: 2 stayed, 0 turned", "4 bit-equal, 0 within tolerance, 0 different"]
    assert told[-3] == "machines: 2 results were committed from one like this"
    assert {line.split()[0] for line in told[-7:-3]} == {"bit-equal"}
    assert tiny.run("git", "status", "--porcelain") == ""


# ---------------------------------------------------------------- clones


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git checkout with one commit and one change on top of it; the package is told that it is there."""
    folder = tmp_path / "project"
    folder.mkdir()
    name = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    (folder / "file").write_text("committed\n")
    for command in (["init", "-q"], ["add", "-A"], [*name, "commit", "-qm", "First"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    (folder / "file").write_text("changed\n")
    monkeypatch.setattr(paths, "ROOT", folder)
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path / "cache"))
    return folder


def test_a_clone_has_what_is_committed_or_what_is_there(project: Path) -> None:
    assert (checkout.clone("one", committed=True) / "file").read_text() == "committed\n"
    assert (checkout.clone("one", committed=False) / "file").read_text() == "changed\n"


def test_a_clone_shares_downloads_and_nothing_else(project: Path, tmp_path: Path) -> None:
    where = checkout.clone("one", committed=True)
    code = "import os; from pathlib import Path; print(os.environ.get('NNLABS_CACHE'), file=open('said', 'w'))"
    assert checkout._run(where, ["python3", "-c", code]) == 0
    assert (where / "said").read_text() == "None\n"
    assert (where / ".nnlabs/downloads").resolve() == tmp_path / "cache/downloads"


def test_a_clone_of_no_checkout_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(paths, "ROOT", tmp_path / "empty")
    monkeypatch.setenv("NNLABS_CACHE", str(tmp_path / "cache"))
    with pytest.raises(UserError, match="empty is no git repository, which this needs; `git init"):
        checkout.clone("one", committed=True)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="git is not installed"):
        checkout.clone("one", committed=True)


# ---------------------------------------------------------------- clean


@pytest.mark.parametrize("answer", ["y", "n", None])
def test_clean_removes_what_it_named_after_a_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str | None
) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["clean"])
    clean.main()
    assert "nothing to remove" in capsys.readouterr().out
    for name in ("models/arm/weights", "reports/page.md"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(bytes(2_500_000))

    def reply(_: str) -> str:
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", reply)
    clean.main()
    assert "2.5 MB  models" in capsys.readouterr().out
    assert (tmp_path / "models").exists() == (answer != "y")
    assert (tmp_path / "reports").exists()
