# SPDX-License-Identifier: LGPL-2.1-or-later
"""A system bus of the lab's own. Nothing is started by it on demand: there is no logind here."""

from pathlib import Path

from processes import Server, until

SOCKET = Path("/run/dbus/system_bus_socket")
# What the packages allow to own and to send is in force; no name is started by being asked for.
CONFIGURATION = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <includedir>/usr/share/dbus-1/system.d</includedir>
  <includedir>/etc/dbus-1/system.d</includedir>
</busconfig>
"""


class SystemBus:
    def __init__(self, directory: Path):
        directory.mkdir(parents=True, exist_ok=True)
        SOCKET.parent.mkdir(exist_ok=True)
        SOCKET.unlink(missing_ok=True)
        configuration = directory / "bus.conf"
        configuration.write_text(CONFIGURATION.format(socket=SOCKET))
        self.server = Server(["dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile"], directory / "bus.log")
        until(lambda: self.server.check_alive() or SOCKET.exists(), "the bus's socket")

    def stop(self) -> None:
        self.server.stop()
        SOCKET.unlink(missing_ok=True)
