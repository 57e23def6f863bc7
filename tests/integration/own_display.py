# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whoever has a session sets its DISPLAY at logind: own_display.py SERVICE-OF-SESSION SERVICE-TO-ASK, on a machine of booted.py.

taro's session has no seat. Prints JSON: what SERVICE-TO-ASK logs in it before and after taro claims one, and logind's file then.
"""

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

from booted_machine import SESSION, Machine

HERE = Path(__file__).parent
CLAIM = ":0\nSEAT=seat0\nTTY=tty1"
CONTROLLER = f"""
import sys
from gi.repository import Gio, GLib
bus = Gio.bus_get_sync(Gio.BusType.SYSTEM, None)
for method, arguments in (("TakeControl", GLib.Variant("(b)", (False,))), ("SetDisplay", GLib.Variant("(s)", ({CLAIM!r},)))):
    bus.call_sync("org.freedesktop.login1", sys.argv[1], {SESSION!r}, method, arguments, None, Gio.DBusCallFlags.NONE, -1, None)
print("claimed", flush=True)
sys.stdin.read()
"""

service, asked = sys.argv[1:]
taro = pwd.getpwnam("taro")
machine = Machine(lambda *_: None)
host = subprocess.Popen((sys.executable, str(HERE / "pam_host.py"), service, "taro", "{}", "authenticate", "open_session", "hold", "close_session"),
                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
session = json.loads(host.stdout.readline())["session"]
scope = Path(f"/sys/fs/cgroup/user.slice/user-{taro.pw_uid}.slice/session-{session}.scope/cgroup.procs")


def told() -> str:
    """In the session: what is logged."""
    ours, theirs = os.openpty()
    asking = subprocess.Popen(("pamtester", asked, "taro", "authenticate"), stdin=theirs, stdout=theirs, stderr=theirs,
                              preexec_fn=lambda: (scope.write_text("0"), os.setsid()))
    asking.wait(timeout=60)
    os.close(ours)
    os.close(theirs)
    subprocess.run(("journalctl", "--sync"), check=True)
    return machine.run("journalctl", "--output=cat", f"_PID={asking.pid}")[1]


before = told()
controller = subprocess.Popen(("setpriv", f"--reuid={taro.pw_uid}", f"--regid={taro.pw_gid}", "--clear-groups", sys.executable, "-c", CONTROLLER,
                               machine.path_of(session)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              preexec_fn=lambda: (scope.write_text("0"), os.setsid()))
claimed = controller.stdout.readline()
after, file = told(), Path(f"/run/systemd/sessions/{session}").read_text()
for child in (controller, host):
    child.communicate(timeout=60)
machine.stop()
print(json.dumps({"claimed": claimed, "before": before, "after": after, "file": file}))
