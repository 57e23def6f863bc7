# SPDX-License-Identifier: LGPL-2.1-or-later
"""The fixtures of the integration tests. A login is always tried on a new pcscd with new virtual cards."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
PROGRAMS = ("jpki-validator", "jpki-relay", "jpki-greeter", "greeter_stage", "jpki-fetch", "jpki-fetch-curl", "jpki-ticket", "jpki-account", "jpki-account-li", "jpki-directory", "jpki-emergency", "jpki-succession", "jpki-self-regis", "jpki-session-gu", "login", "su", "pamtester")  # as the kernel cuts them

pytest.register_assert_rewrite("ad_oracle", "ad_person", "ad_site")

import ad_contents  # noqa: E402
from ad_site import AdSite  # noqa: E402
from card_modules import MODULES, OVER_BOTH, CardModule  # noqa: E402
from domain_controller import DomainController  # noqa: E402
from fetch_site import Site  # noqa: E402
from lab import Lab, is_sanitized, run  # noqa: E402
from ocsp_responder import TREE_PORT, OcspResponder  # noqa: E402
from opensc_copy import lay_over  # noqa: E402
from processes import end  # noqa: E402


@pytest.fixture(scope="session")
def lab() -> Lab:
    if copy := os.environ.get("JPKI_OPENSC"):
        lay_over(copy)
    return Lab()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Labs beside each other share the tests file by file. One of them alone makes a domain, for all files that need it."""
    if is_sanitized():
        about_others = [item for item in items if item.get_closest_marker("unsanitized_build")]
        config.hook.pytest_deselected(items=about_others)
        items[:] = [item for item in items if item not in about_others]
    needs_domain = {item.path for item in items if "domain" in item.fixturenames}
    for item in items:
        item.add_marker(pytest.mark.xdist_group("domain" if item.path in needs_domain else item.path.stem))


def pytest_configure(config):
    config.addinivalue_line("markers", "own_module: of a test that is about our PKCS#11 module alone")
    config.addinivalue_line("markers", "unsanitized_build(why): of a test about something that is not there, or not the same, with sanitizers")


def pytest_generate_tests(metafunc):
    if metafunc.module.__name__ in OVER_BOTH:
        ours_alone = metafunc.definition.get_closest_marker("own_module")
        metafunc.parametrize("card_module", ["own"] if ours_alone else list(MODULES), indirect=True)


@pytest.fixture(autouse=True)
def card_module(lab, request):
    """jpki.toml names this PKCS#11 module; nothing outside OVER_BOTH. Whether a test asks for it or not: a fixture that is merely added to
    a test's names is dropped again when pytest looks which of them somebody needs."""
    if not hasattr(request, "param"):
        yield None
        return
    chosen = CardModule(request.param)
    chosen.choose()
    yield chosen
    chosen.leave()


@pytest.fixture
def card_service(lab):
    service = lab.card_service()
    yield service
    service.stop()


@pytest.fixture
def insert(lab, card_service):
    """insert("taro"): puts cards into the readers, one for each name; the VirtualCard to talk to."""
    holders = []

    def put(*names, **options):
        holders.append(lab.virtual_card(*names, **options))
        return holders[-1]

    yield put
    for holder in holders:
        holder.stop()


@pytest.fixture
def ocsp(lab):
    """The test PKI's responder where the cards' certificates say it is."""
    responder = OcspResponder(lab.pki, lab.work / "ocsp.log", port=TREE_PORT)
    yield responder
    responder.stop()


@pytest.fixture(params=[False, True], ids=["plain", "curl"])
def site(lab, request):
    """A jpki.toml of its own, and servers: once for jpki-fetch, once for jpki-fetch-curl."""
    made = Site(lab, curl=request.param)
    yield made
    made.close()


@pytest.fixture
def curl_site(lab):
    """The same for what jpki-fetch-curl alone can do."""
    made = Site(lab, curl=True)
    yield made
    made.close()


@pytest.fixture(scope="session")
def domain(lab):
    """Active Directory with the staff and groups of ad_contents, running."""
    controller = DomainController(lab.work / "dc1", lab.build, ad_contents.contents())
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture(scope="session")
def other_clock(lab):
    """other_clock(3600): the environment of a program that lives in another time."""
    library = lab.work / "other_clock.so"
    run("gcc", "-shared", "-fPIC", "-o", str(library), str(Path(__file__).with_name("other_clock.c")))
    return lambda seconds: {"LD_PRELOAD": str(library), "OTHER_CLOCK_SECONDS": str(seconds)}


@pytest.fixture(scope="module")
def ad_site(domain):
    """A terminal of that domain."""
    made = AdSite(domain)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def clean_world(lab):
    """Every test begins with an empty log and leaves neither a process of a login nor a file in /tmp."""
    lab.syslog.clear()
    before = set(os.listdir("/tmp"))
    yield
    assert not end(*PROGRAMS), "a login left a process"  # and every later test of this worker would say so too
    assert not set(os.listdir("/tmp")) - before, "a login left a file"
