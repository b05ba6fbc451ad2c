"""params.yaml under DVC's writer: `dvc exp run -S` of one value changes that line and nothing else."""

import re
from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides

OVERRIDES = {
    "sample=true": ("sample: false", "sample: true"),
    "datasets.mnist.validation=6000": ("validation: 5000}", "validation: 6000}"),
    "features.dogs-some-frozen.frozen=12": ("frozen: 11", "frozen: 12"),
    "labs.byhand.compared_steps=7": ("    compared_steps: 20", "    compared_steps: 7"),
    "labs.words.window=7": ("    window: 5", "    window: 7"),
    "variants.fashion-lecture.lr=0.01": ("    lr: 0.001", "    lr: 0.01"),
    "optional.cifar10-record.threads=4": ("threads: 2,", "threads: 4,"),
}
"""`-S`, and what of its line becomes what: one in each section, and in an entry of a lab."""
ENTRY = re.compile(r"  [a-z0-9-]+:.*")


def with_comments(text: str) -> str:
    """The file as people leave it: comments above and beside every section and entry, and one at the end."""
    lines = []
    for line in text.splitlines():
        entry, section = ENTRY.fullmatch(line), re.fullmatch(r"[a-z]+:", line)
        if entry or section:
            lines.append("  # above it" if entry else "# above it")
        whole = line.count("{") == line.count("}")
        lines.append(f"{line}  # beside it" if (entry or section) and whole else line)
    return "\n".join([*lines, "# at the end", ""])


@pytest.mark.parametrize("commented", [False, True])
def test_one_value_is_one_line(tmp_path: Path, *, commented: bool) -> None:
    before = Path("params.yaml").read_text(encoding="utf-8")
    before = with_comments(before) if commented else before
    file = tmp_path / "params.yaml"
    file.write_text(before, encoding="utf-8")
    apply_overrides(file, list(OVERRIDES))
    after = file.read_text(encoding="utf-8").splitlines()
    assert len(after) == len(before.splitlines())
    changed = [(old, new) for old, new in zip(before.splitlines(), after, strict=True) if old != new]
    assert len(changed) == len(OVERRIDES)
    for (old, new), (was, becomes) in zip(changed, OVERRIDES.values(), strict=True):
        assert was in old
        assert new == old.replace(was, becomes)
