"""One run in several processes: who computes which rows, and how the parts become the whole again.

`torchrun --nproc-per-node=N stages/train.py <variant>` starts processes that each hold the
whole network and compute a shard of every batch. What is drawn at random is drawn by each for
the whole batch; gradients are summed; so all take the same steps, and one process's steps.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from nnlabs.core.errors import UserError
from nnlabs.models.layers import Dropout

PATIENCE = timedelta(days=1)
"""How long a process waits for the others: the first may wait for the lock of another training. The death of a process
is noticed at once; it needs no time limit."""


@dataclass(frozen=True)
class Shard:
    """The rows of a batch that one process computes."""

    first: int
    last: int  # the first row after them
    whole: int  # rows of the batch
    weight: float
    """Of a mean over these rows in the sum over the processes that is the mean over the batch."""

    @property
    def rows(self) -> slice:
        return slice(self.first, self.last)


@dataclass(frozen=True)
class ProcessGroup:
    """The processes of a run, seen from one of them. Where there is one, every method leaves things as they are."""

    rank: int = 0
    world_size: int = 1

    @property
    def is_main(self) -> bool:
        """Whether this is the one process that writes files and talks."""
        return self.rank == 0

    def shard(self, rows: int) -> Shard:
        """What of a batch is computed here.

        A batch of less than two rows a process is computed whole by each: batch normalisation has no
        variance of one row.
        """
        if rows < 2 * self.world_size:
            return Shard(0, rows, rows, 1 / self.world_size)
        first, last = (rows * rank // self.world_size for rank in (self.rank, self.rank + 1))
        return Shard(first, last, rows, (last - first) / rows)

    def broadcast_network(self, network: nn.Module) -> nn.Module:
        """The main process's network in each; on CUDA with batch normalisation over the whole batch."""
        if self.world_size == 1:
            return network
        state = self.broadcast({key: value.cpu() for key, value in network.state_dict().items()})
        network.load_state_dict(state)
        if next(network.parameters()).is_cuda:
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        return network

    def draw_for_all(self, network: nn.Module, shard: Shard) -> None:
        """Let dropout draw for the whole batch and use its own rows of that."""
        if self.world_size > 1:
            for module in network.modules():
                if isinstance(module, Dropout):
                    module.first, module.whole = shard.first, shard.whole

    def all_reduce_gradients(self, network: nn.Module) -> None:
        """Give every process the sum of all gradients, in one message."""
        if self.world_size > 1:
            gradients = [p.grad for p in network.parameters() if p.grad is not None]
            flat = torch.cat([gradient.flatten() for gradient in gradients])
            self.all_reduce(flat)
            sizes = [gradient.numel() for gradient in gradients]
            for gradient, total in zip(gradients, torch.split(flat, sizes), strict=True):
                gradient.copy_(total.view_as(gradient))

    def all_reduce_statistics(self, network: nn.Module) -> None:
        """Give every process the mean of all running means and variances of batch normalisation."""
        if self.world_size > 1:
            for module in network.modules():
                if isinstance(module, _BatchNorm) and not isinstance(module, nn.SyncBatchNorm):
                    for statistic in (module.running_mean, module.running_var):
                        if statistic is not None:
                            self.all_reduce(statistic)
                            statistic /= self.world_size

    def all_reduce(self, tensor: Tensor) -> None:
        """The sum over the processes, in place."""
        if self.world_size > 1:
            with _all_alive():
                torch.distributed.all_reduce(tensor)

    def all_reduce_max(self, tensor: Tensor) -> None:
        """The maximum over the processes, in place."""
        if self.world_size > 1:
            with _all_alive():
                torch.distributed.all_reduce(tensor, torch.distributed.ReduceOp.MAX)

    def all_gather(self, rows: Tensor, first: int, total: int) -> Tensor:
        """All processes' rows, `total` of them, for each to have; those that are here start at `first`."""
        if self.world_size == 1:
            return rows
        gathered = rows.new_zeros(total, *rows.shape[1:])
        gathered[first : first + len(rows)] = rows
        self.all_reduce(gathered)
        return gathered

    def broadcast(self, value: Any) -> Any:
        """The main process's value, for all to have."""
        if self.world_size == 1:
            return value
        values = [value]
        with _all_alive():
            torch.distributed.broadcast_object_list(values)
        return values[0]


SINGLE = ProcessGroup()


@contextmanager
def process_group(device: torch.device) -> Iterator[ProcessGroup]:
    """The processes that torchrun started, or this one alone.

    Raises
    ------
    UserError
        Where a machine has more processes than CUDA devices.
    """
    world_size = int(os.environ.get("WORLD_SIZE", "1"))
    if world_size == 1:
        yield SINGLE
        return
    if device.type == "cuda":
        local, devices = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
        if local >= devices:
            raise UserError(f"--nproc-per-node: more processes than CUDA devices; allowed: at most {devices}")
        torch.cuda.set_device(local)
    torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield ProcessGroup(torch.distributed.get_rank(), world_size)
    finally:
        torch.distributed.destroy_process_group()


@contextmanager
def _all_alive() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # what every backend raises once a process is gone
        raise UserError(f"another process of this training has ended ({str(error).splitlines()[0]})") from None
