#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds for the fuzz targets: seeds.py BUILD OUT makes OUT/TARGET/* from a test PKI, NIST PKITS and OCSP vectors (when
python3-cryptography-vectors is installed), the shipped configuration and the system's time zones."""

import hashlib
import importlib.util
import ssl
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
ZONES = ("Asia/Tokyo", "Etc/UTC", "Asia/Seoul", "America/New_York", "Africa/Monrovia")
PATHS_OF_PKITS = 60


def put(out: Path, target: str, content: bytes) -> None:
    directory = out / target
    directory.mkdir(parents=True, exist_ok=True)
    (directory / hashlib.sha1(content).hexdigest()).write_bytes(content)


def pieces(*contents: bytes) -> bytes:
    return b"".join(struct.pack(">H", len(content)) + content for content in contents)


def vectors() -> Path | None:
    found = importlib.util.find_spec("cryptography_vectors")
    return Path(found.origin).parent if found and found.origin else None


def card_answers(certificate: bytes) -> bytes:
    """A card in its order: selected, both certificates read in pieces, asked for its tries, given the PIN; it signs nonsense."""
    good = b"\x90\x00"
    reads = [certificate[at:at + 256] + good for at in range(0, len(certificate), 256)]
    signature = bytes(256) + good
    return b"\2" + pieces(good, *reads, *reads, good, b"\x63\xc3", good, good, signature, signature, good, good, *reads)


def from_test_pki(build: Path, out: Path, work: Path) -> None:
    pki = work / "pki"
    subprocess.run([build / "jpki-testpki", "--seed", "fuzz", "--date", "2026-11-22", "--out", pki], check=True)
    anchors = [ssl.PEM_cert_to_DER_cert(p.read_text()) for p in sorted((pki / "anchors.d").glob("*.pem"))]
    cards = [card.read_bytes() for card in sorted(pki.glob("cards/*/auth.der"))]
    for certificate in (*anchors, *cards):
        put(out, "certificate", certificate)
    for card in cards:
        for anchor in anchors:
            put(out, "path", b"\1" + pieces(card, anchor))
    for card in (pki / "cards/taro", pki / "cards/next-generation"):
        if card.is_dir():
            put(out, "card", card_answers((card / "auth.der").read_bytes()))
    crls = sorted(pki.glob("crl/*.crl"))
    for crl in crls:
        put(out, "crl", crl.read_bytes())
    index = work / "seed.idx"
    for some in (crls[:1], crls):
        if subprocess.run([build / "jpki-fuzz", "index-seed", index, *some]).returncode == 0:
            put(out, "index", index.read_bytes())
    for text in (*pki.glob("*.toml"), *(pki / "anchors.d").glob("*.toml"), pki / "accounts.map"):
        put(out, "files", text.read_bytes())
        put(out, "config", text.read_bytes())


def from_vectors(out: Path, root: Path) -> None:
    pkits = root / "x509" / "PKITS_data"
    certificates = sorted((pkits / "certs").glob("*.crt"))
    for certificate in certificates:
        put(out, "certificate", certificate.read_bytes())
    for crl in (pkits / "crls").glob("*.crl"):
        put(out, "crl", crl.read_bytes())
    anchor = (pkits / "certs" / "TrustAnchorRootCertificate.crt").read_bytes()
    leaves = [c for c in certificates if "EE" in c.name][:PATHS_OF_PKITS]
    for leaf in leaves:
        near = [c.read_bytes() for c in certificates if c != leaf and c.name[:10] == leaf.name[:10]][:6]
        put(out, "path", b"\0" + pieces(leaf.read_bytes(), *near, anchor))
    for response in (root / "x509" / "ocsp").glob("resp-*.der"):
        put(out, "ocsp", pieces(b"", b"") + response.read_bytes())
    pairs = [c.read_bytes() for c in certificates[:2]]
    for response in (root / "x509" / "ocsp").glob("resp-*.der"):
        put(out, "ocsp", pieces(*pairs) + response.read_bytes())

HTTP_ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nContent-Length: 3\r\n\r\nabc",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nETag: \"x\"\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2;a=\"b\"\r\nab\r\n1\r\nc\r\n0\r\nX: y\r\n\r\n",
    b"HTTP/1.0 200 OK\r\nX: a\r\n b\r\n\r\nabc",
    b"HTTP/1.1 304 Not Modified\r\nLast-Modified: Sun, 22 Nov 2026 03:00:00 GMT\r\n\r\n",
)
SESSION_RECORD = (b"jpki-session=1\nsession=c3\nsince=1\nleader=2\nuser=3\nservice=login\nterminal=tty2\nseat=seat0\nreader=R 0\n"
                  b"certificate=c0\nkey=" + b"a5" * 32 + b"\nmark=" + b"5a" * 32 + b"\nlogin=4\nfactors=card+pin\n")


def by_hand(out: Path) -> None:
    for text in (TOP / "conf" / "jpki.toml", TOP / "conf" / "accounts.map"):
        content = text.read_bytes()
        put(out, "config", content)
        put(out, "files", content)
        put(out, "config", b"\n".join(line[1:] if line[:1] == b"#" and b"=" in line or line[:2] == b"#[" else line
                                      for line in content.splitlines()))
    put(out, "files", b"2026-01-01\n2026-05-03 # holiday\n")
    put(out, "files", b"08:00-21:00")
    put(out, "files", SESSION_RECORD)
    for zone in ZONES:
        path = Path("/usr/share/zoneinfo") / zone
        if path.exists():
            put(out, "time_zone", path.read_bytes())
    for kind in range(0x10, 0x20):
        put(out, "frame", bytes([kind]))
        put(out, "frame", bytes([kind]) + bytes(64))
    put(out, "ocsp", pieces(b"", b"") + bytes.fromhex("30030a0103"))
    put(out, "fetch", bytes([1, 0, 0, 0, 1]) + bytes(40))
    for piece in (1, 4, 255):
        for answer in HTTP_ANSWERS:
            put(out, "http", bytes([piece]) + answer)


def tlv(tag: int, *contents: bytes) -> bytes:
    """For contents of less than 128 octets."""
    content = b"".join(contents)
    return bytes([tag, len(content)]) + content


def names_and_extensions(out: Path) -> None:
    names = {1: (b"taro@example.org", b'"a@b"@example.org', b"a@b@example.org", b"@example.org"),
             2: (b"*.example.org", b"a.example.org", b"a..example.org", b"."),
             6: (b"http://user@example.org:80/a", b"http://[2001:db8::1]/", b"urn:a"),
             7: (bytes([192, 0, 2, 1]), bytes(16))}
    bases = {1: (b"example.org", b".example.org", b"taro@example.org", b"@example.org"), 2: (b"example.org", b"."),
             6: (b"example.org", b"http://example.org"), 7: (bytes([192, 0, 2, 0, 255, 255, 255, 0]),)}
    country = tlv(0x30, tlv(0x31, tlv(0x30, bytes.fromhex("0603550406"), tlv(0x13, b"JP"))))
    values = {tlv(0xA4, country): [tlv(0xA4, country)]}
    for form, texts in names.items():
        for text in texts:
            values[tlv(0x80 + form, text)] = [tlv(0x80 + form, base) for base in bases[form]]
    mailbox = tlv(0xA0, bytes.fromhex("06082b06010505070809"), tlv(0xA0, tlv(0x0C, "太郎@example.org".encode())))
    values[mailbox] = [tlv(0x81, b"example.org")]
    for name, subtrees in values.items():
        for subtree in subtrees:
            constraints = tlv(0x30, tlv(0xA0, tlv(0x30, subtree)))
            put(out, "names", pieces(name, constraints))
            put(out, "extensions", tlv(0x30, bytes.fromhex("0603551d1e"), tlv(0x04, constraints)) +
                tlv(0x30, bytes.fromhex("0603551d11"), tlv(0x04, tlv(0x30, name))))
    policy = bytes.fromhex("06032a0304")
    cps = tlv(0x30, bytes.fromhex("06082b06010505070201"), tlv(0x16, b"http://a.test/"))
    notice = tlv(0x30, bytes.fromhex("06082b06010505070202"),
                 tlv(0x30, tlv(0x30, tlv(0x0C, b"CA"), tlv(0x30, b"\x02\x01\x01")), tlv(0x1E, b"\0a")))
    for qualifiers in (tlv(0x30, cps), tlv(0x30, cps, notice), tlv(0x30, notice)):
        put(out, "extensions", tlv(0x30, bytes.fromhex("0603551d20"), b"\x01\x01\xff",
                                   tlv(0x04, tlv(0x30, tlv(0x30, policy, qualifiers)))))


def main() -> int:
    build, out = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    by_hand(out)
    names_and_extensions(out)
    with tempfile.TemporaryDirectory() as work:
        from_test_pki(build, out, Path(work))
    if root := vectors():
        from_vectors(out, root)
    for target in sorted(out.iterdir()):
        print(f"{target.name}: {len(list(target.iterdir()))} seeds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
