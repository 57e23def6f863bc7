# SPDX-License-Identifier: LGPL-2.1-or-later
"""jpki-session-guard under the real systemd, logind, polkit and pcscd: random events with cards, readers, daemons and sleep.

JPKI_WALK_EVENTS and JPKI_WALK_SEED ask for a longer walk and another one.
"""

import os
from pathlib import Path

import pytest
from booted_run import NO_USER_SERVICES, run_booted
from lab import run

HERE = Path(__file__).parent
DRIVERS = Path("/usr/lib/pcsc/drivers/serial")
EVENTS, SEED = 25, 20261129
UNITS = {
    # Until somebody calls, as pcscd.socket has it; with readers that can be unplugged.
    "pcscd.service": "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=\nExecStart=/usr/sbin/pcscd --foreground --config {work}/reader.conf\n",
    "systemd-suspend.service": "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=\nExecStart=/bin/true\n",
    "systemd-logind.service": "[Unit]\nStartLimitIntervalSec=0\n",
    "user@.service": NO_USER_SERVICES,
}
READERS = 'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:0x8C7B\nLIBPATH {work}/driver.so\nCHANNELID 0x8C7B\n'
SERVICE = "auth required {auth}\nsession required pam_systemd.so type={kind} class=user\nsession optional pam_jpki.so\n"
BY_CARD = "pam_jpki.so timeout=20 where_unknown=local"
SERVICES = {
    "walk-screen": SERVICE.format(auth=BY_CARD, kind="x11"),
    "walk-console": SERVICE.format(auth=BY_CARD, kind="tty"),
    "walk-password": SERVICE.format(auth="pam_permit.so", kind="x11"),
}


@pytest.fixture
def machine(lab):
    """What is in /etc of the machine that will be booted, and its reader."""
    work = lab.work / "walk"
    work.mkdir()
    (work / "libifdvpcd.so.0").symlink_to(DRIVERS / "libifdvpcd.so")
    run("gcc", "-shared", "-fPIC", "-I/usr/include/PCSC", '-DGONE="/run/walk/gone"', "-o", str(work / "driver.so"), str(HERE / "reader_shim.c"),
        "-Wl,--no-as-needed", f"-L{DRIVERS}", "-l:libifdvpcd.so", f"-Wl,-rpath,{work}")
    (work / "reader.conf").write_text(READERS.format(work=work))
    policy = Path("/etc/jpki/jpki.toml.d/session.toml")
    policy.write_text('[session]\nremoval = "lock"\ngrace_seconds = 1\n')
    files = [policy, Path("/etc/tmpfiles.d/walk.conf")]
    files[1].write_text("d /run/walk 0755 root root -\n")
    for name, text in SERVICES.items():
        files.append(Path("/etc/pam.d") / name)
        files[-1].write_text(text)
    yield work
    for file in files:
        file.unlink()


def test_a_random_walk(lab, machine):
    events, seed = (int(os.environ.get(f"JPKI_WALK_{name}", default)) for name, default in (("EVENTS", EVENTS), ("SEED", SEED)))
    units = {unit: text.format(work=machine) for unit, text in UNITS.items()}
    print(run_booted(machine, units, "guard_walk.py", str(lab.pki), str(seed), str(events), timeout=60 + 6 * events))
