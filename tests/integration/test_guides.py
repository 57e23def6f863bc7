# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guides of doc/ as an administrator follows them: each recipe for PAM, each shell line, each piece of configuration."""

from pathlib import Path

import pytest
from guides import KINDS, PASSWORD, TOP, ends, fences, give_password, guides
from lab import PIN

RECIPES = TOP / "doc" / "pam-recipes.md"
WRONG = "9999"
LOGIN = ("authenticate", "acct_mgmt")

# Recipe, card in the reader, user, answers, operations; then what is asked for and whether it succeeds.
CASES = [
    ("card-or-password", "taro", "taro", {"PIN": PIN}, ("authenticate",), ["PIN"], True),
    ("card-or-password", "taro", "taro", {"PIN": WRONG, "password": PASSWORD}, ("authenticate",), ["PIN"], False),
    ("card-or-password", None, "taro", {"password": PASSWORD}, ("authenticate",), ["password"], True),
    ("card-or-password", None, "taro", {"password": "wrong"}, ("authenticate",), ["password"], False),
    ("card-only", "taro", "taro", {"PIN": PIN}, LOGIN, ["PIN"], True),
    ("card-only", "taro", "taro", {"PIN": WRONG}, LOGIN, ["PIN"], False),
    ("card-only", None, "taro", {}, LOGIN, [], False),
    ("card-only", None, "root", {}, LOGIN, [], False),
    ("card-only-but-root", "taro", "taro", {"PIN": PIN}, ("authenticate",), ["PIN"], True),
    ("card-only-but-root", None, "taro", {}, ("authenticate",), [], False),
    ("card-only-but-root", None, "root", {"password": PASSWORD}, ("authenticate",), ["password"], True),
    ("card-only-but-root", None, "root", {"password": "wrong"}, ("authenticate",), ["password"], False),
    ("card-only-but-root", None, "nobody-of-this-name", {"password": PASSWORD}, ("authenticate",), [], False),
    ("one-field", None, "taro", {"password": PASSWORD}, ("authenticate",), ["password"], True),
    ("one-field", "taro", "taro", {"password": PIN}, ("authenticate",), ["password"], True),
    ("one-field", "taro", "taro", {"password": WRONG, "PIN": PIN}, ("authenticate",), ["password", "PIN"], True),
    ("one-field", "hanako", "taro", {"password": PIN}, ("authenticate",), ["password"], False),
    ("card-and-password", "taro", "taro", {"PIN": PIN, "password": PASSWORD}, ("authenticate",), ["PIN", "password"], True),
    ("card-and-password", "taro", "taro", {"PIN": PIN, "password": "wrong"}, ("authenticate",), ["PIN", "password"], False),
    ("card-and-password", None, "taro", {"password": PASSWORD}, ("authenticate",), ["password"], False),
    ("account-step", None, "taro", {}, ("acct_mgmt",), [], True),
]


def recipes() -> dict[str, str]:
    return {name: text for kind, name, text in fences(RECIPES) if kind == "pam"}


@pytest.fixture(scope="module")
def passwords(lab):
    saved = give_password("taro", "hanako", "root")
    yield
    Path("/etc/shadow").write_text(saved)


@pytest.fixture
def service(lab, request, passwords):
    """The recipe with the lab's waiting times."""
    text = recipes()[request.param]
    for patience in ("wait_for_card=5", "wait_for_card=30"):
        text = text.replace(patience, "wait_for_card=1")
    file = Path("/etc/pam.d/guide-recipe")
    file.write_text(text.replace("pam_jpki.so", "pam_jpki.so timeout=6"))
    yield file.name
    file.unlink()


@pytest.mark.parametrize("service,card,user,answers,operations,asked,good", CASES, indirect=["service"],
                         ids=[f"{case[0]}-{case[1] or 'none'}-{case[2]}-{n}" for n, case in enumerate(CASES)])
def test_recipe(lab, card_service, insert, service, card, user, answers, operations, asked, good):
    if card:
        insert(card)
    seen = ends(lab, service, user, answers, operations)
    assert seen[:2] == (asked, good), seen[2] + lab.syslog.text()


def test_every_recipe_is_tried():
    assert set(recipes()) == {case[0] for case in CASES}


def test_nothing_else_is_set_off():
    """What is no PAM recipe, shell line or configuration is marked as text: nothing escapes the tests unnoticed."""
    for guide in guides():
        assert all(kind in KINDS for kind, _, _ in fences(guide)), guide
        assert guide.read_text().count("```") == 2 * len(fences(guide)), guide
