# SPDX-License-Identifier: LGPL-2.1-or-later
"""Part of ./dev bench login: what OCSP and a CRL of a million entries add to a login, beside the same login with one small CRL.

The PIN is typed in no time at all, so nothing of the network is hidden behind a person here: the worst case.
"""

import shutil
import subprocess
from pathlib import Path

from big_crl import enlarge
from lab import HELPER_USER, PIN, Lab, install, run
from ocsp_responder import OcspResponder

ENTRIES = 1_000_000
GOAL = 1.3
CRL = "jpki-auth-g3-kasumi.crl"  # of taro's municipality
SOURCES = """\
[[revocation.source]]
name = "platform"
type = "ocsp"
urls = ["{url}"]
[[revocation.source]]
name = "crl"
type = "crl"
"""


def make_site(lab: Lab, name: str, crl: bytes, sources: str) -> str:
    """A configuration with a CRL directory, an index and evidence of its own; the name of its PAM service."""
    config, crls, evidence = Path(f"/etc/jpki/{name}.toml"), Path(f"/var/lib/jpki/{name}"), Path(f"/var/lib/jpki/{name}-evidence")
    crls.mkdir()
    evidence.mkdir(mode=0o700)
    shutil.chown(evidence, HELPER_USER, HELPER_USER)
    dropped = lab.work / CRL
    dropped.write_bytes(crl)
    install(dropped, crls / CRL, 0o644)
    config.write_text("")
    shutil.copytree("/etc/jpki/jpki.toml.d", f"{config}.d")
    Path(f"{config}.d/zz-bench.toml").write_text(
        f'[revocation]\ncrls = "{crls}"\nindex = "{crls}/crl.idx"\nevidence = "{evidence}"\n{sources}')
    run("jpki-crl-refresh", "--config", str(config))
    return lab.service(name, f"config_file={config}")


def compare(lab: Lab, user: str, count: int) -> int:
    """Both logins, interleaved, each in a process of its own. The exit status."""
    small = (lab.pki / "crl" / CRL).read_bytes()
    big = enlarge(lab.pki / "crl" / CRL, lab.pki / "ca" / "jpki-auth-g3" / "key.pem", ENTRIES)
    responder = OcspResponder(lab.pki, lab.work / "bench-ocsp.log")
    try:
        services = (make_site(lab, "bench-revocation", big, SOURCES.format(url=responder.url)),
                    make_site(lab, "bench-crl", small, ""))
        argv = [str(lab.build / "tests/bench/login_bench"), "--user", user, "--pin", PIN,
                "--count", str(count)]
        for service in services:
            argv += ["--service", service]
        done = subprocess.run(argv, env=lab.environment(), capture_output=True, text=True, timeout=600)
        print(done.stdout, end="")
        print(done.stderr, end="", flush=True)
        asked = sum(responder.stats()[form] for form in ("get", "post"))
    finally:
        responder.stop()
    if done.returncode != 0:
        print("\n".join(lab.syslog.lines()[-6:]))
        return done.returncode
    if asked < count:
        print(f"the responder was asked {asked} times in {count} logins")
        return 1
    print(f"goal: ratio at most {GOAL} with OCSP and {ENTRIES} CRL entries")
    return 0
