# SPDX-License-Identifier: LGPL-2.1-or-later
"""Private namespaces also where the root is no mount point, as in a plain chroot: unshare(1) gives up there.

namespace.py and tests/packages/clean_root.py begin their unshare commands with unshare() and, inside, call make_mount_point()
before they mount anything.
"""

import ctypes
import os
from pathlib import Path

CLONE_NEWNS = 0x00020000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000


def is_mount_point() -> bool:
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    return any(line.split()[4] == "/" for line in mounts)


def unshare(*options: str) -> tuple[str, ...]:
    """The command; without a mount point of its own the root's propagation is left to make_mount_point()."""
    return ("unshare", *(() if is_mount_point() else ("--propagation", "unchanged")), *options)


def make_mount_point() -> None:
    """Only in a mount namespace of one's own. Entering that namespace again leads out of the chroot, to where it can be mounted."""
    if is_mount_point():
        return
    directory = os.getcwd()
    root = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    namespace = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.setns(namespace, CLONE_NEWNS))
    os.fchdir(root)
    path = os.fsencode(os.getcwd())
    _check(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None))
    _check(libc.mount(path, path, None, MS_BIND | MS_REC, None))
    os.chroot(path)
    os.chdir(directory)
    os.close(namespace)
    os.close(root)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "/")
