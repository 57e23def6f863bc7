# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's fprintd, pam_fprintd.so and polkit with the virtual device of libfprint, and made-up fingers before it."""

import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

from lab import run
from processes import Server, until

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "screens"))

import gdm_daemon  # noqa: E402
from bus import SystemBus  # noqa: E402

FILES = ("usr/libexec", "usr/bin", "usr/lib", "lib/*/security", "usr/share/dbus-1/system.d", "usr/share/polkit-1/actions", "etc")
DEVICE = Path("/run/finger")  # where libfprint listens while the device is open
RULE = Path("/etc/polkit-1/rules.d/49-finger.rules")
# logind would say that the person sits before the screen; there is none.
AT_THE_SCREEN = """polkit.addRule(function (action, subject) {
  if (action.id == "net.reactivated.fprint.device.verify" && subject.user == "taro") return polkit.Result.YES;
});
"""


class FingerReader:
    """A finger is a number."""

    def __init__(self, lab):
        self.lab, self.work = lab, lab.work / "finger"
        unpacked = lab.build / "finger" / "root"
        assert (unpacked / "usr/libexec/fprintd").exists(), f"{unpacked} is missing; ./dev test makes it"
        for pattern in FILES:
            for source in unpacked.glob(pattern):
                run("cp", "-a", "--remove-destination", f"{source}/.", f"/{source.relative_to(unpacked)}")
        run("ldconfig")
        self.work.mkdir()
        run("gcc", "-O2", "-o", str(self.work / "finger_image"), str(Path(__file__).with_name("finger_image.c")), "-lm")
        RULE.write_text(AT_THE_SCREEN)
        DEVICE.mkdir()
        self.bus = SystemBus(self.work / "bus")
        self.polkit = self._server("org.freedesktop.PolicyKit1", ["/usr/lib/polkit-1/polkitd", "--no-debug"], {})
        self.start_fprintd()

    def start_fprintd(self) -> None:
        self.fprintd = self._server("net.reactivated.Fprint", ["/usr/libexec/fprintd", "--no-timeout"], {
            "FP_VIRTUAL_IMAGE": str(DEVICE / "socket"), "STATE_DIRECTORY": str(self.work / "prints"), "G_MESSAGES_DEBUG": "all"})

    def _server(self, name: str, argv: list[str], environment: dict[str, str]) -> Server:
        server = Server(argv, self.work / f"{Path(argv[0]).name}.log", environment=self.lab.environment() | environment)
        until(lambda: server.check_alive() or gdm_daemon.on_system_bus(name), name)
        return server

    def image(self, finger: int) -> bytes:
        return subprocess.run((self.work / "finger_image", str(finger)), stdout=subprocess.PIPE, check=True).stdout

    def put(self, finger: int) -> "Hand":
        return Hand(self.image(finger))

    def enroll(self, user: str, finger: int) -> None:
        with self.put(finger):
            done = subprocess.run(("fprintd-enroll", "-f", "right-index-finger", user), capture_output=True, text=True, timeout=60)
        assert "enroll-completed" in done.stdout, done.stdout + done.stderr + self.fprintd.log.read_text()

    def text(self) -> str:
        return self.fprintd.log.read_text(errors="replace")

    def stop(self) -> None:
        for server in (self.fprintd, self.polkit, self.bus):
            server.stop()
        RULE.unlink()
        shutil.rmtree(DEVICE)


class Hand:
    """Somebody whose finger lies on the reader, again and again: it looks when it wants to, and does not take each image."""

    def __init__(self, image: bytes):
        self.image, self.taken = image, 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._hold, daemon=True)

    def _hold(self) -> None:
        while not self._stopped.is_set():
            with socket.socket(socket.AF_UNIX) as device:
                device.settimeout(1)
                try:
                    device.connect(str(DEVICE / "socket"))
                    device.sendall(self.image)
                    device.shutdown(socket.SHUT_WR)
                    device.recv(1)  # until it has been read
                    self.taken += 1
                except OSError:  # the reader is closed
                    self._stopped.wait(0.02)

    def __enter__(self) -> "Hand":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stopped.set()
        self._thread.join(timeout=10)
