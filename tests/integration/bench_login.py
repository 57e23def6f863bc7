# SPDX-License-Identifier: LGPL-2.1-or-later
"""./dev bench login: what a login costs, in turns in one run: Debian's pam_pkcs11 at its barest, ours with a small CRL, and ours with
OCSP and a big CRL, all with the same SoftHSM token; and ours with the session's record, a seat rule and the guard, beside ours without
them. For information, the same two of ours with the virtual card and pcscd, and ours and pam_pkcs11 in one process."""

import shutil
import sys
from pathlib import Path

from bench_revocation import BIG, SMALL, Sites
from guard_site import RECORDS, SESSIONS, GuardSite
from lab import Lab, run
from softhsm import MODULE, SoftTokens, bench, configure_pam_pkcs11

USER = "taro"
GOALS = {SMALL: 0.8, BIG: 1.0}  # of pam_pkcs11's login
PLAIN, WATCHED = "jpki", "jpki-watched"
MORE = 1.0  # ms that the record, the seat rule and the guard may cost


def log_in(lab: Lab, count: int, *services: str, one_process: bool = False, goals: tuple[float, ...] = (),
           more: tuple[str, ...] = ()) -> int:
    """The exit status of login_bench: 1 when a goal is not met, 2 when a login failed."""
    done = bench(lab, *services, user=USER, count=count, one_process=one_process, goals=goals, more=more)
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


def make_watched(lab: Lab) -> None:
    """The service whose sessions have records, and whose terminal has the reader with the token."""
    reader = next(line.split(":", 1)[1].strip() for line in run("pkcs11-tool", "--module", MODULE, "--list-token-slots").splitlines()
                  if line.startswith("Slot "))
    config = Path(f"/etc/jpki/{WATCHED}.toml")
    config.write_text("")
    shutil.copytree("/etc/jpki/jpki.toml.d", f"{config}.d")
    Path(f"{config}.d/zz-seat.toml").write_text(f'[[seat]]\nname = "bench"\nterminals = ["pts/bench"]\nreaders = ["{reader}"]\n')
    lab.service(WATCHED, f"config_file={config}")
    plain = Path("/etc/pam.d") / lab.service(PLAIN, "")
    plain.write_text("".join(line for line in plain.read_text().splitlines(keepends=True) if line.split()[:1] != ["session"] or "permit" in line))


def cpu_seconds(pid: int) -> float:
    return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e9


def with_guard(lab: Lab, count: int) -> int:
    """Both sides open a session; one of them has a record, which the guard reads and asks logind about, and a seat rule."""
    service = lab.card_service()
    SESSIONS.mkdir(parents=True)
    make_watched(lab)
    site = GuardSite(lab)
    try:
        site.start()
        site.wait_for_log("watching")
        site.logind.tell("add", "c7", {"user": 0, "leader": 1, "since": 1})
        before, changed = cpu_seconds(site.guard.pid), RECORDS.stat().st_mtime_ns
        status = log_in(lab, count, PLAIN, WATCHED, more=("--session", "--more-goal", str(MORE)))
        print(f"  CPU time of the guard itself: {(cpu_seconds(site.guard.pid) - before) * 1000 / (count + 1):.2f} ms a login")
        return status if RECORDS.stat().st_mtime_ns != changed else 2  # there were records
    finally:
        site.stop()
        service.stop()


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    lab = Lab()
    tokens = SoftTokens(lab, USER)
    peer = configure_pam_pkcs11(lab, USER)
    print("the SoftHSM token:")
    statuses = [with_revocation(lab, count, peer, goals=(GOALS[SMALL], GOALS[BIG])),
                log_in(lab, count, peer, lab.service(PLAIN, ""), one_process=True)]
    print("the SoftHSM token, and a session:")
    statuses.append(with_guard(lab, count))
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
