# SPDX-License-Identifier: LGPL-2.1-or-later
"""su(1) is set-user-ID root and an unprivileged caller chooses its environment: nothing that it names may be opened."""

import os
import shutil
from pathlib import Path

import pytest
from dialogue import converse
from lab import PIN

TRAP = Path("/home/mallory/trap")
WRITTEN = TRAP / "written"
OPENSC_CONF = f"app default {{ debug = 9; debug_file = {WRITTEN}; }}\n"
TRAPPED = {
    "OPENSC_CONF": TRAP / "opensc.conf",
    "OPENSC_DEBUG": "9",
    "P11_KIT_CONFIG_FILE": TRAP / "pkcs11.conf",
    "P11_KIT_DEBUG": "all",
    "P11_KIT_SERVER_ADDRESS": f"unix:path={TRAP}/p11-kit.sock",
    "PCSCLITE_CSOCK_NAME": TRAP / "pcscd.comm",
    "SOFTHSM2_CONF": TRAP / "softhsm2.conf",
    "LD_PRELOAD": TRAP / "preload.so",
    "LD_LIBRARY_PATH": TRAP,
    "LD_AUDIT": TRAP / "audit.so",
    "GCONV_PATH": TRAP,
    "LOCPATH": TRAP,
    "NLSPATH": TRAP / "%N",
    "LANGUAGE": f"../../..{TRAP}",
    "TEXTDOMAINDIR": TRAP,
    "GNUTLS_SYSTEM_PRIORITY_FILE": TRAP / "gnutls.conf",
    "GNUTLS_CPUID_OVERRIDE": "1",
    "SSLKEYLOGFILE": TRAP / "keys.log",
    "TMPDIR": TRAP,
    "HOME": TRAP,
    "XDG_CONFIG_HOME": TRAP,
    "XDG_CACHE_HOME": TRAP,
    "XDG_RUNTIME_DIR": TRAP,
    "XDG_DATA_HOME": TRAP,
    "MALLOC_TRACE": TRAP / "malloc.log",
    "LANG": "ja_JP.UTF-8",
}


@pytest.fixture
def trap():
    TRAP.mkdir()
    for name in ("pkcs11.conf", "softhsm2.conf", "gnutls.conf", "preload.so", "audit.so", "pcscd.comm"):
        (TRAP / name).write_text("trap\n")
    (TRAP / "opensc.conf").write_text(OPENSC_CONF)
    for directory in (".config/pkcs11", ".cache/opensc", "pkcs11", "opensc"):
        (TRAP / directory).mkdir(parents=True)
    for path in (TRAP, *TRAP.rglob("*")):
        os.chown(path, 0, 0)
        path.chmod(0o777)
    yield {key: str(value) for key, value in TRAPPED.items()}
    shutil.rmtree(TRAP)


def files_in(directory: Path) -> set[Path]:
    return set(directory.rglob("*"))


def test_su_reads_and_writes_nothing_of_the_callers(lab, insert, trap):
    insert("taro")
    before = files_in(TRAP)
    seen = lab.su("taro", [PIN], environment=trap)
    assert "shell of taro" in seen.screen, seen.screen + lab.syslog.text()
    assert files_in(TRAP) == before


def test_the_system_calls_prove_it(lab, insert, trap):
    """The same, traced by root (strace -u keeps the set-user-ID bit in force): no path below the trap is ever opened."""
    insert("taro")
    trace = lab.work / "su.strace"
    trace.unlink(missing_ok=True)
    service = lab.service("su", "timeout=60")
    traced = {key: value for key, value in trap.items() if not key.startswith("LD_")}  # strace itself obeys LD_*
    seen = converse(["strace", "-f", "-u", "mallory", "-o", str(trace), "-e", "trace=%file,connect", "su", "taro"], [PIN],
                    environment=lab.environment() | traced, within=90)
    lab.service(service, "timeout=6")
    assert "shell of taro" in seen.screen, seen.screen + lab.syslog.text()
    calls = trace.read_text().splitlines()
    assert any("jpki-validator" in call for call in calls), "the trace followed the validator"
    own = [call for call in calls if str(TRAP) in call and "execve(" not in call]
    assert not own, own


def test_the_validator_is_not_for_everybody_to_misuse(lab, insert, trap):
    """Started by hand by an unprivileged user it gains nothing: no card, no map, a usage text."""
    insert("taro")
    seen = converse(["setpriv", "--reuid", "mallory", "--regid", "mallory", "--clear-groups",
                     "/usr/libexec/jpki/jpki-validator"], environment=lab.environment() | trap)
    assert seen.status == 2, seen.screen
    assert not WRITTEN.exists()


def test_an_unprivileged_screen_locker(lab, insert):
    """A PAM host without privileges: the validator stays who it is and cannot read the account map. A clear refusal."""
    insert("taro")
    seen = converse(["setpriv", "--reuid", "taro", "--regid", "taro", "--clear-groups", "pamtester", "lab", "taro",
                     "authenticate"], [PIN], environment=lab.environment())
    assert seen.pam == "AUTHINFO_UNAVAIL", seen.screen
    assert seen.codes[-1:] == ["JPKI-505"], seen.screen
