# SPDX-License-Identifier: LGPL-2.1-or-later
"""Our other programs, taken over: each one tries, from inside its own confinement and at the moment at which it would
handle the first byte of a stranger, what the table of doc/security.md says that it cannot do, and what that it can.

taken_over.c is preloaded for that. The validator is played in test_taken_over.py, by a hostile PKCS#11 module.
"""

import os
import pwd
import shutil
import signal
import socket
import stat
import struct
import subprocess
from pathlib import Path

import pytest
from guard_site import RECORDS, GuardSite, make_records
from lab import GUARD_USER, HELPER_USER, LESS_CONFINED, run
from processes import running, until

LIBEXEC = Path("/usr/libexec/jpki")
EMERGENCY = (Path("/run/jpki/emergency"), Path("/var/lib/jpki/emergency"))
AD, REVOCATION, SUCCESSION = (Path("/var/lib/jpki") / name for name in ("ad", "revocation", "succession"))
CALLERS = Path("/run/jpki/callers")
PCSCD, BUS = Path("/run/pcscd/pcscd.comm"), Path("/run/dbus/system_bus_socket")
NEIGHBOUR = Path("/var/tmp/neighbour")  # anybody's

KILLED = "killed"
NOT_ALLOWED = {"EACCES", "EPERM", KILLED}
NO_SOCKET = {"EAFNOSUPPORT", KILLED}  # libraries that look for a host try all families

# What no confined program can do. A call that is not in its list ends it.
CALLS = [("exec", "/bin/true"), ("fork", "-"), ("signal", "{login}"), ("trace", "{login}"), ("read-memory", "{login}"),
         ("become-root", "-"), ("namespace", "-"), ("mount", "/mnt"), ("leave-root", "-"), ("executable-memory", "-"),
         ("key", "-")]
FILES = [("read", "/etc/passwd"), ("read", "/etc/shadow"), ("read", "/etc/jpki/jpki.toml"),
         ("read", "/etc/jpki/pseudonym.key"), ("read", "/etc/jpki/accounts.map"), ("read", "/proc/1/environ"),
         ("read", "/proc/{login}/mem"), ("list", "/etc"), ("list", "/home"), ("write", "/etc/passwd"),
         ("write", str(NEIGHBOUR)), ("remove", str(NEIGHBOUR)), ("create", "/tmp/hostile"),
         ("create", "/dev/shm/hostile"), ("create", "/var/lib/jpki/hostile"), ("special-file", "/tmp/hostile")]
# Of these the guard lives, and the user of the others may read them before they are confined.
RECORD = RECORDS / "session-c1"
RECORDED = [("read", str(RECORD)), ("list", str(RECORDS))]
LOCAL = [("connect", str(PCSCD)), ("connect", str(BUS))]
KERNEL = [("netlink", "-")]
NETWORK = [("internet", "-"), ("internet6", "-")]
EVERYWHERE = (REVOCATION, AD, *EMERGENCY, SUCCESSION)


def text(value: str | bytes) -> bytes:
    octets = value if isinstance(value, bytes) else value.encode()
    return struct.pack(">H", len(octets)) + octets


TICKET = (text("taro@CITY.TEST") + text("krbtgt/CITY.TEST@CITY.TEST") + struct.pack(">I", 18) + text(bytes(32)) +
          bytes(20) + text(b"ticket"))
QUESTIONS = {
    "jpki-account": b"\x03" + text("login") + text("taro") + b"\x01" + struct.pack(">I", 2000) + b"\x01",
    "jpki-emergency": b"\x01\x00" + text("taro") + struct.pack(">I", 2000) + text(""),
    "jpki-ticket --keep": b"\x01" + struct.pack(">II", 2001, 2001) + text(TICKET),
}
HELPERS = {
    # name: its arguments; what it is given to reach; directories in which it makes files
    "jpki-fetch": ([""], NETWORK, ()),
    "jpki-fetch-curl": ([""], NETWORK, ()),
    "jpki-ticket": ([""], NETWORK, ()),
    "jpki-crl-refresh": (["--offline"], [], (REVOCATION,)),
    "jpki-emergency": ([], [], EMERGENCY),
    "jpki-account": ([], [], ()),
    "jpki-account-live": ([], NETWORK, ()),
    "jpki-directory": (["/etc/jpki/ccache", "0"], NETWORK, ()),
    "nss-ad-refresh": ([], NETWORK, (AD,)),
    "nss-ad-refresh --from-ldif": (["/etc/jpki/people.ldif"], [], (AD,)),
    "jpki-relay": ([], [], ()),
    "jpki-relay account": ([], [], ()),
}
# They become somebody else, and are that one then: its files, its sockets, its programs.
UNCONFINED = {"jpki-succession": [""], "jpki-self-registration": [""], "jpki-ticket --keep": [],
              "jpkictl validate": ["/etc/jpki/card.pem"]}


@pytest.fixture(scope="module")
def probe(lab):
    library = lab.work / "taken_over.so"
    source = Path(__file__).with_name("taken_over.c")
    run("gcc", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", str(library), str(source))
    return library


def ticket_cache() -> bytes:
    """A file of MIT Kerberos with a ticket-granting ticket, which nobody will accept."""
    def octets(value: bytes) -> bytes:
        return struct.pack(">I", len(value)) + value

    def principal(*parts: bytes) -> bytes:
        return struct.pack(">II", 1, len(parts)) + octets(b"AD.TEST") + b"".join(map(octets, parts))

    key = struct.pack(">H", 18) + octets(bytes(32))
    times = struct.pack(">IIII", 0, 0, 0x7FFFFFFF, 0)
    credential = (principal(b"administrator") + principal(b"krbtgt", b"AD.TEST") + key + times + bytes(1 + 4 + 4 + 4) +
                  octets(b"ticket") + octets(b""))
    return b"\x05\x04\x00\x00" + principal(b"administrator") + credential


@pytest.fixture(scope="module")
def machine(lab):
    """Every program finds what it needs to get as far as its confinement; nothing of it is good for more."""
    etc = Path("/etc/jpki")
    der = (lab.pki / "cards/taro/auth.der")
    run("openssl", "x509", "-inform", "DER", "-in", str(der), "-out", str(etc / "card.pem"))
    (etc / "ad.password").write_text("password\n")
    (etc / "ad.password").chmod(0o600)
    (etc / "ad.toml").write_text('[directory]\nrealm = "AD.TEST"\nservers = ["127.0.0.1"]\ntransport = "ldaps"\n'
                                 'ca_file = "/etc/jpki/card.pem"\nauthentication = "password"\nbind_dn = "x"\n'
                                 'password_file = "/etc/jpki/ad.password"\n')
    (etc / "ccache").write_bytes(ticket_cache())
    (etc / "ccache").chmod(0o600)
    (etc / "people.ldif").write_text("version: 1\n")
    (etc / "jpki.toml.d/ticket.toml").write_text('[ticket]\nservices = ["login"]\nrealm = "CITY.TEST"\n'
                                                 'kdcs = ["127.0.0.1:9"]\nkdc_anchors = "/etc/jpki/card.pem"\n')
    owner = pwd.getpwnam(HELPER_USER)
    made = [directory for directory in (*EMERGENCY, CALLERS, AD) if not directory.exists()]
    for directory in made:
        directory.mkdir(mode=0o700, parents=True)
    os.chown(CALLERS, owner.pw_uid, owner.pw_gid)
    make_records()
    RECORD.write_text("jpki-session=1\n")
    RECORD.chmod(0o640)
    NEIGHBOUR.write_text("")
    NEIGHBOUR.chmod(0o666)
    yield
    for name in ("card.pem", "ad.password", "ad.toml", "ccache", "people.ldif", "jpki.toml.d/ticket.toml"):
        (etc / name).unlink()
    for directory in (RECORDS, *made):
        shutil.rmtree(directory)
    NEIGHBOUR.unlink(missing_ok=True)


@pytest.fixture
def services():
    """pcscd and the system's bus, as far as somebody connects to them."""
    listening = []
    for path in (PCSCD, BUS):
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        listening.append(socket.socket(socket.AF_UNIX))
        listening[-1].bind(str(path))
        listening[-1].listen(64)
        path.chmod(0o666)
    yield
    for one, path in zip(listening, (PCSCD, BUS)):
        one.close()
        path.unlink()


@pytest.fixture
def login(machine):
    """A process of another login, through which its PIN will pass: a relay that waits for its caller's first word."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen([str(LIBEXEC / "jpki-relay")], stdin=theirs, stderr=subprocess.DEVNULL)
    theirs.close()
    status = Path(f"/proc/{process.pid}/status")
    uid = pwd.getpwnam(HELPER_USER).pw_uid
    wanted = (f"Uid:\t{uid}\t{uid}", "Seccomp:\t2")
    until(lambda: all(line in status.read_text() for line in wanted), "a confined relay")
    yield process.pid
    ours.close()
    process.send_signal(signal.SIGCONT)  # who traced it has stopped it
    process.wait(10)


@pytest.fixture
def attempt(lab, probe, machine, login):
    """attempt("jpki-fetch", ("exec", "/bin/true")): how it ends."""
    report = lab.work / "taken_over.report"

    def play(name: str, what: tuple[str, str], moment: str = "confined") -> str:
        program, *verb = name.split()
        report.write_text("")
        report.chmod(0o666)
        kind = socket.SOCK_STREAM if program == "jpki-relay" else socket.SOCK_SEQPACKET
        ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
        if name in QUESTIONS:
            ours.send(QUESTIONS[name])
        order = " ".join(what).format(login=login)
        places = [Path(folder) / program for folder in (LIBEXEC, "/usr/sbin", "/usr/bin")]
        path = next(place for place in places if place.exists())
        arguments = HELPERS[name][0] if name in HELPERS else UNCONFINED[name]
        environment = {"LD_PRELOAD": str(probe), "TAKEN_OVER": order, "REPORT": str(report), "MOMENT": moment}
        done = subprocess.run([str(path), *verb, *arguments], stdin=theirs, capture_output=True, text=True, timeout=30,
                              env=environment)
        for end in (ours, theirs):
            end.close()
        began, *ends = report.read_text().split()
        assert began == "trying", (name, order, done)
        return ends[0] if ends else KILLED if done.returncode == -signal.SIGSYS else f"status {done.returncode}"

    yield play
    until(lambda: not running("jpki-validator", "jpki-account"), "the end of what a relay had started")


def in_directories(kind: str, directories) -> list[tuple[str, str]]:
    return [(kind, str(directory / "hostile")) for directory in directories]


def remove_made() -> None:
    for directory in EVERYWHERE:
        (directory / "hostile").unlink(missing_ok=True)


def played(attempt, files, sockets) -> dict[tuple[str, str], str]:
    """What did not end as it must."""
    allowed = ({what: {KILLED} for what in CALLS} | {what: NO_SOCKET for what in sockets} |
               {what: NOT_ALLOWED for what in files})
    ends = {what: attempt(what) for what in allowed}
    return {what: end for what, end in ends.items() if end not in allowed[what]}


@pytest.mark.unsanitized_build(LESS_CONFINED)
@pytest.mark.parametrize("name", HELPERS)
def test_what_it_cannot(lab, attempt, services, name):
    _, reached, directories = HELPERS[name]
    files = [*FILES, *RECORDED, *in_directories("create", set(EVERYWHERE) - set(directories)),
             *in_directories("special-file", EVERYWHERE)]
    sockets = [row for row in (*LOCAL, *KERNEL, *NETWORK) if row not in reached]
    wrong = played(lambda what: attempt(name, what), files, sockets)
    assert not wrong, wrong
    assert NEIGHBOUR.exists()


@pytest.mark.parametrize("name", HELPERS)
def test_what_stays_open(attempt, name):
    """security.md says so; when one of these is closed, it must say that."""
    _, reached, directories = HELPERS[name]
    ends = {what: attempt(name, what) for what in [*reached, *in_directories("create", directories)]}
    remove_made()
    assert set(ends.values()) <= {"done"}, ends


@pytest.mark.parametrize("name", UNCONFINED)
def test_who_becomes_somebody_else_stays_that(attempt, services, name):
    """No root, and nothing of a login: a process of the same user that serves one is not to be looked into."""
    foreign = [("become-root", "-"), ("trace", "{login}"), ("read-memory", "{login}"), ("read", "/proc/{login}/mem"),
               ("read", "/etc/shadow"), ("write", "/etc/passwd"), ("read", "/etc/jpki/ad.password"),
               ("create", "/etc/jpki/hostile"),
               *in_directories("create", (AD, REVOCATION, *EMERGENCY))]
    ends = {what: attempt(name, what, "unprivileged") for what in foreign}
    wrong = {what: end for what, end in ends.items() if end not in NOT_ALLOWED}
    assert not wrong, wrong
    # The rest is anybody's, or the user's.
    assert attempt(name, ("connect", str(PCSCD)), "unprivileged") == "done"
    if name in ("jpki-succession", "jpki-self-registration"):
        assert attempt(name, ("create", str(SUCCESSION / "hostile")), "unprivileged") == "done"
    remove_made()


def test_before_it_is_confined_the_same_is_possible(attempt, services):
    """The attempts above mean something: as root, and before anything is given up, each of them works."""
    rows = [*CALLS, *LOCAL, *KERNEL, *NETWORK, *FILES, *RECORDED, *in_directories("create", EVERYWHERE),
            *in_directories("special-file", EVERYWHERE)]
    ends = {}
    for what in rows:
        ends[what] = attempt("jpki-fetch", what, "started")
        remove_made()
        Path("/tmp/hostile").unlink(missing_ok=True)
        for made in ("/dev/shm/hostile", "/var/lib/jpki/hostile"):
            Path(made).unlink(missing_ok=True)
        NEIGHBOUR.touch()
    subprocess.run(("umount", "/mnt"), check=True)
    special = {("exec", "/bin/true"): "status 0", ("key", "-"): ends["key", "-"], ("read-memory", "{login}"): "EFAULT"}
    wrong = {what: end for what, end in ends.items() if end != special.get(what, "done")}
    assert not wrong and ends["key", "-"] != KILLED, wrong


@pytest.fixture
def guard_site(lab):
    """The guard needs a bus to get as far as its confinement."""
    site = GuardSite(lab)
    yield site
    site.stop()


@pytest.fixture
def guard(guard_site, attempt, monkeypatch):
    monkeypatch.setitem(HELPERS, "jpki-session-guard", ([], [], ()))
    locked = Path("/run/jpki/locked")
    locked.mkdir(exist_ok=True)
    os.chown(locked, *pwd.getpwnam(GUARD_USER)[2:4])
    yield lambda what: attempt("jpki-session-guard", what)
    locked.rmdir()


@pytest.mark.unsanitized_build(LESS_CONFINED)
def test_the_guard(lab, guard):
    files = [*(row for row in FILES if row != ("create", "/dev/shm/hostile")), *in_directories("create", EVERYWHERE),
             *in_directories("special-file", EVERYWHERE)]
    wrong = played(guard, files, [*KERNEL, *NETWORK])
    assert not wrong, wrong
    assert guard(("connect", str(BUS))) == "done"
    assert guard(("create", "/run/jpki/locked/hostile")) == "done"
    Path("/run/jpki/locked/hostile").unlink()


MANAGER, SESSION = "/org/freedesktop/login1", "/org/freedesktop/login1/session/c1"
OF_LOGIND = {
    "UnlockSession": (MANAGER, "Manager", "s", "c1"), "UnlockSessions": (MANAGER, "Manager"),
    "ActivateSession": (MANAGER, "Manager", "s", "c1"), "KillSession": (MANAGER, "Manager", "ssi", "c1", "all", "9"),
    "KillUser": (MANAGER, "Manager", "ui", "2001", "9"), "TerminateUser": (MANAGER, "Manager", "u", "2001"),
    "PowerOff": (MANAGER, "Manager", "b", "false"), "Unlock": (SESSION, "Session"),
    "SetLockedHint": (SESSION, "Session", "b", "false"), "LockSession": (MANAGER, "Manager", "s", "c1"),
    "TerminateSession": (MANAGER, "Manager", "s", "c1"),
}


def test_what_the_guard_may_ask_of_logind(guard_site):
    """polkit has one word for locking and unlocking: the bus passes on what the guard needs, and nothing else."""
    def ask(user: str, method: str) -> str:
        path, interface, *arguments = OF_LOGIND[method]
        call = ["busctl", f"--address=unix:path={BUS}", "call", "org.freedesktop.login1", path,
                f"org.freedesktop.login1.{interface}", method, *arguments]
        done = subprocess.run(call, user=user, group=user, extra_groups=[], capture_output=True, text=True)
        return done.stderr or "done"

    def refused_by_the_bus(end: str) -> bool:
        return "Access denied" in end or "rejected" in end

    guard_site.logind.tell("add", "c1", {"user": 2001, "leader": 4711, "since": 1000})
    ends = {method: ask(GUARD_USER, method) for method in OF_LOGIND}
    asked = {method for method, end in ends.items() if not refused_by_the_bus(end)}
    assert asked == {"LockSession", "TerminateSession"}, ends
    others = {method: ask("mallory", method) for method in OF_LOGIND}  # whom polkit would refuse
    assert not any(map(refused_by_the_bus, others.values())), others


def test_no_program_gives_rights():
    """Who is no root already becomes none by a program of ours: jpki-greeter and all others run as who starts them."""
    elsewhere = [path for folder in ("/usr/bin", "/usr/sbin") for path in Path(folder).iterdir()]
    ours = [*LIBEXEC.iterdir(), *(path for path in elsewhere if path.name.startswith(("jpki", "nss-ad")))]
    assert {"jpki-greeter", "jpki-validator", "jpkictl"} <= {path.name for path in ours}
    for path in ours:
        assert not path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID), path
        assert "security.capability" not in os.listxattr(path), path
