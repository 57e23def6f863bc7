// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/pki/members.h"

#include "testkit/pki/issuance.h"
#include "testkit/pki/lgpki_policies.h"

#include <fmt/format.h>

namespace jpki::testpki {

namespace {

using std::chrono::days;

void issue_good(Issuance& issue, const Authorities& ca) {
  const Authority &g2 = ca.jpki_auth[1], &g3 = ca.jpki_auth[2];
  const Member taro = issue.citizen("taro", "good: generation 3", g3, kKasumi);
  issue.citizen("hanako", "good: generation 3, another municipality", g3, kHibiki);
  issue.citizen("jiro", "good: generation 2", g2, kKasumi);
  issue.citizen("saburo", "good, but no account is bound to it", g3, kKasumi).accounts.clear();
  issue.citizen("ambiguous", "good, but two accounts are bound to it", g3, kKasumi).accounts = {
      "ambiguous", "ambiguous-2"};
  issue.next_generation_citizen("next-generation", "good: P-384 key, as cards of about 2028 will have", g3,
                                kKasumi);
  issue.clone("clone", "taro's certificate, but another key", taro);
}

void issue_bad(Issuance& issue, const Settings& settings, const Authorities& ca) {
  const Authority& g3 = ca.jpki_auth[2];
  issue.citizen("revoked", "revoked: its CRL names it", g3, kKasumi);
  issue.citizen("expired", "notAfter is ten days ago", g3, kKasumi,
                [&](CertificateBuilder& b) { b.not_after = settings.date - days(10); });
  issue.citizen("not-yet-valid", "notBefore is in thirty days", g3, kKasumi,
                [&](CertificateBuilder& b) { b.not_before = settings.date + days(30); });
  issue.citizen("no-policy", "no certificatePolicies extension", g3, kKasumi,
                [](CertificateBuilder& b) { b.remove(oid::kCertificatePolicies); });
  issue.citizen("sha1", "signed with SHA-1", g3, kKasumi,
                [](CertificateBuilder& b) { b.signature.digest = Digest::kSha1; });
  issue.citizen("unknown-critical", "a critical extension that nobody knows", g3, kKasumi,
                [](CertificateBuilder& b) {
                  b.add({"2.999.3.1", true, der::null()});
                });
  issue.citizen("no-crl", "its municipality has no CRL", g3, kNoCrl);
  issue.citizen("stale-crl", "the CRL of its municipality is past nextUpdate", g3, kStaleCrl);
  issue.citizen("wrong-city", "the CRL file of its municipality is the one of another", g3, kWrongCity);
  issue.citizen("bad-crl", "the CRL of its municipality has a broken signature", g3, kBadCrl);
  issue.citizen("retired-g1", "issued by generation 1, which has expired", ca.jpki_auth[0], kKasumi);
  issue.citizen("impostor", "from a self-made CA with JPKI-TEST's DN, which lies on the card too",
                ca.impostor, kKasumi);
  issue.citizen("card-ca", "from a CA with a DN of its own that is found on the card alone", ca.card_only,
                kKasumi);
  issue.signature_in_wrong_slot("signature-kind", "a JPKI signature certificate in the authentication slot");
}

void issue_staff(Issuance& issue, const Authorities& ca) {
  using enum KeyUsage;
  const Authority &g3 = ca.lgpki_organization[0], &g4 = ca.lgpki_organization[1];
  const StaffProfile user{lgpki_policy("lgpki-user"), {kDigitalSignature}, {oid::kClientAuth}};
  issue.staff("lgpki-user-g3", "good: LGPKI staff certificate, generation 3", g3, user).accounts = {"shiro"};
  issue.staff("lgpki-user-g4", "good: the same person's of generation 4", g4, user).accounts = {"shiro"};
  issue.staff("role", "LGPKI role certificate", g4,
              {lgpki_policy("lgpki-role"), {kDigitalSignature}, {oid::kClientAuth}});
  issue.staff("document-signing", "LGPKI document-signing certificate", g4,
              {lgpki_policy("document-signing"), {kNonRepudiation}, {}});
  issue.staff("encryption", "LGPKI encryption certificate", g4,
              {lgpki_policy("encryption"), {kKeyEncipherment}, {}});
  issue.staff("web-server", "LGPKI web server certificate", g4,
              {lgpki_policy("web-server"), {kDigitalSignature, kKeyEncipherment}, {oid::kServerAuth}});
  issue.staff("mail", "LGPKI mail certificate", g4,
              {lgpki_policy("mail"), {kDigitalSignature, kKeyEncipherment}, {oid::kEmailProtection}});
  issue.staff("code-signing", "LGPKI code-signing certificate", g4,
              {lgpki_policy("code-signing"), {kDigitalSignature}, {oid::kCodeSigning}});
  issue.staff("cirs-terminal", "CIRS terminal certificate", g4,
              {lgpki_policy("cirs-terminal"), {kDigitalSignature}, {oid::kClientAuth}});
}

// A department, for tests and rehearsals of registering it.
void issue_people(Issuance& issue, unsigned count, const Authorities& ca) {
  for (unsigned number = 1; number <= count; ++number)
    issue
        .citizen(fmt::format("person-{:02}", number), "good, but no account is bound to it", ca.jpki_auth[2],
                 kKasumi)
        .accounts.clear();
}

}  // namespace

std::vector<Member> make_members(const Settings& settings, const Authorities& authorities) {
  Issuance issue(settings, authorities);
  issue_good(issue, authorities);
  issue_bad(issue, settings, authorities);
  issue_staff(issue, authorities);
  issue_people(issue, settings.people, authorities);
  return issue.take();
}

}  // namespace jpki::testpki
