#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A full nss-ad-refresh beside ldapsearch making the same paged dump of the same controller, alternately in one run.

    refresh.py [--users N] [--runs N]        (inside tests/integration/namespace.py)

Both bind by Kerberos from the same keytab, over a sealed connection. The limit is 1.2 times ldapsearch's median.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from ad_contents import STAFF, entry  # noqa: E402
from ad_site import ETC, STATE, AdSite  # noqa: E402
from domain_controller import BASE, HOST, DomainController  # noqa: E402

LIMIT = 1.2
GROUPS = 300
FILTER = "(|(&(objectCategory=person)(objectClass=user))(&(objectClass=group)))"
ATTRIBUTES = ("objectClass", "objectGUID", "objectSid", "sAMAccountName", "userPrincipalName", "displayName", "primaryGroupID",
              "uidNumber", "gidNumber", "unixHomeDirectory", "loginShell", "userAccountControl", "accountExpires", "lockoutTime",
              "pwdLastSet", "logonHours", "userWorkstations", "altSecurityIdentities", "groupType", "member")


def contents(users: int) -> str:
    """Every user has a name, a binding and is in a few groups."""
    text = entry(STAFF, "organizationalUnit")
    for number in range(users):
        name = f"staff{number:05d}"
        text += entry(f"CN={name},{STAFF}", "user", sAMAccountName=name, userPrincipalName=f"{name}@ad.test",
                      displayName=f"職員 {number}", userAccountControl=0x40200,
                      altSecurityIdentities=f"X509:<SKI>{number:040x}")
    for number in range(GROUPS):
        members = [f"CN=staff{n:05d},{STAFF}" for n in range(number, users, 100)]
        text += entry(f"CN=group{number},{STAFF}", "group", sAMAccountName=f"group{number}", member=members)
    return text


def timed(argv: tuple[str, ...], environment: dict[str, str] | None = None) -> float:
    begin = time.monotonic()
    done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          env=os.environ | (environment or {}))
    if done.returncode != 0:
        raise SystemExit(f"{argv[0]}: exit status {done.returncode}\n{done.stderr}")
    return time.monotonic() - begin


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=10000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with open("/etc/passwd", "a") as passwd:
        passwd.write("_jpki:x:990:990::/nonexistent:/usr/sbin/nologin\n")
    work = Path(os.environ["JPKI_LAB_WORK"])
    domain = DomainController(work / "dc1", Path(os.environ["JPKI_LAB_BUILD"]), contents(options.users))
    domain.start()
    site = AdSite(domain)
    site.configure(directory={"timeout_seconds": 60})
    ticket = {"KRB5_CLIENT_KTNAME": str(ETC / "host1.keytab"), "KRB5CCNAME": f"FILE:{work}/ccache"}
    search = ("ldapsearch", "-Y", "GSSAPI", "-N", "-Q", "-LLL", "-H", f"ldap://{HOST}", "-E", "pr=1000/noprompt", "-b", BASE,
              FILTER, *ATTRIBUTES)
    refresh = ("nss-ad-refresh", "--full")
    timed(search, ticket)
    timed(refresh)
    theirs, ours = [], []
    for _ in range(options.runs):
        (work / "ccache").unlink(missing_ok=True)
        theirs.append(timed(search, ticket))
        ours.append(timed(refresh))
    changes = [timed(("nss-ad-refresh",)) for _ in range(options.runs)]
    size = sum((STATE / name).stat().st_size for name in ("users.snap", "restricted.snap"))
    domain.stop()
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"{options.users} users, {GROUPS} groups; median of {options.runs}, seconds; snapshots of {size >> 10} KiB")
    print(f"  ldapsearch, paged        {statistics.median(theirs):8.3f}")
    print(f"  nss-ad-refresh --full    {statistics.median(ours):8.3f}   {ratio:.2f} x")
    print(f"  nss-ad-refresh, nothing changed {statistics.median(changes):.3f}")
    print("within the limit" if ratio <= LIMIT else f"ABOVE the limit of {LIMIT}")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
