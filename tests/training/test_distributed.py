"""Several processes share a batch: the same draws, the same steps."""

import pytest
import torch
from torch import nn

from nnlabs.core.seeding import generator
from nnlabs.models.layers import Dropout
from nnlabs.training import augment
from nnlabs.training.distributed import SINGLE, ProcessGroup


@pytest.mark.parametrize("rows", [1, 3, 5, 6, 7, 100])
def test_three_processes_share_a_batch(rows: int) -> None:
    shards = [ProcessGroup(rank, 3).shard(rows) for rank in range(3)]
    assert sum(shard.weight for shard in shards) == pytest.approx(1)
    if rows < 6:
        assert all(shard.rows == slice(0, rows) for shard in shards)
    else:
        assert [row for shard in shards for row in range(rows)[shard.rows]] == list(range(rows))
        assert all(shard.weight == (shard.last - shard.first) / rows for shard in shards)
        assert min(shard.last - shard.first for shard in shards) >= 2
    assert {shard.whole for shard in shards} == {rows}


def test_dropout_of_two_processes_drops_what_one_would() -> None:
    # 5 values a row: the 64-bit draws of four values do not end with the rows
    x, network = torch.ones(7, 5), nn.Sequential(Dropout(0.4))
    torch.manual_seed(3)
    whole = network(x)
    parts = []
    for rank in range(2):
        shard = ProcessGroup(rank, 2).shard(len(x))
        ProcessGroup(rank, 2).draw_for_all(network, shard)
        torch.manual_seed(3)
        parts.append(network(x[shard.rows]))
    assert torch.equal(torch.cat(parts), whole)
    assert 0 < (whole == 0).sum() < whole.numel()


def test_augmentation_of_two_processes_is_that_of_one() -> None:
    images = torch.randint(256, (9, 2, 6, 5), dtype=torch.uint8, generator=generator(0, "images"))
    shards = [ProcessGroup(rank, 2).shard(len(images)) for rank in range(2)]
    chosen = torch.cat([augment.coins(generator(0, "f"), shard) for shard in shards])
    assert torch.equal(chosen, augment.coins(generator(0, "f"), SINGLE.shard(len(images))))
    cropped = torch.cat([augment.crop(images[shard.rows], 2, generator(0, "c"), shard) for shard in shards])
    assert torch.equal(cropped, augment.crop(images, 2, generator(0, "c")))
    assert 0 < chosen.sum() < len(images)
    assert not torch.equal(cropped, images)


def test_one_process_leaves_everything_as_it_is() -> None:
    x = torch.randn(3)
    before = x.clone()
    SINGLE.all_reduce(x)
    SINGLE.all_reduce_max(x)
    assert torch.equal(x, before)
    assert SINGLE.all_gather(x, 0, 3) is x
    assert SINGLE.broadcast("value") == "value"
