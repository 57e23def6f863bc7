# SPDX-License-Identifier: LGPL-2.1-or-later
"""Several people log in, or fail to, with the log at debug level and OCSP behind a proxy; then everything that was written is
searched for everything that identifies one of them."""

import base64
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from dialogue import converse
from fetch_servers import unused_port, wait_for_port
from ocsp_responder import OcspResponder
from personal_data import PersonalData
from processes import Server

PIN, WRONG_PIN = "5907", "7318"
NOBODY = 65534
WRITTEN = ("/etc", "/run", "/tmp", "/var", "/home", "/dev/shm")
TYPED_AS_NAME = "the PIN typed as the user's name"
PEOPLE = ("taro", "hanako", "saburo", "revoked")
SOURCES = """\
[[revocation.source]]
name = "platform"
type = "ocsp"
urls = ["{url}"]
freshness = "{freshness}"
method = "{method}"
[[revocation.source]]
name = "crl"
type = "crl"
"""


class Proxy:
    """nginx in front of the responder, with the access log that servers usually write, and each header of a request."""

    def __init__(self, directory: Path, responder: OcspResponder):
        directory.mkdir()
        self.log, port = directory / "access.log", unused_port()
        self.url = f"http://127.0.0.1:{port}/ocsp"
        paths = " ".join(f"{name}_temp_path {directory}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = directory / "nginx.conf"
        config.write_text(f"daemon off; pid {directory}/pid; error_log {directory}/error.log info; user root;\nevents {{}}\n"
                          f"http {{ {paths} log_format all '$remote_addr [$time_local] \"$request\" $status $args \"$http_referer\" "
                          f"\"$http_user_agent\" \"$http_cookie\" \"$http_if_none_match\"'; access_log {self.log} all;\n"
                          f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {responder.url.removesuffix('/ocsp')}; }} }} }}\n")
        self.server = Server(["nginx", "-c", str(config)], directory / "nginx.log")
        wait_for_port(self.server, port)

    def stop(self) -> None:
        self.server.stop()


@pytest.fixture
def responder(lab):
    made = OcspResponder(lab.pki, lab.work / "ocsp.log")
    yield made
    made.stop()
    lab.sources("")
    lab.forget_evidence()


@pytest.fixture
def proxy(lab, responder):
    made = Proxy(lab.work / f"proxy-{responder.port}", responder)
    yield made
    made.stop()


@pytest.fixture
def personal(lab) -> PersonalData:
    return PersonalData(*(lab.pki / "cards" / name / "auth.der" for name in PEOPLE), pins=(PIN, WRONG_PIN))


def watched_login(lab, user: str, answers: list, trace: Path) -> str:
    """With its programs' arguments, environments, and names of files and processes in `trace`; the screen."""
    service = lab.service("lab-debug", "timeout=60 debug")
    seen = converse(["strace", "-f", "-v", "-xx", "-s", "100000", "-o", str(trace), "-e", "trace=execve,%file,memfd_create,prctl",
                     "pamtester", service, user, "authenticate"], answers, environment=lab.environment(), within=120)
    assert "Segmentation" not in seen.screen
    return seen.screen


def strings_of(trace: Path) -> bytes:
    """The strings of all calls: strace -xx writes each as \\x61\\x62."""
    text = trace.read_text()
    assert re.search(r"execve\(", text)
    return b"\n".join(bytes.fromhex(one.replace("\\x", "")) for one in re.findall(r'"((?:\\x[0-9a-f]{2})*)"', text))


def open_to_others(since: Path) -> Iterator[Path]:
    """The files that a stranger can read and that were written since, where programs write; among them the CRLs."""
    done = subprocess.run(["find", *WRITTEN, "-type", "f", "-newer", str(since), "-readable", "-print0"], capture_output=True,
                          user=NOBODY, group=NOBODY, extra_groups=[])
    yield from (Path(os.fsdecode(name)) for name in done.stdout.split(b"\0") if name)


def logins(lab, responder) -> dict[str, bytes]:
    """What people saw and what programs were told, by what happened."""
    cases = (
        ("good", "taro", "taro", [PIN], "JPKI-000"),
        ("wrong PIN", "hanako", "hanako", [WRONG_PIN], "JPKI-2"),
        ("revoked by OCSP", "taro", "taro", [PIN], "JPKI-401"),
        ("revoked, remembered", "taro", "taro", [], "JPKI-401"),
        ("revoked by a CRL", "revoked", "revoked", [], "JPKI-401"),
        ("unmapped", "saburo", "saburo", [], "JPKI-501"),
        (TYPED_AS_NAME, "taro", PIN, [], "(unknown)"),
    )
    seen = {}
    for what, card, user, answers, code in cases:
        if what == "revoked by OCSP":
            responder.revoke("taro", 1)
            lab.forget_evidence()  # also the answer that is kept
        readers = lab.card_service()
        holder = lab.virtual_card(card, options=("--auth-pin", PIN))
        before = len(lab.syslog.lines())
        trace = lab.work / "personal.strace"
        try:
            screen = watched_login(lab, user, answers, trace)
        finally:
            holder.stop()
            readers.stop()
        if what != TYPED_AS_NAME:  # it is pamtester's own argument
            seen[f"the screen, {what}"] = screen.encode()
            seen[f"arguments and names, {what}"] = strings_of(trace)
        trace.unlink()
        log = "\n".join(lab.syslog.lines()[before:])
        assert code in log, f"{what}: {log}"
    return seen


def test_the_search_finds_what_is_there(lab, personal):
    """Each value of a made-up person, in the forms in which programs write such values."""
    der = (lab.pki / "cards/taro/auth.der").read_bytes()
    certificate = x509.load_der_x509_certificate(der)
    serial, end = certificate.serial_number, certificate.not_valid_after
    name = certificate.subject.rfc4514_string()
    for planted in (f"serial={serial:x}", f"SERIAL={serial:X}", f"({serial})", ":".join(f"{serial:08x}"[i:i + 2] for i in (0, 2, 4, 6)),
                    name, name.encode("utf-16-le"), name.encode("utf-16-be"), b"xx" + base64.b64encode(b"x" + name.encode()),
                    b"yy" + base64.b64encode(b"xy" + name.encode()), base64.b64encode(name.encode()), name.encode().hex(),
                    "CN=Kasumi-shi CRLDP", "kasumi", end.isoformat(), end.strftime("%Y%m%d%H%M%SZ"), str(int(end.timestamp())),
                    der, base64.b64encode(der), f"PIN={PIN}", f"'{PIN}'", PIN.encode("utf-16-le"), WRONG_PIN.encode().hex(" ")):
        assert personal.found_in(planted), planted
    for innocent in ("", "pam_jpki[5907]: evidence for JPKI-000: kind=jpki-authentication certificate=00112233aabbccdd",
                     "steps=closing:+5907ms/7318ms", "2030"):
        assert not personal.found_in(innocent), innocent
    assert len(personal) > 1000


@pytest.mark.parametrize("freshness", ["hard", "cached"])
def test_nobody_is_told_who_it_was(lab, responder, proxy, personal, freshness):
    lab.sources(SOURCES.format(url=proxy.url, method="post", freshness=freshness))
    written = logins(lab, responder)
    written["the log"] = lab.syslog.text().encode()
    written["the proxy's access log"] = proxy.log.read_bytes()
    assert written["the proxy's access log"].count(b"POST /ocsp") >= 3 and b"evidence for JPKI-000" in written["the log"]
    (planted := Path("/var/tmp/planted")).write_text("seen")
    readable = set(open_to_others(lab.pki / "README.txt"))
    planted.unlink()
    for file in readable - {planted}:
        written[str(file)] = os.fsencode(file) + b"\n" + file.read_bytes()
    assert planted in readable
    found = {place: values for place, data in written.items() if (values := personal.found_in(data))}
    assert not found, found


def test_by_get_the_search_finds_the_serial_in_the_access_log(lab, insert, responder, proxy, personal):
    """That is the price of method = "get", and shows that the search above looks where it should."""
    lab.sources(SOURCES.format(url=proxy.url, method="get", freshness="hard"))
    insert("taro", options=("--auth-pin", PIN))
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS", lab.syslog.text()
    log = proxy.log.read_bytes()
    assert b"GET /ocsp/" in log and personal.found_in(log)
    assert not personal.found_in(lab.syslog.text())
