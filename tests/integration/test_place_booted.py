# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who is at this machine, by the files of the real logind, where the user of a session writes into its own."""

import json
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
ASKED = "place-booted"
OF_SESSION = "place-session"
SESSION = "auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_systemd.so type=x11 class=user\n"
UNITS = {
    # Nobody's own services.
    "user@.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nPAMName=\nExecStart=\nExecStart=/bin/true\n",
}


def test_who_claims_a_seat_is_not_at_this_machine(lab, insert):
    """SetDisplay takes line ends, and logind 252 writes them as they are."""
    insert("taro")
    lab.service(ASKED, "timeout=20")
    work = lab.work / "place-booted"
    (work / "report").mkdir(parents=True)
    for unit, text in UNITS.items():
        (work / "units" / f"{unit}.d").mkdir(parents=True)
        (work / "units" / f"{unit}.d" / "place.conf").write_text(text)
    service = Path("/etc/pam.d") / OF_SESSION
    service.write_text(SESSION)
    try:
        done = subprocess.run(("/usr/bin/python3", str(HERE / "booted.py"), "--report", str(work / "report"), "--units", str(work / "units"), "--",
                               "/usr/bin/python3", str(HERE / "own_display.py"), OF_SESSION, ASKED), capture_output=True, text=True, timeout=180)
    finally:
        service.unlink()
    told = (work / "report" / "output").read_text()
    assert done.returncode == 0, told + done.stdout + done.stderr
    seen = json.loads(told.splitlines()[-1])
    assert seen["claimed"] == "claimed\n" and "\nSEAT=seat0\n" in seen["file"], seen
    assert "JPKI-112" in seen["before"] and "JPKI-112" in seen["after"], seen
