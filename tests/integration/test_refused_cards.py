# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cards that log nobody in: refused with their own code, before any PIN prompt, without one VERIFY."""

import pytest

REFUSED_BEFORE_PIN = [
    # card, account, PAM code, JPKI code
    ("saburo", "saburo", "USER_UNKNOWN", "JPKI-501"),
    ("ambiguous", "taro", "USER_UNKNOWN", "JPKI-502"),
    ("hanako", "taro", "AUTH_ERR", "JPKI-503"),
    ("revoked", "revoked", "CRED_INSUFFICIENT", "JPKI-401"),
    ("expired", "expired", "CRED_INSUFFICIENT", "JPKI-303"),
    ("not-yet-valid", "not-yet-valid", "CRED_INSUFFICIENT", "JPKI-304"),
    ("signature-kind", "signature-kind", "CRED_INSUFFICIENT", "JPKI-320"),
    ("role", "role", "CRED_INSUFFICIENT", "JPKI-321"),
    ("document-signing", "document-signing", "CRED_INSUFFICIENT", "JPKI-322"),
    ("encryption", "encryption", "CRED_INSUFFICIENT", "JPKI-323"),
    ("web-server", "web-server", "CRED_INSUFFICIENT", "JPKI-324"),
    ("mail", "taro", "CRED_INSUFFICIENT", "JPKI-325"),  # Debian has a system user of that name
    ("code-signing", "code-signing", "CRED_INSUFFICIENT", "JPKI-326"),
    ("cirs-terminal", "cirs-terminal", "CRED_INSUFFICIENT", "JPKI-327"),
    ("no-policy", "no-policy", "CRED_INSUFFICIENT", "JPKI-328"),
    ("impostor", "taro", "CRED_INSUFFICIENT", "JPKI-302"),
    ("card-ca", "taro", "CRED_INSUFFICIENT", "JPKI-302"),
    ("retired-g1", "retired-g1", "CRED_INSUFFICIENT", "JPKI-310"),  # its CA has expired
    ("sha1", "sha1", "CRED_INSUFFICIENT", "JPKI-308"),
    ("unknown-critical", "unknown-critical", "CRED_INSUFFICIENT", "JPKI-305"),
    ("no-crl", "no-crl", "AUTHINFO_UNAVAIL", "JPKI-402"),
    ("wrong-city", "wrong-city", "AUTHINFO_UNAVAIL", "JPKI-402"),
    ("stale-crl", "stale-crl", "AUTHINFO_UNAVAIL", "JPKI-403"),
    ("bad-crl", "bad-crl", "AUTHINFO_UNAVAIL", "JPKI-402"),  # jpki-crl-refresh does not take such a CRL
]


@pytest.mark.parametrize("name,user,pam,code", REFUSED_BEFORE_PIN, ids=[row[0] for row in REFUSED_BEFORE_PIN])
def test_no_prompt_and_no_verify(lab, insert, name, user, pam, code):
    card = insert(name)
    seen = lab.pamtester(user, ["1234"])
    assert (seen.pam, seen.codes[-1:]) == (pam, [code]), seen.screen
    assert not seen.prompts
    stats = card.stats()
    assert (stats["verifies"], stats["signs"]) == (0, 0)
    assert code in lab.syslog.text()


def test_refused_at_login_too(lab, insert):
    insert("revoked")
    seen = lab.login("revoked", ["1234"])
    assert "JPKI-401" in seen.screen and not seen.pin_prompts
    assert "shell of" not in seen.screen
