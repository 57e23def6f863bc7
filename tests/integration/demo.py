# SPDX-License-Identifier: LGPL-2.1-or-later
"""./dev demo: a person logs in with a MyNumber card, well and badly, and you watch the screen of the terminal; then at the login
screen for lightdm, of which you get a picture."""

import os
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

from card_service import CardService, VirtualCard
from demo_screen import ScreenBuild, log_in_at_the_screen
from dialogue import Answer, Dialogue
from lab import PIN, Lab

JAPANESE = os.environ["LANG"].startswith("ja")
LANGUAGE = "ja_JP.UTF-8" if JAPANESE else "C.UTF-8"
TIMEOUT = 10


def say(english: str, japanese: str) -> str:
    return japanese if JAPANESE else english


@dataclass
class Case:
    title: str
    program: str                    # "login", "su" or "pamtester"
    card: str | None                # None: no card in the reader
    user: str
    answers: list[Answer]
    code: str | None                # the refusal that the person must read; None: must be logged in
    pin_prompts: int
    verifies: int
    before: Callable[[CardService], None] = lambda service: None
    pulled_at_prompt: bool = False


def cases() -> list[Case]:
    wrong = "9999"
    return [
        Case(say("Success: login at a terminal", "成功: 端末でのログイン"), "login", "taro", "taro", [PIN], None, 1, 1),
        Case(say("Success: su", "成功: su"), "su", "hanako", "hanako", [PIN], None, 1, 1),
        Case(say("Success: pamtester", "成功: pamtester"), "pamtester", "taro", "taro", [PIN], None, 1, 1),
        Case(say("Wrong PIN", "暗証番号の誤り"), "pamtester", "taro", "taro", [wrong], "JPKI-201", 1, 1),
        Case(say("Revoked certificate", "失効した証明書"), "pamtester", "revoked", "revoked", [PIN], "JPKI-401", 0, 0),
        Case(say("Expired certificate", "有効期間を過ぎた証明書"), "pamtester", "expired", "expired", [PIN], "JPKI-303", 0, 0),
        Case(say("Wrong kind: a document-signing certificate", "種別違い: 文書等署名用職責証明書"), "pamtester",
             "document-signing", "document-signing", [PIN], "JPKI-322", 0, 0),
        Case(say("Card of nobody here", "登録のないカード"), "pamtester", "saburo", "saburo", [PIN], "JPKI-501", 0, 0),
        Case(say("No card", "カードなし"), "pamtester", None, "taro", [PIN], "JPKI-103", 0, 0),
        Case(say("Card pulled at the PIN prompt", "暗証番号の入力中にカードを抜く"), "pamtester", "taro", "taro", [PIN],
             "JPKI-105", 1, 0, pulled_at_prompt=True),
        Case(say("pcscd dead", "pcscd の停止"), "pamtester", "taro", "taro", [PIN], "JPKI-101", 0, 0,
             before=CardService.kill),
    ]


@contextmanager
def reader_with(lab: Lab, name: str | None):
    service = lab.card_service()
    card = lab.virtual_card(name) if name else None
    try:
        yield service, card
    finally:
        if card:
            card.stop()
        service.stop()


def talk(lab: Lab, case: Case, card: VirtualCard | None) -> Dialogue:
    answers = case.answers
    if case.pulled_at_prompt:
        def pull() -> str:
            card.remove()
            return PIN
        answers = [pull]
    if case.program == "login":
        return lab.login(case.user, answers, language=LANGUAGE)
    if case.program == "su":
        return lab.su(case.user, answers, environment={"LANG": LANGUAGE})
    return lab.pamtester(case.user, answers, service="demo", language=LANGUAGE)


def logged_in(case: Case, seen: Dialogue) -> bool:
    return seen.pam == "SUCCESS" if case.program == "pamtester" else f"shell of {case.user}" in seen.screen


def judge(case: Case, seen: Dialogue, stats: dict | None) -> list[str]:
    """What went otherwise than it must."""
    wrong = []
    if logged_in(case, seen) != (case.code is None):
        wrong.append(say("the login succeeded", "ログインできてしまった") if case.code else
                     say("the login failed", "ログインできなかった"))
    if case.code and seen.codes[-1:] != [case.code]:
        wrong.append(say(f"expected {case.code}", f"期待した符号は {case.code}"))
    if len(seen.pin_prompts) != case.pin_prompts:
        wrong.append(say(f"{len(seen.pin_prompts)} PIN prompts", f"暗証番号の入力 {len(seen.pin_prompts)} 回"))
    if stats is not None and stats["verifies"] != case.verifies:
        wrong.append(f"{stats['verifies']} VERIFY")
    return wrong


def show(number: int, case: Case, seen: Dialogue, stats: dict | None, wrong: list[str]) -> None:
    print(f"\n{number}. {case.title}")
    for line in seen.screen.strip("\n").splitlines():
        print(f"   │ {line}")
    facts = [f"{seen.seconds:.2f} s"]
    if stats is not None:
        facts.append(f"VERIFY {stats['verifies']}")
    if stats is not None and case.code is None:
        facts.append(f"APDU {stats['apdus']}")
    mark = "✗" if wrong else "✓"
    expected = case.code or say("logged in", "ログイン成功")
    print(f"   {mark} {expected}   {', '.join(facts)}{'   ' + '; '.join(wrong) if wrong else ''}", flush=True)


def play(lab: Lab, number: int, case: Case) -> bool:
    with reader_with(lab, case.card) as (service, card):
        if card:
            card.ctl("stats-reset")
        case.before(service)
        try:
            seen = talk(lab, case, card)
        except AssertionError as stuck:
            print(f"\n{number}. {case.title}\n   ✗ {stuck}", flush=True)
            return False
        stats = card.stats() if card else None
        wrong = judge(case, seen, stats)
        show(number, case, seen, stats, wrong)
        return not wrong


def play_at_the_screen(lab: Lab, number: int, build: ScreenBuild) -> bool:
    print(f"\n{number}. " + say("Success: the login screen for lightdm", "成功: ログイン画面 (lightdm)"), flush=True)
    begin = time.monotonic()
    try:
        build.finish()
        compiled = time.monotonic()
        seen = log_in_at_the_screen(lab, "taro", lab.build / "login-screen.png", LANGUAGE)
    except AssertionError as stuck:
        print(f"   ✗ {stuck}", flush=True)
        return False
    good = seen.passed and seen.verifies == 1
    print(f"   │ {' → '.join(seen.states)}")
    print(f"   {'✓' if good else '✗'} " + say("logged in", "ログイン成功") +
          f"   {time.monotonic() - compiled:.2f} s, VERIFY {seen.verifies}" +
          say(f" (and {compiled - begin:.0f} s until it was compiled)", f"（コンパイルの待ち時間 {compiled - begin:.0f} 秒）"))
    print(say(f"   The picture of its page for the PIN: {seen.picture}", f"   暗証番号の画面の画像: {seen.picture}"), flush=True)
    return good


def main() -> int:
    begin = time.monotonic()
    print(say("Making the test PKI, accounts and locale…", "試験用 PKI・アカウント・ロケールを準備しています…"), flush=True)
    lab = Lab()
    for service in ("login", "su", "demo"):
        lab.service(service, f"timeout={TIMEOUT} lang={'ja' if JAPANESE else 'en'}")
    first, *others = cases()
    good = play(lab, 1, first)
    screen = ScreenBuild(lab.build)  # not before somebody is logged in, for whom a newcomer waits
    good += sum(play(lab, number, case) for number, case in enumerate(others, 2))
    count = len(others) + 2
    good += play_at_the_screen(lab, count, screen)
    seconds = time.monotonic() - begin
    print(say(f"\n{good} of {count} cases went as they must, {seconds:.1f} s",
              f"\n{count} 件中 {good} 件が期待どおり、{seconds:.1f} 秒"))
    return 0 if good == count else 1


if __name__ == "__main__":
    sys.exit(main())
