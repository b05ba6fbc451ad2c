"""A process that has imported the heavy libraries once and forks a child for every stage.

`python -m nnlabs.pipeline.executors.forking FD` serves requests over the socket FD: a JSON line with `words`, `environment`
and `folder`, and with it the child's standard output and error. It answers with the child's process id, and with its exit
status once it has ended. When the other side is gone it ends, and its children notice.

The server has no thread but its own and has computed nothing, so that a child begins as a new process does; what a
stage sets for itself (threads, memory, signals) is set in the child. Where that cannot be promised, stages start as
processes of their own (`usable`).
"""

import array
import atexit
import contextlib
import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

LIBRARIES = (
    *("numpy", "pydantic", "safetensors.torch", "torch", "torch._dynamo", "yaml", "tqdm", "filelock", "psutil"),
    *("scipy.special", "sklearn.metrics", "sklearn.model_selection", "pandas", "jinja2"),
    *("matplotlib.figure", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg"),
)
"""What stages import; one that is not installed is left to the stage that needs it."""
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "MKL", "OPENBLAS", "NUMBA")}
"""While libraries are loaded: none may start a pool of threads, which a fork would lose."""


def usable() -> bool:
    """Whether a fork is as good as a new process: on Linux, where no card is that a library may have talked to."""
    return sys.platform == "linux" and not Path("/dev/nvidia0").exists() and not Path("/dev/kfd").exists()


def serve(connection: socket.socket) -> None:
    """Import, then fork a child a request until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's; the children are interrupted themselves
    for library in LIBRARIES:
        with contextlib.suppress(ImportError):
            import_module(library)
    gc.collect()
    gc.freeze()
    ended_pipe, signal_pipe = os.pipe()
    os.set_blocking(signal_pipe, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(signal_pipe)
    while True:
        ready, _, _ = select.select([connection, ended_pipe], [], [])
        if ended_pipe in ready:
            os.read(ended_pipe, 4096)
            _report(connection)
        if connection in ready:
            content, descriptors = _receive(connection)
            if not content:
                return
            child = os.fork()
            if child == 0:
                signal.set_wakeup_fd(-1)
                for each in (ended_pipe, signal_pipe):
                    os.close(each)
                connection.close()
                _become(json.loads(content), descriptors)
            for each in descriptors:
                os.close(each)
            _send(connection, {"started": child})


def _report(connection: socket.socket) -> None:
    """Tell of every child that has ended."""
    while True:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not child:
            return
        _send(connection, {"ended": child, "status": os.waitstatus_to_exitcode(status)})


def _become(request: dict[str, Any], descriptors: list[int]) -> NoReturn:
    """Be the stage: its output, folder, environment and arguments; then its script, to the end of the process."""
    for target, descriptor in zip((1, 2), descriptors, strict=True):
        os.dup2(descriptor, target)
        os.close(descriptor)
    for each in (signal.SIGINT, signal.SIGCHLD):
        signal.signal(each, signal.SIG_DFL if each == signal.SIGCHLD else signal.default_int_handler)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    gc.unfreeze()
    sys.argv = request["words"][1:]
    sys.path[0] = str(Path(sys.argv[0]).parent.resolve())  # as Python does for a script
    status = 1
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
        status = 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        else:
            status = int(end.code or 0)
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    finally:
        atexit._run_exitfuncs()
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _send(connection: socket.socket, message: dict[str, Any]) -> None:
    connection.sendall(json.dumps(message).encode() + b"\n")


def _receive(connection: socket.socket) -> tuple[bytes, list[int]]:
    """One request with the descriptors that came along; empty when the other side is gone."""
    descriptors = array.array("i")
    content = b""
    while not content.endswith(b"\n"):
        part, ancillary, _, _ = connection.recvmsg(1 << 16, socket.CMSG_LEN(2 * descriptors.itemsize))
        if not part:
            return b"", []
        content += part
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    return content, list(descriptors)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
