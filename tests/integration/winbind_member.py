# SPDX-License-Identifier: LGPL-2.1-or-later
"""The ids that winbind's idmap_rid gives: a member server of a copy of the lab's domain, in namespaces of its own.

ids_by_winbind() starts this file as a program, and that starts itself again as the member; both end with all that they started.
Controller and member each need the well-known socket of winbindd, /run/samba/winbindd/pipe, for themselves: the controller's smbd
asks its own winbindd about whoever logs in. So the member has a mount namespace of its own.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import ad_contents
from domain_controller import ADMINISTRATOR_PASSWORD, DOMAIN, HOST, NAMES, REALM, SERVICES, DomainController, listens, run
from lab import run as run_here
from processes import StartError, until

NAMESPACES = ("unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child")
RANGE = (10000, 999999)
SECONDS = 60


def ids_by_winbind(build: Path, sids: list[str]) -> dict[str, int]:
    """The uid (or gid) of each SID."""
    with tempfile.TemporaryDirectory(dir="/run") as work:
        out = run(*NAMESPACES, sys.executable, __file__, "domain", build, work, *sids)
    return {sid: int(number) for sid, number in (line.split() for line in out.splitlines())}


def member_config(top: Path) -> Path:
    for name in ("private", "lock", "state", "cache", "run"):
        (top / name).mkdir(parents=True)
    file = top / "smb.conf"
    file.write_text(f"""[global]
realm = {REALM}
workgroup = {DOMAIN}
netbios name = HOST2
security = ads
interfaces = lo
bind interfaces only = yes
private dir = {top}/private
lock directory = {top}/lock
state directory = {top}/state
cache directory = {top}/cache
pid directory = {top}/run
log file = {top}/log
idmap config * : backend = tdb
idmap config * : range = 3000000-3999999
idmap config {DOMAIN} : backend = rid
idmap config {DOMAIN} : range = {RANGE[0]}-{RANGE[1]}
""")
    return file


def private_names(work: Path) -> None:
    """The controller becomes the name server of this namespace alone."""
    for name in NAMES:
        (work / name).touch()
        (Path("/etc") / name).touch()
        run_here("mount", "--bind", str(work / name), f"/etc/{name}")


def own_sockets() -> None:
    Path("/run/samba").mkdir(exist_ok=True)
    run_here("mount", "-t", "tmpfs", "tmpfs", "/run/samba")


def be_the_domain(build: Path, work: Path, sids: list[str]) -> None:
    run_here("ip", "link", "set", "lo", "up")
    private_names(work)
    own_sockets()
    controller = DomainController(work / "dc1", build, ad_contents.contents())
    controller.directory.chmod(0o755)
    text = controller.config.read_text()
    controller.config.write_text(text.replace(f"services = {SERVICES}\n", f"services = {SERVICES}, rpc, winbindd, s3fs\n"))
    controller.start()
    until(lambda: listens(445) and listens(135), "the controller's SMB service", SECONDS)
    print(run("unshare", "--mount", sys.executable, __file__, "member", build, work, *sids), end="")


def be_the_member(work: Path, sids: list[str]) -> None:
    own_sockets()
    config = member_config(work / "member")
    join = ["net", "ads", "join", "-s", str(config), "-U", f"administrator%{ADMINISTRATOR_PASSWORD}", "-S", HOST, "--no-dns-updates"]
    until(lambda: subprocess.run(join, capture_output=True).returncode == 0, "a member of the domain", SECONDS)
    run("winbindd", "-D", "-s", config)
    until(lambda: subprocess.run(["wbinfo", "--ping-dc"], capture_output=True).returncode == 0, "winbindd in its domain", SECONDS)
    for line in run("wbinfo", "--sids-to-unix-ids=" + ",".join(sids)).splitlines():
        sid, _, kind, number = line.split()  # "S-1-5-21-… -> uid 11120"
        if kind not in ("uid", "gid", "uid/gid"):
            raise StartError(line)
        print(sid, number)


if __name__ == "__main__":
    role, build, work, *sids = sys.argv[1:]
    if role == "domain":
        be_the_domain(Path(build), Path(work), sids)
    else:
        be_the_member(Path(work), sids)
