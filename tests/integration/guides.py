# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the READMEs and guides tell an administrator to type, and hosts that carry it out."""

import re
from pathlib import Path

import pexpect
from dialogue import keep_open_until_it_ends

TOP = Path(__file__).resolve().parents[2]
PASSWORD = "korrekt-Pferd"
PASSWORD_PROMPT = re.compile(r"Password: ")
FENCE = re.compile(r"^```(\S*) ?(\S*)\n(.*?)^```$", re.M | re.S)
KINDS = ("pam", "sh", "toml", "text")


def guides() -> list[Path]:
    return sorted((TOP / "doc").glob("*.md"))


def fences(guide: Path) -> list[tuple[str, str, str]]:
    """Kind, name and lines of everything that is set off."""
    return FENCE.findall(guide.read_text(encoding="utf-8"))


def spawn(lab, *argv):
    child = pexpect.spawn(argv[0], list(argv[1:]), env=lab.environment(), encoding="utf-8", timeout=30)
    child.delaybeforesend = None
    keep_open_until_it_ends(child)
    return child


def give_password(*accounts: str) -> str:
    """Lets these accounts log in by PASSWORD; /etc/shadow as it was."""
    shadow = Path("/etc/shadow")
    saved = shadow.read_text()
    hashed = pexpect.run(f"openssl passwd -6 {PASSWORD}", encoding="utf-8").strip()
    shadow.write_text(re.sub(rf"^({'|'.join(accounts)}):[^:]*:", rf"\g<1>:{hashed}:", saved, flags=re.M))
    return saved


def ends(lab, service, user, answers, operations=("authenticate",)):
    """What was asked for, and whether all of it succeeded. `answers`: one for each kind of prompt."""
    child = spawn(lab, "pamtester", service, user, *operations)
    asked, screen = [], ""
    while True:
        which = child.expect([r"PIN \([^)]*\): $", PASSWORD_PROMPT, pexpect.EOF])
        screen += child.before
        if which == 2:
            break
        asked.append(("PIN", "password")[which])
        child.sendline(answers[asked[-1]])
    child.close()
    return asked, child.exitstatus == 0, screen
