# SPDX-License-Identifier: LGPL-2.1-or-later
"""What in a certificate identifies its holder, in every spelling that a program might give it. For test_personal_data.py."""

import base64
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

TIMES = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%y%m%d%H%M%SZ", "%b %d %H:%M:%S %Y", "%b %d %Y", "%d %b %Y",
         "%Y年%m月%d日")


def serials(number: int) -> Iterator[str]:
    octets = number.to_bytes((number.bit_length() + 8) // 8, "big")  # as DER has them
    for form in (octets, octets.lstrip(b"\0"), octets[::-1].rstrip(b"\0")):
        for between in ("", ":", " "):
            yield form.hex(between) if between else form.hex()
    yield str(number)


def distinguished(name: x509.Name) -> Iterator[str]:
    """The values that only this name has: CN and, of a distribution point, the prefecture."""
    for attribute in name:
        if attribute.oid in (x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATIONAL_UNIT_NAME):
            yield attribute.value


def identifying_texts(certificate: x509.Certificate) -> set[str]:
    """Each is long enough not to turn up by chance."""
    values = set(serials(certificate.serial_number))
    common_name = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
    values |= {common_name, common_name[:14]}
    for point in certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value:
        for general_name in point.full_name or []:
            values |= set(distinguished(general_name.value)) - {"JPKI for user authentication", "CRL Distribution Points"}
    values |= {value.removesuffix("-ken").removesuffix(" CRLDP").removesuffix("-shi") for value in values}
    end = certificate.not_valid_after
    values |= {end.strftime(form) for form in TIMES} | {str(int(end.timestamp()))}
    key = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    der = certificate.public_bytes(Encoding.DER)
    values |= {key.hex(), hashlib.sha1(der).hexdigest(), hashlib.sha256(der).hexdigest()}
    return {value for value in values if len(value) >= 6}


def raw_values(certificate: x509.Certificate) -> set[bytes]:
    """As they are in DER."""
    serial = certificate.serial_number.to_bytes((certificate.serial_number.bit_length() + 8) // 8, "big")
    return {certificate.public_bytes(Encoding.DER)[:200], certificate.subject.public_bytes(), bytes((2, len(serial))) + serial}


def encodings(value: bytes) -> Iterator[bytes]:
    yield value
    yield value.hex().encode()
    for lead in range(3):  # wherever it begins in a longer text
        text = base64.b64encode(b"\0" * lead + value).rstrip(b"=")
        inner = text[(0, 2, 3)[lead]:len(text) - (1 if (lead + len(value)) % 3 else 0)]
        yield inner
        yield inner.replace(b"+", b"%2B").replace(b"/", b"%2F")
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


class PersonalData:
    """The values of some certificates, to be looked for in whatever was written."""

    def __init__(self, *certificates: Path, pins: tuple[str, ...] = ()):
        self._patterns: dict[bytes, str] = {}
        for file in certificates:
            certificate = x509.load_der_x509_certificate(file.read_bytes())
            for text in identifying_texts(certificate):
                for charset in ("utf-8", "utf-16-le", "utf-16-be"):
                    self._add(text.encode(charset), f"{file.parent.name}: {text}, {charset}")
            for raw in raw_values(certificate):
                self._add(raw, f"{file.parent.name}: {raw[:20].hex()}…, DER")
        # Four digits turn up everywhere: as a word of their own, or in a width that numbers do not have.
        self._pins = {pin: re.compile(rb"(?<![\w.\[+-])" + pin.encode() + rb"(?![\w.\]])") for pin in pins}
        for pin in pins:
            for charset in ("utf-16-le", "utf-16-be"):
                self._patterns[pin.encode(charset)] = f"PIN {pin}, {charset}"
            self._patterns[pin.encode().hex().encode()] = f"PIN {pin}, hex"
            self._patterns[pin.encode().hex(" ").encode()] = f"PIN {pin}, hex with blanks"

    def _add(self, value: bytes, what: str) -> None:
        for encoded in encodings(value):
            if len(encoded) >= 5:
                self._patterns[encoded.lower()] = what

    def __len__(self) -> int:
        return len(self._patterns) + len(self._pins)

    def found_in(self, data: bytes | str) -> list[str]:
        """What of it is there, whatever the case of its letters."""
        content = (data.encode(errors="surrogateescape") if isinstance(data, str) else data)
        lower = content.lower()
        found = {what for pattern, what in self._patterns.items() if pattern in lower}
        return sorted(found | {f"PIN {pin}" for pin, pattern in self._pins.items() if pattern.search(content)})
