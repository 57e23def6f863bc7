#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""greeter_pictures.py BUILD DIRECTORY [NAME]...: a picture of each state of the greeter, in both languages, on a small and on a
dense monitor."""

import sys
from contextlib import closing
from pathlib import Path

import greeter_screen as screen
from greeter_screen import Display, Stage
from processes import until

MONITORS = {"1024x768": (1024, 768, 1), "1920x1080x2": (1920, 1080, 2)}
WORDS = {
    "en": {
        "revoked": "The certificate on the card has been revoked or suspended and cannot be used. Please ask at the counter of the municipality "
                   "where you live about a new one, or about lifting the suspension. For a staff card, please contact your system administrator. [JPKI-401]",
        "wrong": "The PIN is wrong. 2 tries are left. Please make sure that you know your PIN, and log in again. [JPKI-201]",
        "form": "A PIN has 4 digits. No try was used up.",
        "cards": "MyNumber card in Alcor Micro AU9560 00 00, last login here within 24 hours\nMyNumber card in Identive CLOUD 4700 F 01 00",
        "many": "\n".join(f"MyNumber card in Identive CLOUD 4700 F Dual..12203) 0{number} 00, last login here {number}0 days ago" for number in range(1, 5)),
        "number": "Please type only the number of your card, from 1 to 4. No PIN was checked.",
        "last": "Only 1 try is left. If it is wrong as well, the PIN is locked, and you have to have it reset at the counter of the municipality where you live.",
        "soon": "Your card's certificate expires in 20 days. Please have it renewed at the counter of the municipality where you live.",
        "name": "Type your user name",
        "off": "Shut down this computer?",
        "other": "The system goes down for maintenance at 22:00.",
        "none": "No card reader was found. Please check that the reader is plugged in, then try again. [JPKI-102]",
    },
    "ja": {
        "revoked": "カードの電子証明書は失効または一時停止しているため、使うことができません。お住まいの市区町村の窓口で、電子証明書の再発行、または一時停止の解除についてご相談ください。"
                   "職員用カードの場合は、システム管理者に連絡してください。 [JPKI-401]",
        "wrong": "暗証番号が違います。あと2回間違えるとロックされます。暗証番号を確認して、もう一度ログインしてください。 [JPKI-201]",
        "form": "暗証番号は数字4桁です。残り回数は減っていません。",
        "cards": "Alcor Micro AU9560 00 00のマイナンバーカード（24時間以内にこの端末でログイン）\nIdentive CLOUD 4700 F 01 00のマイナンバーカード",
        "many": "\n".join(f"Identive CLOUD 4700 F Dual..12203) 0{number} 00のマイナンバーカード（{number}0日前にこの端末でログイン）" for number in range(1, 5)),
        "number": "1から4までの、カードの番号だけを入力してください。暗証番号は確認されていません。",
        "last": "残り1回です。間違えると暗証番号がロックされ、お住まいの市区町村の窓口で再設定（初期化）の手続きが必要になります。最後の1回を使いますか。",
        "soon": "カードの電子証明書の有効期限まで、あと20日です。お住まいの市区町村の窓口で更新の手続きをしてください。",
        "name": "ユーザー名を入力して",
        "off": "この端末をシャットダウンしますか",
        "other": "22時から保守作業のため停止します。",
        "none": "カードリーダーが見つかりません。カードリーダーがつながっていることを確認して、もう一度お試しください。 [JPKI-102]",
    },
}


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
            for language, words in WORDS.items():
                for name, steps in scenes(words).items():
                    if wanted and name not in wanted:
                        continue
                    with closing(Stage(display, build, language, scale=scale)) as stage:
                        perform(stage, steps)
                        display.picture(directory / f"{name}-{language}-{monitor}.png")


if __name__ == "__main__":
    target = Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    take(Path(sys.argv[1]).resolve(), target, sys.argv[3:])
