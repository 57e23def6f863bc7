# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tokens of other kinds: an LGPKI token in SoftHSM beside a MyNumber card in OpenSC, and what drivers and tokens of
other makers do. What no real one does here, token_shim.c does, in front of SoftHSM."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from guides import TOP, fences
from lab import CARD_NOTES, PIN, TIMEOUT, run
from softhsm import MODULE, SoftTokens

OPENSC, OWN = "opensc-pkcs11.so", "jpki-pkcs11.so"
STAFF = "lgpki-user-g4"  # shiro's
READER = "Virtual_PCD_00_00"
CHOICE = re.compile(r"Which card")
LOGIN_REQUIRED, INITIALIZED, KEYS, TO_BE_CHANGED = "4", "8", "100", "80000"  # CKF_…
ALL_TRY_FLAGS = "70000"
WRONG, OTHER = "9999", "8888"


@pytest.fixture
def tokens(lab):
    """tokens(STAFF, modules=[...], more="[[token]] ..."): what lies in SoftHSM, and jpki.toml."""
    made = []

    def make(*names, **options):
        made.append(SoftTokens(lab, *names, **options))
        return made[-1]

    yield make
    made[-1].remove()
    for note in CARD_NOTES.glob("*"):
        note.unlink()


class Shim:
    """A module of another maker: settings in the file beside it, and what PINs it was given."""

    def __init__(self, library: Path, report: Path):
        self.path, self.report = str(library), report
        self.report.write_text("")
        self.report.chmod(0o666)

    def behave(self, **settings: str | int) -> None:
        lines = {"module": MODULE, "report": str(self.report), **settings}
        Path(self.path + ".conf").write_text("".join(f"{word} {value}\n" for word, value in lines.items()))

    def logins(self) -> list[str]:
        return self.report.read_text().splitlines()


@pytest.fixture(scope="module")
def built_shim(lab):
    directory = Path("/usr/local/lib/token-shim")
    directory.mkdir(parents=True)
    flags = run("pkg-config", "--cflags", "p11-kit-1").split()
    run("gcc", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", *flags, "-o", str(directory / "vendor.so"),
        str(Path(__file__).with_name("token_shim.c")))
    yield directory / "vendor.so"
    shutil.rmtree(directory)


@pytest.fixture
def shim(lab, built_shim):
    made = Shim(built_shim, lab.work / "shim.report")
    made.behave()
    return made


def rule(module: str, *lines: str) -> str:
    return "\n".join(["[[token]]", 'name = "usb"', f"modules = [{module!r}]", *lines, ""])


def verifies(card) -> int:
    return card.stats()["verifies"]


def choices(seen) -> list[str]:
    return [prompt for prompt in seen.prompts if CHOICE.search(prompt)]


# --- two modules at once ------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", [(OPENSC, MODULE), (MODULE, OPENSC), (OWN, MODULE)],
                         ids=["opensc first", "softhsm first", "own"])
def test_the_card_of_one_and_the_token_of_the_other(lab, insert, tokens, order):
    """Who logs in says which; the other gets no VERIFY."""
    tokens(STAFF, modules=order)
    card = insert("taro")
    seen = lab.pamtester("taro", [PIN])
    assert seen.pam == "SUCCESS" and not choices(seen), seen.screen + lab.syslog.text()
    assert verifies(card) == 1
    seen = lab.pamtester("shiro", [PIN])
    assert seen.pam == "SUCCESS" and not choices(seen), seen.screen + lab.syslog.text()
    assert verifies(card) == 1 and "Card PIN" in seen.prompts[0]


def test_without_a_name_the_person_chooses_between_them(lab, insert, tokens):
    tokens(STAFF, modules=[OPENSC, MODULE])
    card = insert("taro")
    seen = lab.login(None, ["2", PIN])
    assert "shell of shiro" in seen.screen, seen.screen + lab.syslog.text()
    assert "1: MyNumber card in Virtual PCD 00 00" in seen.screen and "2: staff card in SoftHSM slot ID" in seen.screen
    assert verifies(card) == 0


def test_a_wrong_pin_for_one_costs_the_other_nothing(lab, insert, tokens, shim):
    tokens(STAFF, modules=[OPENSC, shim.path])
    card = insert("taro")
    seen = lab.pamtester("shiro", [WRONG])
    assert seen.codes[-1:] == ["JPKI-201"], seen.screen + lab.syslog.text()
    assert (verifies(card), shim.logins()) == (0, [f"{STAFF} {WRONG}"])
    seen = lab.pamtester("taro", [OTHER])
    assert seen.codes[-1:] == ["JPKI-201"], seen.screen + lab.syslog.text()
    assert (verifies(card), shim.logins()) == (1, [f"{STAFF} {WRONG}"])


def test_a_card_is_waited_for_beside_a_module_that_has_no_token(lab, insert, tokens, card_service):
    """SoftHSM always shows one slot with a token that nobody has initialised."""
    tokens(modules=[OPENSC, MODULE])
    service = lab.service("lab-wait", f"timeout={TIMEOUT} wait_for_card=1")
    seen = lab.pamtester("taro", [PIN], service=service)
    assert seen.codes[-1:] == ["JPKI-103"] and "Please put your card on the reader" in seen.screen, seen.screen
    insert("taro")
    assert lab.pamtester("taro", [PIN], service=service).pam == "SUCCESS", lab.syslog.text()


@pytest.mark.parametrize("order", [(OPENSC, OWN), (OWN, OPENSC)], ids=["opensc first", "own first"])
def test_one_card_that_two_modules_show_is_one_card(lab, insert, tokens, order):
    tokens(modules=order)
    card = insert("taro")
    seen = lab.login(None, [PIN])
    assert "shell of taro" in seen.screen and not choices(seen), seen.screen + lab.syslog.text()
    assert verifies(card) == 1
    assert lab.pamtester("taro", [WRONG]).codes[-1:] == ["JPKI-201"]
    assert verifies(card) == 2


def test_a_card_that_the_first_module_does_not_understand(lab, insert, tokens, shim):
    """Both show the same reader: OpenSC a card that holds nothing for a login, the maker's module the certificate."""
    tokens(STAFF, modules=[OPENSC, shim.path])
    shim.behave(reader=READER)
    card = insert("signature-kind")
    seen = lab.login(None, [PIN])
    assert "shell of shiro" in seen.screen, seen.screen + lab.syslog.text()
    assert verifies(card) == 0


def test_two_tokens_with_one_label(lab, tokens, shim):
    soft = tokens(modules=[shim.path, OPENSC])
    soft.make_token("taro", label="card", pin="1111")
    soft.make_token("hanako", label="card", pin="2222")
    for user, pin in (("taro", "1111"), ("hanako", "2222")):
        assert lab.pamtester(user, [pin]).pam == "SUCCESS", lab.syslog.text()
    assert lab.pamtester("hanako", ["1111"]).codes[-1:] == ["JPKI-201"]
    assert shim.logins() == ["card 1111", "card 2222", "card 1111"]


@pytest.mark.parametrize("key_first", [False, True])
def test_a_certificate_without_its_key_gets_no_pin(lab, tokens, shim, key_first):
    soft = tokens(modules=[shim.path, OPENSC])
    for key in (key_first, not key_first):
        soft.make_token("taro", label="with-key" if key else "copy", key=key)
    seen = lab.login(None, [PIN])
    assert "shell of taro" in seen.screen and not choices(seen), seen.screen + lab.syslog.text()
    assert shim.logins() == [f"with-key {PIN}"]


# --- a module that cannot be used ---------------------------------------------------------------------------
FAULTS = {
    "fails": {"at": "initialize", "do": "fail"},
    "crashes": {"at": "initialize", "do": "crash"},
    "hangs": {"at": "initialize", "do": "hang"},
    "crashes at its slots": {"at": "slots", "do": "crash"},
    "hangs at its slots": {"at": "slots", "do": "hang"},
    "ends the process": {"at": "slots", "do": "exit"},
}


@pytest.mark.parametrize("first", [False, True], ids=["last", "first"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_module_bars_nobody_else(lab, insert, tokens, shim, fault, first):
    tokens(STAFF, modules=[shim.path, OPENSC] if first else [OPENSC, shim.path])
    shim.behave(**FAULTS[fault])
    card = insert("taro")
    seen = lab.pamtester("taro", [PIN])
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    assert verifies(card) == 1 and not seen.codes
    told = [line for line in lab.syslog.text().splitlines() if "JPKI-110" in line]
    assert len(told) == 1 and shim.path in told[0], lab.syslog.text()


def test_a_module_that_is_not_installed(lab, insert, tokens):
    tokens(modules=[OPENSC, "/opt/vendor/libvendor.so"])
    insert("taro")
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS", lab.syslog.text()
    assert "JPKI-110" in lab.syslog.text() and "/opt/vendor/libvendor.so" in lab.syslog.text()


def test_who_has_a_card_that_only_the_broken_module_knows_is_told(lab, insert, tokens):
    """Where a card lies that nobody shows."""
    tokens(modules=[MODULE, "/opt/vendor/libvendor.so"])
    insert("taro")
    seen = lab.pamtester("taro", [PIN])
    assert seen.codes[-1:] == ["JPKI-110"] and not seen.prompts, seen.screen + lab.syslog.text()


def test_a_module_whose_slots_fail_bars_nobody_else(lab, insert, tokens, shim):
    tokens(STAFF, modules=[OPENSC, shim.path])
    shim.behave(at="slots", do="fail")
    insert("taro")
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS", lab.syslog.text()
    assert "C_GetSlotList: CKR_GENERAL_ERROR" in lab.syslog.text()


# --- what a token tells of its PIN --------------------------------------------------------------------------
def test_a_token_that_tells_no_tries_and_has_no_keys(lab, insert, tokens, shim):
    """What was wrong here is all that is known: the next try may be the last, and is spent after a yes alone."""
    tokens(STAFF, modules=[OPENSC, shim.path], more=rule(shim.path, 'tries = "untold"'))
    shim.behave(clear=ALL_TRY_FLAGS)
    insert("taro")
    assert lab.pamtester("shiro", [WRONG]).codes[-1:] == ["JPKI-201"]
    seen = lab.pamtester("shiro", ["no"])
    assert seen.codes[-1:] == ["JPKI-205"] and "does not tell how many tries are left" in seen.prompts[0], seen.screen
    assert lab.pamtester("shiro", ["yes", WRONG]).codes[-1:] == ["JPKI-207"]
    assert shim.logins() == [f"{STAFF} {WRONG}"], "no try was spent without a yes, nor twice with the same PIN"
    # Another person's card is not concerned.
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"
    seen = lab.pamtester("shiro", ["yes", PIN])
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    assert [lab.pamtester("shiro", [PIN]).pam, len(shim.logins())] == ["SUCCESS", 3], "the right PIN ends it"


def test_a_known_number_of_tries_is_counted_down_here(lab, tokens, shim):
    tokens(STAFF, modules=[OPENSC, shim.path], more=rule(shim.path, 'tries = "untold"', "max_tries = 3"))
    shim.behave(clear=ALL_TRY_FLAGS)
    for pin in (WRONG, OTHER):
        seen = lab.pamtester("shiro", [pin])
        assert seen.codes[-1:] == ["JPKI-201"] and len(seen.prompts) == 1, seen.screen
    assert lab.pamtester("shiro", ["no"]).codes[-1:] == ["JPKI-205"]
    assert len(shim.logins()) == 2


def test_a_locker_never_spends_what_may_be_the_last_try(lab, tokens, shim):
    tokens(STAFF, modules=[OPENSC, shim.path], more=rule(shim.path, 'tries = "untold"'))
    shim.behave(clear=ALL_TRY_FLAGS)
    blind = lab.service("i3lock", f"timeout={TIMEOUT}")
    for pin in (WRONG, PIN):
        assert lab.pamtester("shiro", [pin], service=blind).pam == "AUTH_ERR"
    assert shim.logins() == [f"{STAFF} {WRONG}"] and "JPKI-205" in lab.syslog.text()


@pytest.mark.parametrize("flags,code", [({"clear": LOGIN_REQUIRED}, "JPKI-210"), ({"clear": INITIALIZED}, "JPKI-208"),
                                        ({"set": TO_BE_CHANGED}, "JPKI-209"), ({"set": "40000"}, "JPKI-202")],
                         ids=["no PIN", "not set", "to be changed", "locked"])
def test_no_pin_is_asked_for(lab, insert, tokens, shim, flags, code):
    tokens(STAFF, modules=[OPENSC, shim.path])
    shim.behave(**flags)
    card = insert("taro")
    seen = lab.pamtester("shiro", [PIN])
    assert seen.codes[-1:] == [code] and not seen.prompts, seen.screen + lab.syslog.text()
    assert not shim.logins() and verifies(card) == 0
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS"


@pytest.mark.parametrize("flags", [{"clear": INITIALIZED}, {"set": TO_BE_CHANGED}])
def test_a_driver_that_is_wrong_about_it(lab, tokens, shim, flags):
    tokens(STAFF, modules=[OPENSC, shim.path], more=rule(shim.path, 'pin_state = "ignored"'))
    shim.behave(**flags)
    assert lab.pamtester("shiro", [PIN]).pam == "SUCCESS", lab.syslog.text()


def test_the_form_of_a_pin_by_rule(lab, tokens, shim):
    tokens(STAFF, modules=[OPENSC, shim.path],
           more=rule(shim.path, 'manufacturer = "SoftHSM*"', 'model = "SoftHSM v?"', "pin_min_length = 4",
                     "pin_max_length = 6", 'pin_characters = "ascii"'))
    seen = lab.pamtester("shiro", ["123", "ｐｉｎ１２", PIN])
    assert seen.pam == "SUCCESS" and len(seen.prompts) == 3, seen.screen
    assert "4 to 6 letters, digits and signs" in seen.screen and shim.logins() == [f"{STAFF} {PIN}"]


def test_a_pin_that_is_typed_on_the_reader(lab, tokens, shim):
    tokens(STAFF, modules=[OPENSC, shim.path], more=rule(shim.path, 'pin_entry = "reader"'))
    shim.behave(set=KEYS, keys=PIN)
    seen = lab.pamtester("shiro", [OTHER])  # who types it here all the same
    assert seen.pam == "SUCCESS" and "keys of the card reader" in seen.prompts[0], seen.screen + lab.syslog.text()
    assert shim.logins() == [f"{STAFF} keys"] and OTHER not in seen.screen
    shim.behave(set=KEYS, keys=WRONG)
    assert lab.pamtester("shiro", [""]).codes[-1:] == ["JPKI-201"]
    shim.behave()
    seen = lab.pamtester("shiro", [""])
    assert seen.codes[-1:] == ["JPKI-601"] and not seen.prompts, seen.screen


# --- which certificates may come from where -----------------------------------------------------------------
def test_a_rule_hides_a_token(lab, insert, tokens, shim):
    """As if it were not there: nobody is asked, and a card is waited for beside it."""
    tokens("hanako", modules=[OPENSC, shim.path], more=rule(shim.path, 'label = "han*"', "kinds = []"))
    service = lab.service("lab-wait", f"timeout={TIMEOUT} wait_for_card=1")
    assert lab.pamtester("hanako", [PIN], service=service).codes[-1:] == ["JPKI-103"]
    insert("taro")
    seen = lab.login(None, [PIN])
    assert "shell of taro" in seen.screen and not choices(seen) and not shim.logins(), seen.screen + lab.syslog.text()


def test_a_rule_names_the_label_that_a_desktop_is_shown(lab, insert, tokens):
    """OpenSC 0.26 (Debian 13) tells the validator a shorter one than pkcs11-tool."""
    tokens(STAFF, modules=[OPENSC, MODULE], more=rule(OPENSC, 'label = "JPKI (User Authentication PIN)"', "kinds = []"))
    card = insert("taro")
    seen = lab.login(None, [PIN])
    assert "shell of shiro" in seen.screen and not choices(seen), seen.screen + lab.syslog.text()
    assert verifies(card) == 0


def test_a_hidden_token_may_be_one_that_opensc_does_not_know(lab, insert, tokens, shim):
    """Its reader is as empty for a card that is waited for."""
    tokens("hanako", modules=[OPENSC, shim.path], more=rule(shim.path, 'label = "han*"', "kinds = []"))
    shim.behave(reader=READER)
    card = insert("taro")
    card.fault("sw=verify-empty:6F00")
    seen = lab.pamtester("taro", [PIN], service=lab.service("lab-wait", f"timeout={TIMEOUT} wait_for_card=1"))
    assert seen.codes[-1:] == ["JPKI-103"], seen.screen + lab.syslog.text()
    assert "Please put your card on the reader" in seen.screen


def test_a_rule_admits_kinds(lab, insert, tokens, shim):
    """A MyNumber certificate in a USB token is a copy that nobody issued."""
    tokens("hanako", STAFF, modules=[OPENSC, shim.path], more=rule(shim.path, 'kinds = ["lgpki-user"]'))
    seen = lab.pamtester("hanako", [PIN])
    assert not seen.prompts and seen.pam != "SUCCESS", seen.screen
    assert lab.pamtester("shiro", [PIN]).pam == "SUCCESS", lab.syslog.text()
    assert shim.logins() == [f"{STAFF} {PIN}"]


@pytest.fixture
def role_bound_to(lab):
    """role_bound_to("counter"): the role certificate's line in accounts.map. Its anchor is for such certificates."""
    accounts, anchor = Path("/etc/jpki/accounts.map"), Path("/etc/jpki/anchors.d/lgpki-g4.toml")
    kept, anchor_kept = accounts.read_text(), anchor.read_text()
    anchor.write_text(anchor_kept.replace('kinds = ["lgpki-user"]', 'kinds = ["lgpki-user", "lgpki-role"]'))
    assert anchor.read_text() != anchor_kept
    assert re.search(r"^role ", kept, re.MULTILINE)

    def bind(account: str) -> None:
        accounts.write_text(re.sub(r"^role ", account + " ", kept, flags=re.MULTILINE))

    yield bind
    accounts.write_text(kept)
    anchor.write_text(anchor_kept)


def test_a_role_certificate_by_rule_alone(lab, tokens, shim, role_bound_to):
    kinds = '[login]\nkinds = ["lgpki-user", "lgpki-role"]\n'
    soft = tokens("role", modules=[OPENSC, shim.path])
    role_bound_to("role")
    assert lab.pamtester("role", [PIN]).codes[-1:] == ["JPKI-321"], "the kind is not allowed"
    soft.configure([OPENSC, shim.path], kinds)
    assert lab.pamtester("role", [PIN]).codes[-1:] == ["JPKI-321"], "no account is one of roles"
    soft.configure([OPENSC, shim.path], kinds + '[account]\nrole_accounts = ["role"]\n')
    role_bound_to("jiro")
    seen = lab.pamtester("jiro", [PIN])
    assert seen.codes[-1:] == ["JPKI-321"] and not seen.prompts, "a person's account"
    assert not shim.logins()
    role_bound_to("role")
    assert lab.pamtester("role", [PIN]).pam == "SUCCESS", lab.syslog.text()
    assert shim.logins() == [f"role {PIN}"]


# --- tokens that change -------------------------------------------------------------------------------------
def test_another_token_in_the_slot_gets_no_pin(lab, tokens, shim):
    """The driver keeps slot and session; the token tells another serial number once the prompt is there."""
    tokens(STAFF, modules=[OPENSC, shim.path])
    shim.behave(swap=1)
    seen = lab.pamtester("shiro", [PIN])
    assert seen.codes[-1:] == ["JPKI-105"] and len(seen.prompts) == 1, seen.screen + lab.syslog.text()
    assert not shim.logins()


def test_a_token_that_is_pulled_while_another_is_read(lab, insert, tokens, shim):
    tokens(STAFF, modules=[OPENSC, shim.path], more=rule(shim.path, "pin_min_length = 4"))
    card = insert("taro")
    shim.behave(at="token", do="fail")
    seen = lab.pamtester("taro", [PIN])
    assert seen.pam == "SUCCESS" and verifies(card) == 1, seen.screen + lab.syslog.text()
    assert "a token is left out" in lab.syslog.text()
    shim.behave(gone=2)  # asked for its rule and before the prompt; then it is gone
    seen = lab.pamtester("shiro", [PIN])
    assert seen.codes[-1:] == ["JPKI-105"] and not shim.logins(), seen.screen + lab.syslog.text()
    assert verifies(card) == 1


def test_jpkictl_check_tells_of_the_module(lab, tokens, shim):
    tokens(STAFF, modules=[OPENSC, shim.path])
    shim.behave(at="slots", do="hang")
    done = subprocess.run(["jpkictl", "check"], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "JPKI-110" in done.stdout and shim.path in done.stdout, done.stdout + done.stderr


def test_jpkictl_check_names_a_crash_to_a_caller_who_ignores_sigchld(lab, tokens, shim):
    tokens(STAFF, modules=[OPENSC, shim.path])
    shim.behave(**FAULTS["crashes"])
    done = subprocess.run(["env", "--ignore-signal=CHLD", "jpkictl", "check"], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "crashes with the signal SIG" in done.stdout, done.stdout + done.stderr


def test_the_guide_s_example_is_a_configuration(lab, tokens):
    text = next(text for kind, name, text in fences(TOP / "doc" / "admin-guide.md") if name == "tokens.toml")
    tokens(modules=[MODULE])
    drop_in = Path("/etc/jpki/jpki.toml.d/tokens.toml")
    drop_in.write_text(text)
    try:
        done = subprocess.run(["jpkictl", "check"], capture_output=True, text=True, timeout=60)
    finally:
        drop_in.unlink()
    assert "JPKI-601" not in done.stdout and "/opt/vendor/lib/libvendor-p11.so" in done.stdout, done.stdout
