# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine with the packages on it: accounts, pam-auth-update, and a person at a terminal."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pexpect

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests/integration"))

from dialogue import keep_open_until_it_ends  # noqa: E402

PIN = "1234"
PKI = Path("/root/pki")
PASSWORD = {"root": "root's own words", "taro": "taro's own words"}
CODE = r"JPKI-\d{3}"
PIN_PROMPT = r"PIN[^\r\n]*: ?$"
PASSWORD_PROMPT = r"Password: ?$"
MACHINE_FILES = (Path("/etc/nsswitch.conf"), *(Path("/etc/pam.d") / f"common-{kind}" for kind in (
    "auth", "account", "password", "session", "session-noninteractive")))


def run(*argv: str, status: int | None = 0) -> str:
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if status is not None and done.returncode != status:
        raise AssertionError(f"{' '.join(argv)}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def make_people() -> None:
    """taro, a local user with a password, and root's password; a test PKI where the package for that is there."""
    if not PKI.exists() and Path("/usr/bin/jpki-testpki").exists():
        run("jpki-testpki", "--out", str(PKI))
    if "taro" not in run("getent", "passwd"):
        run("useradd", "--create-home", "--shell", "/bin/sh", "taro")
    Path("/home/taro/.profile").write_text("PS1='ready> '\n")
    Path("/root/.profile").write_text("PS1='ready> '\n")
    for name, password in PASSWORD.items():
        subprocess.run(["chpasswd"], input=f"{name}:{password}\n", text=True, check=True)
    defaults = Path("/etc/login.defs")
    if "# a test's" not in defaults.read_text():
        defaults.write_text(defaults.read_text() + "\n# a test's\nLOGIN_RETRIES 1\n")


def wake_pcscd() -> None:
    """It ends when nobody asks it for a minute, and starts when somebody calls; then its readers wait for cards."""
    run("python3", "-c", "import socket; socket.socket(socket.AF_UNIX).connect('/run/pcscd/pcscd.comm')")


def choose(*profiles: str) -> None:
    """pam-auth-update with exactly these profiles of ours."""
    run("pam-auth-update", "--package", "--remove", "jpki", "jpki-emergency", "jpki-required", "jpki-session")
    for profile in profiles:
        run("pam-auth-update", "--enable", profile)
    enabled = "pam_jpki.so" in Path("/etc/pam.d/common-auth").read_text()
    assert enabled == bool(profiles), f"/etc/pam.d/common-auth is not what {profiles} says"


class Terminal:
    """A person before a terminal on which a program runs."""

    def __init__(self, *argv: str, within: float = 300):  # seconds; a rehearsal makes a PKI first, and the machine may be busy
        self.child = pexpect.spawn(argv[0], list(argv[1:]), encoding="utf-8", codec_errors="replace", timeout=within,
                                   dimensions=(24, 200), env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb",
                                                              "LANG": "C.UTF-8", "HOME": "/root"})
        self.child.delaybeforesend = None
        keep_open_until_it_ends(self.child)
        self.screen = ""

    def read_until(self, *patterns: str) -> int:
        """Which of the patterns came; the end of the program is an AssertionError unless it is asked for by ''."""
        try:
            which = self.child.expect([pattern if pattern else pexpect.EOF for pattern in patterns])
        except (pexpect.TIMEOUT, pexpect.EOF) as stuck:
            raise AssertionError(f"waited for {patterns}; screen:\n{self.screen}{self.child.before}") from stuck
        self.screen += self.child.before + (self.child.after if isinstance(self.child.after, str) else "")
        return which

    def type(self, text: str) -> None:
        self.child.send(text + "\r")

    def answer(self, prompt: str, text: str) -> None:
        self.read_until(prompt)
        self.type(text)

    def finish(self) -> int:
        self.read_until("")
        self.child.close()
        return self.child.exitstatus if self.child.exitstatus is not None else 128 + self.child.signalstatus


def rehearse(account: str, *dialogue: tuple[str, str], card: str | None = "taro") -> str:
    """jpki-rehearse: `dialogue` are prompts and answers; the screen when it ended."""
    option = ["--card", card] if card else ["--no-card"]
    if PKI.exists():
        option += ["--pki", str(PKI)]
    terminal = Terminal("jpki-rehearse", *option, account)
    for prompt, text in dialogue:
        terminal.answer(prompt, text)
    terminal.finish()
    return terminal.screen


def is_in(account: str) -> tuple[tuple[str, str], ...]:
    """What somebody types who is let in; only who is in sees the answer."""
    prompt = r"(ready> |[#$] )$"
    return ((prompt, "echo I am $(id -un) now"), (f"I am {account} now", "exit"))


def card_login(account: str = "taro") -> str:
    return rehearse(account, (PIN_PROMPT, PIN), *is_in(account))


def password_login(account: str, *, card: str | None = None) -> str:
    return rehearse(account, (PASSWORD_PROMPT, PASSWORD[account]), *is_in(account), card=card)


def run_cases(*cases: Callable[[], object]) -> None:
    failed = 0
    for case in cases:
        try:
            case()
        except AssertionError as error:
            failed += 1
            print(f"FAIL: {case.__name__}: {error}", flush=True)
        else:
            print(f"PASS: {case.__name__}", flush=True)
    print(f"{len(cases) - failed} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)


def contents(paths: Sequence[Path] = MACHINE_FILES) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in paths}
