#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Part of `make check`, run in the build directory: the manual pages and the programs tell the same lists.

Compared are the options that each program and sub-command prints for --help, the keys that the configuration readers
know (known_keys.cc) and their defaults (those of the shipped files, which unit tests compare with the code), the words
that pam_jpki.so takes, and the codes of `jpkictl explain`. In a page a definition term is what it documents; its heading
(`=== jpkictl anchor add`, `=== [fetch]`) says of what. Then single lines are left out of pages, and the comparison must
miss each of them. Links of the READMEs and guides lead to something. No
heading of a page is lost in the text before it, or empty.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from help_text import help_of, tree_of

# Page of a program, and where it is built.
PROGRAMS = {
    "jpkictl": "jpkictl/jpkictl",
    "jpki-crl-refresh": "jpki-crl-refresh",
    "nss-ad-refresh": "nss-ad-refresh",
    "jpki-vcard": "jpki-vcard",
    "jpki-testpki": "jpki-testpki",
    "jpki-testocsp": "jpki-testocsp",
}
FREE_TABLES = {"fetch.tls": {"default"}}  # names that the administrator chooses
HELP = {"-h", "--help"}
OURS = re.compile(r"\*((?:jpki|nss-ad|nss_ad|pam_jpki|ad\.toml|accounts\.map)[\w.-]*)\*\((\d)\)")
MARKED = re.compile(r"(?<!_)\*[^*\s.][^*]*\*|_/[^\s]*_")
Lists = dict[str, set[str]]


# Page, the beginning of a line in it, and what is said when that line is not there.
LEFT_OUT = (
    ("jpkictl-doctor", "- pass:c[pam_jpki.so is missing]", "the table of faults is not that of the tests"),
    ("jpkictl-doctor", "*--bundle*", "jpkictl doctor: --bundle is not documented"),
    ("jpkictl-validate", "*--crl-all*::", "jpkictl validate: --crl-all is not documented"),
    ("nss-ad-refresh", "*--status*::", "nss-ad-refresh: --status is not documented"),
    ("jpki-vcard", "*--fault*", "jpki-vcard: --fault is not documented"),
    ("jpki.toml", "*hedge_after_ms* =", "revocation.source: hedge_after_ms is not documented"),
    ("ad.toml", "=== \\[[account.rule]]", "account: rule is not documented"),
    ("jpki-anchors", "*inhibit_any* =", "constraints: inhibit_any is not documented"),
    ("pam_jpki", "*min_uid*=", "min_uid is not documented"),
    ("jpki-greeter", "*password_button* =", "password_button is not documented"),
    ("jpki-codes", "*JPKI-307*", "JPKI-307 is not documented"),
    ("jpki-codes", "_Cause:_", "the texts are not those of jpkictl explain"),
    ("jpkictl-explain", "= jpkictl-explain(1)", "there is no page jpkictl-explain(1)"),
)


class Pages:
    def __init__(self, text: dict[str, str]):
        self.text = text

    @classmethod
    def read(cls, folder: Path) -> "Pages":
        return cls({file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.adoc"))})

    def without(self, name: str, beginning: str) -> "Pages":
        lines = [line for line in self.text[name].splitlines(True) if not line.startswith(beginning)]
        return Pages(self.text | {name: "".join(lines)})

    def terms(self, name: str, section: str) -> dict[str, list[str]]:
        """Heading (or the section's own) → the terms of its definition list."""
        body = re.search(rf"^== {section}$(.*?)(?=^== |\Z)", self.text[name], re.M | re.S)
        found: dict[str, list[str]] = {}
        heading = ""
        for line in (body.group(1) if body else "").splitlines():
            if line.startswith("=== "):
                heading = line[4:]
                found.setdefault(heading, [])
            elif line.endswith("::"):
                found.setdefault(heading, []).append(line[:-2])
        return found


def options_of(program: Path, name: str) -> Lists:
    # What only holds sub-commands together has nothing of its own to document.
    return {" ".join((name, *words)): set(command.options) for words, command in tree_of(program).items()
            if not words or not command.commands}


def documented_options(pages: Pages, program: str) -> Lists:
    found: Lists = {}
    for name in pages.text:
        if name == program or name.startswith(program + "-"):
            for heading, terms in pages.terms(name, "OPTIONS").items():
                options = {option for term in terms for option in re.findall(r"\*(--?[\w-]+)\*", term)}
                if options:
                    found[heading or program] = options
    return found


def known_keys(build: Path) -> dict[str, Lists]:
    done = subprocess.run([build / "tests/man/known_keys"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"known_keys: {done.stderr}")
    found: dict[str, Lists] = {}
    for line in done.stdout.splitlines():
        page, table, key = line.split()
        found.setdefault(page, {}).setdefault(table, set()).add(key)
    found["jpki.toml"] |= FREE_TABLES
    return found


def documented_keys(pages: Pages, page: str) -> Lists:
    found: Lists = {".": set()}
    for heading, terms in pages.terms(page, "DESCRIPTION").items():
        table = re.fullmatch(r"\\?\[{1,2}([\w.]+)\]{1,2}", heading)
        name = table.group(1) if table else "."
        if table:
            parent, _, key = name.rpartition(".")
            found.setdefault(parent or ".", set()).add(key)
        keys = {match.group(1) for term in terms if (match := re.match(r"\*([a-z0-9_]+)\* = ", term))}
        found.setdefault(name, set()).update(keys)
    return found


def shipped_defaults(file: Path) -> dict[tuple[str, str], str]:
    """Table and key → what a shipped file, whose defaults are those of the code, shows."""
    found = {}
    table = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if head := re.match(r"#?\[{1,2}([\w.]+)\]{1,2}$", line):
            table = head.group(1)
        elif setting := re.match(r"#(\w+) = (.*)$", line):
            found[table, setting.group(1)] = setting.group(2)
    return found


def documented_defaults(page: str) -> dict[tuple[str, str], str]:
    """Those that a page gives as a value, not in words."""
    found = {}
    place = ("", "")
    text = ""
    for line in page.splitlines():
        if head := re.match(r"=== \\?\[{1,2}([\w.]+)\]{1,2}$", line):
            place = (head.group(1), "")
        elif term := re.match(r"\*(\w+)\* = .*::$", line):
            place, text = (place[0], term.group(1)), ""
        text += line + " "
        if value := re.search(r"Default: (\d+|_/\S*_|\*[^*]+\*)\. $", text):
            found[place] = value.group(1).strip("_*").strip('"')
    return found


def wrong_defaults(shipped_files: dict[str, dict[tuple[str, str], str]], pages: Pages) -> list[str]:
    wrong = []
    for page, shipped in shipped_files.items():
        for place, value in documented_defaults(pages.text[page]).items():
            # Tables in double brackets show an example of what has no default of its own.
            if value not in (shipped.get(place, "").strip('"'), "default"):
                wrong.append(f"{page}: {'.'.join(place)} has the default {shipped.get(place)}, not {value}")
    return wrong


def module_words(top: Path) -> set[str]:
    text = (top / "pam_jpki/options.cc").read_text(encoding="utf-8")
    return set(re.findall(r'\{"(\w+)", (?:&Options|Purpose)::', text)) | set(re.findall(r'name == "(\w+)"', text))


def difference(what: str, code: Lists, manual: Lists) -> list[str]:
    wrong = []
    for place in sorted(code.keys() | manual.keys()):
        wrong += [f"{what}: {place}: {word} is not documented"
                  for word in sorted(code.get(place, set()) - manual.get(place, set()))]
        wrong += [f"{what}: {place}: {word} is documented and does not exist"
                  for word in sorted(manual.get(place, set()) - code.get(place, set()))]
    return wrong


class Code:
    """What the programs and sources tell of themselves."""

    def __init__(self, top: Path, build: Path):
        self.options = {name: options_of(build / place, name) for name, place in PROGRAMS.items()}
        self.options["jpki-validator"] = {
            "jpki-validator": set(re.findall(r"--\w+", help_of(build / "jpki-validator"))) | {"--help"}}
        self.options["jpki-rehearse"] = {"jpki-rehearse": HELP | set(
            re.findall(r"^  (--[\w-]+)", help_of(top / "testkit/rehearsal/jpki-rehearse"), re.M))}
        self.keys = known_keys(build)
        self.words = module_words(top)
        self.shipped = {name: shipped_defaults(top / "conf" / name) for name in ("jpki.toml", "ad.toml")}
        self.explained = subprocess.run([build / PROGRAMS["jpkictl"], "--json", "explain"], capture_output=True, text=True,
                                        check=True).stdout
        self.codes_page = subprocess.run([sys.executable, "-B", top / "doc/man/codes.py"], input=self.explained,
                                         capture_output=True, text=True, check=True).stdout
        sys.path.insert(0, str(top / "doc/man"))
        sys.dont_write_bytecode = True
        from faults import with_table  # the program of `make update-faults`
        faults = json.loads((top / "tests/data/doctor/faults.json").read_text(encoding="utf-8"))
        self.with_faults = lambda page: with_table(page, faults)


def wrong_codes(code: Code, pages: Pages) -> list[str]:
    page = pages.text["jpki-codes"]
    known = {"codes": {entry["code"] for entry in json.loads(code.explained)}}
    wrong = difference("jpki-codes", known, {"codes": set(re.findall(r"^\*(JPKI-\d+)\* ", page, re.M))})
    if not wrong and code.codes_page != page:
        wrong.append("jpki-codes: the texts are not those of jpkictl explain; run: make update-codes")
    return wrong


def wrong_faults(code: Code, pages: Pages) -> list[str]:
    """What the tests of jpkictl doctor break, and how it is mended."""
    page = pages.text["jpkictl-doctor"]
    return [] if code.with_faults(page) == page else [
        "jpkictl-doctor: the table of faults is not that of the tests; run: make update-faults"]


def wrong_references(pages: Pages) -> list[str]:
    return [f"{name}: there is no page {target}({section})"
            for name, text in pages.text.items() for target, section in OURS.findall(text)
            if f"= {target}({section})\n" not in pages.text.get(target, "")]


def wrong_translations(po: Path) -> list[str]:
    """What is marked in a text is marked in its translation, too."""
    wrong = []
    for block in po.read_text(encoding="utf-8").split("\n\n")[1:]:
        texts = dict(re.findall(r'^(msgid|msgstr) ((?:"(?:[^"\\]|\\.)*"\n?)+)', block, re.M))
        original, translation = (re.sub(r'"\n?"?', "", texts.get(key, "")) for key in ("msgid", "msgstr"))
        if translation and "delimited block" not in block:
            wrong += [f"{po.name}: {mark} is missing in: {translation[:60]}"
                      for mark in MARKED.findall(original) if mark not in translation]
    return wrong


def wrong_links(top: Path) -> list[str]:
    """Of the READMEs and guides, to files of the tree."""
    return [f"{guide.name}: {link} does not exist"
            for guide in (*top.glob("*.md"), *(top / "doc").glob("*.md"))
            for link in re.findall(r"\]\(([^)#:]+)\)", guide.read_text(encoding="utf-8"))
            if not (guide.parent / link).exists()]


def lost_headings(pages: Pages) -> list[str]:
    """asciidoctor takes a heading for text where no empty line is before it, and [[name]] for an anchor."""
    return [f"{name}: this heading is lost: {heading}" for name, text in pages.text.items()
            for heading in re.findall(r"^(?!//|\|)[^\n]+\n(==+ .*)", text, re.M) + re.findall(r"^(=+ \[\[.*)", text, re.M)]


def not_installed(top: Path, pages: Pages) -> list[str]:
    rules = (top / "doc/Makefile.inc").read_text(encoding="utf-8")
    installed = {name: re.search(rf"^= {re.escape(name)}\((\d)\)$", text, re.M) for name, text in pages.text.items()}
    return [f"{name}: doc/Makefile.inc does not make it" for name, title in installed.items()
            if not title or f"\tdoc/man/{name}.{title.group(1)}" not in rules or f"\tdoc/man/{name}.adoc" not in rules]


def compare(code: Code, pages: Pages) -> list[str]:
    wrong = []
    for name, options in code.options.items():
        wrong += difference(name, options, documented_options(pages, name))
    for page, keys in code.keys.items():
        wrong += difference(page, keys, documented_keys(pages, page))
    words = {match.group(1) for term in pages.terms("pam_jpki", "OPTIONS").get("", [])
             if (match := re.match(r"\*(\w+)\*", term))}
    wrong += difference("pam_jpki", {"options": code.words}, {"options": words})
    return wrong + wrong_codes(code, pages) + wrong_faults(code, pages) + wrong_references(pages) + wrong_defaults(code.shipped, pages)


def main() -> int:
    top, build = Path(os.environ.get("srcdir", ".")).resolve(), Path.cwd()
    code, pages = Code(top, build), Pages.read(top / "doc/man")
    wrong = compare(code, pages) + wrong_translations(top / "doc/man/po/ja.po") + wrong_links(top)
    wrong += not_installed(top, pages) + lost_headings(pages)
    for name, beginning, expected in LEFT_OUT:
        if not any(expected in line for line in compare(code, pages.without(name, beginning))):
            wrong.append(f"nobody misses \"{beginning}\" in {name}")
    for line in wrong:
        print(line)
    print(f"{len(pages.text)} pages compared, {len(wrong)} differences")
    return 1 if wrong or len(pages.text) < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
