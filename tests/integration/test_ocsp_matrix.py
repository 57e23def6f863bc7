# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a hostile, broken or honest OCSP responder can make of one question: each row is asked over real HTTP, fetched by
jpki-fetch and judged by the function that a login uses."""

import select
import socket
import subprocess
from pathlib import Path

import pytest

from ocsp_responder import OcspResponder

INVALID, STALE, UNKNOWN = "revocation-invalid", "revocation-stale", "revocation-unknown"
SLOW = ("--timeout", "2000")

# Recipe of jpki-testocsp, what must come of it, a part of the clause, options of ocsp_check_tool.
HONEST = [
    ("plain", "good", "2.2: good"),
    ("plain", "good", "", "--sha256"),
    ("plain", "good", "", "--no-nonce"),
    ("plain", "good", "", "--require-nonce"),
    ("plain", "good", "", "--post-only"),
    ("no-get", "good", "", "--require-nonce"),
    ("revoked", "revoked", "no reason given"),
    ("reason:1", "revoked", "reason 1"),
    ("on-hold", "on-hold", "reason 6"),
    ("unknown", "unknown", "does not know"),
    ("ca-signed", "good", ""),
    ("p384", "good", ""),
    ("by-key", "good", ""),
    ("ca-crowd", "good", ""),
    ("no-key-usage", "good", ""),
    ("others-too", "good", ""),
    ("sha256-certid", "good", ""),
    ("sha1-certid", "good", "", "--sha256"),
    ("no-next-update", "good", ""),
    ("shift:-1140", "good", ""),
    ("no-nonce", "good", ""),
    ("critical-nonce", "good", "", "--require-nonce"),
    ("harmless-extensions", "good", ""),
    ("explicit-v1", "good", ""),
    ("odd-certificate", "good", ""),
    ("big", "good", ""),
    ("chunked", "good", ""),
    ("no-length", "good", ""),
    ("no-type", "good", ""),
    ("wrong-type", "good", ""),  # the signature decides, not a label that nobody signed
    ("delay:300", "good", ""),
    ("no-nocheck", "good", "", "--responder-good"),
    ("sha1-signature", "good", "", "--allow-sha1"),
    ("replay", "good", "", "--no-nonce"),
]
HOSTILE = [
    # several statements, other certificates
    ("good-and-revoked", "revoked", ""),
    ("revoked-and-good", "revoked", ""),
    ("revoked-by-sha256", "revoked", ""),
    ("good-and-unknown", "unknown", ""),
    ("others-only", UNKNOWN, "not about this certificate"),
    ("no-statements", UNKNOWN, "not about this certificate"),
    ("other-serial", UNKNOWN, "not about this certificate"),
    ("other-name-hash", UNKNOWN, "not about this certificate"),
    ("other-key-hash", UNKNOWN, "not about this certificate"),
    ("short-key-hash", UNKNOWN, "not about this certificate"),
    ("other-issuer", UNKNOWN, "not about this certificate"),
    ("other-hash", UNKNOWN, "not about this certificate"),
    ("md5-certid", UNKNOWN, "not about this certificate"),
    ("odd-hash-parameters", UNKNOWN, "not about this certificate"),
    ("padded-serial", INVALID, "certID"),
    # times
    ("stale", STALE, "nextUpdate has passed"),
    ("old", STALE, "max_age"),
    ("old-no-next-update", STALE, "max_age"),
    ("shift:-1230", STALE, "nextUpdate has passed"),
    ("future", INVALID, "thisUpdate is in the future"),
    ("shift:360", INVALID, "thisUpdate is in the future"),
    ("produced-in-future", INVALID, "producedAt is in the future"),
    ("produced-before", INVALID, "producedAt is before thisUpdate"),
    ("next-before-this", INVALID, "nextUpdate is before thisUpdate"),
    ("stale+revoked", "revoked", ""),
    ("stale+on-hold", STALE, ""),
    ("stale+wrong-key+revoked", INVALID, "3.2(2)"),
    ("utc-time", INVALID, "thisUpdate: malformed"),
    ("fractional-time", INVALID, "thisUpdate: malformed"),
    ("local-time", INVALID, "thisUpdate: malformed"),
    ("no-such-day", INVALID, "thisUpdate: malformed"),
    # nonces
    ("no-nonce", INVALID, "requires one", "--require-nonce"),
    ("wrong-nonce", INVALID, "another request"),
    ("short-nonce", INVALID, "another request"),
    ("long-nonce", INVALID, "another request"),
    ("empty-nonce", INVALID, "another request"),
    ("bare-nonce", INVALID, "another request"),
    ("two-nonces", INVALID, "one OID twice"),
    ("replay", INVALID, "another request"),
    # error statuses
    ("malformed-request", UNKNOWN, "malformedRequest"),
    ("internal-error", UNKNOWN, "internalError"),
    ("try-later", UNKNOWN, "tryLater"),
    ("sig-required", UNKNOWN, "sigRequired"),
    ("unauthorized", UNKNOWN, "unauthorized"),
    ("status:4", INVALID, "responseStatus"),
    ("status:99", INVALID, "responseStatus"),
    ("no-bytes", INVALID, "responseBytes"),
    # signers
    ("corrupt", INVALID, "it was not made with this key"),
    ("wrong-key", INVALID, "signature of the response: it was not made with this key"),
    ("ca-name-wrong-key", INVALID, "signature of the response: it was not made with this key"),
    ("sha1-signature", INVALID, "signature of the response: its algorithm or key is too weak"),
    ("md5-signature", INVALID, "too weak"),
    ("md5-signature", INVALID, "too weak", "--allow-sha1"),
    ("short-key", INVALID, "too weak"),
    ("unknown-algorithm", INVALID, "not supported"),
    ("other-algorithm", INVALID, "not made with this key"),
    ("not-embedded", INVALID, "neither the CA nor a certificate at hand"),
    ("other-name", INVALID, "neither the CA nor a certificate at hand"),
    ("other-key", INVALID, "signature of the response"),
    ("foreign-responder", INVALID, "CA's signature of the responder's certificate"),
    ("other-generation", INVALID, "CA's signature of the responder's certificate"),
    ("other-ca", INVALID, "not issued by the certificate's issuer"),
    ("self-signed", INVALID, "not issued by the certificate's issuer"),
    ("card-signed", INVALID, "id-kp-OCSPSigning"),
    ("corrupt-responder", INVALID, "CA's signature of the responder's certificate"),
    ("sha1-responder", INVALID, "certificate: its algorithm or key is too weak"),
    ("expired-responder", INVALID, "has expired"),
    ("future-responder", INVALID, "not yet valid"),
    ("no-eku", INVALID, "id-kp-OCSPSigning"),
    ("any-eku", INVALID, "id-kp-OCSPSigning"),
    ("other-eku", INVALID, "id-kp-OCSPSigning"),
    ("other-key-usage", INVALID, "digitalSignature"),
    ("critical-in-responder", INVALID, "unknown critical extension"),
    ("no-nocheck", INVALID, "not known to be good"),
    ("many-certificates", INVALID, "certs: too many"),
    # encodings
    ("critical-response-extension", INVALID, "critical response extension"),
    ("critical-single-extension", INVALID, "critical single extension"),
    ("version-2", INVALID, "version"),
    ("other-response-type", INVALID, "responseType"),
    ("odd-status", INVALID, "certStatus"),
    ("trailing", INVALID, "OCSPResponse"),
    ("cut", INVALID, "OCSPResponse"),
    ("half", INVALID, "OCSPResponse"),
    ("indefinite", INVALID, "OCSPResponse"),
    ("garbage", INVALID, "OCSPResponse"),
    ("empty", "fetch-protocol", "empty answer"),
    ("html", INVALID, "OCSPResponse"),
    ("request-back", INVALID, "responseStatus"),
    # connections
    ("huge", "fetch-too-large", ""),
    ("endless", "fetch-too-large", ""),
    ("http:500", "fetch-status", "500"),
    ("http:404", "fetch-status", "404"),
    ("http:204", "fetch-status", "204"),
    ("redirect-away", "fetch-status", ""),
    ("short-body", "fetch-unreachable", "broke off"),
    ("slow-headers", "fetch-timeout", "", *SLOW),
    ("slow-body", "fetch-timeout", "", *SLOW),
    ("silent", "fetch-timeout", "", *SLOW),
    ("hang-up", "fetch-unreachable", ""),
    ("not-http", "fetch-protocol", ""),
]


def names(rows: list[tuple]) -> list[str]:
    return [" ".join((row[0], *row[3:])) for row in rows]


class Asker:
    def __init__(self, lab, directory: Path):
        self.lab, self.directory = lab, directory
        self.tool = lab.build / "ocsp_check_tool"
        self.configuration = directory / "jpki.toml"

    def allow(self, port: int) -> None:
        self.configuration.write_text(f'[fetch]\nhosts = ["127.0.0.1:{port}"]\n')

    def ask(self, url: str, card: str, *options: str) -> tuple[str, str]:
        """The word and the clause."""
        stem = self.lab.pki / "cards" / card / "auth"
        done = subprocess.run([str(self.tool), "--url", url, "--cert", f"{stem}.der", "--issuer", f"{stem}-ca.der",
                               "--config", str(self.configuration), "--fetch", "/usr/libexec/jpki/jpki-fetch", *options],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        word, _, clause = done.stdout.rstrip("\n").partition("\t")
        return word, clause


@pytest.fixture(scope="module")
def asker(lab):
    directory = lab.work / "ocsp-matrix"
    directory.mkdir()
    return Asker(lab, directory)


@pytest.fixture(scope="module")
def responder(lab, asker):
    running = OcspResponder(lab.pki, lab.work / "ocsp-matrix.log")
    asker.allow(running.port)
    yield running
    running.stop()


def judge(asker, responder, row) -> None:
    recipe, word, clause, *options = row
    responder.reset()
    if recipe == "replay":  # an answer to somebody's question of a minute ago
        asker.ask(responder.url, "taro")
    responder.answer(recipe)
    got, why = asker.ask(responder.url, "taro", *options)
    assert got == word, f"{got}: {why}"
    assert clause in why
    stats = responder.stats()
    assert stats["get"] + stats["post"] > 0, "nobody asked the responder"


@pytest.mark.parametrize("row", HONEST, ids=names(HONEST))
def test_honest(asker, responder, row):
    judge(asker, responder, row)


@pytest.mark.parametrize("row", HOSTILE, ids=names(HOSTILE))
def test_hostile(asker, responder, row):
    assert row[1] != "good"
    judge(asker, responder, row)


def test_the_matrix_is_as_large_as_it_says():
    assert len({names([row])[0] for row in HOSTILE}) >= 60


def test_cards(asker, responder):
    responder.reset()
    assert asker.ask(responder.url, "revoked")[0] == "revoked"
    assert asker.ask(responder.url, "hanako")[0] == "good"
    assert asker.ask(responder.url, "lgpki-user-g4")[0] == "good"
    responder.revoke("hanako", 1)
    responder.unknown("jiro")
    assert asker.ask(responder.url, "hanako")[0] == "revoked"
    assert asker.ask(responder.url, "jiro")[0] == "unknown"
    assert asker.ask(responder.url, "taro")[0] == "good"


def test_get_then_post(asker, responder):
    responder.reset()
    assert asker.ask(responder.url, "taro")[0] == "good"
    assert responder.stats() == {"get": 1, "post": 0, "nonce": 1, "sha1": 1, "sha256": 0}
    responder.answer("no-get")
    assert asker.ask(responder.url, "taro", "--no-nonce")[0] == "good"
    assert responder.stats() == {"get": 2, "post": 1, "nonce": 1, "sha1": 3, "sha256": 0}
    # No room in 255 bytes: the POST form at once.
    assert asker.ask(responder.url + "x" * 200, "taro", "--sha256")[0] == "good"
    assert responder.stats() == {"get": 2, "post": 2, "nonce": 2, "sha1": 3, "sha256": 1}


def test_a_responder_that_does_not_embed_is_known_here(lab, asker, responder):
    responder.answer("not-embedded")
    assert asker.ask(responder.url, "taro", "--local", str(lab.pki / "ocsp/jpki-auth-g3.der"))[0] == "good"
    word, clause = asker.ask(responder.url, "taro", "--local", str(lab.pki / "ocsp/jpki-auth-g2.der"))
    assert word == INVALID and "CA's signature" in clause


def test_another_host_is_not_asked(asker, responder):
    assert asker.ask("http://127.0.0.1:9/ocsp", "taro")[0] == "fetch-forbidden"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def index_line(state: str, serial: str, revoked: str = "") -> str:
    return f"{state}\t360101000000Z\t{revoked}\t{serial}\tunknown\t/CN=x\n"


def test_openssl_as_the_responder(lab, asker, responder):
    """Another implementation's responder: good, revoked with a reason, unknown."""
    directory = lab.work / "openssl-ocsp"
    directory.mkdir()

    def serial(card: str) -> str:
        shown = subprocess.run(["openssl", "x509", "-in", str(lab.pki / "cards" / card / "auth.der"), "-noout", "-serial"],
                               capture_output=True, text=True, check=True)
        return shown.stdout.strip().partition("=")[2]

    index = directory / "index.txt"
    index.write_text(index_line("V", serial("taro")) +
                     index_line("R", serial("revoked"), "260101000000Z,keyCompromise"))
    port = free_port()
    asker.allow(port)
    log = directory / "log"
    with log.open("wb") as sink:
        server = subprocess.Popen(["openssl", "ocsp", "-port", str(port), "-index", str(index), "-CA",
                                   str(lab.pki / "ca/jpki-auth-g3/cert.der"), "-rsigner",
                                   str(lab.pki / "ocsp/jpki-auth-g3.der"), "-rkey", str(lab.pki / "ocsp/responder.key"),
                                   "-nmin", "10"], stdout=subprocess.PIPE, stderr=sink)
    try:
        readable, _, _ = select.select([server.stdout], [], [], 30)
        line = server.stdout.readline() if readable else b"(nothing)"
        assert line.startswith(b"ACCEPT"), f"openssl: {line!r}\n{log.read_text()}"
        url = f"http://127.0.0.1:{port}/"  # it takes all that follows the first "/" for the request
        for options in ((), ("--sha256",), ("--require-nonce", "--post-only"), ("--no-nonce",)):
            word, clause = asker.ask(url, "taro", *options)
            assert word == "good", (options, clause, log.read_text())
        word, clause = asker.ask(url, "revoked")
        assert word == "revoked" and "reason 1" in clause
        assert asker.ask(url, "hanako")[0] == "unknown"
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
        asker.allow(responder.port)
