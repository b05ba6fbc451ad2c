"""A running mean of the weights is validated and kept; what learns goes on from its own."""

from pathlib import Path
from typing import Any

import pytest
import torch
from runs import job, made, run, run_in_two_parts, same

from nnlabs.training.learner import Learner
from variants import variant

SHAPE = (3, 32, 32)


@pytest.mark.parametrize("name", ["mlp", "strong"])  # gradients written out, and by autograd with statistics
def test_what_is_kept_is_the_mean_of_the_steps_that_fades(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    seen: list[dict[str, torch.Tensor]] = []
    learn = Learner.learn

    def watched(learner: Learner, *rest: Any) -> tuple[torch.Tensor, torch.Tensor]:
        result = learn(learner, *rest)
        seen.append({key: value.clone() for key, value in learner.network.state_dict().items()})
        return result

    monkeypatch.setattr(Learner, "learn", watched)
    state = run(tmp_path, made(SHAPE), job(variant=variant(name, epochs=1, ema_decay=0.75)))
    assert len(seen) == 6
    for key, kept in state.best_weights.items():
        if kept.is_floating_point():
            mean = seen[0][key]
            for each in seen[1:]:
                mean = 0.75 * mean + 0.25 * each[key]
            torch.testing.assert_close(kept, mean)
    assert any(not torch.equal(kept, seen[-1][key]) for key, kept in state.best_weights.items())


def test_it_changes_what_is_validated_and_nothing_that_is_learned(tmp_path: Path) -> None:
    data = made()
    averaged, last = (
        run(tmp_path / str(decay), data, job(variant=variant(ema_decay=decay), lr=0.0002)).history
        for decay in (0.9, None)
    )
    for part, equal in (("train_loss", True), ("validation_loss", False)):
        assert ([row[part] for row in averaged] == [row[part] for row in last]) == equal


@pytest.mark.parametrize("name", ["mlp", "record"])
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    proxy = {"keep": 0.5, "network": {"hidden": [8]} if name == "mlp" else {"channels": [4, 4, 4]}}
    one = job(variant=variant(name, ema_decay=0.9, proxy=proxy), lr=0.0002)
    data = made(SHAPE)
    whole = run(tmp_path / "whole", data, one)
    assert same(run_in_two_parts(tmp_path / "parts", data, one, monkeypatch), whole)
