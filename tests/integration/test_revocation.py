# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who is asked whether a certificate is revoked, what is remembered, and when: with a real responder and the real log."""

import re
import time
from pathlib import Path

import pytest
from dialogue import converse
from lab import EVIDENCE, INDEX, PIN
from ocsp_responder import OcspResponder

SOURCES = """\
[[revocation.source]]
name = "platform"
type = "ocsp"
urls = ["{url}"]
timeout_ms = 1500
{more}
[[revocation.source]]
name = "crl"
type = "crl"
"""
TYPING = 3  # seconds that a person needs for a PIN


@pytest.fixture
def platform(lab):
    responder = OcspResponder(lab.pki, lab.work / "ocsp.log")
    lab.sources(SOURCES.format(url=responder.url, more=""))
    yield responder
    responder.stop()
    lab.sources("")
    lab.forget_evidence()


def type_pin() -> str:
    time.sleep(TYPING)
    return PIN


def evidence_line(lab) -> str:
    lines = [line for line in lab.syslog.lines() if "evidence for" in line]
    assert lines, lab.syslog.text()
    return lines[-1]


def step(line: str, name: str) -> tuple[int, int]:
    """When it began, and when it ended, in ms of the attempt."""
    began, spent = map(int, re.search(rf"[=,]{name}:\+(\d+)ms/(\d+)ms", line).groups())
    return began, began + spent


def test_good_by_ocsp_and_the_network_is_hidden_behind_the_person(lab, insert, platform):
    insert("taro")
    seen = lab.pamtester("taro", [type_pin])
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    line = evidence_line(lab)
    assert re.search(r"revocation=platform:<1h", line), line
    asked, answered = map(int, re.search(r" platform=asked:\+(\d+)ms,answered:\+(\d+)ms,good", line).groups())
    prompted, typed = step(line, "waiting-for-pin")
    assert asked <= prompted and answered < typed, line
    began, ended = step(line, "reading-evidence")
    assert step(line, "closing")[1] <= began, line
    assert ended - began < TYPING * 1000 / 2, line
    assert (platform.stats()["get"], platform.stats()["post"]) == (0, 1)


def test_refused_once_is_refused_for_ever(lab, insert, platform):
    card = insert("taro")
    platform.revoke("taro", 1)
    seen = lab.pamtester("taro", [PIN])
    assert (seen.pam, seen.codes[-1:]) == ("CRED_INSUFFICIENT", ["JPKI-401"]), seen.screen + lab.syslog.text()
    assert len(seen.pin_prompts) == 1
    assert "platform: RFC 6960 2.2: revoked" in evidence_line(lab)
    platform.stop()
    verifies = card.stats()["verifies"]
    seen = lab.pamtester("taro", [PIN])
    assert (seen.pam, seen.codes[-1:], seen.prompts) == ("CRED_INSUFFICIENT", ["JPKI-401"], []), seen.screen
    assert "remembered" in evidence_line(lab)
    assert card.stats()["verifies"] == verifies
    # What the first login wrote has been settled by the second one.
    names = sorted(str(path.relative_to(EVIDENCE)) for path in EVIDENCE.rglob("*"))
    assert len(names) == 4 and all(re.fullmatch(r"key|logins|logins/reserve|revoked-[0-9a-f]{32}", name) for name in names), names


def test_a_lost_card_that_was_found_again(lab, insert, platform):
    """certificateHold: refused while it lasts, also when the responder is gone, and forgotten afterwards."""
    insert("taro")
    platform.revoke("taro", 6)
    assert lab.pamtester("taro", [PIN]).codes[-1:] == ["JPKI-401"]
    platform.hang()
    seen = lab.pamtester("taro", [PIN])
    assert seen.codes[-1:] == ["JPKI-401"] and "on hold" in evidence_line(lab), lab.syslog.text()


@pytest.mark.parametrize("break_it,failure", [
    (OcspResponder.hang, "JPKI-402"),
    (OcspResponder.stop, "JPKI-402"),
    (lambda platform: platform.unknown("taro"), "JPKI-402"),
], ids=["silent", "gone", "does-not-know"])
def test_the_rule_decides_when_the_responder_fails(lab, insert, platform, break_it, failure):
    insert("taro")
    break_it(platform)
    seen = lab.pamtester("taro", [PIN])
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    line = evidence_line(lab)
    assert re.search(rf" platform=asked:\+\d+ms,.*{failure}(:<1h)?\(\"", line) and re.search(r"revocation=crl:<[127]d", line), line


def test_a_responder_that_understands_no_get_is_asked_by_post(lab, insert, platform):
    """It says so with HTTP status 200, which is an answer as far as jpki-fetch can tell."""
    insert("taro")
    lab.sources(SOURCES.format(url=platform.url, more='method = "get"'))
    platform.answer("malformed-get")
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS", lab.syslog.text()
    line = evidence_line(lab)
    assert re.search(r"revocation=platform:<1h", line), line
    assert (platform.stats()["get"], platform.stats()["post"]) == (1, 1)
    # Once, and only in place of a GET.
    platform.reset()
    platform.answer("malformed-request")
    assert lab.pamtester("taro", [PIN]).pam == "SUCCESS", lab.syslog.text()
    line = evidence_line(lab)
    assert re.search(r"revocation=crl:<[127]d", line) and "malformedRequest" in line, line
    assert (platform.stats()["get"], platform.stats()["post"]) == (1, 1)


def test_a_responder_that_understands_no_post_is_not_asked_by_get(lab, insert, platform):
    """The serial would be in its access log, and in those of proxies."""
    insert("taro")
    for trouble in ("malformed-request", "http:405", "hang-up"):
        platform.reset()
        platform.answer(trouble)
        assert lab.pamtester("taro", [PIN]).pam == "SUCCESS", lab.syslog.text()
        assert re.search(r"revocation=crl:<[127]d", evidence_line(lab)), trouble
        assert (platform.stats()["get"], platform.stats()["post"]) == (0, 1), trouble


def test_without_the_next_source_nobody_logs_in(lab, insert, platform):
    insert("taro")
    lab.sources(SOURCES.format(url=platform.url, more="").partition("[[revocation.source]]\nname = \"crl\"")[0])
    platform.hang()
    seen = lab.pamtester("taro", [PIN])
    assert (seen.pam, seen.codes[-1:]) == ("AUTHINFO_UNAVAIL", ["JPKI-402"]), seen.screen + lab.syslog.text()


def test_an_answer_is_kept_where_the_rule_says_so(lab, insert, platform):
    insert("taro")
    lab.sources(SOURCES.format(url=platform.url, more='freshness = "cached"'))
    for _ in range(2):
        assert lab.pamtester("taro", [PIN]).pam == "SUCCESS", lab.syslog.text()
    assert platform.stats()["post"] == 1
    assert " platform=good-kept" in evidence_line(lab)


def test_closed_hours_ask_nobody(lab, insert, platform):
    insert("taro")
    hours = time.gmtime(time.time() + 9 * 3600 + 2 * 3600).tm_hour
    lab.sources(SOURCES.format(url=platform.url, more=f'hours = ["{hours:02}:00-{hours:02}:59"]'))
    seen = lab.pamtester("taro", [PIN])
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    assert sum(platform.stats().values()) == 0
    assert "revocation=crl:" in evidence_line(lab)


def test_without_an_index_the_log_says_what_to_run(lab, insert):
    card = insert("taro")
    saved = INDEX.rename(INDEX.with_name("saved"))
    try:
        seen = lab.pamtester("taro", [PIN])
    finally:
        saved.rename(INDEX)
    assert (seen.pam, seen.codes[-1:], seen.prompts) == ("AUTHINFO_UNAVAIL", ["JPKI-402"], []), seen.screen
    assert "run: jpki-crl-refresh" in evidence_line(lab)
    assert card.stats()["verifies"] == 0


def test_a_memory_that_is_open_to_others_calls_nobody_good(lab, insert):
    card = insert("taro")
    EVIDENCE.chmod(0o755)
    try:
        seen = lab.pamtester("taro", [PIN])
    finally:
        EVIDENCE.chmod(0o700)
    assert (seen.pam, seen.codes[-1:], seen.prompts) == ("AUTHINFO_UNAVAIL", ["JPKI-405"], []), seen.screen
    assert "systemd-tmpfiles" in evidence_line(lab)
    assert card.stats()["verifies"] == 0


def traced_login(lab, trace: Path) -> list[list[str]]:
    """The system calls of each process, in their order."""
    service = lab.service("lab-strace", "timeout=60")
    seen = converse(["strace", "-ff", "-o", str(trace), "-e",
                     "trace=execve,socket,connect,close,memfd_create,read,pread64,readv,recvfrom,recvmsg,sendto,sendmsg,mmap",
                     "pamtester", service, "taro", "authenticate"], [type_pin], environment=lab.environment(), within=90)
    assert seen.pam == "SUCCESS", seen.screen + lab.syslog.text()
    return [file.read_text(errors="replace").splitlines() for file in trace.parent.glob(f"{trace.name}.*")]


def test_who_knows_the_pin_has_no_network_and_who_reads_ocsp_has_no_pin(lab, insert, platform):
    insert("taro")
    processes = traced_login(lab, lab.work / "login.strace")

    def running(program: str) -> list[str]:
        return next(calls for calls in processes if any(re.match(rf'execve\("[^"]*/{program}"', call) for call in calls))

    own = running("jpki-validator")
    assert [call for call in running("jpki-fetch") if call.startswith("socket(AF_INET")], "jpki-fetch asked the responder"
    assert not [call for call in own if re.match(r"socket\(AF_INET6?", call)]
    made = next(i for i, call in enumerate(own) if 'memfd_create("ocsp-answer"' in call)
    document = re.search(r"= (\d+)$", own[made]).group(1)
    reads = [i for i, call in enumerate(own) if re.match(rf"(read|pread64|readv|mmap)\(({document}|.*, {document}),", call)
             and i > made]
    cards = {re.search(r"connect\((\d+)", call).group(1) for call in own if "connect(" in call and "pcscd" in call}
    assert reads and cards
    talks = [i for i, call in enumerate(own) if re.match(rf"(sendto|recvfrom|sendmsg|recvmsg|read)\(({'|'.join(cards)}),", call)]
    closed = [i for i, call in enumerate(own) if re.match(rf"close\(({'|'.join(cards)})\)", call) and i > max(talks)]
    assert max(talks) < min(reads), "nothing is said to a card after the first OCSP byte was read"
    assert closed and min(closed) < min(reads), "the card was let go, and reset, before"
