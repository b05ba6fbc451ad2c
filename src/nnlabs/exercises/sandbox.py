"""How the process of a student's file shuts itself in before it runs any of it.

Limits of memory, processor time and size of files hold wherever Python has `resource`. On Linux the rest is the
kernel's: namespaces (no network, a file system that is read only but for a small folder of its own, no /proc), no
capabilities, Landlock (nothing is read but the system and Python, nothing is written but that folder), and on x86-64
a seccomp filter (no sockets, no other process or program, no signals, no way out of the namespaces). Where the system
refuses, Python's own functions are replaced, which holds off mistakes and no ill will; `enter` says which it is.
docs/exercises.md says what none of it holds off.
"""

import contextlib
import ctypes
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

MEMORY = 1 << 30
"""Bytes of address space; NumPy and one thread of its algebra take a third."""
PROCESSOR = 20
"""Seconds of processor time: twice what one grading may take."""
FILES = 16 << 20
"""Bytes of a file, and of the temporary folder where that is a file system of its own."""

NEWUSER, NEWNET, NEWNS, NEWIPC = 0x10000000, 0x40000000, 0x00020000, 0x08000000  # sched.h
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REC, MS_PRIVATE = 1, 2, 4, 1 << 14, 1 << 18  # sys/mount.h
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, ATTR_RDONLY = 442, -100, 0x8000, 1
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, FILTER = 38, 22, 2  # linux/prctl.h, linux/seccomp.h
X86_64 = 0xC000003E  # AUDIT_ARCH_X86_64
LANDLOCK = 444
"""The first of three system calls: create_ruleset, add_rule, restrict_self (linux/landlock.h)."""
READING, WRITING = 0b1101, 0b1_1111_1111_0010
"""Its rights: to run, read and list; to write, make and remove."""
TRUNCATING = 1 << 14
"""A right that it has since its third version."""
IMPORTED = (*sys.path, str(Path(__file__).parents[2]))
"""Where modules come from; an editable installation is not in the path."""
ANY, SHORT = "whatever its user may", "the system and Python"
SYSTEM = ("/usr", "/lib", "/lib64", "/etc", "/dev")
DENIED = {
    **{"socket": 41, "clone": 56, "fork": 57, "vfork": 58, "execve": 59, "kill": 62, "ptrace": 101},
    **{"setrlimit": 160, "mount": 165, "umount2": 166, "tkill": 200, "tgkill": 234, "keyctl": 250, "unshare": 272},
    **{"perf_event_open": 298, "prlimit64": 302, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311},
    **{"bpf": 321, "execveat": 322, "pidfd_send_signal": 424, "io_uring_setup": 425, "open_tree": 428},
    **{"move_mount": 429, "fsopen": 430, "clone3": 435, "mount_setattr": 442},
    # what changes files and is no business of Landlock's
    **{"truncate": 76, "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93, "lchown": 94, "utime": 132},
    **{"setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "removexattr": 197, "lremovexattr": 198},
    **{"fremovexattr": 199, "utimes": 235, "fchownat": 260, "futimesat": 261, "fchmodat": 268, "utimensat": 280},
    **{"fchmodat2": 452},
}
"""System calls of x86-64 that end with "not permitted"."""


class _Attributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "user_namespace")]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("first", ctypes.POINTER(_Instruction))]


def enter(folder: str, hidden: Sequence[str] = ()) -> list[str]:
    """Shut this process in, with `folder` to write to and the folders `hidden` out of sight; say what holds."""
    _limit()
    alone = read_only = fenced = filtered = False
    if sys.platform == "linux":
        alone = _namespaces()
        read_only = alone and _read_only(folder, hidden)
        _drop_capabilities()
        if not _libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            fenced = _fenced(folder)
            filtered = platform.machine() == "x86_64" and _filter()
    if not (alone or filtered):
        _without_sockets()
    if not filtered:
        _without_processes()
    os.chdir(folder)
    return [
        "network: none, by the kernel" if alone or filtered else "network: Python's sockets are blocked, nothing more",
        f"files: reads {SHORT if fenced else ANY}, writes {'its own folder' if fenced or read_only else ANY}",
        "processes: none but itself, by the kernel" if filtered else "processes: Python's functions are blocked",
    ]


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    limits = {"CORE": 0, "CPU": PROCESSOR, "FSIZE": FILES, "NOFILE": 64, "NPROC": 0, "AS": MEMORY}
    for name, limit in limits.items():
        with contextlib.suppress(ValueError, OSError):  # a system may know a limit and refuse it
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limit, limit))


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _namespaces() -> bool:
    libc, user, group = _libc(), os.getuid(), os.getgid()
    if libc.unshare(NEWUSER | NEWNET | NEWNS | NEWIPC) and libc.unshare(NEWNET | NEWNS | NEWIPC):
        return False
    for file, words in (("setgroups", "deny"), ("uid_map", f"65534 {user} 1"), ("gid_map", f"65534 {group} 1")):
        with contextlib.suppress(OSError):  # a second time, or without a user namespace
            Path("/proc/self", file).write_text(words)
    return True


def _read_only(folder: str, hidden: Iterable[str]) -> bool:
    """All mounts read only, and empty file systems over the folders."""
    libc = _libc()
    if libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None):
        return False
    wanted = _Attributes(set=ATTR_RDONLY)
    size = ctypes.c_size_t(ctypes.sizeof(wanted))
    if libc.syscall(MOUNT_SETATTR, AT_FDCWD, b"/", AT_RECURSIVE, ctypes.byref(wanted), size):
        return False
    for each in (folder, "/proc", *(each for each in hidden if not _needed(each, folder))):
        room, flags = (b"size=%d" % FILES, 0) if each == folder else (b"size=4k", MS_RDONLY)
        if libc.mount(b"tmpfs", os.fsencode(each), b"tmpfs", MS_NOSUID | MS_NODEV | flags, room):
            return False
    return True


def _needed(hidden: str, folder: str) -> bool:
    """Whether modules are imported from there, or the process's own folder lies in it."""
    return any(Path(each).resolve().is_relative_to(Path(hidden).resolve()) for each in (*IMPORTED, folder))


def _drop_capabilities() -> None:
    version_3 = (ctypes.c_uint32 * 2)(0x20080522, 0)  # of this process
    _libc().capset(ctypes.byref(version_3), ctypes.byref((ctypes.c_uint32 * 6)()))


def _fenced(folder: str) -> bool:
    """Landlock: what may be read and written from now on."""
    libc = _libc()
    version = libc.syscall(LANDLOCK, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    writing = WRITING | (TRUNCATING if version >= 3 else 0)
    handled = ctypes.c_uint64(READING | writing)
    rules = libc.syscall(LANDLOCK, ctypes.byref(handled), ctypes.c_size_t(8), 0)
    readable = {*SYSTEM, sys.prefix, sys.base_prefix, *IMPORTED}
    for each in (*filter(os.path.isdir, readable), folder):
        place = os.open(each, os.O_PATH | os.O_CLOEXEC)
        rule = _Beneath(READING | (writing if each == folder else 0), place)
        if libc.syscall(LANDLOCK + 1, rules, 1, ctypes.byref(rule), 0):
            return False
        os.close(place)
    held = not libc.syscall(LANDLOCK + 2, rules, 0)
    os.close(rules)
    return held


def _filter() -> bool:
    """A program for the kernel: load the architecture, then the number of the call, and compare (linux/filter.h)."""
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    refused = [(at_least, 1 << 30), *((equal, number) for number in DENIED.values())]  # the first: calls of x32
    steps = [(load, 0, 0, 4), (equal, 1, 0, X86_64), (give, 0, 0, 0x80000000), (load, 0, 0, 0)]
    steps += [(code, len(refused) - i, 0, k) for i, (code, k) in enumerate(refused)]
    steps += [(give, 0, 0, 0x7FFF0000), (give, 0, 0, 0x00050001)]  # allowed; "not permitted"
    program = (_Instruction * len(steps))(*(_Instruction(*each) for each in steps))
    return not _libc().prctl(PR_SET_SECCOMP, FILTER, ctypes.byref(_Program(len(steps), program)), 0, 0)


def _refused(*_: object, **__: object) -> NoReturn:
    raise PermissionError("not while a submission is graded")


def _without_sockets() -> None:
    for name in ("socket", "create_connection", "create_server", "socketpair", "getaddrinfo"):
        setattr(socket, name, _refused)


def _without_processes() -> None:
    for name in (
        "fork",
        "forkpty",
        "posix_spawn",
        "posix_spawnp",
        "system",
        "popen",
        "kill",
        "killpg",
        "execv",
        "execve",
    ):
        if hasattr(os, name):
            setattr(os, name, _refused)
    subprocess.Popen = _refused  # type: ignore[misc,assignment]
