# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a program's --help tells: its sub-commands, options and arguments. For tests that must see every one of them."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

Words = tuple[str, ...]


@dataclass(frozen=True)
class Command:
    options: frozenset[str]  # "--dry-run", "-h"
    choices: dict[str, tuple[str, ...]]  # of the options that take one of these words
    arguments: tuple[str, ...]
    commands: tuple[str, ...]


def help_of(program: str | Path, *words: str) -> str:
    return subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=True).stdout


def part(text: str, head: str) -> list[str]:
    """The indented lines below "Options:" or "Subcommands:"."""
    found = re.search(rf"^{head}:\n((?:  .*\n)+)", text, re.M)
    return found.group(1).splitlines() if found else []


def command_of(text: str) -> Command:
    lines = [line for line in part(text, "Options") if line.startswith("  -")]
    names = {line: re.split(r"\s", line.strip(), maxsplit=1)[0].split(",") for line in lines}
    sets = {names[line][-1]: tuple(found.group(1).split(",")) for line in lines if (found := re.search(r":\{([^}]*)\}", line))}
    return Command(frozenset(name for line in lines for name in names[line]), sets,
                   tuple(line.split()[0] for line in part(text, "Positionals") if re.match(r"  \S", line)),
                   tuple(line.split()[0] for line in part(text, "Subcommands") if re.match(r"  \S", line)))


def tree_of(program: str | Path, *words: str) -> dict[Words, Command]:
    """Every command and sub-command, by its words."""
    command = command_of(help_of(program, *words))
    tree = {words: command}
    for name in command.commands:
        tree |= tree_of(program, *words, name)
    return tree
