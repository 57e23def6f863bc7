# SPDX-License-Identifier: LGPL-2.1-or-later
"""pcscd with virtual readers, and virtual MyNumber cards in them."""

import json
import signal
import socket
import subprocess
from pathlib import Path

from processes import Server, StartError

COMM = Path("/run/pcscd/pcscd.comm")
PORT = 0x8C7B  # readers "Virtual PCD 00 00" on this port and "Virtual PCD 00 01" on the next
READER_CONF = """\
FRIENDLYNAME "Virtual PCD"
DEVICENAME   /dev/null:0x{port:X}
LIBPATH      /usr/lib/pcsc/drivers/serial/libifdvpcd.so
CHANNELID    0x{port:X}
"""
# pcscd takes a listening socket as descriptor 3 (systemd's protocol): clients queue from the first moment on.
SOCKET_ACTIVATION = 'exec 3<&0 </dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"'


def without_polkit() -> list[str]:
    """Debian 13's pcscd asks polkit about everybody but root, and there is none in the lab; Debian 12's does not know the option."""
    told = subprocess.run(("/usr/sbin/pcscd", "--help"), capture_output=True, text=True)
    return [option for option in ("--disable-polkit",) if option in told.stdout + told.stderr]


class CardService:
    """pcscd. A new one for every test: nothing that a card did to it reaches the next test. `socket_file` and `port` are of another
    machine's, which is played beside this one's; `readers`: other ones than vpcd's, as in reader.conf(5)."""

    def __init__(self, directory: Path, *, readers: bool | str = True, socket_file: Path = COMM, port: int = PORT):
        directory.mkdir(parents=True, exist_ok=True)
        self.configuration = directory / "reader.conf"
        vpcd = READER_CONF.format(port=port) if readers else ""
        self.configuration.write_text(readers if isinstance(readers, str) else vpcd)
        self.socket_file = socket_file
        socket_file.parent.mkdir(exist_ok=True)
        socket_file.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(socket_file))
            socket_file.chmod(0o666)
            listener.listen(64)
            self.server = Server(["/bin/sh", "-c", SOCKET_ACTIVATION, "sh", "/usr/sbin/pcscd", "--foreground",
                                  "--config", str(self.configuration), *without_polkit()], directory / "pcscd.log", stdin=listener)

    def kill(self) -> None:
        """As after a crash: the process is gone, its socket file stays."""
        self.server.stop(signal.SIGKILL)

    def hang(self) -> None:
        self.server.send(signal.SIGSTOP)

    def stop(self) -> None:
        self.server.stop(signal.SIGKILL)
        for leftover in self.socket_file.parent.iterdir():
            leftover.unlink()


class VirtualCard:
    """jpki-vcard with one card for each reader, its control socket and its statistics."""

    def __init__(self, directory: Path, cards: list[Path], *options: str, absent: bool = False, port: int = PORT):
        directory.mkdir(parents=True, exist_ok=True)
        self.noticed = absent  # by pcscd, that the card is not there
        self.socket = directory / "control"
        self.socket.unlink(missing_ok=True)
        argv = ["jpki-vcard", "--port", str(port), "--state", str(directory / "state"), "--control", str(self.socket)]
        for card in cards:
            argv += ["--card", str(card)]
        self.server = Server([*argv, *(["--absent"] if absent else []), *options], directory / "vcard.log", ready=b"ready")
        try:
            for index in range(0 if absent else len(cards)):
                self.ctl(f"@{index}", "wait", "present", "10")
        except BaseException:
            self.server.stop()  # or the next pcscd would meet this card
            raise

    def ctl(self, *words: str) -> str:
        self.server.check_alive()
        answer = subprocess.run(("jpki-vcard", "ctl", str(self.socket), *words), capture_output=True, text=True,
                                timeout=30)
        if answer.returncode != 0:
            raise StartError(f"jpki-vcard ctl {' '.join(words)}: {answer.stdout}{answer.stderr}")
        return answer.stdout

    def stats(self) -> dict:
        return json.loads(self.ctl("stats"))

    def insert(self) -> None:
        self.noticed = False
        self.ctl("insert")

    def remove(self) -> None:
        """Pulls the card and waits until pcscd has seen it."""
        self.ctl("remove")
        self.ctl("wait", "absent", "10")
        self.noticed = True

    def fault(self, specification: str) -> None:
        self.ctl("fault", specification)

    def take_away(self) -> None:
        """Pulls the card and ends it: so another one may follow."""
        self.remove()
        self.stop()

    def stop(self) -> None:
        """Ends the card with its pcscd: with the same one, no other card may follow. pcscd looks every 0.4 s, and where it powers a
        card off between two looks, it finds out that this one is gone, forgets that, and takes the next one for it."""
        self.server.stop()
