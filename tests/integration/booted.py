# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a command where systemd is PID 1, over the root of the lab in which it is called: the same /usr, with what is staged.

    booted.py --report DIR --units DIR -- COMMAND…

/run, /tmp, /dev and what changes in /etc and /var are private; nothing that is enabled on this machine is started. The units in
--units lie in /run/systemd/system. What the command prints is in the file `output` of --report; its exit status is that of this
program. The machine says that it can be suspended.
"""

import argparse
import os
import shutil
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "packages"))

import clean_root  # noqa: E402
from clean_root import mount  # noqa: E402

SCRATCH = Path(clean_root.SCRATCH)
COPIED = ("/etc", "/var/lib/jpki")
EMPTY = {"/run": "0755", "/tmp": "1777", "/var/log": "0755", "/var/tmp": "1777", "/var/lib/systemd": "0755"}
REPORT = Path("/run/jpki-package-test")  # where the unit of clean_root.py writes


def copy_over(root: Path, directory: str) -> None:
    """What changes there ends with the machine."""
    copy = SCRATCH / "copies" / directory[1:]
    shutil.copytree(directory, copy, symlinks=True)
    for path in (Path(directory), *Path(directory).rglob("*")):
        status = path.lstat()
        os.chown(copy / path.relative_to(directory), status.st_uid, status.st_gid, follow_symlinks=False)
        if not path.is_symlink():  # a change of owner takes set-user-ID away
            (copy / path.relative_to(directory)).chmod(status.st_mode & 0o7777)
    mount("--bind", copy, root / directory[1:])


def enable_nothing(etc: Path) -> None:
    for wants in (*(etc / "systemd/system").glob("*.wants"), *(etc / "systemd/system").glob("*.requires")):
        shutil.rmtree(wants)
    (etc / "fstab").write_text("")
    (etc / "machine-id").write_text("6a706b69" * 4 + "\n")


def build_root(options: argparse.Namespace) -> Path:
    mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", SCRATCH)
    root = SCRATCH / "root"
    root.mkdir()
    mount("--rbind", "/", root)
    for directory in COPIED:
        copy_over(root, directory)
    enable_nothing(root / "etc")
    mount("-t", "proc", "proc", root / "proc")
    mount("-t", "sysfs", "-o", "ro", "sysfs", root / "sys")
    (SCRATCH / "states").write_text("freeze mem\n")
    mount("--bind", SCRATCH / "states", root / "sys/power/state")
    clean_root.private_devices(root / "dev")
    for name, mode in EMPTY.items():
        mount("-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", root / name[1:])
    (root / "run/lock").mkdir(mode=0o1777)
    (root / REPORT.relative_to("/")).mkdir()
    mount("--bind", options.report, root / REPORT.relative_to("/"))
    shutil.copytree(options.units, root / "run/systemd/system")
    return root


def main() -> None:
    parser = argparse.ArgumentParser(description="run a command under systemd")
    for name in ("--report", "--units"):
        parser.add_argument(name, type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if not options.inside:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # it cleans up
        sys.exit(clean_root.run_to_boot(sys.executable, __file__, "--inside", *sys.argv[1:]))
    environment = {name: os.environ[name] for name in os.environ if name.startswith("JPKI_")}
    environment |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
    clean_root.boot(options.command, build_root(options), environment, target="sockets.target")


if __name__ == "__main__":
    main()
