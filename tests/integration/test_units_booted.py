# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a program sees inside the confinement of its unit, under the real systemd: /bin/cat is started in its place."""

from pathlib import Path

from booted_run import run_booted

BOOT_ID = "/proc/sys/kernel/random/boot_id"
IN_ITS_PLACE = f"[Service]\nExecStart=\nExecStart=/bin/cat {BOOT_ID}\nStandardOutput=socket\n"
CONNECT = """
import socket, subprocess
subprocess.run(("systemctl", "start", "jpki-validator.socket"), check=True)
connection = socket.socket(socket.AF_UNIX)
connection.connect("/run/jpki/validator.sock")
print(connection.makefile().read(), end="")
"""


def test_who_unlocks_a_screen_sees_which_boot_it_is(lab):
    """A session is unlocked in the boot alone in which it was opened."""
    work = lab.work / "units-booted"
    work.mkdir()
    (work / "connect.py").write_text(CONNECT)
    told = run_booted(work, {"jpki-validator@.service": IN_ITS_PLACE}, str(work / "connect.py"), timeout=120)
    assert told == Path(BOOT_ID).read_text(), told
