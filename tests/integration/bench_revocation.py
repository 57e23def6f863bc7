# SPDX-License-Identifier: LGPL-2.1-or-later
"""Part of ./dev bench login: two sites, one with a small CRL, one with OCSP on loopback and a CRL of a million entries.

The PIN is typed in no time at all, so nothing of the network is hidden behind a person here: the worst case. The responder
answers from stock, as one does that is asked by all the country: its two RSA signatures are no part of what a login costs.
"""

import shutil
from pathlib import Path

from big_crl import enlarge
from lab import HELPER_USER, Lab, install, run
from ocsp_responder import OcspResponder

ENTRIES = 1_000_000
SMALL, BIG = "jpki-small-crl", "jpki-everything"
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


def make_site(lab: Lab, name: str, crl: bytes, sources: str) -> None:
    """A configuration with a CRL directory, an index and evidence of its own, and the PAM service `name`."""
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
    lab.service(name, f"config_file={config}")


def remove_site(name: str) -> None:
    Path(f"/etc/jpki/{name}.toml").unlink(missing_ok=True)
    for directory in (f"/etc/jpki/{name}.toml.d", f"/var/lib/jpki/{name}", f"/var/lib/jpki/{name}-evidence"):
        shutil.rmtree(directory, ignore_errors=True)


class Sites:
    """Both sites, with the rest of the configuration as it is now, and the responder, while the block runs."""

    def __init__(self, lab: Lab):
        self.lab = lab

    def __enter__(self) -> "Sites":
        pki = self.lab.pki
        self.responder = OcspResponder(pki, self.lab.work / "bench-ocsp.log")
        self.responder.answer("replay")
        make_site(self.lab, SMALL, (pki / "crl" / CRL).read_bytes(), "")
        make_site(self.lab, BIG, enlarge(pki / "crl" / CRL, pki / "ca" / "jpki-auth-g3" / "key.pem", ENTRIES),
                  SOURCES.format(url=self.responder.url))
        return self

    def asked(self) -> int:
        return sum(self.responder.stats()[form] for form in ("get", "post"))

    def __exit__(self, *_: object) -> None:
        self.responder.stop()
        for name in (SMALL, BIG):
            remove_site(name)
