# SPDX-License-Identifier: LGPL-2.1-or-later
"""What servers may say, good, broken and hostile: jpki-fetch and jpki-fetch-curl must judge all of it alike. The table is
tests/data/fetch/answers.json, which fetch_response_test.cc reads as well."""

import json
from pathlib import Path

import pytest
from fetch_site import Site, post, refused

ANSWERS = json.loads((Path(__file__).parents[1] / "data/fetch/answers.json").read_text())
MAX_SIZE = 100_000
TRAILERS = "endless trailers"  # libcurl 8.6 and later call them too large, before it they were a broken connection


def said(answer: dict) -> bytes:
    """Pieces of text, or [TEXT, TIMES]."""
    return b"".join((piece if isinstance(piece, str) else piece[0] * piece[1]).encode() for piece in answer["said"])


@pytest.mark.parametrize("answer", ANSWERS, ids=[answer["name"] for answer in ANSWERS])
def test_answer(site, answer):
    server = site.serve(lambda talk: talk.say(said(answer)))
    for question in ({"url": server.url("/hanako")}, post(server.url("/hanako"), "question")):
        (result,) = site.start({"alternatives": [question], "max_size": MAX_SIZE}).results()
        if answer["outcome"] == "document":
            assert result.get("document") == b"abc", result
        else:
            by_this_libcurl = answer["name"] == TRAILERS and site.curl and result.get("error") == "too-large"
            refused(result, "too-large" if by_this_libcurl else answer["outcome"], f"127.0.0.1:{server.port}: ")


# libcurl, or libcurl 8, finds these itself, and has no word of its own for them.
TOLD_IN_OTHER_WORDS = {TRAILERS, "endless chunk extension", "endless header", "endless status line", "length in words", "negative length",
                       "signed length"}


def test_both_programs_tell_the_same(lab):
    """Word for word."""
    plain, curl = Site(lab, curl=False), Site(lab, curl=True)
    try:
        for answer in ANSWERS:
            if answer["name"] in TOLD_IN_OTHER_WORDS:
                continue
            plain_text, curl_text = (text_of(site, said(answer)) for site in (plain, curl))
            assert plain_text == curl_text, answer["name"]
    finally:
        plain.close()
        curl.close()


def text_of(site: Site, answer: bytes) -> str:
    server = site.serve(lambda talk: talk.say(answer))
    text = site.fetch(server.url("/hanako"), max_size=MAX_SIZE).get("text", "document")
    return text.replace(str(server.port), "PORT")
