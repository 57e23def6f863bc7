# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who is at this machine, by the files of the real logind, where the user of a session writes into its own."""

import json
from pathlib import Path

from booted_run import NO_USER_SERVICES, run_booted

ASKED = "place-booted"
OF_SESSION = "place-session"
SESSION = "auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_systemd.so type=x11 class=user\n"


def test_who_claims_a_seat_is_not_at_this_machine(lab, insert):
    """SetDisplay takes line ends, and logind 252 writes them as they are."""
    insert("taro")
    lab.service(ASKED, "timeout=20")
    service = Path("/etc/pam.d") / OF_SESSION
    service.write_text(SESSION)
    try:
        told = run_booted(lab.work / "place-booted", {"user@.service": NO_USER_SERVICES}, "own_display.py", OF_SESSION, ASKED, timeout=180)
    finally:
        service.unlink()
    seen = json.loads(told.splitlines()[-1])
    assert seen["claimed"] == "claimed\n" and "\nSEAT=seat0\n" in seen["file"], seen
    assert "JPKI-112" in seen["before"] and "JPKI-112" in seen["after"], seen
