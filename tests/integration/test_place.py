# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who sits at the machine: real sshd, su, sudo and login, started by an unprivileged user; the card counts its VERIFYs.

There is no logind here. A program that pam_exec starts at the end of each session's PAM stack writes what logind would have:
the session is named after the kernel's audit session, which pam_loginuid begins.
"""

import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

import pexpect
import pytest
from dialogue import Dialogue, converse
from guides import spawn
from lab import PIN, TIMEOUT
from processes import Server

AWAY = "192.0.2.1"  # an address of this machine that is not the loopback
PORT = "2222"
SESSIONS = Path("/run/systemd/sessions")
SUDOERS = "Defaults passwd_tries=1, !lecture, use_pty\nmallory,taro ALL=(ALL) ALL\n"
RECORDER = """\
#!/bin/sh
id=$(cat /proc/self/sessionid)
file=/run/systemd/sessions/$id
if [ "$PAM_TYPE" = close_session ]; then
  rm -f "$file"
  exit
fi
remote=0 seat='' terminal=''
[ "$PAM_SERVICE" = sshd ] && [ "$PAM_RHOST" != localhost ] && remote=1
[ "$PAM_SERVICE" = login ] && seat=seat0 terminal=tty1
{
  echo "# This is private data. Do not parse."
  echo "UID=$(id -u "$PAM_USER")"
  echo "USER=$PAM_USER"
  printf 'ACTIVE=1\\nIS_DISPLAY=1\\nSTATE=active\\n'
  echo "REMOTE=$remote"
  printf 'TYPE=tty\\nORIGINAL_TYPE=tty\\nCLASS=user\\n'
  echo "SCOPE=session-$id.scope"
  [ -z "$seat" ] || echo "SEAT=$seat"
  [ -z "$terminal" ] || echo "TTY=$terminal"
  [ "$remote" = 0 ] || echo "REMOTE_HOST=$PAM_RHOST"
  echo "SERVICE=$PAM_SERVICE"
  echo "LEADER=$PPID"
  echo "AUDIT=$id"
} >"/run/systemd/sessions/.#$id"
chmod 0644 "/run/systemd/sessions/.#$id"
mv "/run/systemd/sessions/.#$id" "$file"
"""


def audit_session_can_begin() -> bool:
    """CAP_AUDIT_CONTROL and a kernel with audit, which a container may lack."""
    done = subprocess.run(["sh", "-c", "echo 0 >/proc/self/loginuid && cat /proc/self/loginuid"], capture_output=True, text=True)
    return done.returncode == 0 and done.stdout == "0"


pytestmark = pytest.mark.skipif(not audit_session_can_begin(), reason="the login uid cannot be set in this container")


@pytest.fixture(scope="module")
def recorder(lab):
    program = Path("/usr/local/bin/record-session")
    program.write_text(RECORDER)
    program.chmod(0o755)
    SESSIONS.mkdir(parents=True, exist_ok=True)
    session = f"session required pam_loginuid.so\nsession required pam_exec.so {program}\n"
    yield session
    program.unlink()
    shutil.rmtree(SESSIONS)


@pytest.fixture(scope="module")
def hosts(lab, recorder):
    """su and sudo as an administrator sets them up; login at what the lab has for a console."""
    shells = Path("/etc/passwd").read_text()
    Path("/etc/passwd").write_text(re.sub(r"^((?:mallory|taro):.*):[^:]*$", r"\1:/bin/sh", shells, flags=re.M))
    sudoers = Path("/etc/sudoers")
    kept = sudoers.read_text()
    sudoers.write_text(SUDOERS)
    for service in ("su", "sudo"):
        lab.service(service, f"timeout={TIMEOUT}", place="")
    login = Path("/etc/pam.d") / lab.service("login", f"timeout={TIMEOUT}")
    login.write_text(login.read_text() + recorder)
    yield
    sudoers.write_text(kept)
    Path("/etc/passwd").write_text(shells)
    for service in ("login", "su"):
        lab.service(service, f"timeout={TIMEOUT}")
    Path("/etc/pam.d/sudo").unlink()


@pytest.fixture(scope="module")
def sshd(lab, recorder, hosts):
    """sshd on the loopback and on another address; mallory and taro have keys."""
    subprocess.run(["ip", "address", "add", f"{AWAY}/32", "dev", "lo"], check=True)
    directory = lab.work / "sshd"
    directory.mkdir()
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / key], check=True)
    folders = []
    for name in ("mallory", "taro"):
        entry = pwd.getpwnam(name)
        folder = Path(entry.pw_dir) / ".ssh"
        folder.mkdir(mode=0o700)
        folders.append(folder)
        for file, content in (("authorized_keys", "user.pub"), ("id_ed25519", "user")):
            (folder / file).write_text((directory / content).read_text())
            (folder / file).chmod(0o600)
        for path in (folder, *folder.iterdir()):
            os.chown(path, entry.pw_uid, entry.pw_gid)
    shadow = Path("/etc/shadow")
    locked = shadow.read_text()
    shadow.write_text(re.sub(r"^(mallory|taro):!\*:", r"\1:*:", locked, flags=re.M))
    service = Path("/etc/pam.d/sshd")
    installed = service.read_text()
    lab.service("sshd", f"timeout={TIMEOUT}")  # the rule for the unknown must not help
    service.write_text(service.read_text() + recorder)
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    configuration = directory / "sshd_config"
    configuration.write_text(f"Port {PORT}\nHostKey {directory}/host\nUsePAM yes\nPasswordAuthentication no\n"
                             "KbdInteractiveAuthentication yes\nPidFile none\nLogLevel VERBOSE\n")
    server = Server(["/usr/sbin/sshd", "-D", "-e", "-f", str(configuration)], directory / "log")
    subprocess.run(["sh", "-c", f"until ssh-keyscan -p {PORT} localhost >/dev/null 2>&1; do sleep 0.05; done"], check=True, timeout=20)
    yield
    server.stop()
    service.write_text(installed)
    shadow.write_text(locked)
    for folder in folders:
        shutil.rmtree(folder)
    subprocess.run(["ip", "address", "del", f"{AWAY}/32", "dev", "lo"], check=True)


def ssh(host: str, *command: str, options: tuple[str, ...] = ()) -> list[str]:
    return ["ssh", "-tt", "-q", "-p", PORT, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", *options, host, *command]


def as_user(lab, name: str, argv: list[str], answers=(PIN,)) -> Dialogue:
    entry = pwd.getpwnam(name)
    return converse(["setpriv", "--reuid", str(entry.pw_uid), "--regid", str(entry.pw_gid), "--clear-groups", *argv], answers,
                    environment=lab.environment() | {"HOME": entry.pw_dir})


def assert_no_try_is_spent(lab, card, seen: Dialogue, service: str) -> None:
    log = lab.syslog.text()
    assert f"JPKI-112 remote-login service={service}" in log, seen.screen + log
    assert not seen.pin_prompts and card.stats()["verifies"] == 0, seen.screen + log


@pytest.mark.parametrize("service,command", [("su", "su taro"), ("sudo", "sudo -k id")])
def test_who_comes_by_ssh_spends_no_try(lab, sshd, insert, service, command):
    card = insert("taro")
    seen = as_user(lab, "taro", ssh(f"taro@{AWAY}", command), ["9999"])
    assert_no_try_is_spent(lab, card, seen, service)
    assert service == "sudo" or seen.codes == ["JPKI-112"], seen.screen
    assert "the session comes from another machine" in lab.syslog.text()


def test_who_comes_by_ssh_spends_none_by_ssh_to_the_loopback(lab, sshd, insert):
    card = insert("taro")
    inner = " ".join(ssh("taro@localhost", options=("-o", "PubkeyAuthentication=no")))
    seen = as_user(lab, "mallory", ssh(f"mallory@{AWAY}", inner), ["9999"])
    assert_no_try_is_spent(lab, card, seen, "sshd")


def test_nor_by_su_behind_that(lab, sshd, insert):
    """The inner session is not remote to logind where sshd looks up names; it has no seat."""
    card = insert("taro")
    inner = " ".join(ssh("mallory@localhost", "su", "taro"))
    seen = as_user(lab, "mallory", ssh(f"mallory@{AWAY}", inner), ["9999"])
    assert_no_try_is_spent(lab, card, seen, "su")


def at_the_console(lab, command: str) -> str:
    """taro logs in by login(1) and types a command; PINs are right. What was on the screen."""
    child = spawn(lab, "login", "taro")
    child.expect(r"PIN \([^)]*\): $")
    child.sendline(PIN)
    child.expect(r"\$ $")
    child.sendline(f"{command}; exit")
    screen = ""
    while child.expect([r"PIN \([^)]*\): $", pexpect.EOF]) == 0:
        screen += child.before + child.after
        child.sendline(PIN)
    screen += child.before
    child.close()
    return screen


def test_who_sits_here_goes_on_to_su(lab, sshd, insert):
    card = insert("taro")
    seen = at_the_console(lab, "su taro -c id")
    assert "uid=" in seen and card.stats()["verifies"] == 2, seen + lab.syslog.text()


def test_who_sits_here_and_came_by_ssh_as_well(lab, sshd, insert):
    """The terminal of the first session may be shown in the second (tmux): nothing is asked."""
    card = insert("taro")
    other = subprocess.Popen(ssh(f"taro@{AWAY}", "echo up; cat", options=("-i", "/home/taro/.ssh/id_ed25519")), stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    try:
        assert "up" in other.stdout.readline()
        seen = at_the_console(lab, "su taro -c id")
        assert "JPKI-112" in seen and card.stats()["verifies"] == 1, seen + lab.syslog.text()
    finally:
        other.stdin.close()
        other.terminate()
        other.wait()
        other.stdout.close()
