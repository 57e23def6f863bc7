#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A full nss-ad-refresh beside ldapsearch making the same paged dump of the same controller, alternately in one run.

    refresh.py [--users N] [--runs N]        (inside tests/integration/namespace.py)

Both bind by Kerberos from the same keytab, over a sealed connection. Most of the time is the
controller's, so the goal is for wall time.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from ad_contents import STAFF, entry  # noqa: E402
from ad_site import ETC, STATE, AdSite  # noqa: E402
from domain_controller import BASE, HOST, DomainController  # noqa: E402
from side_by_side import Cost, Goals, cost_of, in_turns, median, ratio  # noqa: E402

GOAL = 1.2
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=10000)
    parser.add_argument("--runs", type=int, default=9)
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

    def search_cost() -> Cost:
        (work / "ccache").unlink(missing_ok=True)
        return cost_of(*search, environment=ticket)

    costs = in_turns({"ldapsearch, paged": search_cost, "nss-ad-refresh --full": lambda: cost_of(*refresh),
                      "nss-ad-refresh, nothing changed": lambda: cost_of(refresh[0])}, options.runs)
    size = sum((STATE / name).stat().st_size for name in ("users.snap", "restricted.snap"))
    domain.stop()
    print(f"{options.users} users, {GROUPS} groups; medians of {options.runs} rounds [at 95 %], seconds; snapshots of {size >> 10} KiB")
    for name, side in costs.items():
        print(f"  {name:32} CPU {median(side, 'cpu').text(decimals=3):>24}   wall {median(side, 'wall').text(decimals=3):>24}")
    theirs, ours, _ = costs.values()
    print(f"  {'full refresh / ldapsearch':32} CPU {ratio(ours, theirs, 'cpu').text():>24}   wall {ratio(ours, theirs, 'wall').text():>24}")
    goals = Goals()
    goals.at_most("full refresh / ldapsearch, wall time", ratio(ours, theirs, "wall"), GOAL)
    return goals.exit_status()


if __name__ == "__main__":
    sys.exit(main())
