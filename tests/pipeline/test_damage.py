"""The damages that readers are tried with."""

import random

import pytest

from nnlabs.pipeline.torture import damage

CONTENT = bytes(range(256)) * 4


def test_a_seed_tells_a_damage_again_and_every_one_is_one():
    rounds = [[damage.damaged(CONTENT, rng) for _ in range(100)] for rng in (random.Random(7), random.Random(7))]
    assert rounds[0] == rounds[1]
    assert CONTENT not in rounds[0]
    assert len(set(rounds[0])) > 90


@pytest.mark.parametrize("content", [b"", b"\0", bytes(100)])
def test_the_smallest_files_are_damaged_too(content):
    for seed in range(50):
        assert damage.damaged(content, random.Random(seed)) != content


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [
        (damage.flip, {0}),
        (damage.zero, {0}),
        (damage.cut, set(range(-len(CONTENT), 0))),
        (damage.duplicate, set(range(1, damage.MOST + 1))),
        (damage.insert, set(range(1, damage.MOST + 1))),
        (damage.remove, set(range(-damage.MOST, 0))),
    ],
)
def test_each_kind_changes_the_size_as_it_says(kind, sizes):
    assert {len(kind(CONTENT, random.Random(seed))) - len(CONTENT) for seed in range(100)} <= sizes
