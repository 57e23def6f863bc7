# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whom jpki-fetch and jpki-fetch-curl speak to and whom never: rules, proxies, names, TLS, LDAP."""

import base64
import shutil
import socket
import time
from pathlib import Path

import pytest
from fetch_servers import HttpServer, TlsAuthority, proxy, reply, slapd
from fetch_site import Site, get, refused

HOSTS = Path("/etc/hosts")
SILENT = "127.0.0.2"  # a name server that never answers; the domain controller's is on 127.0.0.1


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


def test_proxy_of_the_rules(curl_site):
    through, server = curl_site.keep(proxy()), curl_site.serve()
    curl_site.allow(server, proxy=through.url().rstrip("/"))
    assert curl_site.fetch(server.url("/x"))["document"] == b"document"
    assert [request.line for request in through.requests] == [f"GET {server.url('/x')} HTTP/1.1"]
    curl_site.rules(proxy=through.url().rstrip("/"))
    refused(curl_site.fetch(server.url("/hanako")), "forbidden")
    assert len(through.requests) == 1


def test_jpki_fetch_alone_never_goes_around_what_it_cannot_do(lab):
    """Its starter made a mistake: no proxy means no connection, no TLS no plain text."""
    site = Site(lab, curl=False)
    try:
        through, server = site.keep(proxy()), site.serve()
        site.allow(server, proxy=through.url().rstrip("/"), tls={"default": site.config})
        refused(site.fetch(server.url("/hanako")), "forbidden", "jpki-fetch-curl")
        site.allow(server, tls={"default": site.config})
        for scheme in ("https", "ldap", "ldaps"):
            refused(site.fetch(f"{scheme}://127.0.0.1:{server.port}/hanako"), "forbidden", "jpki-fetch-curl")
        site.allow(server)
        refused(site.fetch(f"https://127.0.0.1:{server.port}/hanako"), "tls", "fetch.tls")
        assert server.connections == 0 and through.connections == 0
    finally:
        site.close()


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


def test_an_ipv6_address_among_the_hosts(site):
    server = site.keep(HttpServer(host="::1"))
    site.rules(f"[0:0::1]:{server.port}")
    assert site.fetch(server.url(host="[::1]"))["document"] == b"document"
    refused(site.fetch("http://[::1]/"), "forbidden")


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
        silent.bind((SILENT, 53))
        resolver.write_text(f"nameserver {SILENT}\n")
        yield lambda line: HOSTS.write_text(kept[HOSTS] + line + "\n")
    for file, text in kept.items():
        file.write_text(text)


def test_names(site, names):
    server = site.serve()
    names("127.0.0.1 ocsp.lab")
    site.rules(f"ocsp.lab:{server.port}")
    assert site.fetch(server.url(host="OCSP.lab")).get("document") == b"document"
    assert server.requests[0].headers["host"] == f"ocsp.lab:{server.port}"


def test_many_names_at_once(site, names):
    """Each is looked up by a thread of its own, in bounded memory."""
    server = site.serve()
    hosts = [f"ocsp{number}.lab" for number in range(50)]
    names("127.0.0.1 " + " ".join(hosts))
    site.rules(*(f"{host}:{server.port}" for host in hosts))
    results = site.start(*(get(server.url(host=host)) for host in hosts)).results()
    assert [result.get("document") for result in results] == [b"document"] * len(hosts), results


def test_a_silent_name_server_costs_the_time_out_of_one_request(site, names):
    server = site.serve()
    site.rules(f"127.0.0.1:{server.port}", "slow.lab")
    begin = time.monotonic()
    results = site.start(get("http://slow.lab/hanako", timeout=400), get(server.url())).results()
    refused(results[0], "timeout")
    assert results[1]["document"] == b"document"
    assert time.monotonic() - begin < 9  # the resolver itself would try for ten seconds


# --- TLS --------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def authorities(lab):
    directory = lab.work / "tls"
    yield {name: TlsAuthority(directory, name) for name in ("ours", "theirs")}
    shutil.rmtree(directory)


def test_tls(curl_site, authorities):
    ours = authorities["ours"]
    server = curl_site.serve(tls=ours.server("good"))
    curl_site.allow(server, tls={"default": ours.anchor, "cvs": ours.anchor})
    assert curl_site.fetch(server.url()).get("document") == b"document"
    assert curl_site.fetch(server.url(), tls="cvs").get("document") == b"document"


@pytest.mark.parametrize(("certificate", "anchors", "asked"), [
    ({}, "theirs", ""),
    ({"subject": "DNS:other.example"}, "ours", ""),
    ({"expired": True}, "ours", ""),
    ({}, "ours", "cvs"),
], ids=["wrong anchor", "wrong name", "expired", "no such anchors"])
def test_tls_refused(curl_site, authorities, certificate, anchors, asked):
    server = curl_site.serve(tls=authorities["ours"].server("server", **certificate))
    curl_site.allow(server, tls={"default": authorities[anchors].anchor})
    refused(curl_site.fetch(server.url("/hanako"), tls=asked), "tls", f"127.0.0.1:{server.port}", "fetch.tls")
    assert not server.requests


def test_the_systems_anchors_are_nothing(curl_site, authorities):
    ours = authorities["ours"]
    system = Path("/etc/ssl/certs/ca-certificates.crt")
    system.parent.mkdir(parents=True, exist_ok=True)
    kept = system.read_bytes() if system.exists() else None
    system.write_bytes((kept or b"") + ours.anchor.read_bytes())
    try:
        server = curl_site.serve(tls=ours.server("good"))
        refused(curl_site.fetch(server.url("/hanako")), "tls")
        curl_site.allow(server, tls={"default": authorities["theirs"].anchor})
        refused(curl_site.fetch(server.url("/hanako")), "tls")
    finally:
        system.write_bytes(kept) if kept is not None else system.unlink()


def test_anchors_that_others_may_change(curl_site, authorities):
    server = curl_site.serve(tls=authorities["ours"].server("good"))
    anchor = curl_site.directory / "anchor.pem"
    anchor.write_bytes(authorities["ours"].anchor.read_bytes())
    anchor.chmod(0o666)
    curl_site.allow(server, tls={"default": anchor})
    refused(curl_site.fetch(server.url("/hanako")), "tls", "writable")
    assert server.connections == 0


def test_old_tls(curl_site, authorities):
    context = authorities["ours"].server("good")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = 0x0302  # TLS 1.1
    server = curl_site.serve(tls=context)
    curl_site.allow(server, tls={"default": authorities["ours"].anchor})
    refused(curl_site.fetch(server.url("/hanako")), "tls")


def test_tls_through_the_proxy(curl_site, authorities):
    ours = authorities["ours"]
    through, server = curl_site.keep(proxy()), curl_site.serve(tls=ours.server("good"))
    curl_site.allow(server, proxy=through.url().rstrip("/"), tls={"default": ours.anchor})
    assert curl_site.fetch(server.url()).get("document") == b"document"
    assert [request.line for request in through.requests] == [f"CONNECT 127.0.0.1:{server.port} HTTP/1.1"]


# --- LDAP -------------------------------------------------------------------------------------------------
BASE = "dn: c=JP\nobjectClass: country\nc: JP\n\n"


@pytest.fixture
def directory(curl_site, lab, authorities):
    """A real slapd with the lab's own CRLs; a referral to a stranger."""
    crl = max((lab.pki / "crl").glob("*.crl"), key=lambda file: file.stat().st_size).read_bytes()
    stranger = curl_site.keep(HttpServer())
    encoded = base64.b64encode(crl).decode()
    entries = (BASE + "dn: cn=CA,c=JP\nobjectClass: cRLDistributionPoint\ncn: CA\n"
               f"certificateRevocationList;binary:: {encoded}\nauthorityRevocationList;binary:: {encoded}\n\n"
               "dn: cn=empty,c=JP\nobjectClass: cRLDistributionPoint\ncn: empty\n\n"
               "dn: cn=elsewhere,c=JP\nobjectClass: referral\nobjectClass: extensibleObject\ncn: elsewhere\n"
               f"ref: ldap://127.0.0.1:{stranger.port}/cn=CA,c=JP\n\n")
    ours = authorities["ours"]
    ours.server("directory")
    server, ldap, ldaps = slapd(curl_site.directory / "slapd", entries,
                                (ours.directory / "directory.pem", ours.directory / "directory.key"))
    curl_site.keep(server)
    curl_site.rules(f"127.0.0.1:{ldap}", f"127.0.0.1:{ldaps}", f"127.0.0.1:{stranger.port}", tls={"default": ours.anchor})
    return {"ldap": f"ldap://127.0.0.1:{ldap}", "ldaps": f"ldaps://127.0.0.1:{ldaps}", "crl": crl, "stranger": stranger}


def test_ldap(curl_site, directory):
    for attribute in ("certificateRevocationList;binary", "certificateRevocationList", "authorityRevocationList?base"):
        for scheme in ("ldap", "ldaps"):
            result = curl_site.fetch(f"{directory[scheme]}/cn=CA,c=JP?{attribute}")
            assert result.get("document") == directory["crl"], (attribute, scheme, result)
            assert result["size"] == len(directory["crl"])


def test_ldap_refused(curl_site, directory):
    crl = "?certificateRevocationList;binary"
    for dn, options, reason in (("cn=hanako,c=JP", {}, "status"), ("cn=empty,c=JP", {}, "status"),
                                ("cn=CA,c=JP", {"max_size": len(directory["crl"]) - 1}, "too-large")):
        refused(curl_site.fetch(f"{directory['ldap']}/{dn}{crl}", **options), reason)
    refused(curl_site.fetch(f"{directory['ldap']}/cn=CA,c=JP?userPassword"), "protocol", "certificateRevocationList")
    refused(curl_site.fetch(f"{directory['ldap']}/c=JP{crl}?sub"), "protocol")


def test_ldap_referral(curl_site, directory):
    result = curl_site.fetch(f"{directory['ldap']}/cn=elsewhere,c=JP?certificateRevocationList;binary", timeout=3000)
    assert "error" in result and result["document"] == b""
    assert directory["stranger"].connections == 0


def test_ldap_that_hangs(curl_site):
    def talk(one):
        one.hang()
    server = curl_site.serve(talk)
    begin = time.monotonic()
    refused(curl_site.fetch(f"ldap://127.0.0.1:{server.port}/cn=hanako?certificateRevocationList", timeout=400), "timeout")
    assert time.monotonic() - begin < 15
