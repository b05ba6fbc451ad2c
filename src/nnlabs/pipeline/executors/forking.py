"""A process that imports the heavy libraries once and forks a child for every stage: `python forking.py FD`.

It serves requests over the socket FD, a message each: JSON with the `script`, its `arguments`, what `changes` in the
environment, and the `folder` where that is another; with it come the child's standard output and error. It answers
`started` with the child's process id, and `ended` with its exit status. When the other side is gone it ends, and so do
its children.

A child begins as a new process does: the server imports nothing of the project (so it is run as a script, and none of
its own imports is), has no thread but the first, and has computed nothing. What a stage settles for itself, threads
and memory, it settles in the child (`core.runtime.configure`).
"""

import atexit
import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
import threading
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

ARRAYS = ("numpy", "pydantic", "filelock", "tqdm", "threadpoolctl")
TENSORS = (*ARRAYS, "torch", "safetensors.torch", "psutil")
PAGES = (
    *(*ARRAYS, "pandas", "jinja2", "PIL.Image"),
    *("matplotlib.figure", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg"),
    *("mpl_toolkits.mplot3d", "scipy.special"),
)
LIBRARIES = {
    "settings": (*ARRAYS, "jinja2", "yaml"),
    "data": (*ARRAYS, "PIL.Image", "sklearn.model_selection"),
    "features": TENSORS,
    "train": (*TENSORS, "torch._dynamo"),  # at an optimizer's first step
    "evaluate": (*TENSORS, "scipy.special"),
    "compute": TENSORS,
    "page": PAGES,
    "report": PAGES,
}
"""What the stages of each script import; one that is not installed is left to the stage that needs it."""
QUIET = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS")}
"""While libraries are loaded: none may start threads, which a fork would lose."""
SPINS = {"GOMP_SPINCOUNT": "10000"}
"""How long OpenMP's threads spin is read when a library is loaded: here for all stages (`core.runtime.configure`)."""
LARGEST = 1 << 16
"""Bytes of a message, of which a request's changes of the environment are the most."""


def usable() -> bool:
    """Whether a fork is as good as a new process: on Linux, where no card is that a library may have talked to."""
    cards = ("nvidia[0-9]*", "kfd", "dxg")
    return sys.platform == "linux" and not any(card for name in cards for card in Path("/dev").glob(name))


def load(script: str) -> None:
    """Import what the stages of this script import, and leave the environment as it was."""
    missing = [name for name in LIBRARIES.get(Path(script).stem, ()) if name not in sys.modules]
    if not missing:
        return
    before = dict(os.environ)
    os.environ.update(QUIET)
    for name in missing:
        with contextlib.suppress(ImportError):
            import_module(name)
    os.environ.clear()
    os.environ.update(before)
    gc.collect()
    gc.freeze()  # so that a child's collections leave the pages shared


def serve(connection: socket.socket) -> dict[str, Any] | None:
    """Fork a child a request until the other side is gone. Returns in each child, with its request."""
    awake, waker = os.pipe()
    os.set_blocking(waker, False)
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's; the children get it themselves
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker)
    while True:
        ready, _, _ = select.select([connection.fileno(), awake], [], [])
        if awake in ready:
            os.read(awake, LARGEST)
            _tell_ended(connection)
        if connection.fileno() not in ready:
            continue
        content, outputs, _, _ = socket.recv_fds(connection, LARGEST, 2)
        if not content:
            return None
        request: dict[str, Any] = json.loads(content)
        load(request["script"])
        server = os.getpid()
        if child := os.fork():
            for each in outputs:
                os.close(each)
            _tell(connection, {"started": child})
            continue
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, interrupted)
        _end_with(server)
        for each in (awake, waker, connection.detach()):
            os.close(each)
        for descriptor, output in zip((1, 2), outputs, strict=True):
            os.dup2(output, descriptor)
            os.close(output)
        return request


def _tell_ended(connection: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            _tell(connection, {"ended": ended[0], "status": os.waitstatus_to_exitcode(ended[1])})


def _tell(connection: socket.socket, message: dict[str, int]) -> None:
    with contextlib.suppress(ConnectionError):  # the other side is gone, which the next look at the socket says too
        connection.send(json.dumps(message).encode())


def _end_with(parent: int) -> None:
    """Be interrupted when the server ends: another may begin the same stage then.

    Where interrupts are ignored, as in what a shell has begun with `nohup ... &`, be terminated.
    """
    end = signal.SIGTERM if signal.getsignal(signal.SIGINT) is signal.SIG_IGN else signal.SIGINT
    set_parent_death_signal = 1  # prctl.h
    ctypes.CDLL(None).prctl(set_parent_death_signal, end)
    if os.getppid() != parent:
        os.kill(os.getpid(), end)


def become(request: dict[str, Any]) -> NoReturn:
    """Be the stage: its environment, arguments and path; then its script, to the end of the process."""
    os.environ.update(request["changes"])
    if request.get("folder"):
        os.chdir(request["folder"])
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=stream is sys.stderr or stream.isatty())  # type: ignore[union-attr]
    sys.argv = [request["script"], *request["arguments"]]
    script = Path(request["script"]).resolve()
    sys.path.insert(0, str(script.parent))
    main = sys.modules["__main__"] = ModuleType("__main__")
    main.__file__ = str(script)
    status = 0
    try:
        exec(compile(script.read_bytes(), script, "exec"), main.__dict__)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except KeyboardInterrupt:  # before the script could see to it
        status = 1
        print("interrupted: run the same command again", file=sys.stderr)
    except BaseException:
        status = 1
        sys.excepthook(*sys.exc_info())
    _exit(status)


def _exit(status: int) -> NoReturn:
    """End as Python does, but leave the libraries as they are: taking them apart would copy all of their memory."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        status = status or 120  # Python's own
    os._exit(status)


if __name__ == "__main__":
    del sys.path[0]  # this file's folder: what lies there must not stand for a library of the same name
    server_socket = socket.socket(fileno=int(sys.argv[1]))
    os.environ.update(SPINS)
    if request := serve(server_socket):
        become(request)
