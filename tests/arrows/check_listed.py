#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every source and test is named by a makefile, or the tarball lacks it: check_listed.py TOP.

debian/, .ci/ and directories that are named as a whole are not looked at.
"""

import os
import sys
from pathlib import Path

LEFT_OUT = ("build", "debian", "tests/fuzz/corpus", "tests/fuzz/regressions", "autom4te.cache", "m4")
KINDS = (".cc", ".h", ".c", ".py", ".sh", ".md", ".po")


def main(top: Path) -> int:
    makefiles, files = "", []
    for directory, inner, names in os.walk(top):
        here = Path(directory).relative_to(top)
        inner[:] = [name for name in inner if not name.startswith((".", "build-")) and str(here / name) not in LEFT_OUT]
        for name in names:
            if name == "Makefile.am" or name.endswith(".inc"):
                makefiles += (Path(directory) / name).read_text(encoding="utf-8")
            elif name.endswith(KINDS):
                files.append(str(here / name))
    words = set(makefiles.replace("\\\n", " ").split())
    missing = sorted(file for file in files if file not in words)
    for file in missing:
        print(f"{file}: no makefile names it, so `make dist` leaves it out")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
