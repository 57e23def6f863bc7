# SPDX-License-Identifier: LGPL-2.1-or-later
"""jpki-fetch, jpki-fetch-curl and FetchProcess against servers good and bad: what they bring, what they take for no document,
how they end. The same for both; what a server can say is in test_fetch_hostile.py."""

import gzip
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from fetch_servers import HttpServer, nginx, reply, reset, unused_port
from fetch_site import PROGRAMS, arrived, get, post, refused

AT_ONCE = 50
PATIENCE = 20  # seconds, for what comes at once
MORE_THAN_SOCKETS_HOLD = 4_000_000  # a receive buffer grows only while somebody reads


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
    assert 0.4 <= time.monotonic() - begin < 15


def test_a_hanging_alternative_leaves_time_for_the_next(site):
    hanging, good = site.serve(lambda talk: talk.hang()), site.serve()
    result = site.fetch(hanging.url(), good.url(), timeout=5000)
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
    """Both documents are on their way at the same time; the first that is whole is it, and nothing of the other."""
    half, taken = threading.Event(), threading.Event()
    more = MORE_THAN_SOCKETS_HOLD

    def slow(talk):
        talk.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        talk.say(reply(b"", Content_Length=str(more + 1)))
        assert half.wait(PATIENCE)
        talk.say(b"x" * more)  # jpki-fetch has taken some of it when this returns
        taken.set()
        talk.hang()

    def good(talk):
        talk.say(reply(b"first half, ", Content_Length="23"))
        half.set()
        assert taken.wait(PATIENCE)
        talk.say(b"second half")

    first, second = site.serve(slow), site.serve(good)
    result = site.fetch(first.url(), second.url(), timeout=PATIENCE * 1000, hedge_after=100, max_size=2 * more)
    assert (result.get("alternative"), result["document"]) == (1, b"first half, second half"), result.get("text")


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


# --- the process ------------------------------------------------------------------------------------------
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
    driver = site.start(get(server.url("/hanako"), timeout=20_000), get(server.url("/hanako"), timeout=20_000), deadline_ms=6000)
    arrived(server)
    os.kill(driver.fetch_pid(), signal.SIGSTOP)
    assert [result["error"] for result in driver.results()] == ["timeout", "timeout"]


def test_it_ends_with_its_starter(site):
    server = site.serve(lambda talk: talk.hang())
    driver = site.start(get(server.url(), timeout=20_000))
    arrived(server)
    driver.kill()


def test_what_it_is(site):
    """Another user without privileges, environment and descriptors; libcurl is in jpki-fetch-curl alone."""
    server = site.serve(lambda talk: talk.hang())
    driver = site.start(get(server.url(), timeout=20_000))
    arrived(server)
    proc = Path(f"/proc/{driver.fetch_pid()}")
    status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
    assert status["Uid"].split() == ["990"] * 4 and status["Groups"].strip() == ""
    assert status["CapPrm"].strip() == status["CapEff"].strip() == "0" * 16 and status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    assert (proc / "environ").read_bytes() == b""
    assert ("libcurl" in (proc / "maps").read_text()) == site.curl
    assert "libcurl" not in Path(f"/proc/{driver.process.pid}/maps").read_text()
    driver.kill()


def test_a_wrong_configuration_is_told(site):
    site.config.write_text("[fetch]\nhost = []\n")
    refused(site.fetch("http://127.0.0.1/hanako"), "helper", "jpki.toml:2", "fetch.host")


def test_by_hand(site):
    done = subprocess.run([f"/usr/libexec/jpki/{PROGRAMS[site.curl]}"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 2 and "started by" in done.stderr
