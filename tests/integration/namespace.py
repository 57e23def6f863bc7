# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a command in private mount, network and PID namespaces in which the staged product is installed.

    namespace.py --build DIR -- COMMAND…        (as root)

DIR/stage lies over /usr and /etc through overlayfs; all that is written to /usr, /etc, /var and /home goes to a tmpfs that
ends with the namespace; /run and /tmp begin empty. /dev is private, with a pseudo-terminal file system and a log socket of its
own. When the command ends, the kernel ends every process that it left.
"""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import own_root

TOP = Path(__file__).resolve().parents[2]
OVERLAID = ("/usr", "/etc", "/var", "/home")
EMPTY = {"/run": "0755", "/tmp": "1777"}
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
# Ports of connections, above those of servers: one of a minute ago (TIME_WAIT) would keep vpcd off its port, 35963.
CLIENTS = "50000 60999"
# How much the tests at random do, and from which seed; and which OpenSC lies over the installed one.
PASSED_ON = ("JPKI_ALL_STEPS", "JPKI_FAULT_SEED", "JPKI_FAULT_SEQUENCES", "JPKI_OPENSC", "JPKI_UPSTREAM", "JPKI_WALK_EVENTS",
             "JPKI_WALK_SEED")
NAMESPACES = ("--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child")


def mount(*arguments: str | Path) -> None:
    subprocess.run(("mount", *map(str, arguments)), check=True)


def workspace_directory() -> Path:
    """An existing directory that may be hidden by a tmpfs: nothing needed lies below it."""
    needed = (str(TOP), sys.prefix, os.getcwd())
    for candidate in ("/srv", "/media", "/mnt", "/opt"):
        if os.path.isdir(candidate) and not any(os.path.commonpath((candidate, n)) == candidate for n in needed):
            return Path(candidate)
    raise RuntimeError("no directory to mount the workspace on: one of /srv, /media, /mnt, /opt must be free")


def lay_over(work: Path, target: str) -> None:
    upper, inner = work / "upper" / target[1:], work / "inner" / target[1:]
    for directory in (upper, inner):
        directory.mkdir(parents=True)
    shown = os.stat(target)
    os.chown(upper, shown.st_uid, shown.st_gid)
    os.chmod(upper, shown.st_mode & 0o7777)
    staged = work / "stage" / target[1:]
    lower = f"{staged}:{target}" if staged.is_dir() else target
    mount("-t", "overlay", "-o", f"lowerdir={lower},upperdir={upper},workdir={inner}", "overlay", target)


def private_devices(work: Path) -> None:
    dev = work / "dev"
    for directory in ("", "pts", "shm"):
        (dev / directory).mkdir(parents=True)
    for name in DEVICES:
        (dev / name).touch()
        mount("--bind", f"/dev/{name}", dev / name)
    mount("-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=0620,gid=5", "devpts", dev / "pts")
    (dev / "ptmx").symlink_to("pts/ptmx")
    (dev / "fd").symlink_to("/proc/self/fd")
    mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", dev / "shm")
    mount("--rbind", dev, "/dev")


def know_own_name() -> None:
    """A machine finds its own name, as an installed one does: sudo complains where it cannot."""
    hosts, name = Path("/etc/hosts"), os.uname().nodename
    text = hosts.read_text(encoding="utf-8") if hosts.exists() else ""
    if not any(name in line.partition("#")[0].split()[1:] for line in text.splitlines()):
        hosts.write_text(f"{text.rstrip()}\n127.0.1.1 {name}\n", encoding="utf-8")


def build_world(build: Path) -> Path:
    subprocess.run(("ip", "link", "set", "lo", "up"), check=True)
    Path("/proc/sys/net/ipv4/ip_local_port_range").write_text(CLIENTS, encoding="ascii")
    work = workspace_directory()
    mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", work)
    for name, origin in (("clone", TOP), ("stage", build / "stage")):
        (work / name).mkdir()
        mount("--bind", origin, work / name)
    for target in OVERLAID:
        lay_over(work, target)
    know_own_name()
    for target, mode in EMPTY.items():
        mount("-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", target)
    if any(os.path.commonpath((target, TOP)) == target for target in (*OVERLAID, *EMPTY)):
        TOP.mkdir(parents=True, exist_ok=True)
        mount("--bind", work / "clone", TOP)  # results are written to the real clone
    private_devices(work)
    return work


def reap_until_end(child: int) -> int:
    """PID 1's duty: collect orphans until `child` ends; its exit status."""
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def run_inside(build: Path, command: list[str]) -> int:
    own_root.make_mount_point()
    work = build_world(build)
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "TERM": os.environ.get("TERM", "dumb"),
        "LANG": os.environ.get("LC_ALL") or os.environ.get("LANG") or "C.UTF-8",
        "JPKI_LAB_WORK": str(work),
        "JPKI_LAB_BUILD": str(build),
        "PYTHONDONTWRITEBYTECODE": "1",
    } | {name: value for name, value in os.environ.items() if name in PASSED_ON}
    child = os.fork()
    if child == 0:
        for number in (signal.SIGINT, signal.SIGQUIT):  # a shell's job in the background ignores them, and so would every program here
            signal.signal(number, signal.SIG_DFL)
        os.execvpe(command[0], command, environment)
    status = reap_until_end(child)
    return status if status >= 0 else 128 - status


def main() -> int:
    parser = argparse.ArgumentParser(description="run a command where the staged product is installed")
    parser.add_argument("--build", type=Path, required=True, help="build directory with stage/ in it")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    build = options.build.resolve()
    if options.inside:
        return run_inside(build, options.command)
    if os.geteuid() != 0:
        parser.error("only root makes these namespaces")
    if not (build / "stage").is_dir():
        parser.error(f"{build}/stage is missing; run: ./dev build")
    again = (sys.executable, __file__, "--build", str(build), "--inside", "--", *options.command)
    os.execvp("unshare", (*own_root.unshare(*NAMESPACES), *again))


if __name__ == "__main__":
    sys.exit(main())
