"""Machines of a Ray cluster: one worker a node, which has all of its cores and cards as long as the run lasts.

Ray is a package of its own (requirements-ray.lock); nothing imports it unless it is asked for.
"""

import logging
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from nnlabs.core.errors import UserError, said
from nnlabs.pipeline.executors.contents import WrongHashError
from nnlabs.pipeline.executors.link import Link, LostError
from nnlabs.pipeline.executors.worker import MachineError, Worker

PATIENCE = 60.0
"""Seconds after which a machine that does not answer is lost."""
CALLS = 256
"""That a worker answers at once: each of its stages has one that waits for news."""
INSTALL = ".venv/bin/pip install -r requirements-ray.lock"


class RayLink:
    """A node with its worker."""

    takes_cards: tuple[str, ...] = ("auto", "cuda")
    many = False

    def __init__(self, ray: Any, actor: Any, name: str, threads: int, gpus: list[str]) -> None:
        self._ray, self._actor = ray, actor
        self.name, self.threads, self.gpus = name, threads, gpus

    def call(self, method: str, *given: Any) -> Any:
        errors = self._ray.exceptions
        try:
            return self._ray.get(getattr(self._actor, method).remote(*given), timeout=PATIENCE)
        except (MachineError, WrongHashError):
            raise
        except errors.GetTimeoutError:
            raise LostError(f"it has not answered for {PATIENCE:.0f} seconds") from None
        except errors.RayTaskError:
            raise
        except errors.RayError:
            raise LostError("it is gone") from None

    def close(self) -> None:
        with suppress(Exception):  # it may be gone, or hang
            self._ray.get(self._actor.close.remote(), timeout=5)
        with suppress(Exception):
            self._ray.kill(self._actor)


class Cluster:
    """The nodes of a cluster, as they join."""

    def __init__(self, address: str) -> None:
        """Join the cluster from one of its machines.

        Raises
        ------
        UserError
            Where Ray is not installed, or no cluster is at the address.
        """
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        os.environ["RAY_IGNORE_UNHANDLED_ERRORS"] = "1"  # of calls that nobody waits for any more
        try:
            import ray
        except ImportError:
            raise UserError(f"EXECUTOR=ray needs Ray, which is not installed: `{INSTALL}`") from None
        import ray.exceptions
        import ray.util.scheduling_strategies

        self._ray: Any = ray
        handlers = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
        try:
            ray.init(address=address, namespace="nnlabs", log_to_driver=False, logging_level=logging.ERROR)
        except Exception as error:
            why = said(error)
            raise UserError(
                f"ADDRESS: no Ray cluster can be joined at {address!r} ({why}); docs/machines.md says how to begin one"
            ) from None
        for each, handler in handlers.items():  # which Ray has replaced by its own
            signal.signal(each, handler)
        self._coming: dict[str, tuple[RayLink, Any, float]] = {}
        self._known: set[str] = set()
        self._names: set[str] = set()

    def look(self) -> Iterator[Link]:
        ray = self._ray
        nodes = {node["NodeID"]: node for node in ray.nodes() if node["Alive"]}
        self._known &= nodes.keys()
        for node_id, node in nodes.items():
            if node_id not in self._known and (threads := int(node["Resources"].get("CPU", 0))):
                self._known.add(node_id)
                self._begin(node_id, node, threads)
        for node_id, (link, answer, since) in [*self._coming.items()]:
            done, _ = ray.wait([answer], timeout=0)
            if node_id not in nodes:
                del self._coming[node_id]
            elif done:
                del self._coming[node_id]
                try:
                    ray.get(answer)
                    yield link
                except Exception as error:
                    print(f"{link.name} is refused: {_why(error)}", flush=True)
            elif time.monotonic() - since > PATIENCE:
                print(f"{link.name} does not answer: another run may have its cores", flush=True)
                self._coming[node_id] = link, answer, float("inf")

    def awaited(self) -> bool:
        return bool(self._coming)

    def _begin(self, node_id: str, node: dict[str, Any], threads: int) -> None:
        """Start a worker on a node; it answers when it is there."""
        ray, resources = self._ray, node["Resources"]
        gpus = int(resources.get("GPU", 0))
        kinds = [name.partition(":")[2] for name in resources if name.startswith("accelerator_type:")]
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node_id, soft=False)
        options = {"num_cpus": threads, "num_gpus": gpus, "max_concurrency": CALLS, "scheduling_strategy": here}
        actor = ray.remote(Worker).options(**options).remote()
        name = self._name(node["NodeManagerHostname"], node["NodeManagerAddress"])
        link = RayLink(ray, actor, name, threads, [(kinds or ["GPU"])[0]] * gpus)
        self._coming[node_id] = link, actor.lacking.remote([]), time.monotonic()

    def _name(self, host: str, address: str) -> str:
        """Of a node, by which it can be found; several on one machine are numbered."""
        names = (f"{host}{f'-{n}' if n > 1 else ''} ({address})" for n in range(1, len(self._names) + 2))
        name = next(each for each in names if each not in self._names)
        self._names.add(name)
        return name

    def close(self) -> None:
        with suppress(Exception):
            self._ray.shutdown()


def _why(error: Exception) -> str:
    """Why a worker could not begin."""
    words = str(error)
    if "No module named" in words or "ModuleNotFound" in words or "AttributeError" in words:
        return "it has no nnlabs, or that of another commit: `git pull` and `make setup` there"
    return said(error)
