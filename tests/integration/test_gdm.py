# SPDX-License-Identifier: LGPL-2.1-or-later
"""GNOME's login screen without a screen: Debian's own gdm-session-worker and gsd-smartcard, the PAM files as they are shipped, a virtual
card; what gnome-shell does between them is played (gdm_daemon.py, by gnome-shell's js/gdm/util.js and authPrompt.js)."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from guides import PASSWORD, give_password
from lab import CARD_NOTES, PIN, run
from processes import Server, running, until

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "screens"))

import gdm_daemon  # noqa: E402
from bus import SystemBus  # noqa: E402
from gdm_daemon import GdmDaemon, Heard, tokens  # noqa: E402

SERVICE = "gdm-smartcard"
EXCLUSIVE, OR_PASSWORD = "gdm-smartcard-jpki-exclusive", "gdm-smartcard-jpki-or-password"
PACE = 10  # seconds
TELLING = "[debug]\nEnable=true\n"
SETTINGS_THERE = "ActUserManager: finished handling request for user '{}'"
LABEL = "JPKI (User Authentication PIN)"
PIN_PROMPT, IN_FIELD = "MyNumber card PIN (4 digits, {} tries left): ", "Card PIN ({} tries left): "
INSERT_CARD = Heard("Info", "Please put your card on the reader.")
PRESS_ENTER = Heard("SecretInfoQuery", "Press Enter: ")
REFUSED = Heard("end", "org.gnome.DisplayManager.SessionWorker.Error.Authenticating")


def hears_pin_prompt(conversation, tries: int, before: str = "") -> bool:
    """All of it below the field; in the field there is room for few words."""
    told, asked = conversation.hear(), conversation.hear()
    return told == Heard("Problem" if before else "Info", before + PIN_PROMPT.format(tries)) and \
        asked == Heard("SecretInfoQuery", IN_FIELD.format(tries))


def hears_revoked(conversation) -> bool:
    told, asked = conversation.hear(), conversation.hear()
    return told.kind == "Problem" and "[JPKI-401]" in told.text and asked == PRESS_ENTER


@pytest.fixture(scope="module")
def desktop(lab):
    """./dev has unpacked, not installed, the packages of these programs."""
    unpacked = lab.build / "desktop" / "root"
    assert (unpacked / "usr/libexec/gdm-session-worker").exists(), f"{unpacked} is missing; ./dev test makes it"
    run("cp", "-a", "--remove-destination", str(unpacked / "usr"), str(unpacked / "etc"), "/")
    run(*run("sh", "-c", "ls /usr/lib/*/glib-2.0/glib-compile-schemas").split(), "/usr/share/glib-2.0/schemas")
    Path("/etc/gdm3/daemon.conf").write_text(TELLING)
    bus = SystemBus(lab.work / "bus")
    # The worker reads the person's settings from it; without it libaccountsservice uses what it has freed.
    accounts = Server(["/usr/libexec/accounts-daemon"], lab.work / "accounts-daemon.log")
    until(lambda: accounts.check_alive() or gdm_daemon.on_system_bus("org.freedesktop.Accounts"), "the accounts daemon")
    yield
    accounts.stop()
    bus.stop()


@pytest.fixture
def daemon(lab, desktop):
    made = GdmDaemon(lab.work / "gdm")
    yield made
    made.stop()
    until(lambda: not running("jpki-validator"), "the end of the validator, which sees that its caller is gone")


@pytest.fixture
def service(lab, request):
    """/etc/pam.d/gdm-smartcard is one of ours, as update-alternatives makes it; with the lab's waiting times."""
    file = Path("/etc/pam.d") / request.param
    shipped = file.read_text()
    file.write_text(shipped.replace("wait_for_card=5", "wait_for_card=1").replace("pam_jpki.so", "pam_jpki.so timeout=6"))
    link = Path("/etc/pam.d") / SERVICE
    link.symlink_to(file)
    yield request.param
    link.unlink()
    file.write_text(shipped)


both = pytest.mark.parametrize("service", [EXCLUSIVE, OR_PASSWORD], indirect=True)
exclusive = pytest.mark.parametrize("service", [EXCLUSIVE], indirect=True)
or_password = pytest.mark.parametrize("service", [OR_PASSWORD], indirect=True)


def session_of(lab, conversation, user: str) -> dict[str, str]:
    """Goes on as GDM does after the authentication; the environment of the session. A person's settings that are asked for once more
    before they are there never come (libaccountsservice 23.13), and the worker waits for them."""
    until(lambda: SETTINGS_THERE.format(user) in lab.syslog.text(), "the settings of " + user)
    for step in ("Authorize", "EstablishCredentials", "Open"):
        conversation.call(step)
    return conversation.environment(Path("/home") / user)


@both
def test_the_card_says_who_and_the_session_knows_the_card(lab, daemon, insert, service):
    card = insert("taro")
    conversation = daemon.begin(SERVICE)
    assert hears_pin_prompt(conversation, 3)
    conversation.answer(PIN)
    assert conversation.hear() == Heard("end", ""), lab.syslog.text()
    environment = session_of(lab, conversation, "taro")
    assert environment["USER"] == "taro" and environment["PKCS11_LOGIN_TOKEN_NAME"] == LABEL
    conversation.stop()
    assert card.stats()["verifies"] == 1


@both
def test_a_wrong_pin_is_told_by_the_next_prompt(lab, daemon, insert, service):
    card = insert("taro")
    conversation = daemon.begin(SERVICE, "taro")
    assert hears_pin_prompt(conversation, 3)
    conversation.answer("9999")
    assert hears_pin_prompt(conversation, 2, "Wrong PIN [JPKI-201]. ")
    conversation.answer(PIN)
    assert conversation.hear() == Heard("end", "")
    conversation.stop()
    assert card.stats()["verifies"] == 2


@pytest.fixture
def no_login_yet():
    """Nothing is told of the last login with a card."""
    for note in CARD_NOTES.glob("login-*"):
        note.unlink()


CARDS = (("1", "1: Virtual PCD 00 00"), ("2", "2: Virtual PCD 00 01"))
WHICH = "More than one card can be used:\n1: MyNumber card in Virtual PCD 00 00\n2: MyNumber card in Virtual PCD 00 01"


@exclusive
def test_one_of_several_cards_is_chosen_from_a_list(lab, daemon, insert, service, no_login_yet):
    insert("taro", "hanako")
    conversation = daemon.begin(SERVICE)
    assert conversation.hear() == Heard("Info", WHICH)
    assert conversation.hear() == Heard("ChoiceListQuery", "Which card is yours?", CARDS), lab.syslog.text()
    conversation.answer("2")
    assert hears_pin_prompt(conversation, 3)
    conversation.answer(PIN)
    assert conversation.hear() == Heard("end", ""), lab.syslog.text()
    assert session_of(lab, conversation, "hanako")["USER"] == "hanako"
    conversation.stop()


@exclusive
def test_a_greeter_without_lists_asks_in_words(lab, daemon, insert, service):
    insert("taro", "hanako")
    conversation = daemon.begin(SERVICE, extensions=())
    heard = conversation.hear()
    assert heard.kind == "Info" and heard.text.startswith(WHICH), heard
    assert conversation.hear() == Heard("SecretInfoQuery", "Which card is yours?")
    conversation.answer("2")
    assert hears_pin_prompt(conversation, 3)
    conversation.stop()


def validators(lab) -> int:
    return lab.syslog.text().count("evidence for JPKI-")


@both
def test_who_begins_anew_at_once_starts_one_validator_in_ten_seconds(lab, daemon, insert, service):
    """Enter is held down before the card that was refused."""
    insert("revoked")
    begin = time.monotonic()
    for _ in range(2):
        conversation = daemon.begin(SERVICE)
        assert hears_revoked(conversation)
        conversation.answer("")
        heard = conversation.hear()
        while heard.kind != "end":
            heard = conversation.hear()
        assert heard == REFUSED
        conversation.stop()
    assert validators(lab) <= (time.monotonic() - begin) // PACE + 1
    assert validators(lab) == 2


@exclusive
def test_the_next_card_is_looked_at_without_waiting(lab, daemon, insert, service):
    """GDM stops the worker when the card is taken away: before the prompt that holds the refusal, or while the module waits."""
    card = insert("revoked")
    for answered in (False, True):
        conversation = daemon.begin(SERVICE)
        assert hears_revoked(conversation)
        if answered:
            conversation.answer("")
        assert conversation.stop() == 0
        assert not running("jpki-validator")
    card.take_away()
    insert("taro")
    begin = time.monotonic()
    conversation = daemon.begin(SERVICE)
    assert hears_pin_prompt(conversation, 3)
    assert time.monotonic() - begin < PACE
    conversation.stop()


@exclusive
def test_without_a_card_it_is_asked_for(lab, daemon, card_service, service):
    """Where passwords are switched off, gnome-shell starts the service before a card is there; when one comes, it does not begin anew."""
    conversation = daemon.begin(SERVICE, "taro")
    assert conversation.hear() == INSERT_CARD
    card = lab.virtual_card("taro")
    assert hears_pin_prompt(conversation, 3)
    conversation.answer(PIN)
    assert conversation.hear() == Heard("end", "")
    conversation.stop()
    card.stop()


@or_password
def test_a_card_that_says_nothing_leaves_the_password(lab, daemon, insert, service):
    """Another token than a MyNumber card, say, which gnome-shell takes for a card to log in with."""
    saved = give_password("taro")
    try:
        insert("taro", absent=True)
        conversation = daemon.begin(SERVICE)
        assert conversation.hear() == INSERT_CARD
        assert conversation.hear().kind == "InfoQuery"
        conversation.answer("taro")
        assert conversation.hear() == Heard("SecretInfoQuery", "Password: ")
        conversation.answer(PASSWORD)
        assert conversation.hear() == Heard("end", ""), lab.syslog.text()
        assert "PKCS11_LOGIN_TOKEN_NAME" not in session_of(lab, conversation, "taro")
        conversation.stop()
    finally:
        Path("/etc/shadow").write_text(saved)


@or_password
def test_root_gets_in_neither_way(lab, daemon, card_service, service):
    saved = give_password("root")
    try:
        conversation = daemon.begin(SERVICE)
        assert conversation.hear() == INSERT_CARD
        assert conversation.hear().kind == "InfoQuery"
        conversation.answer("root")
        assert conversation.hear() == Heard("SecretInfoQuery", "Password: ")
        conversation.answer(PASSWORD)
        heard = conversation.hear()
        assert heard.kind == "end" and heard.text
        conversation.stop()
    finally:
        Path("/etc/shadow").write_text(saved)


@pytest.mark.parametrize("label,used", [(LABEL, True), (None, False)])
def test_the_desktop_finds_the_card_and_knows_that_it_was_used(lab, desktop, insert, label, used):
    """gsd-smartcard with the NSS database of the package (Debian 12) or p11-kit (Debian 13)."""
    nssdb = Path("/etc/pki/nssdb")
    nssdb.mkdir(parents=True, exist_ok=True)
    shutil.copy("/usr/share/jpki/gdm/pkcs11.txt", nssdb)
    insert("taro")
    directory = lab.work / f"gsd-{used}"
    directory.mkdir()
    address = f"unix:path={directory}/bus"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(directory), "XDG_RUNTIME_DIR": str(directory), "GSETTINGS_BACKEND": "memory",
                   "DBUS_SESSION_BUS_ADDRESS": address, "LANG": "C.UTF-8"} | gdm_daemon.settings_daemon_environment()
    if label:
        environment["PKCS11_LOGIN_TOKEN_NAME"] = label
    bus = Server(["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={address}"], directory / "bus.log")
    try:
        until(lambda: bus.check_alive() or (directory / "bus").exists(), "the session's bus")
        smartcard = Server(["/usr/libexec/gsd-smartcard"], directory / "gsd.log", environment=environment)
        try:
            found = until(lambda: {t for t in tokens(address) if t.inserted}, "a token on the bus")
            assert (LABEL, used) in {(token.name, token.used_to_login) for token in found}, found
        finally:
            smartcard.stop()
    finally:
        bus.stop()


def test_the_greeter_is_told_to_watch(lab, desktop):
    """Debian 13's own settings say no; ours are read after them."""
    shipped = Path("/usr/share/gdm/dconf/95-jpki")
    assert shipped.name > "90-debian-settings"
    settings = lab.work / "dconf"
    settings.mkdir()
    (settings / "90-debian-settings").write_text("[org/gnome/login-screen]\nenable-smartcard-authentication=false\n")
    shutil.copy(shipped, settings)
    run("dconf", "compile", str(lab.work / "greeter-dconf-defaults"), str(settings))
    profile = lab.work / "dconf-profile"
    profile.write_text(f"user-db:user\nfile-db:{lab.work}/greeter-dconf-defaults\n")
    told = subprocess.run(("dconf", "read", "/org/gnome/login-screen/enable-smartcard-authentication"), capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "HOME": str(lab.work), "DCONF_PROFILE": str(profile)})
    assert told.stdout.strip() == "true", told
