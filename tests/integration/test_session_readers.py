# SPDX-License-Identifier: LGPL-2.1-or-later
"""A session from elsewhere brings its readers, at a socket of pcsc-lite's protocol: for sudo and unlocking in it, for its own account,
and for nobody's first login. A second pcscd is the card service of the machine that the person sits at.

There is no logind here: what it would have written is written for each audit session, which the kernel begins with the login uid.
"""

import os
import pwd
import signal
import socket
import sys
from pathlib import Path

import pytest
from dialogue import Dialogue, converse
from lab import PIN, TIMEOUT
from locker import LockerService, left_over, sits_here
from processes import Server, running
from remote_readers import (SESSION_SOCKETS, RemoteDesktop, Session, audit_session_can_begin, forget_sessions, of_the_guide,
                            put_down_late, session_directory)

DROP_IN = Path("/etc/jpki/jpki.toml.d/60-seats.toml")
SUDOERS = "Defaults passwd_tries=1, !lecture, use_pty, timestamp_timeout=0\ntaro,hanako,mallory ALL=(ALL) ALL\n"
OPTIONS = f"timeout={TIMEOUT} screen=full remote_seats"

pytestmark = pytest.mark.skipif(not audit_session_can_begin(), reason="the login uid cannot be set in this container")


def sudo_by_the_guide(without: str = " ") -> None:
    """The guide's line, and nothing behind it that lets anybody in."""
    line = of_the_guide("pam", "remote-desktop").rstrip() + f" timeout={TIMEOUT} screen=full where_unknown=remote"
    (Path("/etc/pam.d") / "sudo").write_text(
        f"{line.replace(without, ' ')}\nauth requisite pam_deny.so\naccount required pam_permit.so\nsession required pam_permit.so\n")


@pytest.fixture(scope="module")
def site(lab):
    """As the guide has it; sudo, and a service that only the first login of xrdp uses."""
    sudoers = Path("/etc/sudoers")
    kept = sudoers.read_text()
    sudoers.write_text(SUDOERS)
    sudoers.chmod(0o440)
    DROP_IN.parent.mkdir(exist_ok=True)
    DROP_IN.write_text(of_the_guide("toml", "remote-desktops.toml"))
    sudo_by_the_guide()
    lab.service("xrdp-sesman", OPTIONS, place="where_unknown=remote")
    yield
    DROP_IN.unlink()
    sudoers.write_text(kept)
    for service in ("sudo", "xrdp-sesman"):
        (Path("/etc/pam.d") / service).unlink()


@pytest.fixture
def desktops(lab, site):
    """start(taro="taro"): sessions of these people with these cards, whose displays are :10, :11, ..."""
    started: list[RemoteDesktop] = []

    def start(**cards: str | None) -> list[RemoteDesktop]:
        for user, card in cards.items():
            started.append(RemoteDesktop(lab, user, len(started) + 1, card))
        return started

    yield start
    for desktop in started:
        desktop.stop()
    forget_sessions()


def sudo(lab, user: str, answers=(PIN,), *options: str, session: Session | None = None, **environment: str) -> Dialogue:
    """Real sudo, started by the person in a session of theirs."""
    return converse((session or Session(user)).argv("sudo", "-k", *options, "id", as_user=True), answers,
                    environment=lab.environment() | environment)


def refused(seen: Dialogue, code: str) -> None:
    assert code in seen.screen and not seen.pin_prompts and "uid=0" not in seen.screen, seen.screen


def test_sudo_uses_the_card_that_the_session_brings(lab, insert, desktops):
    here = insert("taro", "hanako")
    first, second = desktops(taro="taro", hanako="hanako")
    for user, desktop in (("taro", first), ("hanako", second)):
        seen = sudo(lab, user)
        assert "uid=0(root)" in seen.screen and desktop.verifies() == 1, seen.screen + lab.syslog.text()
    assert here.stats()["verifies"] == 0


def test_another_persons_card_in_the_session_is_none_of_theirs(lab, insert, desktops):
    here = insert("taro")
    desktop, = desktops(taro="hanako")
    refused(sudo(lab, "taro"), "JPKI-503")
    assert desktop.verifies() == 0 and here.stats()["verifies"] == 0


def test_a_wrong_pin_is_counted_on_the_card_of_the_session(lab, desktops):
    desktop, = desktops(taro="taro")
    seen = sudo(lab, "taro", ["9999"])
    assert "uid=0" not in seen.screen and desktop.verifies() == 1, seen.screen
    seen = sudo(lab, "taro")
    assert "uid=0(root)" in seen.screen and "2 tries left" in seen.screen, seen.screen


def test_a_reader_of_this_machine_does_not_stand_in(lab, insert, desktops):
    insert("taro")
    desktop, = desktops(taro=None)
    refused(sudo(lab, "taro"), "JPKI-103" if desktop.card else "JPKI-10")


def test_a_card_may_be_put_down_late(lab, desktops):
    desktop, = desktops(taro="taro")
    desktop.card.remove()
    lab.service("late", f"{OPTIONS} wait_for_card=20", place="where_unknown=remote")
    argv = Session("taro").argv("pamtester", "late", "taro", "authenticate")
    put_down_late(lab, argv, desktop.card)
    assert desktop.verifies() == 1


def test_the_environment_of_the_caller_names_no_socket(lab, insert, desktops):
    here = insert("taro")
    desktops(taro=None)
    refused(sudo(lab, "taro", PCSCLITE_CSOCK_NAME="/run/pcscd/pcscd.comm", DISPLAY=":10", XDG_SESSION_ID="1"), "JPKI-10")
    assert here.stats()["verifies"] == 0


def test_the_readers_are_for_the_account_of_the_session_alone(lab, desktops):
    """taro's process would be told hanako's PIN."""
    desktop, = desktops(taro="hanako")
    lab.service("other", OPTIONS, place="where_unknown=remote")
    seen = converse(Session("taro").argv("pamtester", "other", "hanako", "authenticate"), [PIN], environment=lab.environment())
    refused(seen, "JPKI-112")
    assert "for the account alone whose it is" in lab.syslog.text() and desktop.verifies() == 0


def test_a_first_login_is_refused_and_told_why(lab, desktops):
    desktop, = desktops(taro="taro")
    seen = converse(["pamtester", "-I", "tty=xrdp-sesman", "xrdp-sesman", "taro", "authenticate"], [PIN], environment=lab.environment())
    refused(seen, "JPKI-112")
    assert "the readers come with an open session" in lab.syslog.text() and desktop.verifies() == 0


@pytest.mark.parametrize("session", [{"service": "sshd"}, {"state": "closing"}], ids=["of another service", "that ends"])
def test_a_session_that_no_rule_is_for(lab, desktops, session):
    desktop, = desktops(taro="taro")
    refused(sudo(lab, "taro", session=Session("taro", **session)), "JPKI-112")
    assert desktop.verifies() == 0


def test_without_the_option_nothing_changes(lab, desktops):
    desktop, = desktops(taro="taro")
    sudo_by_the_guide(without=" remote_seats ")
    try:
        refused(sudo(lab, "taro"), "JPKI-112")
    finally:
        sudo_by_the_guide()
    assert desktop.verifies() == 0


@pytest.fixture
def locker(lab, site):
    """jpki-validator.socket, for programs that run as the person."""
    lab.service("locker", OPTIONS, place="where_unknown=remote")
    made = LockerService(lab.work / "locker.log")
    yield made
    made.stop()
    assert not left_over(made)


def unlock(lab, user: str, name: str = "") -> Dialogue:
    return converse(Session(user).argv("pamtester", "locker", name or user, "authenticate", as_user=True), [PIN],
                    environment=lab.environment())


def test_a_locker_of_the_session_uses_its_card(lab, insert, locker, desktops):
    here = insert("taro", "hanako")
    first, second = desktops(taro="taro", hanako="hanako")
    for user, desktop in (("taro", first), ("hanako", second)):
        seen = unlock(lab, user)
        assert seen.pam == "SUCCESS" and desktop.verifies() == 1, seen.screen + locker.text()
    assert here.stats()["verifies"] == 0


def test_a_locker_beside_a_session_at_this_machine_is_not_told_apart(lab, insert, locker, desktops):
    here = insert("taro")
    desktop, = desktops(taro="taro")
    sits_here("taro")
    assert "JPKI-112" in unlock(lab, "taro").screen
    assert desktop.verifies() == 0 and here.stats()["verifies"] == 0


def test_a_locker_whose_session_brings_nothing(lab, insert, locker, desktops):
    here = insert("taro")
    desktop, = desktops(taro="taro")
    desktop.socket_file.unlink()
    assert "JPKI-115" in unlock(lab, "taro").screen
    assert desktop.verifies() == 0 and here.stats()["verifies"] == 0


# --- sockets that are not what they should be ----------------------------------------------------------------


def unreachable(lab, cause: str, code: str = "JPKI-115") -> Dialogue:
    seen = sudo(lab, "taro")
    refused(seen, code)
    assert cause in lab.syslog.text(), seen.screen + lab.syslog.text()
    assert seen.seconds < TIMEOUT + 15
    return seen


def spoil(what: str, directory: Path, socket_file: Path) -> None:
    mallory = pwd.getpwnam("mallory")
    if what == "a link":
        socket_file.unlink()
        socket_file.symlink_to("/run/pcscd/pcscd.comm")
    elif what == "a linked directory":
        directory.rename(directory.with_name("elsewhere"))
        directory.symlink_to("elsewhere")
    elif what == "writable by others":
        directory.chmod(0o1777)
    elif what == "another's directory":
        os.chown(directory, mallory.pw_uid, -1)
    elif what == "another's socket":
        os.chown(socket_file, mallory.pw_uid, -1)
    elif what == "a file":
        socket_file.unlink()
        socket_file.touch()
    elif what == "nothing":
        socket_file.unlink()


@pytest.mark.parametrize("what,cause", [("a link", "no socket"), ("a linked directory", "Not a directory"),
                                        ("writable by others", "writable by others"),
                                        ("another's directory", "neither root's nor the session's user's"),
                                        ("another's socket", "neither root's nor the session's user's"), ("a file", "no socket"),
                                        ("nothing", "No such file")])
def test_a_socket_that_others_may_have_put_there_is_not_used(lab, insert, desktops, what, cause):
    here = insert("taro")
    desktop, = desktops(taro="taro")
    directory = desktop.socket_file.parent
    spoil(what, directory, desktop.socket_file)
    try:
        unreachable(lab, cause)
    finally:
        if directory.is_symlink():
            directory.unlink()
            directory.with_name("elsewhere").rename(directory)
    assert desktop.verifies() == 0 and here.stats()["verifies"] == 0


def test_a_listener_of_somebody_else_is_not_used(lab, desktops):
    """A socket's file can be given away; the kernel tells who listens."""
    desktop, = desktops(taro="taro")
    desktop.socket_file.unlink()
    mallory = pwd.getpwnam("mallory")
    desktop.socket_file.parent.chmod(0o777)
    script = lab.script_for_all("hostile_card_service.py")
    server = Server(["setpriv", "--reuid", str(mallory.pw_uid), "--clear-groups", sys.executable, script, str(desktop.socket_file),
                     "hangs"], lab.work / "hostile.log", ready=b"ready")
    os.chown(desktop.socket_file, pwd.getpwnam("taro").pw_uid, -1)
    desktop.socket_file.chmod(0o666)
    desktop.socket_file.parent.chmod(0o710)
    try:
        unreachable(lab, "who listens is neither root nor the session's user")
    finally:
        server.stop()


SILENT_READER = "JPKI-107"  # libpcsclite makes a reader of what it is told
HOSTILE = {"hangs up": "it may be no card service", "hangs": "does not answer", "garbage": "speaks no protocol of pcsc-lite",
           "xrdp": "it may be no card service", "other version": "libpcsclite has no use for it", "hangs after hello": "",
           "hangs up after hello": "libpcsclite has no use for it", "endless names": "", "huge": "",
           "swaps": "libpcsclite has no use for it"}


@pytest.mark.parametrize("how", HOSTILE)
def test_a_hostile_card_service_ends_in_time(lab, insert, site, how):
    """The person's own process answers, and may answer anything."""
    here = insert("taro")
    path = session_directory("taro") / "pcscd.comm"
    path.unlink(missing_ok=True)
    taro = pwd.getpwnam("taro")
    script = lab.script_for_all("hostile_card_service.py")
    server = Server(["setpriv", "--reuid", str(taro.pw_uid), "--regid", str(taro.pw_gid), "--clear-groups", sys.executable, script,
                     str(path), how], lab.work / "hostile.log", ready=b"ready")
    path.chmod(0o666)
    try:
        unreachable(lab, HOSTILE[how], SILENT_READER if how == "endless names" else "JPKI-115")
    finally:
        server.stop()
        path.unlink()
        forget_sessions()
    assert here.stats()["verifies"] == 0
    for report in Path("/tmp").glob("asan.*"):  # in a build with sanitizers: libpcsclite believes the size of an ATR, in a child that tries it
        assert "in SCardGetStatusChange" in report.read_text(), report.read_text()
        report.unlink()


def test_a_card_service_that_stops_while_the_pin_is_typed(lab, desktops):
    desktop, = desktops(taro="taro")

    def stop() -> str:
        desktop.readers.server.send(signal.SIGSTOP)
        return PIN

    seen = sudo(lab, "taro", [stop])
    desktop.readers.server.send(signal.SIGCONT)
    assert "uid=0" not in seen.screen and "JPKI-1" in seen.screen and seen.seconds < TIMEOUT + 15, seen.screen


def test_a_full_queue_is_told_at_once(lab, site):
    path = session_directory("taro") / "pcscd.comm"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as first:
        listener.bind(str(path))
        path.chmod(0o666)
        listener.listen(0)
        first.connect(str(path))
        unreachable(lab, "its queue is full")
    path.unlink()
    forget_sessions()
    assert not running("jpki-validator") and SESSION_SOCKETS.is_dir()
