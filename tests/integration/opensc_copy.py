# SPDX-License-Identifier: LGPL-2.1-or-later
"""A copy of OpenSC that ./dev upstream built, laid over the installed one of this namespace. The installed pkcs11-tool would bring the
installed libopensc into the same process, so the copy brings its own."""

import os
import shutil
from pathlib import Path

COPIES = ("plain", "patched")
USR = Path("/usr")


def built() -> Path:
    return Path(os.environ["JPKI_UPSTREAM"])


def lay_over(copy: str) -> None:
    for source in (built() / copy / "stage/usr").rglob("*"):
        if source.is_dir():
            continue
        target = USR / source.relative_to(built() / copy / "stage/usr")
        if target.exists() or target.is_symlink():
            target.unlink()
        shutil.copy2(source, target, follow_symlinks=False)
