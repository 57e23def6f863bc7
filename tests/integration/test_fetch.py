# SPDX-License-Identifier: LGPL-2.1-or-later
"""jpki-fetch and FetchProcess against real servers: what it brings, what it refuses, and whom it never speaks to."""

import base64
import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from conftest import processes
from fetch_servers import HttpServer, TlsAuthority, nginx, proxy, reply, reset, slapd, unused_port

DRIVER = "tests/integration/fetch_driver"
AT_ONCE = 50
PATIENCE = 30  # seconds for what takes milliseconds
HOSTS = Path("/etc/hosts")


class Driver:
    """A starter of jpki-fetch, running."""

    def __init__(self, lab, config: Path, requests: list[dict], **job):
        self.process = subprocess.Popen([str(lab.build / DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={"http_proxy": ENVIRONMENT_PROXY, "HTTPS_PROXY": ENVIRONMENT_PROXY,
                                             "ALL_PROXY": ENVIRONMENT_PROXY, "HOME": "/root"})
        self.process.stdin.write(json.dumps({"config": str(config), "requests": requests} | job))
        self.process.stdin.close()
        self.process.stdin = None  # communicate() would flush it
        assert self.process.stdout.readline() == "started\n"

    def fetch_pid(self) -> int:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        assert len(children) == 1
        return int(children[0])

    def kill(self) -> None:
        """The starter dies without a word; its jpki-fetch must not stay."""
        self.process.kill()
        self.process.communicate(timeout=PATIENCE)
        end = time.monotonic() + PATIENCE
        while processes("jpki-fetch"):
            assert time.monotonic() < end, "jpki-fetch outlives its starter"
            time.sleep(0.005)

    def results(self) -> list[dict]:
        output, _ = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0
        results = [json.loads(line) for line in output.splitlines()]
        for result in results:
            result["document"] = bytes.fromhex(result.get("document", ""))
        return results


ENVIRONMENT_PROXY = "http://127.0.0.1:9"


class Site:
    """A jpki.toml with what the test allows, and the requests made under it."""

    def __init__(self, lab):
        self._lab = lab
        self.directory = lab.work / f"fetch-{time.monotonic_ns()}"
        self.directory.mkdir()
        self._servers = []
        self.config = self.directory / "jpki.toml"
        self.rules()

    def rules(self, *hosts: str, proxy: str = "", rewrites: dict[str, str] | None = None, tls: dict | None = None,
              connect_timeout_ms: int = 2000) -> None:
        text = f"[fetch]\nhosts = {json.dumps(hosts)}\nproxy = \"{proxy}\"\nconnect_timeout_ms = {connect_timeout_ms}\n"
        for begin, target in (rewrites or {}).items():
            text += f"[[fetch.rewrite]]\nfrom = \"{begin}\"\nto = \"{target}\"\n"
        text += "[fetch.tls]\n" + "".join(f"{name} = \"{file}\"\n" for name, file in (tls or {}).items())
        self.config.write_text(text)

    def allow(self, *servers: HttpServer, **rules) -> None:
        self.rules(*(f"127.0.0.1:{server.port}" for server in servers), **rules)

    def serve(self, talk=None, **options) -> HttpServer:
        """A server that the rules allow, beside those before."""
        self._servers.append(HttpServer(talk, **options))
        self.allow(*(server for server in self._servers if isinstance(server, HttpServer)))
        return self._servers[-1]

    def keep(self, server):
        """Stops it when the test ends."""
        self._servers.append(server)
        return server

    def start(self, *requests: dict, **job) -> Driver:
        return Driver(self._lab, self.config, list(requests), **job)

    def fetch(self, *urls: str, **options) -> dict:
        return self.start(get(*urls, **options)).results()[0]

    def close(self) -> None:
        for server in self._servers:
            server.stop()
        shutil.rmtree(self.directory)


def get(*urls: str, **options) -> dict:
    return {"alternatives": [{"url": url} for url in urls]} | options


def post(url: str, body: str) -> dict:
    return {"url": url, "body": body, "content_type": "application/ocsp-request"}


@pytest.fixture
def site(lab):
    made = Site(lab)
    yield made
    made.close()
    assert not processes("jpki-fetch"), "a request left a process"


def refused(result: dict, reason: str, *words: str) -> None:
    """Refused for this reason, telling these words, and never a path."""
    assert result.get("error") == reason, result
    for word in words:
        assert word in result["text"], result
    assert "hanako" not in result["text"] and ";" in result["text"], result
    assert result["document"] == b""


# --- what it brings ---------------------------------------------------------------------------------------
def test_document(site):
    server = site.serve(lambda talk: talk.say(reply(b"abc", ETag='"v1"', Last_Modified="Sun, 22 Nov 2026 03:00:00 GMT")))
    result = site.fetch(server.url("/hanako"), accept="application/pkix-crl")
    assert result == {"alternative": 0, "not_modified": False, "size": 3, "content_type": "application/test", "etag": '"v1"',
                      "last_modified": "Sun, 22 Nov 2026 03:00:00 GMT", "document": b"abc"}
    (request,) = server.requests
    assert request.line == "GET /hanako HTTP/1.1"
    assert request.headers == {"host": f"127.0.0.1:{server.port}", "user-agent": "jpki-login", "accept": "application/pkix-crl"}


def test_post(site):
    server = site.serve()
    (result,) = site.start({"alternatives": [post(server.url(), "question")]}).results()
    assert result["document"] == b"document"
    (request,) = server.requests
    assert (request.method, request.body) == ("POST", b"question")
    assert request.headers["content-type"] == "application/ocsp-request" and "expect" not in request.headers


def test_large_documents(site):
    """In one piece, in chunks, and until the connection is closed."""
    data = os.urandom(3_000_000)
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (data[:1_000_000], data[1_000_000:])) + b"0\r\n\r\n"
    for answer in (reply(data), reply(Content_Length="", Transfer_Encoding="chunked") .split(b"document")[0] + chunks,
                   reply(Content_Length="").split(b"document")[0] + data):
        server = site.serve(lambda talk, answer=answer: talk.say(answer))
        result = site.fetch(server.url(), max_size=len(data))
        assert result.get("document") == data, result.get("text")


def test_not_modified(site):
    server = site.serve(lambda talk: talk.say(b"HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n"))
    result = site.fetch(server.url(), etag='"v1"', last_modified="Sun, 22 Nov 2026 03:00:00 GMT")
    assert (result["not_modified"], result["size"], result["document"]) == (True, 0, b"")
    assert server.requests[0].headers["if-none-match"] == '"v1"'
    assert server.requests[0].headers["if-modified-since"] == "Sun, 22 Nov 2026 03:00:00 GMT"
    refused(site.fetch(server.url("/hanako")), "status", "304")  # nobody asked whether it was modified


def test_nginx(site):
    """A real server: conditional requests with its own validators, no compression."""
    server, port = nginx(site.directory / "nginx")
    site.keep(server)
    document = b"x" * 100_000
    (site.directory / "nginx/www/crl").write_bytes(document)
    site.rules(f"127.0.0.1:{port}")
    first = site.fetch(f"http://127.0.0.1:{port}/crl")
    assert first["document"] == document and first["content_type"] == "application/pkix-crl"
    again = site.fetch(f"http://127.0.0.1:{port}/crl", etag=first["etag"], last_modified=first["last_modified"])
    assert again["not_modified"] is True
    refused(site.fetch(f"http://127.0.0.1:{port}/hanako"), "status", "404")


def test_many_at_once(site):
    server = site.serve(lambda talk: talk.say(reply(talk.request.line.encode())))
    results = site.start(*(get(server.url(f"/{number}")) for number in range(AT_ONCE))).results()
    assert [result["document"] for result in results] == [f"GET /{number} HTTP/1.1".encode() for number in range(AT_ONCE)]


def test_several_documents_in_a_row(site):
    """A failure spoils nothing for the next request."""
    good, bad = site.serve(), site.serve(lambda talk: reset(talk.connection))
    results = site.start(get(good.url()), get(bad.url()), get(good.url()), get("http://other.example/")).results()
    assert [result.get("error") for result in results] == [None, "unreachable", None, "forbidden"]


# --- time -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("talk", [
    lambda talk: talk.hang(),
    lambda talk: talk.drip(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 10_000, 0.05),
    lambda talk: (talk.say(reply(b"")[:-4]), talk.hang()),
    lambda talk: (talk.say(reply(Content_Length="10000")), talk.drip(b"x" * 10_000, 0.05)),
], ids=["silent", "slow head", "half a head", "slow body"])
def test_slow_server(site, talk):
    server = site.serve(talk)
    begin = time.monotonic()
    refused(site.fetch(server.url("/hanako"), timeout=400), "timeout", f"127.0.0.1:{server.port}")
    assert 0.4 <= time.monotonic() - begin < 5


def test_a_hanging_alternative_leaves_time_for_the_next(site):
    hanging, good = site.serve(lambda talk: talk.hang()), site.serve()
    result = site.fetch(hanging.url(), good.url(), timeout=1000)
    assert (result.get("alternative"), result["document"]) == (1, b"document"), result


def test_hedging(site):
    hanging, good = site.serve(lambda talk: talk.hang()), site.serve()
    begin = time.monotonic()
    result = site.fetch(hanging.url(), good.url(), timeout=20_000, hedge_after=100)
    assert (result.get("alternative"), result["document"]) == (1, b"document"), result
    assert time.monotonic() - begin < 10
    assert hanging.connections == 1


def test_no_hedging_when_the_first_answers(site):
    first, second = site.serve(), site.serve()
    result = site.fetch(first.url(), second.url(), timeout=20_000, hedge_after=10_000)
    assert result["alternative"] == 0
    assert second.connections == 0


def test_hedged_answers_do_not_mix(site):
    """Two documents arrive at the same time; the first that is whole is it."""
    slow = site.serve(lambda talk: (talk.say(reply(Content_Length="2000") .split(b"document")[0] + b"x" * 1000), talk.hang()))
    good = site.serve(lambda talk: talk.say(reply(b"good")))
    result = site.fetch(slow.url(), good.url(), timeout=20_000, hedge_after=100)
    assert (result["alternative"], result["document"]) == (1, b"good")


# --- one after another ------------------------------------------------------------------------------------
def test_get_after_post(site):
    server = site.serve(lambda talk: talk.say(reply(status="405 Method Not Allowed") if talk.request.method == "POST"
                                              else reply(b"answer")))
    (result,) = site.start({"alternatives": [post(server.url(), "question"), {"url": server.url("/MAA%3D")}]}).results()
    assert (result["alternative"], result["document"]) == (1, b"answer")
    assert [request.line for request in server.requests] == ["POST / HTTP/1.1", "GET /MAA%3D HTTP/1.1"]


@pytest.mark.parametrize("talk", [
    lambda talk: talk.say(reply(status="500 Internal Server Error")),
    lambda talk: talk.say(reply(b"x" * 2000)),
    lambda talk: reset(talk.connection),
    lambda talk: talk.say(reply(b"half", Content_Length="9")),
    lambda talk: talk.say(b"220 smtp.example ESMTP\r\n"),
], ids=["status", "too large", "reset", "half", "no http"])
def test_the_next_alternative_is_asked(site, talk):
    bad, good = site.serve(talk), site.serve(lambda talk: talk.say(reply(b"good")))
    result = site.fetch("http://forbidden.example/", f"http://127.0.0.1:{bad.port}/", good.url(), max_size=1000)
    assert (result.get("alternative"), result["document"]) == (2, b"good"), result


def test_every_failure_is_told(site):
    first, second = (site.serve(lambda talk: talk.say(reply(status="503 Busy"))) for _ in range(2))
    result = site.fetch(first.url("/hanako"), second.url("/hanako"))
    refused(result, "status", f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}", "503")


# --- answers that are none --------------------------------------------------------------------------------
def test_oversized_by_its_length(site):
    server = site.serve(lambda talk: (talk.say(reply(Content_Length="1001").split(b"document")[0]), talk.hang()))
    refused(site.fetch(server.url("/hanako"), max_size=1000), "too-large")


@pytest.mark.parametrize("head", [reply(Content_Length="").split(b"document")[0],
                                  reply(Content_Length="", Transfer_Encoding="chunked").split(b"document")[0]],
                         ids=["until closed", "chunked"])
def test_oversized_without_a_length(site, head):
    """Refused while it streams: the server never comes to the end."""
    def talk(one):
        one.say(head)
        while True:
            one.say(b"3e8\r\n" + b"x" * 1000 + b"\r\n" if b"chunked" in head else b"x" * 1000)
    server = site.serve(talk)
    refused(site.fetch(server.url("/hanako"), max_size=100_000), "too-large", "100000 bytes")


def test_endless_headers(site):
    def talk(one):
        one.say(b"HTTP/1.1 200 OK\r\n")
        while True:
            one.say(b"X-More: " + b"y" * 1000 + b"\r\n")
    server = site.serve(talk)
    assert site.fetch(server.url("/hanako")).get("error") in ("too-large", "protocol")


@pytest.mark.parametrize("name", ["Content-Encoding", "Transfer-Encoding"])
def test_compressed(site, name):
    """A small answer that would become a large document."""
    bomb = gzip.compress(b"\0" * 10_000_000)
    server = site.serve(lambda talk: talk.say(reply(bomb, **{name: "gzip"})))
    refused(site.fetch(server.url("/hanako"), max_size=1 << 26), "protocol")


@pytest.mark.parametrize(("answer", "reason"), [
    (reply(b""), "protocol"),
    (b"220 smtp.example ESMTP\r\n", "protocol"),
    (b"\0" * 100, "protocol"),
    (b"", "unreachable"),
    (reply(status="206 Partial Content"), "status"),
    (reply(status="204 No Content", Content_Length="0"), "status"),
    (reply(status="401 Unauthorized", WWW_Authenticate="Basic realm=x"), "status"),
    (reply(b"half", Content_Length="1000"), "unreachable"),
], ids=["empty", "smtp", "zeros", "nothing", "206", "204", "401", "half"])
def test_no_document(site, answer, reason):
    server = site.serve(lambda talk: talk.say(answer))
    refused(site.fetch(server.url("/hanako")), reason)


def test_reset_inside_the_document(site):
    server = site.serve(lambda talk: (talk.say(reply(b"x" * 500, Content_Length="1000")), reset(talk.connection)))
    refused(site.fetch(server.url("/hanako")), "unreachable")


def test_refused_port(site):
    port = unused_port()
    site.rules(f"127.0.0.1:{port}")
    refused(site.fetch(f"http://127.0.0.1:{port}/hanako"), "unreachable", f"127.0.0.1:{port}", "firewall")


# --- whom it never speaks to ------------------------------------------------------------------------------
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_redirect(site, status):
    other = site.keep(HttpServer())
    server = site.serve(lambda talk: talk.say(reply(status=status, Location=other.url("/hanako"))))
    site.allow(server)
    refused(site.fetch(server.url("/hanako")), "status", "redirect")
    assert other.connections == 0 and server.connections == 1


def test_forbidden_host(site):
    stranger, good = site.keep(HttpServer()), site.serve()
    site.allow(good)
    port = stranger.port
    urls = [f"http://127.0.0.1:{port}/hanako", f"http://127.0.0.1:{good.port}@127.0.0.1:{port}/", f"ldap://127.0.0.1:{port}/x",
            f"http://localhost:{port}/", f"http://2130706433:{port}/", "file:///etc/hosts", f"ftp://127.0.0.1:{good.port}/"]
    for result in site.start(*(get(url) for url in urls)).results():
        refused(result, "forbidden")
    assert stranger.connections == 0 and good.connections == 0


def test_the_environment_names_no_proxy(site):
    """The driver runs with http_proxy; nobody listens there."""
    server = site.serve()
    assert site.fetch(server.url())["document"] == b"document"


def test_proxy_of_the_rules(site, lab):
    through, server = site.keep(proxy()), site.serve()
    site.allow(server, proxy=through.url().rstrip("/"))
    assert site.fetch(server.url("/x"))["document"] == b"document"
    assert [request.line for request in through.requests] == [f"GET {server.url('/x')} HTTP/1.1"]
    site.rules(proxy=through.url().rstrip("/"))
    refused(site.fetch(server.url("/hanako")), "forbidden")
    assert len(through.requests) == 1


def test_rewriting(site):
    server = site.serve()
    site.rules(rewrites={"http://ca.example/crl/": server.url("/mirror/"), "http://ca.example": "http://other.example"})
    assert site.fetch("http://CA.example/crl/x?y")["document"] == b"document"
    assert server.requests[0].line == "GET /mirror/x?y HTTP/1.1"


def test_configured_urls_are_allowed(site):
    server = HttpServer()
    site.keep(server)
    site.config.write_text(f"[[crl]]\nname = \"city\"\nurls = [\"{server.url('/city.crl')}\"]\n")
    assert site.fetch(server.url("/city.crl"))["document"] == b"document"


def test_ipv6(site):
    server = site.keep(HttpServer(host="::1"))
    site.config.write_text(f"[[fetch.rewrite]]\nfrom = \"http://ca.example/\"\nto = \"http://[::1]:{server.port}/\"\n")
    assert site.fetch("http://ca.example/x").get("document") == b"document"


# --- names ------------------------------------------------------------------------------------------------
@pytest.fixture
def names():
    """Adds lines to /etc/hosts; and no name server answers."""
    resolver = Path("/etc/resolv.conf")
    kept = {file: file.read_text() if file.exists() else "" for file in (HOSTS, resolver)}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 53))
        resolver.write_text("nameserver 127.0.0.1\n")
        yield lambda line: HOSTS.write_text(kept[HOSTS] + line + "\n")
    for file, text in kept.items():
        file.write_text(text)


def test_names(site, names):
    server = site.serve()
    names("127.0.0.1 ocsp.lab")
    site.rules(f"ocsp.lab:{server.port}")
    assert site.fetch(server.url(host="OCSP.lab")).get("document") == b"document"
    assert server.requests[0].headers["host"] == f"ocsp.lab:{server.port}"


def test_a_silent_name_server_costs_the_time_out_of_one_request(site, names):
    server = site.serve()
    site.rules(f"127.0.0.1:{server.port}", "slow.lab")
    begin = time.monotonic()
    results = site.start(get("http://slow.lab/hanako", timeout=400), get(server.url())).results()
    refused(results[0], "timeout")
    assert results[1]["document"] == b"document"
    assert time.monotonic() - begin < 4  # the resolver itself would try for ten seconds


# --- TLS --------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def authorities(lab):
    directory = lab.work / "tls"
    yield {name: TlsAuthority(directory, name) for name in ("ours", "theirs")}
    shutil.rmtree(directory)


def test_tls(site, authorities):
    ours = authorities["ours"]
    server = site.serve(tls=ours.server("good"))
    site.allow(server, tls={"default": ours.anchor, "cvs": ours.anchor})
    assert site.fetch(server.url()).get("document") == b"document"
    assert site.fetch(server.url(), tls="cvs").get("document") == b"document"


@pytest.mark.parametrize(("certificate", "anchors", "asked"), [
    ({}, "theirs", ""),
    ({"subject": "DNS:other.example"}, "ours", ""),
    ({"expired": True}, "ours", ""),
    ({}, "ours", "cvs"),
], ids=["wrong anchor", "wrong name", "expired", "no such anchors"])
def test_tls_refused(site, authorities, certificate, anchors, asked):
    server = site.serve(tls=authorities["ours"].server("server", **certificate))
    site.allow(server, tls={"default": authorities[anchors].anchor})
    refused(site.fetch(server.url("/hanako"), tls=asked), "tls", f"127.0.0.1:{server.port}", "fetch.tls")
    assert not server.requests


def test_the_systems_anchors_are_nothing(site, authorities):
    ours = authorities["ours"]
    system = Path("/etc/ssl/certs/ca-certificates.crt")
    system.parent.mkdir(parents=True, exist_ok=True)
    kept = system.read_bytes() if system.exists() else None
    system.write_bytes((kept or b"") + ours.anchor.read_bytes())
    try:
        server = site.serve(tls=ours.server("good"))
        refused(site.fetch(server.url("/hanako")), "tls")
        site.allow(server, tls={"default": authorities["theirs"].anchor})
        refused(site.fetch(server.url("/hanako")), "tls")
    finally:
        system.write_bytes(kept) if kept is not None else system.unlink()


def test_anchors_that_others_may_change(site, authorities):
    server = site.serve(tls=authorities["ours"].server("good"))
    anchor = site.directory / "anchor.pem"
    anchor.write_bytes(authorities["ours"].anchor.read_bytes())
    anchor.chmod(0o666)
    site.allow(server, tls={"default": anchor})
    refused(site.fetch(server.url("/hanako")), "tls", "writable")
    assert server.connections == 0


def test_old_tls(site, authorities):
    context = authorities["ours"].server("good")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = 0x0302  # TLS 1.1
    server = site.serve(tls=context)
    site.allow(server, tls={"default": authorities["ours"].anchor})
    refused(site.fetch(server.url("/hanako")), "tls")


def test_tls_through_the_proxy(site, authorities):
    ours = authorities["ours"]
    through, server = site.keep(proxy()), site.serve(tls=ours.server("good"))
    site.allow(server, proxy=through.url().rstrip("/"), tls={"default": ours.anchor})
    assert site.fetch(server.url()).get("document") == b"document"
    assert [request.line for request in through.requests] == [f"CONNECT 127.0.0.1:{server.port} HTTP/1.1"]


# --- LDAP -------------------------------------------------------------------------------------------------
BASE = "dn: c=JP\nobjectClass: country\nc: JP\n\n"


@pytest.fixture
def directory(site, lab, authorities):
    """A real slapd with the lab's own CRLs; a referral to a stranger."""
    crl = max((lab.pki / "crl").glob("*.crl"), key=lambda file: file.stat().st_size).read_bytes()
    stranger = site.keep(HttpServer())
    encoded = base64.b64encode(crl).decode()
    entries = (BASE + "dn: cn=CA,c=JP\nobjectClass: cRLDistributionPoint\ncn: CA\n"
               f"certificateRevocationList;binary:: {encoded}\nauthorityRevocationList;binary:: {encoded}\n\n"
               "dn: cn=empty,c=JP\nobjectClass: cRLDistributionPoint\ncn: empty\n\n"
               "dn: cn=elsewhere,c=JP\nobjectClass: referral\nobjectClass: extensibleObject\ncn: elsewhere\n"
               f"ref: ldap://127.0.0.1:{stranger.port}/cn=CA,c=JP\n\n")
    ours = authorities["ours"]
    ours.server("directory")
    server, ldap, ldaps = slapd(site.directory / "slapd", entries,
                                (ours.directory / "directory.pem", ours.directory / "directory.key"))
    site.keep(server)
    site.rules(f"127.0.0.1:{ldap}", f"127.0.0.1:{ldaps}", f"127.0.0.1:{stranger.port}", tls={"default": ours.anchor})
    return {"ldap": f"ldap://127.0.0.1:{ldap}", "ldaps": f"ldaps://127.0.0.1:{ldaps}", "crl": crl, "stranger": stranger}


def test_ldap(site, directory):
    for attribute in ("certificateRevocationList;binary", "certificateRevocationList", "authorityRevocationList?base"):
        for scheme in ("ldap", "ldaps"):
            result = site.fetch(f"{directory[scheme]}/cn=CA,c=JP?{attribute}")
            assert result.get("document") == directory["crl"], (attribute, scheme, result)
            assert result["size"] == len(directory["crl"])


def test_ldap_refused(site, directory):
    crl = "?certificateRevocationList;binary"
    for dn, options, reason in (("cn=hanako,c=JP", {}, "status"), ("cn=empty,c=JP", {}, "status"),
                                ("cn=CA,c=JP", {"max_size": len(directory["crl"]) - 1}, "too-large")):
        refused(site.fetch(f"{directory['ldap']}/{dn}{crl}", **options), reason)
    refused(site.fetch(f"{directory['ldap']}/cn=CA,c=JP?userPassword"), "protocol", "certificateRevocationList")
    refused(site.fetch(f"{directory['ldap']}/c=JP{crl}?sub"), "protocol")


def test_ldap_referral(site, directory):
    result = site.fetch(f"{directory['ldap']}/cn=elsewhere,c=JP?certificateRevocationList;binary", timeout=3000)
    assert "error" in result and result["document"] == b""
    assert directory["stranger"].connections == 0


def test_ldap_that_hangs(site):
    def talk(one):
        one.hang()
    server = site.serve(talk)
    begin = time.monotonic()
    refused(site.fetch(f"ldap://127.0.0.1:{server.port}/cn=hanako?certificateRevocationList", timeout=400), "timeout")
    assert time.monotonic() - begin < 5


# --- the process ------------------------------------------------------------------------------------------
def arrived(server: HttpServer) -> None:
    end = time.monotonic() + PATIENCE
    while not server.requests:
        assert time.monotonic() < end
        time.sleep(0.005)


def test_killed_while_it_works(site):
    server = site.serve(lambda talk: talk.hang())
    driver = site.start(get(server.url("/hanako"), timeout=20_000), get(server.url("/hanako"), timeout=20_000))
    arrived(server)
    os.kill(driver.fetch_pid(), signal.SIGKILL)
    for result in driver.results():
        refused(result, "helper")


def test_stopped_while_it_works(site):
    """It hangs, whatever its own time-outs were: the starter's deadline ends it."""
    server = site.serve(lambda talk: talk.hang())
    driver = site.start(get(server.url("/hanako"), timeout=20_000), get(server.url("/hanako"), timeout=20_000), deadline_ms=1500)
    arrived(server)
    os.kill(driver.fetch_pid(), signal.SIGSTOP)
    assert [result["error"] for result in driver.results()] == ["timeout", "helper"]


def test_it_ends_with_its_starter(site):
    server = site.serve(lambda talk: talk.hang())
    driver = site.start(get(server.url(), timeout=20_000))
    arrived(server)
    driver.kill()


def test_what_it_is(site):
    """Another user without privileges, environment and descriptors; the only program with libcurl."""
    server = site.serve(lambda talk: talk.hang())
    driver = site.start(get(server.url(), timeout=20_000))
    arrived(server)
    proc = Path(f"/proc/{driver.fetch_pid()}")
    status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
    assert status["Uid"].split() == ["990"] * 4 and status["Groups"].strip() == ""
    assert status["CapPrm"].strip() == status["CapEff"].strip() == "0" * 16 and status["NoNewPrivs"].strip() == "1"
    assert (proc / "environ").read_bytes() == b""
    assert "libcurl" in (proc / "maps").read_text()
    assert "libcurl" not in Path(f"/proc/{driver.process.pid}/maps").read_text()
    driver.kill()


def test_a_wrong_configuration_is_told(site):
    site.config.write_text("[fetch]\nhost = []\n")
    refused(site.fetch("http://127.0.0.1/hanako"), "helper", "jpki.toml:2", "fetch.host")


def test_by_hand(site):
    done = subprocess.run(["/usr/libexec/jpki/jpki-fetch"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 2 and "started by" in done.stderr
