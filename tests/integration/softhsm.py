# SPDX-License-Identifier: LGPL-2.1-or-later
"""Software tokens instead of cards: for many logins in little time, and as a second PKCS#11 module (R2)."""

import pwd
import subprocess
from collections.abc import Sequence
from pathlib import Path

from lab import HELPER_USER, PIN, Lab, run

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
TOKENS = Path("/var/lib/softhsm")
DROP_IN = Path("/etc/jpki/jpki.toml.d/softhsm.toml")
PKCS11_CONF = Path("/etc/pam_pkcs11/pam_pkcs11.conf")
PEER_SERVICE = "peer-pkcs11"


class SoftTokens:
    """One SoftHSM token for each card name, with the card's key and certificate; jpki.toml says to use SoftHSM, or `modules`."""

    def __init__(self, lab: Lab, *names: str, also: str = "", modules: Sequence[str] = (), more: str = ""):
        self.lab = lab
        for name in names:
            self.make_token(name)
        self.configure(modules or [MODULE, *([also] if also else [])], more)

    def configure(self, modules: Sequence[str], more: str = "") -> None:
        """`more`: what else jpki.toml says."""
        DROP_IN.write_text(f"[pkcs11]\nmodules = {list(modules)!r}\nmodule_files = [{str(TOKENS)!r}]\n{more}")

    def make_token(self, name: str, *, label: str = "", key: bool = True, pin: str = PIN) -> None:
        card, label = self.lab.pki / "cards" / name, label or name
        told = run("softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", pin)
        slot = told.split()[-1]  # "... is reassigned to slot 123"
        if key:
            run("softhsm2-util", "--import", str(card / "auth.key"), "--slot", slot, "--label", "auth", "--id", "01", "--pin", pin)
        run("pkcs11-tool", "--module", MODULE, "--slot", slot, "--login", "--pin", pin, "--write-object",
            str(card / "auth.der"), "--type", "cert", "--id", "01", "--label", "auth")
        self._give_to_helper()

    def _give_to_helper(self) -> None:
        """To read. SoftHSM would rewrite a token's flags at each login, and who reads them meanwhile does not recognise the token."""
        run("chown", "-R", f"root:{HELPER_USER}", str(TOKENS))
        run("chmod", "-R", "u=rwX,g=rX,o=", str(TOKENS))
        Path("/etc/softhsm/softhsm2.conf").chmod(0o644)
        Path("/etc/softhsm").chmod(0o755)
        assert pwd.getpwnam(HELPER_USER).pw_uid != 0

    def remove(self) -> None:
        DROP_IN.unlink()
        for token in (TOKENS / "tokens").iterdir():
            run("rm", "-rf", str(token))


def configure_pam_pkcs11(lab: Lab, user: str, *, name: str = "softhsm", module: str | Path = MODULE) -> str:
    """Debian's pam_pkcs11 on the same token: chain and signature checked, nothing else. The name of its PAM service."""
    authorities = Path("/etc/pam_pkcs11/cacerts")
    authorities.mkdir(parents=True, exist_ok=True)
    for certificate in (lab.pki / "anchors.d").iterdir():
        if certificate.suffix != ".toml":
            (authorities / certificate.name).with_suffix(".pem").write_bytes(certificate.read_bytes())
    run("openssl", "rehash", str(authorities))
    subject = run("openssl", "x509", "-inform", "DER", "-in", str(lab.pki / "cards" / user / "auth.der"), "-noout",
                  "-subject", "-nameopt", "multiline")
    person = next(line.split("= ", 1)[1] for line in subject.splitlines() if "commonName" in line)
    PKCS11_CONF.with_name("cn_map").write_text(f"{person} -> {user}\n")
    PKCS11_CONF.write_text(f"""pam_pkcs11 {{
  debug = false;
  use_pkcs11_module = {name};
  pkcs11_module {name} {{
    module = {module};
    description = "{name}";
    slot_num = 0;
    support_threads = false;
    ca_dir = {authorities};
    crl_dir = /etc/pam_pkcs11/crls;
    cert_policy = ca,signature;
    token_type = "Token";
  }}
  use_mappers = cn;
  mapper cn {{
    module = internal;
    ignorecase = false;
    mapfile = file://{PKCS11_CONF.with_name("cn_map")};
  }}
}}
""")
    return lab.service(PEER_SERVICE, f"config_file={PKCS11_CONF}", module="pam_pkcs11.so")


def bench(lab: Lab, *services: str, user: str, count: int, one_process: bool = True,
          goals: tuple[float, ...] = (), more: Sequence[str] = ()) -> subprocess.CompletedProcess:
    """tests/bench/login_bench: many logins, descriptors counted before and after. `goals` are those of the second service, the third …;
    `more` are further options."""
    argv = [str(lab.build / "tests/bench/login_bench"), "--user", user, "--pin", PIN, "--count", str(count)]
    if one_process:
        argv.append("--one-process")
    for service in services:
        argv += ["--service", service]
    for goal in goals:
        argv += ["--goal", str(goal)]
    argv += more
    return subprocess.run(argv, env=lab.environment(), capture_output=True, text=True, timeout=900)
