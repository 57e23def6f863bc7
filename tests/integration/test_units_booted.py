# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a program sees inside the confinement of its unit, under the real systemd: /bin/cat is started in its place."""

import subprocess
from pathlib import Path

HERE = Path(__file__).parent
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
    drop_in = work / "units" / "jpki-validator@.service.d" / "boot.conf"
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text(IN_ITS_PLACE)
    (work / "report").mkdir()
    (work / "connect.py").write_text(CONNECT)
    done = subprocess.run(("/usr/bin/python3", str(HERE / "booted.py"), "--report", str(work / "report"), "--units", str(work / "units"), "--",
                           "/usr/bin/python3", str(work / "connect.py")), capture_output=True, text=True, timeout=120)
    told = (work / "report" / "output").read_text()
    assert done.returncode == 0 and told == Path(BOOT_ID).read_text(), told + done.stdout + done.stderr
