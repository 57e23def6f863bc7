// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A site whose people are below an authority that two roots certify.
#pragma once

#include "tests/unit/validator/sources_fixture.h"
#include "validator/revocation/path_choice.h"

#include <algorithm>
#include <memory>

namespace jpki::test {

inline const Blob kSerialsOfMiddle[] = {{0x01},
                                        {0x02}};  // of the authority's certificates, by "g1" and by "other"

inline Blob name_of_middle() {
  return pki::distinguished_name({pki::country("JP"), pki::common_name("Middle CA")});
}

// A CRL for authorities, of either root.
struct AuthorityCrl {
  std::optional<std::uint8_t> reason = std::nullopt;  // why it lists the authority
  Time published = kNoon - 5h;
  bool well_signed = true;
};

// Counts how often it is looked at.
class CountedCheck final : public revocation::RevocationCheck {
 public:
  explicit CountedCheck(revocation::Sources sources) : check_(std::move(sources)) {}
  unsigned looks = 0;

  Expected<bool, revocation::RevocationError> look(const path::VerifiedCertificate& path, Time now) override {
    ++looks;
    return check_.look(path, now);
  }
  Expected<Unit, revocation::RevocationError> begin(Time now) override { return check_.begin(now); }
  Expected<revocation::Evidence, revocation::RevocationError> conclude(Time now) override {
    return check_.conclude(now);
  }
  std::vector<revocation::SourceTrace> trace() const override { return check_.trace(); }

 private:
  revocation::SourcesCheck check_;
};

// A person below an authority with two certificates; each root may have a CRL about its own.
struct TwoRoots : Site {
  const Blob names[2] = {authority_name(),
                         pki::distinguished_name({pki::country("JP"), pki::common_name("Other")})};
  static constexpr const char* kKeys[] = {"root", "p384-other"};
  std::unique_ptr<CountedCheck> check;

  TwoRoots() {
    anchors.push_back(anchor(authority(names[1], names[1], kKeys[1]).sign(key(kKeys[1])), "other"));
    for (const int i : {0, 1}) pool.push_back(certificate_of_middle(i));
    leaf = decoded(person(name_of_middle(), "middle").sign(key("middle")));
    rules = {crl_rule()};
    crls.files = {crl_of_leaf()};
  }
  x509::Certificate certificate_of_middle(int root, const Blob& serial) const {
    auto middle = authority(names[root], name_of_middle(), "middle");
    middle.serial = serial;
    middle.replace(pki::certificate_policies({kAuthPolicy}, true));
    return decoded(middle.sign(key(kKeys[root])));
  }
  x509::Certificate certificate_of_middle(int root) const {
    return certificate_of_middle(root, kSerialsOfMiddle[root]);
  }
  static Blob crl_of_leaf(bool revokes = false) {
    auto crl = city_crl("Chiyoda CRLDP");
    crl.issuer = name_of_middle();
    crl.this_update = kNoon - 2h;
    crl.next_update = kNoon + 22h;
    if (revokes) crl.revoke(kPersonSerial, kNoon - 10h);
    return crl.sign(key("middle"));
  }
  void add(int root, const AuthorityCrl& what = {}) {
    auto crl = full_crl(names[root]);
    crl.this_update = what.published;
    crl.next_update = what.published + 27h;
    if (what.reason) crl.revoke(kSerialsOfMiddle[root], what.published - 1h, *what.reason);
    crls.files.push_back(crl.sign(key(what.well_signed ? kKeys[root] : "middle")));
  }
  // A platform that calls whatever is asked good: the person first, then the authority.
  void platform_vouches(int root) {
    platform_says([this, root](const fetch::FetchRequest&) -> ScriptedFetcher::Reply {
      auto answer = statement(kNoon);
      const bool of_leaf = network.requests.size() % 2 == 1;
      const Blob& issuer = of_leaf ? name_of_middle() : names[root];
      const pki::PrivateKey& by = key(of_leaf ? "middle" : kKeys[root]);
      answer.responder_id = tocsp::by_name(issuer);
      answer.responses[0].id = tocsp::cert_id(pki::Digest::kSha1, issuer, by.subject_public_key_info(),
                                              of_leaf ? kSerialOfPerson : kSerialsOfMiddle[root]);
      return answer.sign(by);
    });
  }

  Expected<path::VerifiedCertificate, path::PathError> choose() {
    check = std::make_unique<CountedCheck>(sources());
    network.requests.clear();
    auto chosen = revocation::choose_path(leaf, pool, anchors, jpki_policy(), now, *check);
    ck_assert(network.requests.empty());
    return chosen;
  }
  void expect_chosen(const std::string& anchor, unsigned looks) {
    const auto chosen = choose();
    ck_assert_msg(chosen.has_value(), "%s", chosen ? "" : chosen.error().clause.c_str());
    expect_text(chosen->anchor().name, anchor);
    ck_assert_uint_eq(check->looks, looks);
  }
  void expect_none(Verdict verdict, const std::string& clause, const std::string& anchor, unsigned looks) {
    const auto chosen = choose();
    ck_assert(!chosen);
    expect_verdict(chosen.error().verdict, verdict, chosen.error().clause);
    expect_contains(chosen.error().clause, clause);
    expect_text(chosen.error().anchor, anchor);
    ck_assert(chosen.error().by_caller);
    ck_assert_uint_eq(check->looks, looks);
  }
  // The network is asked about the person, and about the authority's certificate by `root` alone.
  void expect_asked_about(int root) {
    ck_assert(check->begin(now).has_value());
    ck_assert_uint_eq(network.requests.size(), 2);
    const auto names_issuer = [&](std::size_t request, const std::string& issuer) {
      const Blob& body = network.requests[request].alternatives.front().body;
      const Blob hash = key(issuer).key_identifier();
      return !std::ranges::search(body, hash).empty();
    };
    ck_assert(names_issuer(0, "middle") && names_issuer(1, kKeys[root]) && !names_issuer(1, kKeys[1 - root]));
  }
};

}  // namespace jpki::test
