"""Programs of a copy start as forks of one process that has imported what they import.

A test of the pipeline starts `dvc` and stages by the dozen, and nine tenths of its time is their imports. `install`
puts a `python` and a `dvc` of its own first on a copy's path: they hand their arguments, folder, environment and
outputs to a server (this file, run as a program), which forks a child to run the same script as the real ones do. What
a child loads of the project it loads itself. Tests that kill programs start the real ones.
"""

import array
import contextlib
import importlib.util
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

FORKING = Path("src/nnlabs/pipeline/executors/forking.py").resolve()
"""Has the libraries of all stages, and how a fork becomes a script."""
CLIENT = """#!{python} -IS
import array, os, signal, socket, sys
name, arguments = os.path.basename(sys.argv[0]), sys.argv[1:]
if name == "python" and not (arguments and (arguments[0] == "-m" or arguments[0].endswith(".py"))):
    os.execv({python!r}, [{python!r}, *arguments])
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.connect({address!r})
for each in (signal.SIGINT, signal.SIGTERM):
    signal.signal(each, lambda number, frame: server.send(bytes([number])))
told = (os.getcwd(), name, "\\0".join(arguments), "\\0".join(k + "=" + v for k, v in os.environ.items()))
rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", (0, 1, 2)))
server.sendmsg(["\\1".join(told).encode("utf-8", "surrogateescape")], [rights])
status = int(server.recv(16) or 1)
if status < 0:
    signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
os._exit(status)
"""
MODULE = """import os, runpy, sys
sys.path[0] = os.getcwd()
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
LARGEST = 1 << 18
"""Bytes of a request, of which the environment is the most."""
HOLD = b"hold"
"""Says that the server has to stay as long as this connection is open."""
OF_DVC = (
    *("dvc.repo.reproduce", "dvc.repo.status", "dvc.repo.metrics.show", "dvc.repo.experiments.run"),
    *("dvc.repo.experiments.executor.local", "dvc.repo.experiments.queue.workspace", "dvc.repo.plots", "dvc.dvcfile"),
    *("dvc.stage.loader", "dvc.parsing", "dvc.utils.hydra", "dvc.fs.dvc", "pygit2", "dulwich.repo", "ruamel.yaml"),
    *("networkx", "dvc_objects.fs.local", "dvc.scm", "dvc.repo.experiments.show", "yaml"),
)
OF_FEW = (
    *("numba", "requests", "scipy.optimize", "scipy.stats"),
    *("sklearn.decomposition", "sklearn.linear_model", "sklearn.svm"),
)
"""What few stages import, so that the project's own server leaves it to them."""


def install(folder: Path, environment: dict[str, str]) -> Iterator[Path]:
    """Serve until the iterator goes on, and that of every other process that asked for this folder.

    Yields the folder to put first on PATH.
    """
    address, started = folder / "server", []
    with FileLock(f"{folder}.lock"):
        if not _served(address):  # nobody has asked yet, or all who did are gone
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name in ("python", "dvc"):
                (folder / name).write_text(CLIENT.format(python=sys.executable, address=str(address)))
                (folder / name).chmod(0o755)
            (folder / "module.py").write_text(MODULE)
            command = [sys.executable, __file__, address]
            started.append(subprocess.Popen(command, env=environment, start_new_session=True))
        while not address.exists():
            assert all(each.poll() is None for each in started), "the server of forks ended"
            time.sleep(0.05)
        held = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        held.connect(str(address))
        held.send(HOLD)
    yield folder
    held.close()
    for each in started:
        each.wait()


def _served(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asking:
        return asking.connect_ex(str(address)) == 0


class Server:
    def __init__(self, address: str) -> None:
        spec = importlib.util.spec_from_file_location("forking", FORKING)
        assert spec and spec.loader
        self.forking = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.forking)
        self.folder = Path(address).parent
        self.dvc = Path(sys.executable).with_name("dvc")
        self.running: dict[int, socket.socket] = {}
        self.holding: list[socket.socket] = []
        os.environ.update(self.forking.SPINS)
        self._load()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(f"{address}.new")
        self.listener.listen(64)
        Path(f"{address}.new").rename(address)

    def _load(self) -> None:
        before = dict(os.environ)
        from dvc.cli.parser import get_main_parser

        get_main_parser()
        self.forking.LIBRARIES |= {"dvc": OF_DVC, "few": OF_FEW}
        for script in self.forking.LIBRARIES:
            self.forking.load(script)
        os.environ.clear()
        os.environ.update(before)

    def serve(self) -> dict[str, object]:
        """Fork a child a request; returns in each child, with what it is to be."""
        awake, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker)
        while True:
            ready, _, _ = select.select([self.listener, awake, *self.holding, *self.running.values()], [], [])
            if awake in ready:
                os.read(awake, 4096)
                self._tell_ended()
            for child, client in list(self.running.items()):
                if client in ready:  # a signal to hand on, or the client is gone
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(child, (client.recv(1) or bytes([signal.SIGINT]))[0])
            held = bool(self.holding)
            for each in [each for each in self.holding if each in ready]:  # nobody says more: it is closed
                self.holding.remove(each)
            if held and not self.holding and self.listener not in ready:
                os._exit(0)
            if self.listener not in ready:
                continue
            client, _ = self.listener.accept()
            content, rights, _, _ = client.recvmsg(LARGEST, socket.CMSG_LEN(3 * 4))
            if not content:  # looked whether anybody serves
                client.close()
                continue
            if content == HOLD:
                self.holding.append(client)
                continue
            outputs = array.array("i", rights[0][2])
            if child := os.fork():
                self.running[child] = client
                for each in outputs:
                    os.close(each)
                continue
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for open_socket in (client, self.listener, *self.holding, *self.running.values()):
                open_socket.close()
            for descriptor, output in zip((0, 1, 2), outputs, strict=True):
                os.dup2(output, descriptor)
            for each in (awake, waker, *(output for output in outputs if output > 2)):
                os.close(each)
            return self._request(content.decode("utf-8", "surrogateescape"))

    def _request(self, content: str) -> dict[str, object]:
        folder, name, given, settings = content.split("\1")
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(self.forking.SPINS)
        arguments = given.split("\0") if given else []
        if name == "dvc":
            script = str(self.dvc)
        elif arguments[0] == "-m":
            script, arguments = str(self.folder / "module.py"), arguments[1:]
        else:
            script, *arguments = arguments
        changes = dict(each.split("=", 1) for each in settings.split("\0"))
        return {"script": script, "arguments": arguments, "changes": changes}

    def _tell_ended(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                client = self.running.pop(ended[0])
                with contextlib.suppress(OSError):
                    client.send(str(os.waitstatus_to_exitcode(ended[1])).encode())
                client.close()


if __name__ == "__main__":
    del sys.path[0]
    server = Server(sys.argv[1])
    server.forking.become(server.serve())
