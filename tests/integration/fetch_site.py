# SPDX-License-Identifier: LGPL-2.1-or-later
"""A jpki.toml, the servers that it allows, and a starter of jpki-fetch or jpki-fetch-curl that asks under it. For test_fetch*.py."""

import json
import shutil
import subprocess
import threading
import time
from pathlib import Path

from fetch_servers import HttpServer
from processes import running, until

PROGRAMS = ("jpki-fetch", "jpki-fetch-curl")
DRIVER = "tests/integration/fetch_driver"
PATIENCE = 30  # seconds for what takes milliseconds
ENVIRONMENT_PROXY = "http://127.0.0.1:9"  # nobody listens there


class Driver:
    """A starter of jpki-fetch or jpki-fetch-curl, running."""

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
        until(lambda: not running(*PROGRAMS), "the end of jpki-fetch after its starter's")

    def results(self) -> list[dict]:
        output = self._rest()
        assert self.process.returncode == 0
        results = [json.loads(line) for line in output.splitlines()]
        for result in results:
            result["document"] = bytes.fromhex(result.get("document", ""))
        return results

    def _rest(self) -> str:
        """All that it still says, until its end. communicate() would lose what readline() has read ahead."""
        watchdog = threading.Timer(PATIENCE, self.process.kill)
        watchdog.start()
        try:
            return self.process.stdout.read()
        finally:
            watchdog.cancel()
            self.process.stdout.close()
            self.process.wait()


class Site:
    """A jpki.toml with what the test allows, and the requests made under it."""

    def __init__(self, lab, *, curl: bool):
        self._lab = lab
        self.curl = curl  # which of the two programs
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
        return Driver(self._lab, self.config, list(requests), curl=self.curl, **job)

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


def refused(result: dict, reason: str, *words: str) -> None:
    """Refused for this reason, telling these words, and never a path."""
    assert result.get("error") == reason, result
    for word in words:
        assert word in result["text"], result
    assert "hanako" not in result["text"] and ";" in result["text"], result
    assert result["document"] == b""


def arrived(server: HttpServer) -> None:
    until(lambda: server.requests, "a request")
