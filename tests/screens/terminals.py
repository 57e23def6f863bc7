# SPDX-License-Identifier: LGPL-2.1-or-later
"""Front ends at a terminal: login, su, sudo, sshd on the loopback, and pkexec with pkttyagent."""

import pwd
import re
from pathlib import Path

import pexpect
from bus import SystemBus
from display import Screen
from front_end import FrontEnd
from processes import Server, running, until

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")
KEYS = {"Return": "\r"}
SSH_PORT = "2222"
SUDOERS = "Defaults !lecture, use_pty, timestamp_timeout=0\nALL ALL=(ALL) ALL\n"
# Who may become root by password or card: the person herself.
ADMINISTRATORS = 'polkit.addAdminRule(function(action, subject) { return ["unix-user:" + subject.user]; });\n'
# polkit judges the process that started pkexec. The agent closes descriptor 3 when it is ready.
WITH_AGENT = "{ pkttyagent --process $$ --notify-fd 3 3>&1 >/dev/tty & } | cat; pkexec --disable-internal-agent id; exit $?"
SSHD = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {key}
UsePAM yes
PasswordAuthentication no
PubkeyAuthentication no
KbdInteractiveAuthentication yes
PidFile none
"""


class Terminal(Screen):
    """A pseudo-terminal with a program on it; its picture is its text."""

    def __init__(self, argv: list[str], environment: dict[str, str]):
        self.child = pexpect.spawn(argv[0], argv[1:], env=environment, encoding="utf-8", codec_errors="replace",
                                   dimensions=(24, 100), timeout=0)
        self.child.delaybeforesend = None
        self.shown = ""

    def state(self) -> bytes:
        try:
            while True:
                self.shown += self.child.read_nonblocking(4096, timeout=0)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return self.shown.encode()

    def text(self) -> str:
        return ESCAPES.sub("", self.state().decode()).replace("\r", "")

    def look(self) -> tuple[bytes, str]:
        self.settle()
        return self.state(), "\n".join(line for line in self.text().split("\n") if line.strip())

    def type(self, text: str) -> None:
        self.child.send(text)

    def key(self, name: str) -> None:
        self.child.send(KEYS[name])

    def close(self) -> None:
        self.child.close(force=True)


class AtTerminal(FrontEnd):
    """`service`: its PAM service. The lab's shell or id says who came in."""

    service = ""
    mark = r"shell of {user} "
    screen: Terminal | None = None

    def __init__(self, lab, spy, directory: Path, **options):
        super().__init__(lab, spy, directory, **options)
        self.configure(self.service)

    def command(self, user: str) -> list[str]:
        raise NotImplementedError

    def begin(self, user: str) -> None:
        self.user = user
        self.screen = Terminal(self.command(user), self.lab.environment(self.language))

    def question(self) -> bool:
        """And the question is on the screen, which every terminal shows."""
        if not super().question():
            return False
        asked = "".join(self.spy.said()[-1].split())
        until(lambda: "".join(self.screen.text().split()).endswith(asked), f"the question {asked}")
        return True

    def over(self) -> bool:
        return not self.screen.child.isalive()

    def question_on(self, text: str) -> str:
        return text.split("\n")[-1]

    def passed(self) -> bool:
        return bool(re.search(self.mark.format(user=self.user), self.screen.text()))

    def end(self) -> None:
        if self.screen:
            self.screen.close()


def as_user(user: str, *command: str) -> list[str]:
    entry = pwd.getpwnam(user)
    return ["setpriv", "--reuid", str(entry.pw_uid), "--regid", str(entry.pw_gid), "--clear-groups", *command]


class Login(AtTerminal):
    name = service = "login"

    def command(self, user: str) -> list[str]:
        return ["login", user]


class Su(AtTerminal):
    name = service = "su"

    def command(self, user: str) -> list[str]:
        return as_user("mallory", "su", user)


class Sudo(AtTerminal):
    name = service = "sudo"
    mark = r"uid=0"

    def begin(self, user: str) -> None:
        file = Path("/etc/sudoers")
        self.replaces(file)
        file.write_text(SUDOERS)
        file.chmod(0o440)
        super().begin(user)

    def command(self, user: str) -> list[str]:
        return as_user(user, "sudo", "id")


class Sshd(AtTerminal):
    name = service = "sshd"
    refuses = "JPKI-112"  # nothing tells where the person is who comes by the loopback
    by_design = True
    server: Server | None = None

    def begin(self, user: str) -> None:
        key = self.directory / "host_key"
        Server(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], self.directory / "keygen.log").process.wait(20)
        configuration = self.directory / "sshd_config"
        configuration.write_text(SSHD.format(port=SSH_PORT, key=key))
        Path("/run/sshd").mkdir(exist_ok=True)
        log = self.directory / "sshd.log"
        self.server = Server(["/usr/sbin/sshd", "-D", "-e", "-f", str(configuration)], log)
        until(lambda: self.server.check_alive() or "listening on 127" in log.read_text(), "sshd")
        super().begin(user)

    def command(self, user: str) -> list[str]:
        return ["ssh", "-F", "none", "-p", SSH_PORT, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o",
                "LogLevel=ERROR", "-o", "NumberOfPasswordPrompts=1", "-t", f"{user}@127.0.0.1"]

    def end(self) -> None:
        super().end()
        if self.server:
            self.server.stop()
        until(lambda: not running("sshd", "ssh"), "the end of sshd")


class Pkexec(AtTerminal):
    name = "pkexec"
    service = "polkit-1"
    mark = r"uid=0"
    bus: SystemBus | None = None
    daemon: Server | None = None

    def begin(self, user: str) -> None:
        rules = Path("/etc/polkit-1/rules.d/00-lab.rules")
        rules.parent.mkdir(parents=True, exist_ok=True)
        self.replaces(rules)
        rules.write_text(ADMINISTRATORS)
        self.bus = SystemBus(self.directory)
        log = self.directory / "polkitd.log"
        self.daemon = Server(["/usr/lib/polkit-1/polkitd"], log)
        until(lambda: self.daemon.check_alive() or "Acquired the name" in log.read_text(), "polkitd")
        super().begin(user)

    def command(self, user: str) -> list[str]:
        return as_user(user, "sh", "-c", WITH_AGENT)

    def end(self) -> None:
        super().end()
        for server in (self.daemon, self.bus):
            if server:
                server.stop()
        until(lambda: not running("pkexec", "pkttyagent", "polkit-agent-he"), "the end of pkexec")
