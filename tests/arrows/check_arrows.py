#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The dependency rule of ARCHITECTURE.md, checked on every #include "…": check_arrows.py TOP.

A file may include headers of its own folder and of the folders that ARROWS names for it; an arrow to a folder does
not reach its sub-folders. Tests may include what they test.
"""

import os
import re
import sys
from pathlib import Path

# Decide on bytes and time; know neither card, network nor configuration.
CHECKS = ("asn1", "x509", "trust", "path", "crl", "ocsp", "schedule", "map")
PARTS = (*CHECKS, "revocation", "card", "fetch", "config")
# The floors of the house, from the ground up: no arrow goes up. pam_jpki stands beside them, on the ground floor
# itself: its sub-folders bring libraries that a program's process may have and a host's may not.
FLOORS = ("base", "emergency", "nss_ad", "validator", "jpkictl")
ARROWS: dict[str, tuple[str, ...]] = {
    "base": (),
    "base/mapping": ("base",),
    "base/program": ("base",),
    "base/sandbox": ("base",),
    "base/settings": ("base",),
    "validator/asn1": ("base",),
    "validator/x509": ("base", "validator/asn1"),
    "validator/trust": ("base", "validator/asn1", "validator/x509", "base/settings"),
    "validator/path": ("base", "validator/asn1", "validator/x509", "validator/trust"),
    "validator/crl": ("base", "validator/asn1", "validator/x509", "validator/trust", "validator/path"),
    "validator/ocsp": ("base", "validator/asn1", "validator/x509"),
    "validator/schedule": ("base",),
    "validator/fetch": ("base",),
    "validator/fetch/program": ("base", "validator/fetch", "validator/config", "base/sandbox"),
    "validator/revocation": ("base", "validator/fetch", "validator/x509", "validator/trust", "validator/path",
                             "validator/crl", "validator/ocsp", "validator/schedule"),
    "validator/crl_refresh": ("base", "validator/asn1", "validator/x509", "validator/trust", "validator/path",
                              "validator/crl", "validator/fetch", "validator/config", "base/program",
                              "base/sandbox"),
    "validator/map": ("base", "base/mapping", "nss_ad/snapshot", "validator/asn1", "validator/x509", "validator/path"),
    "validator/card": ("base", "validator/x509"),
    "validator/succession": ("base", "base/mapping", "validator/asn1", "validator/config", "validator/map", "validator/ocsp", "validator/path", "validator/revocation",
                             "validator/trust", "validator/x509"),
    "validator/self_registration": ("base", "base/mapping", "validator/config", "validator/map", "validator/path", "validator/succession", "validator/x509"),
    "validator/config": ("base", "base/settings", "validator/card", "validator/x509", "validator/schedule", "validator/fetch"),
    "validator/engine": ("base", "validator/card", "validator/revocation", "validator/self_registration", "validator/succession", "validator/ticket", *(f"validator/{part}" for part in CHECKS)),
    "validator/registration": ("base", "base/mapping", "validator/card", "validator/engine", "validator/map", "validator/x509"),
    "validator/relay": ("base", "base/sandbox"),
    "validator/ticket": ("base",),
    "validator/ticket/module": ("base", "validator/ticket"),
    "validator/ticket/program": ("base", "base/program", "base/sandbox", "validator/config", "validator/ticket"),
    "validator/unlock": ("base", "validator/config"),
    "validator": ("base", "base/program", "base/sandbox", "validator/engine", "validator/registration", "validator/self_registration", "validator/succession", "validator/ticket", "validator/unlock",
                  *(f"validator/{part}" for part in PARTS)),
    "emergency": ("base", "base/program", "base/sandbox"),
    "jpkictl": ("base", "base/sandbox", "emergency", "validator", "nss_ad/account", "nss_ad/config", "nss_ad/directory", "nss_ad/idmap",
                "nss_ad/ldap", "nss_ad/refresh", "nss_ad/resolve", "nss_ad/snapshot", "validator/crl_refresh",
                *(f"validator/{part}" for part in PARTS)),
    "jpkictl/doctor": ("base", "jpkictl", "jpkictl/pam", "nss_ad/config", "nss_ad/ldap", "pkcs11", "validator", *(f"validator/{part}" for part in PARTS)),
    "jpkictl/pam": ("base",),
    "jpkictl/setup": ("base", "base/settings", "jpkictl", "jpkictl/doctor", "jpkictl/pam", "nss_ad/config", "validator/config"),
    "jpkictl/card": ("base", "base/mapping", "base/program", "jpkictl", "nss_ad/bindings", "nss_ad/config", "nss_ad/directory", "nss_ad/ldap", "nss_ad/snapshot",
                     "validator/config", "validator/map", "validator/registration", "validator/succession", "validator/trust",
                     "validator/x509"),
    "pam_jpki": ("base",),
    "pkcs11": ("base", "validator/asn1"),
    "guard": ("base", "base/sandbox", "pkcs11", "validator/card", "validator/config", "validator/relay"),
    "greeter": ("base", "base/program", "base/settings"),
    "nss_ad/directory": ("base",),
    "nss_ad/snapshot": ("base", "nss_ad/directory"),
    "nss_ad/module": ("nss_ad/snapshot",),
    "nss_ad/ldap": ("base", "base/mapping", "base/program", "nss_ad/directory", "nss_ad/snapshot"),
    "nss_ad/idmap": ("base", "nss_ad/directory"),
    "nss_ad/refresh": ("base", "base/program", "base/sandbox", "nss_ad/directory", "nss_ad/idmap", "nss_ad/snapshot", "nss_ad/config", "nss_ad/ldap",
                       "nss_ad/ldif", "nss_ad/resolve"),
    "nss_ad/config": ("base", "nss_ad/directory", "nss_ad/idmap", "nss_ad/ldap", "nss_ad/snapshot",
                      "base/settings", "base/mapping"),
    "nss_ad/account": ("base", "base/program", "nss_ad/config", "nss_ad/directory", "nss_ad/snapshot", "base/sandbox"),
    "nss_ad/live": ("base", "nss_ad/account", "nss_ad/config", "nss_ad/directory", "nss_ad/ldap", "base/sandbox"),
    "nss_ad/bindings": ("base", "base/mapping", "base/sandbox", "nss_ad/config", "nss_ad/directory", "nss_ad/ldap"),
    "nss_ad/ldif": ("base", "nss_ad/directory"),
    "nss_ad/resolve": ("base", "nss_ad/directory", "nss_ad/idmap", "nss_ad/config", "nss_ad/snapshot",
                       "base/mapping"),
    "testkit/pki": ("base",),
    "testkit/ocsp": ("base", "testkit/pki"),
    "testkit/vcard": ("base",),
    "testkit/ifdhandler": ("base",),
}


def floor(folder: str) -> int:
    """Where a folder stands; what is not of the house (the module, the test kit) stands on all of it."""
    top = folder.split("/")[0]
    if top == "pkcs11":
        top = "validator"  # whose DER reader it uses; programs above may use what it knows of a card
    return FLOORS.index(top) if top in FLOORS else len(FLOORS)


def arrows_that_go_up() -> list[str]:
    """Where the table itself breaks the rule."""
    wrong = [f"{folder} -> {target}: an arrow goes up" for folder, targets in ARROWS.items() for target in targets
             if floor(target) > floor(folder)]
    if ARROWS["pam_jpki"] != ("base",):
        wrong.append("pam_jpki may include base alone")
    return wrong


INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def sources(top: Path) -> list[Path]:
    found = []
    for folder in sorted({arrow.split("/")[0] for arrow in ARROWS}):
        for directory, _, files in os.walk(top / folder):
            found += [Path(directory) / name for name in files if name.endswith((".cc", ".h"))]
    return sorted(found)


def violations(top: Path, file: Path) -> list[str]:
    folder = str(file.parent.relative_to(top))
    name = file.relative_to(top)
    if folder not in ARROWS:
        return [f"{name}: no rule for the folder {folder}; add its arrows to ARCHITECTURE.md and tests/arrows"]
    wrong = []
    text = file.read_text(encoding="utf-8")
    for found in INCLUDE.finditer(text):
        header = found.group(1)
        target = os.path.dirname(header)
        if target != folder and target not in ARROWS[folder]:
            line = text.count("\n", 0, found.start(1)) + 1
            wrong.append(f"{name}:{line}: {folder} may not include {header}")
    return wrong


def main() -> int:
    top = Path(sys.argv[1]).resolve()
    files = sources(top)
    wrong = arrows_that_go_up() + [line for file in files for line in violations(top, file)]
    for line in wrong:
        print(line)
    print(f"{len(files)} files checked, {len(wrong)} wrong arrows")
    return 1 if wrong or not files else 0


if __name__ == "__main__":
    sys.exit(main())
