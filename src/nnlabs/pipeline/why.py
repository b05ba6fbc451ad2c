"""Say which stages would run, and why: `python -m nnlabs.pipeline.why [train@fashion-lecture]`.

What each stage goes by is composed anew and compared with what it went by when it last ran; nothing is written. A stage
that reads what another one writes follows from that, as long as the other would run.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx

from nnlabs.config import memory
from nnlabs.core import paths
from nnlabs.core.arguments import Parser
from nnlabs.core.errors import UserError, one_line_errors
from nnlabs.core.settings import as_text
from nnlabs.pipeline.differences import differences
from nnlabs.pipeline.past import Past

if TYPE_CHECKING:
    from dvc.output import Output
    from dvc.repo import Repo
    from dvc.stage import PipelineStage

SETTINGS = "settings"
"""The stage that writes what the others go by. They do not follow from it: what it would write is looked at itself."""
NAMED = 3
"""How many of the stages that one follows from are named."""
STATES = {
    "modified": "other content than when the stage last ran",
    "deleted": "missing",
    "new": "not there when the stage last ran",
    "not in cache": "missing in DVC's cache",
}
"""What DVC says of a file or folder."""


@dataclass(frozen=True)
class Why:
    """Why one stage would run."""

    causes: tuple[str, ...]
    """What has changed for this stage itself, a line each."""
    follows: dict[str, str]
    """The stages before it that would run, each with what it writes and this one reads."""


def reasons(repo: "Repo", composed: Mapping[str, Mapping[str, Any]], past: Past) -> dict[str, Why]:
    """The stages that would run, in an order in which they may.

    Parameters
    ----------
    repo
        DVC's repository, locked.
    composed
        What each stage goes by now, by the name that DVC addresses it with.
    past
        What they went by before.
    """
    needs = nx.relabel_nodes(repo.index.graph, lambda stage: stage.addressing)
    stages: dict[str, PipelineStage] = {stage.addressing: stage for stage in repo.index.stages}
    would: dict[str, Why] = {}
    for name in nx.lexicographical_topological_sort(needs.reverse(copy=False)):
        before = [each for each in sorted(needs.successors(name)) if each in would and each != SETTINGS]
        remade = [out for each in before for out in stages[each].outs]
        causes = tuple(_causes(stages[name], composed.get(name), remade, past))
        if causes or before:
            would[name] = Why(causes, {each: _passed(stages[each], stages[name]) for each in before})
    return would


def _causes(
    stage: "PipelineStage", content: Mapping[str, Any] | None, remade: Iterable["Output"], past: Past
) -> Iterator[str]:
    """What has changed for a stage itself: not by those before it, which make `remade` anew."""
    if not any(dep.hash_info for dep in stage.deps):
        yield "it has never run"
        return
    if stage.cmd_changed:
        yield f"command: now {stage.cmd}"
    for dep in stage.deps:
        if content is not None and _below(dep.fs_path, paths.SETTINGS.as_posix()):
            yield from _settled(dep, content, past)
        elif not any(_overlap(dep, out) for out in remade):
            yield from _state("input", dep)
    for out in stage.outs:
        yield from _state("output", out)


def _settled(dep: "Output", content: Mapping[str, Any], past: Past) -> Iterator[str]:
    """What differs from the settings that the stage last ran with."""
    text, before = as_text(content), str(dep.hash_info.value)
    if memory.md5(text) == before:
        return
    old = past.settings(dep.def_path, before)
    if old is None:
        yield "settings: changed; what they were is not known here"
    else:
        yield from differences(old, json.loads(text), past.defined)


def _state(label: str, entry: "Output") -> Iterator[str]:
    yield from (f"{label} {entry.def_path}: {STATES.get(state, state)}" for state in entry.status().values())


def _passed(writer: "PipelineStage", reader: "PipelineStage") -> str:
    """What one stage writes and the other reads."""
    return next(str(out.def_path) for out in writer.outs if any(_overlap(dep, out) for dep in reader.deps))


def _overlap(one: "Output", other: "Output") -> bool:
    return _below(one.fs_path, other.fs_path) or _below(other.fs_path, one.fs_path)


def _below(path: str, folder: str) -> bool:
    return Path(path).is_relative_to(folder)


def chosen(would: Mapping[str, Why], names: Iterable[str]) -> set[str]:
    """Of those that would run: these, what they follow from, and what follows from them."""
    follows = nx.DiGraph()
    follows.add_nodes_from(would)
    follows.add_edges_from((name, each) for name, why in would.items() for each in why.follows)
    there = [name for name in names if name in follows]
    return {*there}.union(*(nx.descendants(follows, name) | nx.ancestors(follows, name) for name in there))


def told(would: Mapping[str, Why], targets: Iterable[str] = ()) -> Iterator[str]:
    """The reasons in words: of the targets and what hangs together with them, or of all, equal reasons together."""
    targets = [*targets]
    wanted = chosen(would, targets) if targets else {*would}
    for target in targets:
        if target not in would:
            yield f"{target} would not run: nothing that it depends on has changed since it last ran"
    if not targets and not would:
        yield "nothing would run: everything is as it was when it last ran"
    yield from _each({name: why for name, why in would.items() if name in wanted}) if targets else _together(would)
    if any(not would[name].causes for name in wanted):
        yield "What follows runs only if what it reads comes out different."


def _each(would: Mapping[str, Why]) -> Iterator[str]:
    for name, why in would.items():
        if why.causes:
            yield f"{name} would run:"
            yield from (f"  {cause}" for cause in why.causes)
            yield from [f"  {_following(why)}"] if why.follows else []
        else:
            yield f"{name} {_following(why)}"


def _together(would: Mapping[str, Why]) -> Iterator[str]:
    """Stages with the same causes as one, then those that only follow."""
    same: dict[tuple[str, ...], list[str]] = {}
    for name, why in would.items():
        if why.causes:
            same.setdefault(why.causes, []).append(name)
    for causes, names in same.items():
        yield f"{', '.join(names)} would run:"
        yield from (f"  {cause}" for cause in causes)
    yield from (f"{name} {_following(why)}" for name, why in would.items() if not why.causes)


def _following(why: Why) -> str:
    passed = [f"{each} writes {path}" for each, path in why.follows.items()]
    more = f" and {len(passed) - NAMED} more" if len(passed) > NAMED else ""
    return f"follows: {', '.join(passed[:NAMED])}{more}"


def targets(stage: str, known: Iterable[str]) -> list[str]:
    """The stages of this name: one, or all of a kind.

    Raises
    ------
    UserError
        Where there is none.
    """
    known = sorted(known)
    if found := [each for each in known if stage in (each, each.partition("@")[0])]:
        return found
    near = get_close_matches(stage, known, n=5, cutoff=0.3)
    raise UserError(f"STAGE: {stage!r} is no stage; near it: {', '.join(near) or ', '.join(known[:5])}")


def main() -> None:
    parser = Parser(description="Say which stages would run, and why.")
    parser.add_argument("stage", nargs="?", help="as DVC addresses it, or all of a kind (default: all)")
    given = parser.parse_args()
    # Composing takes as long as DVC takes to start: they do it side by side.
    with subprocess.Popen([sys.executable, "-m", "nnlabs.config"], stdout=subprocess.PIPE, text=True) as composing:
        try:
            from nnlabs.pipeline.repository import opened

            with opened() as repository:
                known = [stage.addressing for stage in repository.repo.index.stages]
                asked = targets(given.stage, known) if given.stage else []
                composed, _ = composing.communicate()
                if composing.returncode:
                    sys.exit(composing.returncode)  # it has said why
                for line in told(reasons(repository.repo, json.loads(composed), Past(paths.ROOT)), asked):
                    print(line)
        finally:
            composing.kill()


if __name__ == "__main__":
    with one_line_errors():
        main()
