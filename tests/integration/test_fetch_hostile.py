# SPDX-License-Identifier: LGPL-2.1-or-later
"""What servers may say, good, broken and hostile: jpki-fetch and jpki-fetch-curl must judge all of it alike. The table is
tests/data/fetch/answers.json, which fetch_response_test.cc reads as well."""

import json
from pathlib import Path

import pytest
from fetch_site import refused

ANSWERS = json.loads((Path(__file__).parents[1] / "data/fetch/answers.json").read_text())
MAX_SIZE = 100_000


def said(answer: dict) -> bytes:
    """Pieces of text, or [TEXT, TIMES]."""
    return b"".join((piece if isinstance(piece, str) else piece[0] * piece[1]).encode() for piece in answer["said"])


@pytest.mark.parametrize("answer", ANSWERS, ids=[answer["name"] for answer in ANSWERS])
def test_answer(site, answer):
    server = site.serve(lambda talk: talk.say(said(answer)))
    result = site.fetch(server.url("/hanako"), max_size=MAX_SIZE)
    if answer["outcome"] == "document":
        assert result.get("document") == b"abc", result
    else:
        refused(result, answer["outcome"], f"127.0.0.1:{server.port}: ")


def test_both_programs_tell_the_same(site, curl_site):
    """Word for word, where the cause can be told at all."""
    if site.curl:
        pytest.skip("once is enough")
    differing = []
    for answer in ANSWERS:
        texts = []
        for each in (site, curl_site):
            server = each.serve(lambda talk: talk.say(said(answer)))  # noqa: B023 - it is over before the next one
            text = each.fetch(server.url("/hanako"), max_size=MAX_SIZE).get("text", "")
            texts.append(text.replace(str(server.port), "PORT"))
        if texts[0] != texts[1]:
            differing.append((answer["name"], *texts))
    assert not differing
