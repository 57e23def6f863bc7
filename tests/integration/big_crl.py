# SPDX-License-Identifier: LGPL-2.1-or-later
"""A CRL of the test PKI with other entries, many or one: everything else of it stays, and the same CA signs it again."""

import subprocess
from pathlib import Path

REASONS = (1, 3, 4, 5)
FIRST_SERIAL = 0x70000000  # no card of the test PKI has one there


def tlv(tag: int, value: bytes) -> bytes:
    size = len(value)
    if size < 0x80:
        return bytes((tag, size)) + value
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + value


def split(der: bytes) -> tuple[int, bytes, bytes]:
    """Tag, value, and what follows."""
    size, at = der[1], 2
    if size & 0x80:
        at += size & 0x7F
        size = int.from_bytes(der[2:at], "big")
    return der[0], der[at:at + size], der[at + size:]


def elements(value: bytes) -> list[bytes]:
    """The elements of a constructed value, with their headers."""
    found = []
    while value:
        _, _, rest = split(value)
        found.append(value[:len(value) - len(rest)])
        value = rest
    return found


def entries(count: int) -> bytes:
    """revokedCertificates with reason codes, serials ascending."""
    date = tlv(0x17, b"260101000000Z")
    reasons = [tlv(0x30, tlv(0x30, tlv(0x06, bytes((0x55, 0x1D, 0x15))) + tlv(0x04, tlv(0x0A, bytes((reason,))))))
               for reason in REASONS]
    tails = [date + reason for reason in reasons]
    head = bytes((0x30, 6 + len(tails[0]), 0x02, 4))
    return tlv(0x30, b"".join(head + (FIRST_SERIAL + i).to_bytes(4, "big") + tails[i % len(tails)] for i in range(count)))


def enlarge(crl: Path, key: Path, count: int) -> bytes:
    return with_entries(crl, key, entries(count))


def revoke(crl: Path, key: Path, certificate: Path) -> bytes:
    """That certificate, and no other."""
    tbs, _, _ = elements(split(certificate.read_bytes())[1])
    serial = elements(split(tbs)[1])[1]  # behind the version
    return with_entries(crl, key, tlv(0x30, tlv(0x30, serial + tlv(0x17, b"260101000000Z"))))


def with_entries(crl: Path, key: Path, revoked: bytes) -> bytes:
    tbs, algorithm, _ = elements(split(crl.read_bytes())[1])
    fields = elements(split(tbs)[1])
    # version, signature, issuer, thisUpdate, nextUpdate, revokedCertificates?, [0] extensions
    kept = [field for i, field in enumerate(fields) if i < 5 or field[0] == 0xA0]
    tbs = tlv(0x30, b"".join([*kept[:5], revoked, *kept[5:]]))
    signature = subprocess.run(("openssl", "dgst", "-sha256", "-sign", str(key)), input=tbs, capture_output=True,
                               check=True).stdout
    return tlv(0x30, tbs + algorithm + tlv(0x03, b"\0" + signature))
