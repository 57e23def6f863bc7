# SPDX-License-Identifier: LGPL-2.1-or-later
"""Our packages come and go. They are the .debs in $JPKI_DEBS, or, without it, what apt knows by their names; of a later version
in $JPKI_DEBS_NEXT."""

import os
import re
from pathlib import Path

from machine import run


def apt(*argv: str, status: int | None = 0) -> str:
    return run("apt-get", "-q", "-y", "-o", "Dpkg::Use-Pty=0", *argv, status=status)


class Packages:
    """Some of them, by name."""

    def __init__(self, *names: str):
        self.names = names

    def for_apt(self, variable: str = "JPKI_DEBS") -> list[str]:
        directory = os.environ.get(variable)
        if not directory:
            return list(self.names)
        debs = [str(path) for name in self.names for path in Path(directory).glob(f"{name}_*.deb")]
        assert len(debs) == len(self.names), debs
        return debs

    def install_what_they_need(self) -> None:
        plan = apt("install", "--simulate", *self.for_apt())
        apt("install", *(name for name in re.findall(r"^Inst (\S+)", plan, re.M) if name not in self.names))

    def install(self, variable: str = "JPKI_DEBS") -> None:
        apt("install", "--allow-downgrades", *self.for_apt(variable))

    def reinstall(self) -> None:
        apt("install", "--reinstall", "--allow-downgrades", *self.for_apt())

    def remove(self) -> None:
        apt("remove", *self.names)

    def purge(self) -> None:
        known = run("dpkg-query", "-W", "-f", "${Package} ${Status}\\n").splitlines()
        apt("purge", *(name for name, *status in map(str.split, known) if name in self.names and status[-1] != "not-installed"))


# Without jpki-greeter and jpki-gdm: they bring display managers.
OURS = Packages("libpam-jpki", "libnss-ad", "jpki-validator", "jpkictl", "jpki-pkcs11", "jpki-testkit")
