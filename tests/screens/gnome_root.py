# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine whose PID 1 is the real systemd and whose display manager is GDM, over the layers of a Debian root.

    gnome_root.py --layer DIR… [--bind SOURCE:TARGET]… --unit UNIT

The first layer is the topmost; what is written to the root ends with the machine. The network is that of the caller.
The machine runs until this program is killed.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "packages"))

import clean_root  # noqa: E402
from clean_root import mount  # noqa: E402

SCRATCH = Path(clean_root.SCRATCH)
EMPTY = {"/run": "0755", "/tmp": "1777"}


def build_root(options: argparse.Namespace) -> Path:
    mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", SCRATCH)
    root, upper, inner = (SCRATCH / name for name in ("root", "upper", "inner"))
    for directory in (root, upper, inner):
        directory.mkdir()
    mount("-t", "overlay", "-o", f"lowerdir={':'.join(options.layer)},upperdir={upper},workdir={inner}", "overlay", root)
    mount("-t", "proc", "proc", root / "proc")
    mount("-t", "sysfs", "-o", "ro", "sysfs", root / "sys")
    if (console := root / "sys/devices/virtual/tty/tty0").exists():  # or logind and GDM would want virtual consoles
        mount("-t", "tmpfs", "-o", "ro", "tmpfs", console)
    clean_root.private_devices(root / "dev")
    for number in range(10):
        (root / f"dev/tty{number}").touch()  # what no_consoles.c gives GDM
    for name, mode in EMPTY.items():
        mount("-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", root / name[1:])
    (root / "run/lock").mkdir(mode=0o1777)
    (root / "run/jpki-package-test").mkdir()  # where the unit of clean_root.py writes
    for pair in options.bind:
        source, target = pair.split(":", 1)
        inside = root / target[1:]
        if Path(source).is_dir():
            inside.mkdir(parents=True, exist_ok=True)
        else:
            inside.parent.mkdir(parents=True, exist_ok=True)
            inside.touch()
        mount("--bind", source, inside)
    return root


def main() -> None:
    parser = argparse.ArgumentParser(description="boot a machine with GDM")
    parser.add_argument("--layer", action="append", required=True)
    parser.add_argument("--bind", action="append", default=[], metavar="SOURCE:TARGET")
    parser.add_argument("--unit", required=True)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside:
        sys.exit(clean_root.run_to_boot(sys.executable, __file__, "--inside", *sys.argv[1:], own_network=False))
    clean_root.boot(["/bin/sleep", "infinity"], build_root(options), {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, target=options.unit)


if __name__ == "__main__":
    main()
