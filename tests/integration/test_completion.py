# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Tab offers for jpkictl in real shells is what the parser knows, for everybody, and nothing that is not everybody's to read."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/man"))
from help_text import tree_of  # noqa: E402

COMMON = {"--json", "--config"}
FUNCTION = "/usr/share/bash-completion/completions/jpkictl"
READY = "ready-for-the-next> "
# Asked in one bash: each line the words up to the cursor, the last of which is being completed.
ASK = r"""
source %s
compopt() { COMPREPLY+=("compopt $*"); }
while IFS= read -r line; do
  IFS=$'\t' read -ra COMP_WORDS <<<"$line"
  [[ $line == *$'\t' ]] && COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _jpkictl
  (IFS=$'\t'; printf '%%s\n' "${COMPREPLY[*]}")
done
"""


@pytest.fixture(scope="module")
def tree():
    return tree_of("jpkictl")


def bash(*questions: tuple[str, ...], user: str | None = None) -> list[set[str]]:
    prefix = ["setpriv", "--reuid", user, "--clear-groups"] if user else []
    done = subprocess.run([*prefix, "bash", "--norc", "-c", ASK % FUNCTION], text=True, capture_output=True, timeout=120, check=True,
                          input="".join("\t".join(("jpkictl", *words)) + "\n" for words in questions))
    assert not done.stderr, done.stderr
    answers = [set(filter(None, line.split("\t"))) for line in done.stdout.splitlines()]
    assert len(answers) == len(questions)
    return answers


def test_bash_knows_every_command_and_option(tree):
    commands = list(tree)
    assert len(commands) > 30
    for words, offered in zip(commands, bash(*((*words, "") for words in commands))):
        if tree[words].commands:
            assert offered == set(tree[words].commands), words
    for words, offered in zip(commands, bash(*((*words, "-") for words in commands))):
        assert offered == {name for name in tree[words].options if name.startswith("--")} | COMMON, words
    with_choices = [(words, option) for words in commands for option in tree[words].choices]
    assert len(with_choices) > 10
    for (words, option), offered in zip(with_choices, bash(*((*words, option, "") for words, option in with_choices))):
        assert offered == set(tree[words].choices[option]), (words, option)
    for (words, option), offered in zip(with_choices, bash(*((*words, option, "=", "") for words, option in with_choices))):
        assert offered == set(tree[words].choices[option]), (words, option)


def test_bash_offers_what_fits(tree):
    rows = {
        ("card", "en"): {"enroll"}, ("setup", "apply", "--profile", "ex"): {"exclusive"}, ("--config", "/x", "setup", "st"): {"status"},
        ("explain", "JPKI-30"): {f"JPKI-30{n}" for n in range(1, 10)}, ("doctor", "JPKI-402"): {"JPKI-402"},
        ("card", "enroll", "tar"): {"taro"}, ("card", "move", "taro", "jir"): {"jiro"}, ("emergency", "issue", "tar"): {"taro"},
        ("card", "enroll", "--csv", ""): {"compopt -o default"}, ("setup", "check", "--root", ""): {"compopt -o dirnames"},
        ("setup", "check", "common-a"): {"common-auth", "common-account"}, ("anchor", "add", "--kind", "jpki-a"): {"jpki-authentication"},
        ("setup", "rollback", "--due", "--y"): set(), ("card", "list", "--local", "--dir"): set(), ("setup", "status", "--js"): {"--json"},
        ("setup", "status", "--json", "--js"): set(), ("emergency", "issue", "taro", "--reason", ""): set(), ("nonsense", ""): set(),
        ("card", "list", "--", "--js"): set(), ("setup", "apply", "--yes", "--dry"): {"--dry-run"},
        ("validate", "--explicit"): {"--explicit-policy"}, ("anchor", "add", "--function", "ocsp"): {"ocsp-signer"},
    }
    for words, offered in zip(rows, bash(*rows)):
        assert offered == rows[words], words


def test_nothing_is_offered_that_root_alone_may_read(lab, tree):
    """The same for everybody; and no file of ours is opened by it that is not everybody's."""
    questions = [(*words, word) for words in tree for word in ("", "-")]
    assert bash(*questions) == bash(*questions, user="nobody")
    trace = lab.work / "completion.trace"
    for words in (("card", "revoke", ""), ("emergency", "revoke", ""), ("card", "pending", "approve", ""), ("anchor", "remove", "")):
        subprocess.run(("strace", "-f", "-o", trace, "-e", "trace=openat", "jpkictl", "__complete", *words), check=True, capture_output=True)
        ours = {path for path in re.findall(r'"(/(?:etc|var/lib|run)/jpki[^"]*)"', trace.read_text())}
        assert all(os.stat(path).st_mode & 0o004 for path in ours if os.path.exists(path)), ours
        assert not any("accounts.map" in path for path in ours), ours


def screen_of(argv: list[str], start: str, typed: str) -> str:
    """What stands below the prompt after `typed`, which has a Tab in it."""
    child = pexpect.spawn(argv[0], argv[1:], encoding="utf-8", timeout=30, dimensions=(60, 200),
                          env=os.environ | {"TERM": "dumb", "PS1": READY, "INPUTRC": "/dev/null", "LC_ALL": "C.UTF-8"})
    child.delaybeforesend = None
    try:
        child.sendline(start)
        child.expect("begin-here")
        child.send(typed)
        child.expect("end-here")
        return child.before
    finally:
        child.close(force=True)


def in_bash(typed: str, then: str = "") -> str:
    start = ("PS1=; bind 'set show-all-if-ambiguous on' 'set completion-query-items 0' 'set page-completions off' 'set enable-bracketed-paste off'; "
             "source /usr/share/bash-completion/bash_completion; jpkictl() { printf '<%s>' \"$@\"; echo end-'here'; }; echo begin-'here'")
    return screen_of(["bash", "--norc", "-i"], start, typed + then + "\n")


def in_zsh(typed: str) -> str:
    start = ("PS1=; unsetopt zle_bracketed_paste prompt_cr prompt_sp; zstyle ':completion:*' menu no; LISTMAX=1000; fpath=(/usr/share/zsh/vendor-completions $fpath); "
             "autoload -U compinit; compinit -u -D; jpkictl() { printf '<%s>' \"$@\"; echo end-'here'; }; echo begin-'here'")
    return screen_of(["zsh", "-f", "-i"], start, typed + "\n")


@pytest.mark.parametrize("shell", (in_bash, in_zsh))
def test_at_the_prompt_of_a_real_shell(lab, tree, shell):
    assert "<card><enroll>" in shell("jpkictl ca\tenr\t")
    assert "<setup><apply><--profile><exclusive>" in shell("jpkictl setup apply --prof\t ex\t")
    assert "<setup><apply><--removal=logoff>" in shell("jpkictl setup apply --removal=logo\t")
    assert "<explain><JPKI-307>" in shell("jpkictl explain JPKI-307\t")
    (lab.work / "persons.csv").touch()
    assert f"<card><enroll><--csv><{lab.work}/persons.csv>" in shell(f"jpkictl card enroll --csv {lab.work}/per\t")
    listed = shell("jpkictl card \t\tlist")
    assert all(name in listed for name in tree[("card",)].commands), listed
