# SPDX-License-Identifier: LGPL-2.1-or-later
"""Servers on loopback that jpki-fetch meets in test_fetch.py: each one says exactly what a test wants, and remembers who came."""

import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from listener import Listener
from processes import UNSANITIZED, Server, StartError, until


@dataclass
class Request:
    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def method(self) -> str:
        return self.line.split()[0]


def reply(body: bytes = b"document", *, status: str = "200 OK", **headers: str) -> bytes:
    lines = {"Content-Type": "application/test", "Content-Length": str(len(body)), "Connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def reset(connection: socket.socket) -> None:
    """Closes with a RST instead of a FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@dataclass
class Talk:
    """One connection, as the function that a test gives sees it."""

    connection: socket.socket
    request: Request
    over: threading.Event = field(default_factory=threading.Event)

    def say(self, data: bytes) -> None:
        self.connection.sendall(data)

    def hang(self) -> None:
        """Until the server is stopped."""
        self.over.wait()

    def drip(self, data: bytes, pause: float) -> None:
        """One byte after another, until the server is stopped or the other side has had enough."""
        for byte in data:
            self.connection.sendall(bytes((byte,)))
            if self.over.wait(pause):
                return


class HttpServer(Listener):
    """`talk` decides what is said; without one every request gets a small document."""

    def __init__(self, talk: Callable[[Talk], None] | None = None, *, tls: ssl.SSLContext | None = None,
                 host: str = "127.0.0.1"):
        self._talk = talk or (lambda talk: talk.say(reply()))
        self._tls = tls
        self.requests: list[Request] = []
        super().__init__(host=host)

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            request = read_request(connection)
            self.requests.append(request)
            self._talk(Talk(connection, request, self._over))
        except (OSError, ValueError):
            pass  # the client had enough
        finally:
            connection.close()


def read_request(connection: socket.socket) -> Request:
    data = b""
    while b"\r\n\r\n" not in data:
        data += receive(connection)
    head, body = data.split(b"\r\n\r\n", 1)
    line, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, value in (header.split(":", 1) for header in rest)}
    while len(body) < int(headers.get("content-length", 0)):
        body += receive(connection)
    return Request(line, headers, body)


def receive(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ValueError("closed")
    return data


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


# --- a proxy ----------------------------------------------------------------------------------------------
def proxy() -> HttpServer:
    """Forwards requests with an absolute URL, and tunnels after CONNECT."""
    return HttpServer(_forward)


def _forward(talk: Talk) -> None:
    _, target, _ = talk.request.line.split(" ")
    if talk.request.method == "CONNECT":
        host, port = target.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as far:
            talk.say(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(far, talk.connection), daemon=True)
            back.start()
            _pump(talk.connection, far)
            back.join(timeout=10)
        return
    authority, path = target.removeprefix("http://").split("/", 1)
    host, port = authority.rsplit(":", 1)
    with socket.create_connection((host, int(port))) as far:
        far.sendall(f"GET /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n".encode())
        _pump(far, talk.connection)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


# --- TLS --------------------------------------------------------------------------------------------------
class TlsAuthority:
    """A CA of its own, and the server certificates that it issues."""

    def __init__(self, directory: Path, name: str):
        self.directory = directory / name
        self.directory.mkdir(parents=True)
        self.anchor = self.directory / "ca.pem"
        openssl("req", "-x509", *KEY, "-keyout", self.directory / "ca.key", "-out", self.anchor, "-subj", f"/CN={name}",
                "-days", "2", "-addext", "keyUsage=critical,keyCertSign")
        self.anchor.chmod(0o644)

    def server(self, name: str, *, subject: str = "IP:127.0.0.1", expired: bool = False) -> ssl.SSLContext:
        key, request, certificate = (self.directory / f"{name}.{end}" for end in ("key", "csr", "pem"))
        openssl("req", "-new", *KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        names = self.directory / f"{name}.ext"
        names.write_text(f"subjectAltName={subject}\nbasicConstraints=critical,CA:false\n")
        (self.directory / "index").write_text("")
        # `openssl ca` is the one that can date a certificate back.
        openssl("ca", "-batch", "-config", self._ca_config(), "-in", request, "-out", certificate, "-extfile", names,
                "-notext", "-startdate", "20200101000000Z", "-enddate", "20200102000000Z" if expired else "20990101000000Z")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    def _ca_config(self) -> Path:
        config = self.directory / "ca.cnf"
        config.write_text(f"[ca]\ndefault_ca=c\n[c]\ndatabase={self.directory}/index\nnew_certs_dir={self.directory}\n"
                          f"certificate={self.anchor}\nprivate_key={self.directory}/ca.key\nrand_serial=yes\n"
                          "default_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n")
        return config


KEY = ("-newkey", "rsa:2048", "-nodes")


def openssl(*arguments: str | Path) -> None:
    done = subprocess.run(("openssl", *map(str, arguments)), capture_output=True, text=True)
    if done.returncode != 0:
        raise StartError(f"openssl {arguments[0]}: {done.stderr}")


# --- real servers -----------------------------------------------------------------------------------------
def wait_for_port(server: Server, port: int, seconds: float = 20) -> None:
    """Real daemons do not say when they listen: connecting is the question."""
    def listens() -> bool:
        server.check_alive()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            return False

    try:
        until(listens, f"port {port}", seconds)
    except AssertionError:
        server.stop()
        raise StartError(f"{server.name} does not listen:\n{server.log.read_text(errors='replace')}") from None


def nginx(directory: Path) -> tuple[Server, int]:
    """Serves directory/www, compressing what it may."""
    port = unused_port()
    (directory / "www").mkdir(parents=True)
    config = directory / "nginx.conf"
    config.write_text(f"daemon off; pid {directory}/pid; error_log stderr; user root;\nevents {{}}\n"
                      f"http {{ access_log off; gzip on; gzip_min_length 1; gzip_types *; types {{ }} "
                      f"default_type application/pkix-crl;\n"
                      f"client_body_temp_path {directory}/b; proxy_temp_path {directory}/p; fastcgi_temp_path {directory}/f; "
                      f"uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;\n"
                      f"server {{ listen 127.0.0.1:{port}; root {directory}/www; }} }}\n")
    server = Server(["nginx", "-c", str(config)], directory / "nginx.log")
    wait_for_port(server, port)
    return server, port


def slapd(directory: Path, entries: str, tls: tuple[Path, Path] | None = None) -> tuple[Server, int, int]:
    """A directory below c=JP with `entries` (LDIF); its ports for ldap and ldaps."""
    directory.mkdir(parents=True)
    (directory / "db").mkdir()
    ldap, ldaps = unused_port(), unused_port()
    config = directory / "slapd.conf"
    certificate = f"TLSCertificateFile {tls[0]}\nTLSCertificateKeyFile {tls[1]}\n" if tls else ""
    config.write_text("include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n"
                      f"pidfile {directory}/pid\n{certificate}"
                      f"database mdb\nsuffix c=JP\ndirectory {directory}/db\nmaxsize 1073741824\n")
    ldif = directory / "entries.ldif"
    ldif.write_text(entries)
    added = subprocess.run((*UNSANITIZED, "slapadd", "-f", str(config), "-l", str(ldif)), capture_output=True, text=True)
    if added.returncode != 0:
        raise StartError(f"slapadd: {added.stderr}")
    urls = f"ldap://127.0.0.1:{ldap}/" + (f" ldaps://127.0.0.1:{ldaps}/" if tls else "")
    server = Server([*UNSANITIZED, "slapd", "-f", str(config), "-h", urls, "-d", "0"], directory / "slapd.log")
    wait_for_port(server, ldap)
    return server, ldap, ldaps
