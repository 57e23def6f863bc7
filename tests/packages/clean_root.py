# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a command inside a Debian root, in private mount and PID namespaces.

    clean_root.py --root DIR [--over DIR | --forget] [--bind SOURCE:TARGET]… -- COMMAND…        (as root)

With --boot, systemd is PID 1 and runs the command as a service, without a network and with control groups of its own.

With --over, what the command changes is kept in that directory, which lies over the root (overlayfs); with --forget it goes
to a tmpfs that ends with the command; without either the root itself is changed. /dev, /run and /tmp are private in each
case. The network is the machine's, for apt. When the command ends, the kernel ends every process that it left.
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

import own_root  # noqa: E402

NAMESPACES = ("--mount", "--pid", "--ipc", "--uts", "--fork", "--mount-proc", "--kill-child")
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
NAMESPACES_TO_BOOT = (*NAMESPACES, "--cgroup")  # what systemd needs
SERVICE = "jpki-package-test.service"
SERVICE_TEXT = """\
[Unit]
Wants={target}
After={target}
AllowIsolate=yes
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
ExecStart={command}
Environment={environment}
StandardOutput=append:/run/jpki-package-test/output
StandardError=inherit
"""
CGROUPS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))  # the second one beside version 1
SCRATCH = "/mnt"  # where the new root is put together; hidden by a tmpfs while the command runs


def mount(*arguments: str | Path) -> None:
    subprocess.run(("mount", *map(str, arguments)), check=True)


def private_devices(dev: Path) -> None:
    mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", dev)
    for name in ("pts", "shm"):
        (dev / name).mkdir()
    for name in DEVICES:
        (dev / name).touch()
        mount("--bind", f"/dev/{name}", dev / name)
    mount("-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=0620,gid=5", "devpts", dev / "pts")
    (dev / "ptmx").symlink_to("pts/ptmx")
    for name, target in {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}.items():
        (dev / name).symlink_to(f"/proc/self/fd{target}")
    mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", dev / "shm")


def lay_over(lower: Path, upper: Path, target: Path) -> None:
    """overlayfs wants an empty working directory on the file system of the upper one."""
    inner = upper.parent / f"{upper.name}.inner"
    for directory in (upper, inner):
        directory.mkdir(parents=True, exist_ok=True)
    mount("-t", "overlay", "-o", f"lowerdir={lower},upperdir={upper},workdir={inner}", "overlay", target)


def build_root(options: argparse.Namespace) -> Path:
    scratch = Path(SCRATCH)
    mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", scratch)
    root = scratch / "root"
    root.mkdir()
    lower = ":".join(map(str, reversed(options.root)))  # overlayfs names the topmost first
    if options.forget:
        lay_over(lower, scratch / "upper", root)
    elif options.over:
        lay_over(lower, options.over, root)
    else:
        mount("--bind", lower, root)
    mount("-t", "proc", "proc", root / "proc")
    mount("-t", "sysfs", "-o", "ro", "sysfs", root / "sys")
    private_devices(root / "dev")
    for name, mode in {"run": "0755", "tmp": "1777"}.items():
        mount("-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", root / name)
    (root / "run/lock").mkdir(mode=0o1777)
    for pair in options.bind:
        source, target = pair.split(":", 1)
        inside = root / target[1:]
        inside.mkdir(parents=True, exist_ok=True)
        mount("--bind", source, inside)
    return root


def become_the_root(root: Path) -> None:
    """No chroot: there the kernel lets nobody make a user namespace, and what confines itself by one could not be seen."""
    mount("--make-rprivate", "/")
    os.chdir(root)
    subprocess.run(("pivot_root", ".", SCRATCH[1:]), check=True)
    os.chroot(".")
    subprocess.run(("umount", "--lazy", SCRATCH), check=True)


def run_to_boot(*command: str, own_network: bool = True) -> int:
    """What ends in boot(), in the namespaces for it. Two systemds whose units have one name would otherwise share the control groups of
    these units, and end each other's processes."""
    namespaces = (*NAMESPACES_TO_BOOT, *["--net"] * own_network)
    group = next((Path(tempfile.mkdtemp(prefix="jpki-", dir=top)) for top in CGROUPS if (top / "cgroup.controllers").exists()), None)
    try:
        return subprocess.run(("setpriv", "--pdeathsig", "KILL", *own_root.unshare(*namespaces), *command),
                              preexec_fn=lambda: group and (group / "cgroup.procs").write_text("0")).returncode
    finally:
        for directory, _, _ in os.walk(group or "/nonexistent", topdown=False):
            remove_group(directory)


def remove_group(directory: str, seconds: float = 20) -> None:
    """What was killed in it may take a moment to end."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return os.rmdir(directory)
        except OSError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)


def boot(command: list[str], root: Path, environment: dict[str, str], *, target: str = "multi-user.target") -> None:
    """Ends with the command, which begins when the target is reached."""
    mount("-t", "cgroup2", "cgroup2", root / "sys/fs/cgroup")
    mount("--bind", root / "proc/sys", root / "proc/sys")  # the machine's, not the namespace's: not for its sysctl.d
    mount("-o", "remount,bind,ro", root / "proc/sys")
    units = root / "run/systemd/system"
    units.mkdir(parents=True, exist_ok=True)
    (units / SERVICE).write_text(SERVICE_TEXT.format(
        target=target, command=shlex.join(command), environment=" ".join(f'"{name}={text}"' for name, text in environment.items())))
    become_the_root(root)
    os.execve("/lib/systemd/systemd", ["/lib/systemd/systemd", "--log-target=null", f"--unit={SERVICE}"],
              {"container": "jpki", "PATH": environment["PATH"]})


def reap_until_end(child: int) -> int:
    """PID 1's duty: collect orphans until `child` ends; its exit status."""
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def run_inside(options: argparse.Namespace) -> int:
    own_root.make_mount_point()
    root = build_root(options)
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "TERM": os.environ.get("TERM", "dumb"),
        "LANG": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
        "PYTHONDONTWRITEBYTECODE": "1",
    } | {name: os.environ[name] for name in options.pass_on if name in os.environ}
    if options.boot:
        boot(options.command, root, environment)
    become_the_root(root)
    child = os.fork()
    if child == 0:
        for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python, and then by whom it becomes
            signal.signal(ignored, signal.SIG_DFL)
        os.execvpe(options.command[0], options.command, environment)
    status = reap_until_end(child)
    return status if status >= 0 else 128 - status


def main() -> int:
    parser = argparse.ArgumentParser(description="run a command inside a Debian root")
    parser.add_argument("--root", type=lambda text: Path(text).resolve(), action="append", required=True,
                        help="a Debian root; further ones lie over it")
    parser.add_argument("--over", type=lambda text: Path(text).resolve())
    parser.add_argument("--boot", action="store_true")
    parser.add_argument("--forget", action="store_true")
    parser.add_argument("--bind", action="append", default=[], metavar="SOURCE:TARGET")
    parser.add_argument("--pass-on", action="append", default=[], metavar="VARIABLE")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if options.inside:
        return run_inside(options)
    if os.geteuid() != 0:
        parser.error("only root makes these namespaces")
    again = (sys.executable, __file__, "--inside")
    if not options.boot:
        os.execvp("unshare", (*own_root.unshare(*NAMESPACES), *again, *sys.argv[1:]))
    with tempfile.TemporaryDirectory() as directory:
        status = run_to_boot(*again, "--bind", f"{directory}:/run/jpki-package-test", *sys.argv[1:])
        print((Path(directory) / "output").read_text(errors="replace"), end="")
    return status


if __name__ == "__main__":
    sys.exit(main())
