# SPDX-License-Identifier: LGPL-2.1-or-later
"""The greeter's screen under a real X server, by keys alone and as a screen reader finds it. What PAM says is played; the
states are in tests/unit/greeter. The installed program talks to lightdm's side of its pipes; no lightdm runs here."""

import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from greeter_daemon import (AUTHENTICATE, CANCEL, ERROR_MSG, PROMPT_ECHO_OFF, START_SESSION, TEXT_INFO, Daemon, string)
from greeter_screen import (ASKING, HOLD, INSERT, NOTICE, PATIENCE, READING, VERIFYING, WRONG_FORM, Display, Stage, choose, code, confirm, ear, pin,
                            refused)
from guides import PASSWORD, give_password, spawn
from lab import PIN, TIMEOUT
from processes import until

NEEDED = ("Xvfb", "xdotool", "dbus-daemon")


@pytest.fixture(scope="module")
def display():
    missing = [program for program in NEEDED if not shutil.which(program)]
    assert not missing, f"./dev deps installs {missing}"
    made = Display()
    yield made
    made.close()


@pytest.fixture
def begin(lab, display):
    begun = []

    def start(**options) -> Stage:
        if not (lab.build / "tests/integration/greeter_stage").exists():
            pytest.skip("built without the greeter")
        begun.append(Stage(display, lab.build, **options))
        until(begun[-1].tree, "the greeter in the accessibility tree", PATIENCE)
        return begun[-1]

    yield start
    for stage in begun:
        stage.close()


def test_the_first_picture_comes_soon(begin):
    milliseconds = begin().first_picture()
    print(f"first picture after {milliseconds} ms")
    assert milliseconds > 0


def test_a_login_by_the_numeric_keypad(begin, display):
    stage = begin()
    stage.play("message " + INSERT)
    stage.wait_for("Put your card on the reader")
    stage.play("message " + READING, "message " + ASKING, "prompt " + pin(3))
    stage.wait_for("3 tries left")
    # With and without NumLock.
    display.keys("KP_1", "KP_Down", "KP_Page_Down", "KP_Left", "KP_Enter")
    assert stage.next() == "respond 1234"
    stage.wait_for("Checking")
    stage.play("message " + VERIFYING)
    assert stage.play_and_hear("complete yes") == "start-session"
    stage.wait_for("Welcome")


def test_a_refusal_is_read_and_the_next_attempt_begins(begin, display):
    stage = begin()
    stage.play("error " + refused(401) + "Revoked. [JPKI-401]", "prompt " + HOLD)
    stage.wait_for("Code for your system administrator: JPKI-401")
    assert "has been revoked or suspended" in stage.texts() and "[JPKI" not in stage.texts()
    display.keys("KP_Enter")
    assert stage.next() == "respond "
    assert stage.play_and_hear("complete no") == "authenticate "


@pytest.mark.parametrize("keys, answer", [(["Return"], "no"), (["1", "2", "3", "4", "Return"], "no"), (["Tab", "Return"], "yes"),
                                          (["KP_Add", "KP_Enter"], "yes"), (["Tab", "Tab", "Tab", "shift+Tab", "shift+Tab", "shift+Tab", "Return"], "no")])
def test_the_last_try_takes_a_button(begin, display, keys, answer):
    stage = begin()
    stage.play("prompt " + confirm() + "Please type yes: ")
    stage.wait_for("Use the last try?")
    assert "type yes" not in stage.texts()
    display.keys(*keys)
    assert stage.next() == f"respond {answer}"


@pytest.mark.parametrize("keys, answer", [(["KP_2", "KP_Enter"], "2"), (["KP_Down", "Return"], "2"), (["1", "2", "3", "4", "Return"], "1234"),
                                          (["shift+Tab", "Return"], "2"), (["KP_Subtract", "KP_Subtract", "KP_Enter"], "1"),
                                          (["Up", "Up", "space"], "1"), (["Return", "1", "Return"], "1")])
def test_a_card_is_chosen_by_keys(begin, display, keys, answer):
    """By its number, which does not show, or by going to its row. What is typed is judged by the module."""
    stage = begin()
    stage.play("prompt " + choose("MyNumber card in ACS 00 00", "staff card in ACS 01 00, last login here 3 days ago"))
    stage.wait_for("Which card is yours?")
    for row in ("1: MyNumber card in ACS 00 00", "2: staff card in ACS 01 00, last login here 3 days ago"):
        assert row in stage.texts()
    display.keys(*keys)
    assert stage.next() == f"respond {answer}"
    stage.play("error " + WRONG_FORM + "Only the number.", "prompt " + choose("A", "B"))
    stage.wait_for("Only the number.")
    assert "ACS" not in stage.texts() and "1: A" in stage.texts()


def test_escape_begins_anew_and_leaves_no_digit_behind(begin, display):
    stage = begin()
    stage.play("prompt " + pin(3))
    stage.wait_for("Enter your PIN")
    display.keys("9", "9", "Escape")
    assert [stage.next(), stage.next()] == ["cancel", "authenticate "]
    stage.play("prompt " + pin(3))
    stage.wait_for("Enter your PIN")
    display.keys("1", "2", "3", "4", "Return")
    assert stage.next() == "respond 1234"


def test_a_password_for_a_typed_name(begin, display):
    stage = begin()
    stage.play("message " + INSERT)
    display.keys("alt+p")
    assert stage.next() == "cancel"
    stage.wait_for("Type your user name")
    stage.play("complete no", "message " + INSERT)  # what was cancelled has its say
    display.keys("s", "a", "t", "o", "Return")
    assert stage.next() == "authenticate sato"
    stage.play("prompt Password: ")
    stage.wait_for("Password:")
    display.keys("p", "w", "KP_Add", "Return")
    assert stage.next() == "respond pw+"
    stage.play("complete no")
    stage.wait_for("The user name or the password is not right.")
    display.keys("Return")
    assert stage.next() == "authenticate "


@pytest.mark.parametrize("ways, key, heading", [("code", "alt+e", "Log in with an emergency code"),
                                                ("password-or-code", "alt+w", "Log in without a card")])
def test_an_emergency_code_for_a_typed_name(begin, display, ways, key, heading):
    stage = begin(without_card=ways)
    stage.play("message " + INSERT)
    display.keys(key)
    assert stage.next() == "cancel"
    stage.wait_for("Type your user name")
    assert heading in stage.texts()
    display.keys("s", "a", "t", "o", "Return")
    assert stage.next() == "authenticate sato"
    stage.play("prompt " + code("Read out: number 0123 4567 8901 2345.\nEmergency code: "))
    stage.wait_for("0123 4567 8901 2345")
    assert "Log in with an emergency code" in stage.texts()
    display.keys("KP_1", "2", "KP_3", "KP_Enter")
    assert stage.next() == "respond 123"
    # Who has none goes on with nothing.
    stage.play("prompt " + code("Once more: "))
    stage.wait_for("Once more:")
    display.keys("Return")
    assert stage.next() == "respond "
    stage.play("complete no")
    stage.wait_for("emergency code is not right")


def test_no_password_against_the_settings(begin, display):
    stage = begin(without_card="not")
    stage.play("prompt " + pin(3))
    stage.wait_for("Enter your PIN")
    assert "password" not in stage.texts()
    display.keys("alt+p", "Escape")
    assert [stage.next(), stage.next()] == ["cancel", "authenticate "]


def test_another_language_leaves_what_is_typed(begin, display):
    stage = begin()
    stage.play("prompt " + pin(2))
    stage.wait_for("2 tries left")
    display.keys("1", "2")
    display.keys("Tab", "Tab", "Tab", "Tab", "Return")  # log in, begin anew, password, language
    stage.wait_for("あと2回入力できます")
    assert "佐藤 花子 さん" in stage.texts()
    display.keys("shift+Tab", "shift+Tab", "shift+Tab", "shift+Tab", "End", "3", "4", "Return")
    assert stage.next() == "respond 1234"


def test_a_refusal_comes_in_the_language_that_is_chosen(begin, display):
    """Whatever language the machine has: the reason is known by its verdict."""
    stage = begin()
    stage.play("error " + refused(102) + "カードリーダーが見つかりません。 [JPKI-102]", "prompt " + HOLD)
    stage.wait_for("No card reader was found.")
    assert "カードリーダー" not in stage.texts()
    display.keys("Tab", "Tab", "Return")  # password, language
    stage.wait_for("カードリーダーが見つかりません。")
    assert "No card reader" not in stage.texts()
    stage.play("error " + "The system goes down.")
    stage.wait_for("The system goes down.")


def test_shutting_down_is_asked_about(begin, display):
    stage = begin()
    stage.play("message " + INSERT)
    display.keys("alt+h")
    stage.wait_for("Shut down this computer?")
    display.keys("Escape")
    until(lambda: "Shut down this computer?" not in stage.texts(), "the end of the question")
    display.keys("alt+h")
    stage.wait_for("Shut down this computer?")
    display.keys("shift+Tab", "Return")
    assert stage.next() == "shut-down"


PAGES = {
    "insert-card": ["message " + INSERT],
    "pin": ["prompt " + pin(2)],
    "last-try": ["prompt " + confirm()],
    "refused": ["error " + refused(102) + "No reader. Plug it in.", "prompt " + HOLD],
    "question": ["visible Token? "],
    "code": ["prompt " + code("Emergency code: ")],
    "notice": ["message " + NOTICE + "Renew soon."],
}


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("page", PAGES)
def test_a_screen_reader_finds_a_name_for_all(begin, page, language):
    stage = begin(language=language)
    stage.play(*PAGES[page])
    tree = stage.tree()
    nameless = [entry for entry in tree if "focusable" in entry[2] and not entry[1]]
    assert not nameless
    roles = {role for role, *_ in tree}
    assert {"frame", "push button", "label"} <= roles
    if page == "pin":
        assert [entry for entry in tree if entry[0] == "password text" and "focused" in entry[2]]
        assert ("2 of 3 tries left" if language == "en" else "3回のうち、あと2回入力できます") in stage.texts()
    if page in ("last-try", "refused"):
        assert [entry for entry in tree if entry[0] == "push button" and "focused" in entry[2]]
    # What has the focus is described by what the page tells.
    for entry in tree:
        assert "focused" not in entry[2] or tree[0][1] in entry[4], entry
    if page == "refused":
        told = "the reader is plugged in" if language == "en" else "カードリーダーがつながっていること"
        assert any(told in entry[4] for entry in tree if "focused" in entry[2])


def test_hostile_texts_are_texts(begin, display):
    stage = begin()
    hostile = "<b>bold</b> &amp; <span size='100000'>x</span>"
    stage.play("message " + hostile, "message " + "\x1b[2J\x07\u202eabc", "prompt " + hostile)
    stage.wait_for("<b>bold</b> &amp;")
    assert "\x1b" not in stage.texts() and "\u202e" not in stage.texts()
    for text in ("A" * 100_000, "あ" * 100_000, "<b>" * 30_000, "x\n" * 50_000, "jpki1 state=refused verdict=401\n" + "B " * 50_000):
        stage.play("message " + text)
    display.keys("x", "Return")
    assert stage.next() == "respond x"
    stage.play("complete no")
    assert len(stage.texts()) < 20_000


def test_a_field_below_a_long_message_can_be_seen(begin, display):
    stage = begin()
    stage.play("error " + "x " * 1000, "prompt Password: ")
    stage.wait_for("Password:")
    where = [entry for entry in stage.tree() if entry[0] == "password text"]
    assert where and int(where[0][3]) < 700, where


def memory_of(pid: int) -> bytes:
    content = bytearray()
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            begin, end = (int(number, 16) for number in re.match(r"(\w+)-(\w+) rw", line).groups()) if " rw" in line else (0, 0)
            if end and "[v" not in line:
                try:
                    memory.seek(begin)
                    content += memory.read(end - begin)
                except OSError:
                    continue
    return bytes(content)


@pytest.fixture
def daemon(lab, display):
    if not os.path.exists("/usr/sbin/jpki-greeter"):
        pytest.skip("built without the greeter")
    made = Daemon(display)
    yield made
    made.close()


def test_the_program_talks_to_lightdm(daemon, display):
    assert daemon.hear() == (AUTHENTICATE, struct.pack(">I", daemon.sequence) + string(""))  # whomever the card names
    daemon.pam(TEXT_INFO, INSERT + "Put it there.")
    daemon.wait_for("Put your card on the reader")
    daemon.pam(PROMPT_ECHO_OFF, pin(3, "root"))
    daemon.wait_for("3 tries left")
    display.keys("1", "2", "3", "4", "Return")
    assert daemon.answer() == b"1234"
    daemon.pam(ERROR_MSG, "jpki1 state=refused verdict=201 tries=2 max_tries=3\nThe PIN is not correct. [JPKI-201]")
    daemon.pam(PROMPT_ECHO_OFF, HOLD + "Press Enter: ")
    daemon.wait_for("The PIN is not correct.")
    display.keys("Return")
    assert daemon.answer() == b""
    daemon.end(7)
    assert daemon.hear()[0] == AUTHENTICATE
    daemon.pam(PROMPT_ECHO_OFF, pin(2, "root"))
    daemon.wait_for("2 tries left")
    display.keys("Escape")
    assert [daemon.hear()[0], daemon.hear()[0]] == [CANCEL, AUTHENTICATE]
    daemon.end(0, "root")
    assert daemon.hear() == (START_SESSION, string(""))


@pytest.mark.unsanitized_build("the sanitizer's heap keeps what is freed")
def test_a_pin_does_not_stay_in_memory(lab, daemon, display):
    """Neither in the field nor in what the toolkit and lightdm's library made of it."""
    secret = "83920174"
    assert daemon.hear()[0] == AUTHENTICATE
    for prompt in (pin(3, "root"), "Password: "):
        daemon.pam(PROMPT_ECHO_OFF, prompt)
        until(lambda: [entry for entry in daemon.tree() if entry[0] == "password text"], "the field")
        display.keys(*secret)
        until(lambda: secret.encode() in memory_of(daemon.process.pid), "the PIN")  # else this would find nothing at any time
        display.keys("Return")
        assert daemon.answer() == secret.encode()
        daemon.pam(TEXT_INFO, VERIFYING)
        daemon.wait_for("Checking")
        for encoding in ("utf-8", "utf-16-le", "utf-32-le"):
            assert secret.encode(encoding) not in memory_of(daemon.process.pid), encoding


def test_without_a_display_manager_it_says_so(lab, display):
    process = subprocess.Popen(("/usr/sbin/jpki-greeter",), env=display.environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: "Nobody can log in here now" in subprocess.run(ear(process.pid), env=display.environment, capture_output=True,
                                                                    text=True, check=True).stdout, "the page", PATIENCE)
    finally:
        process.terminate()
        process.communicate()


# --- /etc/pam.d/lightdm-jpki, as login(1) runs it: it can begin without a name, too -----------------------------------
@pytest.fixture
def greeter_service(lab):
    """The shipped lines of auth and account; the wait is shorter, and nothing in the lab tells where a person is."""
    shipped = Path("/etc/pam.d/lightdm-jpki").read_text()
    assert "wait_for_card=3600" in shipped
    lines = [line for line in shipped.splitlines() if re.match(r"-?(auth|account)|@include common-account", line)]
    login = Path("/etc/pam.d/login")
    saved = {file: file.read_text() for file in (login, Path("/etc/shadow"))}
    text = "\n".join(lines).replace("wait_for_card=3600", f"wait_for_card=1 where_unknown=local timeout={TIMEOUT}")
    login.write_text(text + "\nsession required pam_permit.so\n")
    give_password("taro")
    yield
    for file, content in saved.items():
        file.write_text(content)
    Path("/etc/nologin").unlink(missing_ok=True)


def test_without_a_name_the_card_says_who(lab, insert, greeter_service):
    insert("taro")
    seen = lab.login(None, [PIN])
    assert "shell of taro" in seen.screen and "login:" not in seen.screen, seen.screen
    Path("/etc/nologin").write_text("closed for the night\n")
    assert "shell of" not in lab.login(None, [PIN]).screen


def test_a_refused_card_is_asked_for_no_password(lab, insert, greeter_service):
    insert("revoked")
    seen = lab.login(None, [])
    assert "shell of" not in seen.screen and "assword" not in seen.screen and seen.codes, seen.screen


def test_a_typed_name_is_asked_for_its_password_at_once(lab, insert, greeter_service):
    insert("taro")  # which nobody asks for
    child = spawn(lab, "login", "taro")
    assert child.expect([r"[Pp]assword: ", r"PIN"]) == 0, child.before
    child.sendline(PASSWORD)
    child.expect("shell of taro")
    child.close(force=True)
