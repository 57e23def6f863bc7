#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""greeter_pictures.py BUILD DIRECTORY [NAME]...: a picture of each state of the greeter, in both languages, on a small and on a
dense monitor."""

import gettext
import sys
from contextlib import closing
from pathlib import Path

import greeter_screen as screen
from greeter_screen import Display, Stage
from processes import until

MONITORS = {"1024x768": (1024, 768, 1), "1920x1080x2": (1920, 1080, 2)}
CODES = {"revoked": "JPKI-401", "wrong": "JPKI-201", "none": "JPKI-102"}
# As the product says it: the texts of po/, and what is put into them.
TEXTS = {
    "revoked": "The certificate on the card has been revoked or suspended and cannot be used. Please ask at the counter of the municipality where "
               "you live about a new one, or about lifting the suspension. For a staff card, please contact your system administrator.",
    "wrong": "The PIN is not correct. {tries} more wrong PINs lock it. Please check your PIN and log in again.",
    "form": "The PIN has 4 digits. No try was used up. Please type it again.",
    "kind": "MyNumber card",
    "today": "{kind} in {reader}, last login here within 24 hours",
    "once": "{kind} in {reader}",
    "before": "{kind} in {reader}, last login here {days} days ago",
    "number": "Please type only the number of your card, from 1 to {count}. No PIN was checked.",
    "last": "Only 1 try is left. A wrong PIN locks it, and it must then be reset at the counter of the municipality where you live (a staff card: by "
            "your system administrator). Please type yes to use the last try, or no to stop: ",
    "soon": "The certificate on your card expires in {days} days. Please have it renewed at the counter of the municipality where you live. For a "
            "staff card, please contact your system administrator.",
    "name": "Type your user name, then press Enter. You need no card.",
    "challenge": "If you have no emergency code, please call your system administrator. Read out: computer {host}, user name {account}, number "
                 "{number}. Then type the 16 digits that you are told.",
    "code": "Emergency code (16 digits, not your PIN; Enter if you have none): ",
    "off": "Shut down this computer?",
    "none": "No card reader was found. Please check that the reader is plugged in, then try again.",
}
OTHERS = {"en": "The system goes down for maintenance at 22:00.", "ja": "22時から保守作業のため停止します。"}  # another module's
LANGUAGES = ("en", "ja")


def words_of(build: Path, language: str) -> dict[str, str]:
    """What is said in that language. A text that po/ does not know is no longer the product's."""
    japanese = gettext.translation("jpki", build / "po", ["ja"])
    words = {}
    for name, text in TEXTS.items():
        if japanese.gettext(text) == text:
            raise RuntimeError(f"po/ja.po has no such text: {text}")
        said = text if language == "en" else japanese.gettext(text)
        words[name] = said + (f" [{CODES[name]}]" if name in CODES else "")
    reader = "Identive CLOUD 4700 F"
    words["wrong"] = words["wrong"].format(tries=2)
    words["cards"] = (words["today"].format(kind=words["kind"], reader="Alcor Micro AU9560 00 00") + "\n"
                      + words["once"].format(kind=words["kind"], reader=f"{reader} 01 00"))
    words["many"] = "\n".join(words["before"].format(kind=words["kind"], reader=f"{reader} Dual..12203) 0{n} 00", days=10 * n) for n in range(1, 5))
    words["number"] = words["number"].format(count=4)
    words["soon"] = words["soon"].format(days=20)
    words["challenge"] = words["challenge"].format(host="kokuho-07", account="sato", number="0123 4567 8901 2345")
    return words | {"other": OTHERS[language]}


def scenes(words: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Name → what is said ("key …" is pressed, "wait …" is waited for)."""
    return {
        "insert-card": ("message " + screen.INSERT,),
        "reading": ("message " + screen.READING,),
        "asking": ("message " + screen.ASKING,),
        "choose": ("prompt " + screen.choose(*words["cards"].split("\n")),),
        "choose-long": ("error " + screen.WRONG_FORM + words["number"], "prompt " + screen.choose(*words["many"].split("\n"))),
        "pin": ("prompt " + screen.pin(3),),
        "pin-typed": ("prompt " + screen.pin(2), "key KP_1 KP_2 KP_3"),
        "pin-unnamed": ("prompt " + screen.pin(3, "tanaka"),),
        "wrong-form": ("error " + screen.WRONG_FORM + words["form"], "prompt " + screen.pin(3)),
        "last-try": ("prompt " + screen.confirm() + words["last"],),
        "pin-last": ("prompt " + screen.pin(1),),
        "verifying": ("message " + screen.VERIFYING,),
        "wrong-pin": ("error jpki1 state=refused verdict=201 tries=2 max_tries=3\n" + words["wrong"], "prompt " + screen.HOLD),
        "pin-again": ("error jpki1 state=refused verdict=201 tries=2 max_tries=3\n" + words["wrong"], "prompt " + screen.pin(2)),
        "last-try-again": ("error jpki1 state=refused verdict=201 tries=1 max_tries=3\n" + words["wrong"], "prompt " + screen.confirm()),
        "revoked": ("error " + screen.refused(401) + words["revoked"], "prompt " + screen.HOLD),
        "no-reader": ("error " + screen.refused(102) + words["none"], "prompt " + screen.HOLD),
        "name": ("key alt+p", "wait " + words["name"], "key y a m a d a"),
        "password": ("error " + words["other"], "prompt Password: "),
        "code": ("prompt " + screen.code(words["challenge"] + "\n" + words["code"]),),
        "notice": ("message " + screen.NOTICE + words["soon"], "complete yes"),
        "welcome": ("message " + screen.VERIFYING, "complete yes"),
        "ended": ("complete no",),
        "shut-down": ("message " + screen.INSERT, "key alt+h", "wait " + words["off"]),
    }


def perform(stage: Stage, steps: tuple[str, ...]) -> None:
    until(stage.tree, "the greeter in the accessibility tree", screen.PATIENCE)
    for step in steps:
        if step.startswith("key "):
            stage.display.keys(*step.split()[1:])
        elif step.startswith("wait "):
            stage.wait_for(step[5:])
        elif step == "complete yes":
            stage.process.stdin.write(step + "\n")
            stage.process.stdin.flush()
        else:
            stage.play(step)
    stage.tree()  # when it answers, all before it was drawn


def take(build: Path, directory: Path, wanted: list[str]) -> None:
    for monitor, (width, height, scale) in MONITORS.items():
        with closing(Display(width, height)) as display:
            for language in LANGUAGES:
                for name, steps in scenes(words_of(build, language)).items():
                    if wanted and name not in wanted:
                        continue
                    with closing(Stage(display, build, language, scale=scale)) as stage:
                        perform(stage, steps)
                        display.picture(directory / f"{name}-{language}-{monitor}.png")


if __name__ == "__main__":
    target = Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    take(Path(sys.argv[1]).resolve(), target, sys.argv[3:])
