# SPDX-License-Identifier: LGPL-2.1-or-later
"""The validator, taken over: a hostile PKCS#11 module tries, in a login, what doc/security.md says that it cannot do, and some of
what it says that it can. hostile_module.c is the module."""

import os
import pwd
import socket
import subprocess
from pathlib import Path

import pytest
from lab import EVIDENCE, HELPER_USER, LESS_CONFINED, run

KILLED = "killed"
HIDDEN = {"ENOENT", "EACCES"}
REMEMBERED = EVIDENCE / "revoked-00112233445566778899aabbccddeeff"
STREAM, DATAGRAM = Path("/run/dbus/system_bus_socket"), Path("/run/systemd/notify")
ABSTRACT = "jpki-hostile"

CANNOT = [
    # what, of what, how it ends
    ("read", "/etc/passwd", HIDDEN),
    ("read", "/etc/jpki/jpki.toml", HIDDEN),
    ("read", "/etc/jpki/pseudonym.key", HIDDEN),
    ("read", "/etc/jpki/accounts.map", HIDDEN),
    ("read", "/var/lib/jpki/revocation/crl.idx", HIDDEN),
    ("read", "/proc/self/maps", HIDDEN),
    ("read", "/proc/1/environ", HIDDEN),
    ("list", "/", {"EACCES"}),
    ("list", "/etc", HIDDEN),
    ("list", "/home", HIDDEN),
    ("list", "/dev", HIDDEN),
    ("write", "/var/lib/jpki/revocation/crl.idx", HIDDEN),
    ("create", "/tmp/hostile", HIDDEN),
    ("create", "/dev/shm/hostile", HIDDEN),
    ("create", "/run/hostile", {"EACCES", "EROFS"}),
    ("create", "/run/pcscd/hostile", {"EACCES"}),
    ("remove", "/run/pcscd/pcscd.comm", {"EACCES"}),
    ("remove", str(REMEMBERED), {"EACCES"}),
    ("write", str(REMEMBERED), {"EACCES"}),
    ("create", str(EVIDENCE / "hostile"), {"EACCES"}),
    ("remove", str(EVIDENCE / "key"), {"EACCES"}),
    ("write", str(EVIDENCE / "key"), {"EACCES"}),
    ("special-file", str(EVIDENCE / "logins/hostile"), KILLED),
    ("connect", str(STREAM), {"ENOENT"}),
    ("send-to", str(DATAGRAM), {"ENOENT"}),
    ("send-to", "/dev/log", {"ENOENT"}),
    ("connect-abstract", ABSTRACT, {"EPERM", "ECONNREFUSED"}),
    ("internet", "-", KILLED),
    ("internet6", "-", KILLED),
    ("netlink", "-", KILLED),
    ("exec", "/bin/true", KILLED),
    ("fork", "-", KILLED),
    ("signal", "-", KILLED),
    ("trace", "-", KILLED),
    ("read-memory", "-", KILLED),
    ("become-root", "-", KILLED),
    ("namespace", "-", KILLED),
    ("mount", "/run", KILLED),
    ("leave-root", "-", KILLED),
    ("executable-memory", "-", KILLED),
    ("key", "-", KILLED),
]
CAN = [
    ("connect", "/run/pcscd/pcscd.comm"),
    ("list", str(EVIDENCE)),
    ("create", str(EVIDENCE / "logins/revoked-hostile")),
]


@pytest.fixture(scope="module")
def module(lab):
    library = lab.work / "hostile_module.so"
    flags = run("pkg-config", "--cflags", "p11-kit-1").split()
    run("gcc", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", *flags, "-o", str(library),
        str(Path(__file__).with_name("hostile_module.c")))
    return library


@pytest.fixture
def others(lab):
    """Services that anybody may connect to, and something that was remembered."""
    sockets = []
    for name, kind in ((str(STREAM), socket.SOCK_STREAM), (str(DATAGRAM), socket.SOCK_DGRAM), ("\0" + ABSTRACT, socket.SOCK_STREAM)):
        if name[0] == "/":
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).unlink(missing_ok=True)
        sockets.append(socket.socket(socket.AF_UNIX, kind))
        sockets[-1].bind(name)
        if kind == socket.SOCK_STREAM:
            sockets[-1].listen(8)
        if name[0] == "/":
            Path(name).chmod(0o666)
    for file, content in ((REMEMBERED, "revoked 4102444800\n"), (EVIDENCE / "key", "of a test")):
        file.write_text(content)
        os.chown(file, *pwd.getpwnam(HELPER_USER)[2:4])
    yield
    for one in sockets:
        one.close()
    STREAM.unlink()
    DATAGRAM.unlink()
    lab.forget_evidence()


@pytest.fixture
def attempt(lab, card_service, module, others):
    """attempt("read", "/etc/passwd"): how it ends."""
    drop_in = Path("/etc/jpki/jpki.toml.d/hostile.toml")
    order = Path("/etc/jpki/attempt")
    report = lab.work / "hostile.report"
    drop_in.write_text(f"[pkcs11]\nmodules = [{str(module)!r}]\n")

    def play(verb: str, of: str) -> str:
        report.write_text("")
        report.chmod(0o666)
        order.write_text(f"{verb} {of} {report}\n")
        seen = lab.pamtester("taro", [])
        assert seen.pam != "SUCCESS" and not seen.prompts, seen.screen
        began, _, end = report.read_text().partition("\n")
        assert began == "trying", seen.screen + lab.syslog.text()
        return end.strip() or KILLED

    yield play
    drop_in.unlink()
    order.unlink(missing_ok=True)


@pytest.mark.unsanitized_build(LESS_CONFINED)
def test_what_it_cannot(lab, attempt):
    """All in one test: each is a login, and a list of what went wrong says more than the first one."""
    ends = {(verb, of): attempt(verb, of) for verb, of, _ in CANNOT}
    wrong = {(verb, of): ends[verb, of] for verb, of, expected in CANNOT
             if ends[verb, of] != expected and ends[verb, of] not in expected}
    assert not wrong, wrong
    assert not list(EVIDENCE.glob("hostile*"))


@pytest.mark.parametrize("verb,of", CAN, ids=[" ".join(row) for row in CAN])
def test_what_stays_open(attempt, verb, of):
    """security.md says so; when one of these is closed, it must say that."""
    assert attempt(verb, of) == "done"


def test_outside_the_same_is_possible(others):
    """What is hidden from the validator is open to its user: the attempts above mean something."""
    for name, kind in ((str(STREAM), socket.SOCK_STREAM), (str(DATAGRAM), socket.SOCK_DGRAM), ("/dev/log", socket.SOCK_DGRAM)):
        script = f"import socket; socket.socket(socket.AF_UNIX, {int(kind)}).connect({name!r})"
        subprocess.run(["/usr/bin/python3", "-c", script], user=HELPER_USER, group=HELPER_USER, extra_groups=[], check=True)
