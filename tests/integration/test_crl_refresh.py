# SPDX-License-Identifier: LGPL-2.1-or-later
"""jpki-crl-refresh with real servers, real files and its real confinement: what it takes, what it refuses, what stays."""

import base64
import datetime
import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import time
from pathlib import Path

import pytest
from fetch_servers import HttpServer, Talk, reply
from lab import run
from processes import running, until

CITY = "jpki-auth-g3-kasumi.crl"
OTHER = "jpki-auth-g3-hibiki.crl"
VERSION_AT = 8  # in an index, jpki-crl-index(5)


class Site:
    """A configuration with a CRL directory of its own; the lab's anchors."""

    def __init__(self, lab):
        self.lab = lab
        self.directory = lab.work / f"refresh-{time.monotonic_ns()}"
        self.crls = self.directory / "crls"
        self.crls.mkdir(parents=True)
        self.index = self.crls / "crl.idx"
        self.config = self.directory / "jpki.toml"
        self.configure()

    def configure(self, **downloads: str) -> None:
        tables = "".join(f'[[crl]]\nname = "{name}"\nurls = ["{url}"]\n' for name, url in downloads.items())
        self.config.write_text(f'[revocation]\ncrls = "{self.crls}"\nindex = "{self.index}"\nmax_age_hours = 72\n{tables}')

    def drop(self, name: str, content: bytes) -> None:
        new = self.crls / f".{name}.drop"
        new.write_bytes(content)
        new.chmod(0o644)
        new.rename(self.crls / name)

    def refresh(self, *options: str, status: int = 0, **popen) -> str:
        done = subprocess.run(["jpki-crl-refresh", "--config", str(self.config), "-v", *options], capture_output=True,
                              text=True, timeout=60, **popen)
        assert done.returncode == status, f"exit status {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def digest(self) -> str:
        return hashlib.sha256(self.index.read_bytes()).hexdigest()


class CrlServer(HttpServer):
    """Says what `documents` has for a path; knows ETags."""

    def __init__(self, **documents: bytes):
        super().__init__(self._answer)
        self.documents = documents

    def _answer(self, talk: Talk) -> None:
        content = self.documents.get(talk.request.line.split()[1].lstrip("/"))
        if content is None:
            return talk.say(reply(b"no", status="404 Not Found"))
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        if talk.request.headers.get("if-none-match") == etag:
            return talk.say(reply(b"", status="304 Not Modified", ETag=etag, Content_Length=""))
        talk.say(reply(content, ETag=etag))


def kill(process: subprocess.Popen) -> None:
    """Its jpki-fetch ends with it."""
    process.kill()
    process.wait(timeout=30)
    until(lambda: not running("jpki-fetch", "jpki-fetch-curl"), "the end of jpki-fetch after its starter's")


def until_it_fetches(process: subprocess.Popen, server: HttpServer) -> None:
    until(lambda: server.connections or process.poll() is not None, "a connection")
    assert process.poll() is None


@pytest.fixture
def site(lab):
    return Site(lab)


@pytest.fixture
def server():
    crl_server = CrlServer()
    yield crl_server
    crl_server.stop()


@pytest.fixture(scope="session")
def crls(lab) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (lab.pki / "crl").iterdir()}


@pytest.fixture(scope="session")
def older_crls(lab) -> dict[str, bytes]:
    """The same authorities' CRLs of the day before."""
    directory = lab.work / "pki-yesterday"
    yesterday = lab.date - datetime.timedelta(days=1)
    run("jpki-testpki", "--seed", "lab", "--date", yesterday.isoformat(), "--out", str(directory))
    return {file.name: file.read_bytes() for file in (directory / "crl").iterdir()}


# --- the drop folder ----------------------------------------------------------------------------------------
def test_dropped_files(site, crls):
    site.drop("a.crl", crls[CITY])
    pem = base64.encodebytes(crls[OTHER]).decode()
    site.drop("b.crl", f"-----BEGIN X509 CRL-----\n{pem}-----END X509 CRL-----\n".encode())
    assert "2 compiled, 0 unchanged, new index written" in site.refresh()
    info = site.index.stat()
    assert stat.S_IMODE(info.st_mode) == 0o640
    assert (info.st_uid, info.st_gid) == (0, pwd.getpwnam("_jpki").pw_gid)
    before = site.digest()
    assert "index as it was" in site.refresh()
    assert site.digest() == before


def test_the_labs_own_crls(site, crls):
    """Good ones are taken whatever is wrong with those beside them."""
    for name, content in crls.items():
        site.drop(name, content)
    seen = site.refresh(status=1)
    problems = sorted(line.split(": ")[1] for line in seen.splitlines() if line.startswith("jpki-crl-refresh: JPKI-"))
    assert "JPKI-705" in problems and "JPKI-709" in problems
    assert "new index written" in seen


@pytest.mark.parametrize("content,code", [(b"garbage", "JPKI-703"), (b"", "JPKI-703"), (None, "JPKI-710"), ("half", "JPKI-703")],
                         ids=["garbage", "empty", "older", "truncated"])
def test_a_bad_file_changes_nothing(site, crls, older_crls, content, code):
    site.drop("a.crl", crls[CITY])
    site.refresh()
    before = site.digest()
    bad = older_crls[CITY] if content is None else crls[CITY][:-100] if content == "half" else content
    site.drop("a.crl", bad)
    assert code in site.refresh(status=1)
    assert site.digest() == before


def test_a_bad_intermediate_is_passed_over(site, crls):
    """The certificates beside it still sign CRLs."""
    kept = site.directory / "intermediates"
    kept.mkdir()
    (kept / "broken.pem").write_text("no certificate")
    site.config.write_text(site.config.read_text() + f'[trust]\nintermediates = "{kept}"\n')
    site.drop("a.crl", crls[CITY])
    seen = site.refresh(status=1)
    assert "JPKI-702" in seen and "broken.pem" in seen
    assert "1 compiled, 0 unchanged, new index written" in seen


# --- downloads ----------------------------------------------------------------------------------------------
def test_download_and_etag(site, server, crls):
    server.documents["city"] = crls[CITY]
    site.configure(city=server.url("/city"))
    assert "1 compiled" in site.refresh()
    assert (site.crls / "city.crl").read_bytes() == crls[CITY]
    assert stat.S_IMODE((site.crls / "city.crl").stat().st_mode) == 0o640
    seen = site.refresh()
    assert "city.crl: not modified" in seen and "index as it was" in seen
    assert "if-none-match" in server.requests[1].headers


def test_a_newer_document_is_taken(site, server, crls, older_crls):
    server.documents["city"] = older_crls[CITY]
    site.configure(city=server.url("/city"))
    site.refresh()
    server.documents["city"] = crls[CITY]
    assert "1 compiled" in site.refresh()
    assert (site.crls / "city.crl").read_bytes() == crls[CITY]


def test_offline_asks_no_server(site, server, crls):
    server.documents["city"] = crls[CITY]
    site.configure(city=server.url("/city"))
    site.refresh()
    asked = len(server.requests)
    site.drop("other.crl", crls[OTHER])
    assert "1 compiled, 1 unchanged" in site.refresh("--offline")
    assert len(server.requests) == asked


def test_an_index_of_another_version_is_compiled_anew(site, crls):
    site.drop(CITY, crls[CITY])
    site.refresh()
    before = site.digest()
    with open(site.index, "r+b") as index:
        index.seek(VERSION_AT)
        index.write(bytes([200]))
    assert "JPKI-7" in (seen := site.refresh("--offline", status=1)) and "another version" in seen
    assert site.digest() == before


@pytest.mark.parametrize("fault,code", [("404", "JPKI-701"), ("truncated", "JPKI-701"), ("garbage", "JPKI-703"),
                                        ("older", "JPKI-710"), ("down", "JPKI-701")])
def test_a_bad_download_changes_nothing(site, server, crls, older_crls, fault, code):
    server.documents["city"] = crls[CITY]
    site.configure(city=server.url("/city"))
    site.refresh()
    before = site.digest()
    if fault == "404":
        del server.documents["city"]
    elif fault == "truncated":
        server._talk = lambda talk: talk.say(reply(crls[CITY][:200], Content_Length=str(len(crls[CITY]))))
    elif fault == "garbage":
        server.documents["city"] = b"<html>please log in</html>"
    elif fault == "older":
        server.documents["city"] = older_crls[CITY]
    else:
        site.configure(city="http://127.0.0.1:9/city")
    assert code in site.refresh(status=1)
    assert site.digest() == before
    assert (site.crls / "city.crl").read_bytes() == crls[CITY]
    assert not [file for file in site.crls.iterdir() if file.name.endswith(".new")]


# --- when it cannot work --------------------------------------------------------------------------------------
def test_two_at_once(site):
    with open(site.crls / ".refresh.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "JPKI-721" in site.refresh(status=2)


def test_offline_waits_for_the_run_that_is_at_work(site, crls):
    site.drop(CITY, crls[CITY])
    with open(site.crls / ".refresh.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = subprocess.Popen(["jpki-crl-refresh", "--config", str(site.config), "--offline"])
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(timeout=0.5)
    assert waiting.wait(timeout=30) == 0 and site.index.exists()


def test_no_configuration(site):
    site.config.unlink()
    assert "JPKI-722" in site.refresh(status=2)


@pytest.mark.parametrize("pages,code,status", [(1, "JPKI-702", 1), (2, "JPKI-723", 2)])
def test_full_disk(site, crls, pages, code, status):
    """A file system of its own with room for another CRL but for no copy of it, or for copies but no second index."""
    site.drop("a.crl", crls[CITY])
    run("mount", "-t", "tmpfs", "-o", "size=64k,mode=0755", "tmpfs", str(site.crls))
    try:
        site.drop("a.crl", crls[CITY])
        site.refresh()
        before = site.digest()
        room = os.statvfs(site.crls)
        (site.crls / "filler").write_bytes(bytes((room.f_bavail - pages) * room.f_bsize))
        site.drop("b.crl", crls[OTHER])
        assert code in (seen := site.refresh(status=status)) and ("make room" in seen or "No space left" in seen)
        assert site.digest() == before
    finally:
        run("umount", str(site.crls))


def test_killed_in_the_middle(site, server, crls):
    """A run that dies leaves the old index and does not stop the next one."""
    site.drop("a.crl", crls[CITY])
    site.refresh()
    before = site.digest()
    server._talk = lambda talk: talk.hang()
    site.configure(city=server.url("/city"))
    process = subprocess.Popen(["jpki-crl-refresh", "--config", str(site.config)])
    until_it_fetches(process, server)
    kill(process)
    assert site.digest() == before
    site.configure()
    site.refresh()


def test_quiet_without_a_terminal(site, crls):
    site.drop("a.crl", crls[CITY])
    done = subprocess.run(["jpki-crl-refresh", "--config", str(site.config)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_progress_on_a_terminal(site, crls):
    site.drop("a.crl", crls[CITY])
    script = shutil.which("script")
    done = subprocess.run([script, "-qec", f"jpki-crl-refresh --config {site.config}", "/dev/null"], capture_output=True,
                          text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 0 and "verify a.crl" in done.stdout and "#] 100 %" in done.stdout


def test_it_confines_itself(site, server):
    """While it waits for the network: no new privileges, a filter, no capability, no file beyond its own."""
    server._talk = lambda talk: talk.hang()
    site.configure(city=server.url("/city"))
    process = subprocess.Popen(["jpki-crl-refresh", "--config", str(site.config)])
    try:
        until_it_fetches(process, server)
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        cap_kill = 1 << 5  # to end jpki-fetch, which runs as another user
        assert (status["NoNewPrivs"], status["Seccomp"], int(status["CapEff"], 16)) == ("1", "2", cap_kill)
    finally:
        kill(process)
