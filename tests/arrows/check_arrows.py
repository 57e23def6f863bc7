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
PARTS = (*CHECKS, "revocation", "card", "fetch", "config", "sandbox", "settings")
ARROWS: dict[str, tuple[str, ...]] = {
    "base": (),
    "validator/asn1": ("base",),
    "validator/x509": ("base", "validator/asn1"),
    "validator/settings": ("base",),
    "validator/sandbox": ("base",),
    "validator/trust": ("base", "validator/asn1", "validator/x509", "validator/settings"),
    "validator/path": ("base", "validator/asn1", "validator/x509", "validator/trust"),
    "validator/crl": ("base", "validator/asn1", "validator/x509", "validator/trust", "validator/path"),
    "validator/ocsp": ("base", "validator/asn1", "validator/x509"),
    "validator/schedule": ("base",),
    "validator/fetch": ("base",),
    "validator/fetch/program": ("base", "validator/fetch", "validator/config", "validator/sandbox"),
    "validator/revocation": ("base", "validator/fetch", "validator/x509", "validator/trust", "validator/path",
                             "validator/crl", "validator/ocsp", "validator/schedule"),
    "validator/crl_refresh": ("base", "validator/asn1", "validator/x509", "validator/trust", "validator/path",
                              "validator/crl", "validator/fetch", "validator/config", "validator/sandbox"),
    "validator/map": ("base", "validator/asn1", "validator/x509", "validator/path", "nss_ad/snapshot"),
    "validator/card": ("base", "validator/x509"),
    "validator/config": ("base", "validator/settings", "validator/x509", "validator/schedule", "validator/fetch"),
    "validator/engine": ("base", "validator/card", "validator/revocation", *(f"validator/{part}" for part in CHECKS)),
    "validator": ("base", "validator/engine", *(f"validator/{part}" for part in PARTS)),
    "jpkictl": ("base", "validator", "nss_ad/account", "nss_ad/config", "nss_ad/directory", "nss_ad/idmap",
                "nss_ad/ldap", "nss_ad/refresh", "nss_ad/resolve", "nss_ad/snapshot", "validator/crl_refresh",
                *(f"validator/{part}" for part in PARTS)),
    "pam_jpki": ("base",),
    "nss_ad/directory": ("base",),
    "nss_ad/snapshot": ("base", "nss_ad/directory"),
    "nss_ad/module": ("nss_ad/snapshot",),
    "nss_ad/ldap": ("base", "nss_ad/directory"),
    "nss_ad/idmap": ("base", "nss_ad/directory"),
    "nss_ad/refresh": ("base", "nss_ad/directory", "nss_ad/idmap", "nss_ad/snapshot", "nss_ad/config", "nss_ad/ldap",
                       "nss_ad/ldif", "nss_ad/resolve"),
    "nss_ad/config": ("base", "nss_ad/directory", "nss_ad/idmap", "nss_ad/ldap", "nss_ad/snapshot",
                      "validator/settings", "validator/map"),
    "nss_ad/account": ("base", "nss_ad/config", "nss_ad/directory", "nss_ad/snapshot", "validator/sandbox"),
    "nss_ad/live": ("base", "nss_ad/account", "nss_ad/config", "nss_ad/directory", "nss_ad/ldap", "validator/sandbox"),
    "nss_ad/ldif": ("base", "nss_ad/directory"),
    "nss_ad/resolve": ("base", "nss_ad/directory", "nss_ad/idmap", "nss_ad/config", "nss_ad/snapshot",
                       "validator/map"),
    "testkit/pki": ("base",),
    "testkit/ocsp": ("base", "testkit/pki"),
    "testkit/vcard": ("base",),
}
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
    wrong = [line for file in files for line in violations(top, file)]
    for line in wrong:
        print(line)
    print(f"{len(files)} files checked, {len(wrong)} wrong includes")
    return 1 if wrong or not files else 0


if __name__ == "__main__":
    sys.exit(main())
