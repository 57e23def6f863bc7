# SPDX-License-Identifier: LGPL-2.1-or-later
"""./dev bench login: what a login costs, in turns in one run: Debian's pam_pkcs11 at its barest, ours with a small CRL, and ours with
OCSP and a big CRL, all with the same SoftHSM token. For information, the same two of ours with the virtual card and pcscd, and ours
and pam_pkcs11 in one process."""

import sys

from bench_revocation import BIG, SMALL, Sites
from lab import Lab
from softhsm import SoftTokens, bench, configure_pam_pkcs11

USER = "taro"
GOALS = {SMALL: 0.8, BIG: 1.0}  # of pam_pkcs11's login


def log_in(lab: Lab, count: int, *services: str, one_process: bool = False, goals: tuple[float, ...] = ()) -> int:
    """The exit status of login_bench: 1 when a goal is not met, 2 when a login failed."""
    done = bench(lab, *services, user=USER, count=count, one_process=one_process, goals=goals)
    print(done.stdout, end="", flush=True)
    print(done.stderr, end="", file=sys.stderr)
    if done.returncode not in (0, 1):
        print("\n".join(lab.syslog.lines()[-10:]), file=sys.stderr)
    return done.returncode


def with_revocation(lab: Lab, count: int, *peers: str, goals: tuple[float, ...] = ()) -> int:
    """`peers`, ours with a small CRL and ours with everything; each login with everything has to fetch an OCSP answer."""
    with Sites(lab) as sites:
        status = log_in(lab, count, *peers, SMALL, BIG, goals=goals)
        asked, logins = sites.asked(), count + 1  # one login before those that count
    print(f"  OCSP answers fetched: {asked} in {logins} logins")
    return status if asked == logins else 2


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    lab = Lab()
    tokens = SoftTokens(lab, USER)
    peer = configure_pam_pkcs11(lab, USER)
    print("the SoftHSM token:")
    statuses = [with_revocation(lab, count, peer, goals=(GOALS[SMALL], GOALS[BIG])),
                log_in(lab, count, peer, lab.service("jpki", ""), one_process=True)]
    tokens.remove()
    service, card = lab.card_service(), lab.virtual_card(USER)
    try:
        print("the virtual card, for information:")
        statuses.append(with_revocation(lab, count))
    finally:
        card.stop()
        service.stop()
    return max(statuses)


if __name__ == "__main__":
    sys.exit(main())
