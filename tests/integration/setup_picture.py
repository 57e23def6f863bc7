# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a setup may change, as it is now."""

import hashlib
import os
from pathlib import Path

GDM = (Path("/etc/alternatives/gdm-smartcard"), Path("/var/lib/dpkg/alternatives/gdm-smartcard"))


def picture() -> dict[str, tuple]:
    """Every file that may change: bytes, owner, group, mode."""
    seen = {}
    for top in filter(os.path.lexists, ("/etc/jpki", "/etc/pam.d", "/var/lib/pam", "/etc/nsswitch.conf", "/etc/lightdm/lightdm.conf.d", *GDM)):
        for path in (Path(top), *Path(top).rglob("*")):
            info = path.lstat()
            what = os.readlink(path) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            seen[str(path)] = (what, info.st_uid, info.st_gid, info.st_mode)
    return seen
