# SPDX-License-Identifier: LGPL-2.1-or-later
"""A person at a pseudo-terminal: runs a program, answers its prompts, keeps what was on the screen."""

import fcntl
import os
import re
import select
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pexpect

PROMPT = re.compile(r"(?:^|[\r\n])([^\r\n]*(?:PIN|暗証番号|yes|はい|Enter)[^\r\n]*[:：?？>] ?)$")
JPKI_CODE = re.compile(r"JPKI-\d{3}")
EMERGENCY_CODE = re.compile(r"\b\d{4} \d{4} \d{4} \d{4}\b")  # as people are told it, or a challenge
END_OF_INPUT = "\x04"
TIOCGPTPEER = 0x5441  # asm-generic/ioctls.h: the other side of this pseudo-terminal

# What a person does at a prompt: types a line, or does something first and then types what the function returns.
Answer = str | Callable[[], str]

PAM_CODES = {
    "successfully authenticated": "SUCCESS",
    "Authentication failure": "AUTH_ERR",
    "Insufficient credentials to access authentication data": "CRED_INSUFFICIENT",
    "Authentication service cannot retrieve authentication info": "AUTHINFO_UNAVAIL",
    "User not known to the underlying authentication module": "USER_UNKNOWN",
    "Have exhausted maximum number of retries for service": "MAXTRIES",
    "Permission denied": "PERM_DENIED",
    "User account has expired": "ACCT_EXPIRED",
    "Conversation error": "CONV_ERR",
    "Error in service module": "SERVICE_ERR",
    "System error": "SYSTEM_ERR",
    "The return value should be ignored by PAM dispatch": "IGNORE",
    "Critical error - immediate abort": "ABORT",
    "Module is unknown": "MODULE_UNKNOWN",
}


@dataclass
class Dialogue:
    screen: str = ""
    prompts: list[str] = field(default_factory=list)
    status: int = 0
    seconds: float = 0.0

    @property
    def codes(self) -> list[str]:
        """The JPKI codes that the person read, in order."""
        return JPKI_CODE.findall(self.screen)

    @property
    def pam(self) -> str:
        """The PAM code, from pamtester's last words."""
        found = {self.screen.rfind(f"pamtester: {text}"): code for text, code in PAM_CODES.items()}
        if (last := max(found)) >= 0:
            return found[last]
        return f"none: {self.screen!r}"

    @property
    def pin_prompts(self) -> list[str]:
        """The prompts but the question whether to spend the last try, and what waits for Enter."""
        return [prompt for prompt in self.prompts if not re.search("yes|はい|Enter", prompt)]


def keep_open_until_it_ends(child: pexpect.spawn) -> threading.Thread:
    """Debian 13's login closes its terminal and opens it again. A terminal that nobody holds looks like the program's end, so
    we hold it until the program has ended."""
    process = os.pidfd_open(child.pid)
    other_side = fcntl.ioctl(child.child_fd, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY)

    def let_go() -> None:
        select.select([process], [], [])
        os.close(process)
        os.close(other_side)

    watcher = threading.Thread(target=let_go, daemon=True)
    watcher.start()
    return watcher


def converse(argv: Sequence[str], answers: Sequence[Answer] = (), *, environment: Mapping[str, str],
             within: float = 60) -> Dialogue:
    """Runs argv at a new terminal. A prompt beyond the answers gets end-of-file. Not ending `within` seconds is an error."""
    result = Dialogue()
    left = list(answers)
    begin = time.monotonic()
    child = pexpect.spawn(argv[0], list(argv[1:]), env=dict(environment), encoding="utf-8", codec_errors="replace",
                          dimensions=(24, 200), timeout=within, echo=True)
    child.delaybeforesend = None
    watcher = keep_open_until_it_ends(child)
    try:
        while True:
            if child.expect([PROMPT, pexpect.EOF]) == 1:
                result.screen += child.before
                break
            result.screen += child.before + child.after
            result.prompts.append(child.match.group(1))
            answer = left.pop(0) if left else END_OF_INPUT
            text = answer() if callable(answer) else answer
            child.send(text if text == END_OF_INPUT else text + "\r")
    except BaseException as fault:  # an answer that fails, too: who is left at a prompt is in the way of every later test
        os.kill(child.pid, signal.SIGKILL)
        watcher.join()
        child.close(force=True)
        if isinstance(fault, pexpect.TIMEOUT):
            raise AssertionError(f"{argv} did not end within {within} s; screen:\n{result.screen}{child.before}") from fault
        raise
    watcher.join()
    child.close()
    result.seconds = time.monotonic() - begin
    result.status = child.exitstatus if child.exitstatus is not None else 128 + child.signalstatus
    result.screen = result.screen.replace("\r\n", "\n")
    return result
