# SPDX-License-Identifier: LGPL-2.1-or-later
"""What packages leave on a machine: every file before and after."""

import hashlib
import os
import re
import stat
from pathlib import Path

from machine import run

# Where every installation leaves traces: package managers' lists, caches, logs. Other file systems are not looked at either.
NOT_LOOKED_AT = ("/tmp", "/var/log", "/var/cache", "/var/lib/dpkg", "/var/lib/apt", "/root", "/home", "/var/lib/systemd/catalog")
# Rewritten by who adds and removes users or libraries, with the same content or as the copy of the last one.
ONLY_THEIR_NAMES = re.compile(r"/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$|/etc/ld\.so\.cache$|/etc/\.pwd\.lock$")


def fingerprint(path: Path) -> str:
    about = path.lstat()
    text = f"{stat.filemode(about.st_mode)} {about.st_uid}:{about.st_gid}"
    if ONLY_THEIR_NAMES.match(str(path)):
        return "there"
    if path.is_symlink():
        return f"{text} -> {os.readlink(path)}"
    if stat.S_ISREG(about.st_mode):
        return f"{text} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return text


def everything() -> dict[str, str]:
    found = {}
    device = os.lstat("/").st_dev
    for top, directories, files in os.walk("/"):
        directories[:] = [name for name in directories if os.path.join(top, name) not in NOT_LOOKED_AT
                          and os.lstat(os.path.join(top, name)).st_dev == device]
        for name in (*directories, *files):
            path = Path(top) / name
            found[str(path)] = fingerprint(path)
    return found


def assert_unchanged(before: dict[str, str]) -> None:
    after = everything()
    changed = [f"{path}: {before.get(path, 'was not there')} -> {after.get(path, 'is gone')}"
               for path in sorted({*before, *after}) if before.get(path) != after.get(path)]
    assert not changed, "\n".join(changed)
    assert run("getent", "passwd", "_jpki", status=None) == run("getent", "group", "_jpki", status=None) == ""
