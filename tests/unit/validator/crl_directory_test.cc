// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/crl_directory.h"

#include "tests/unit/validator/crl_fixture.h"

#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;

// root → (intermediate →) person, and a directory of CRLs.
struct Site {
  explicit Site(bool with_intermediate = false) {
    std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
    if (with_intermediate)
      pool.push_back(decoded(authority(authority_name(), ca_name, "intermediate").sign(key("root"))));
    leaf = with_intermediate ? person(ca_name, "intermediate").sign(key("intermediate"))
                             : person().sign(key("root"));
  }

  void add(std::string_view name, const Blob& bytes,
           std::filesystem::perms mode = std::filesystem::perms(0644)) const {
    directory.write(name, as_text(bytes), mode);
  }

  Expected<revocation::Evidence, revocation::RevocationError> check() const {
    const auto certificate = decoded(leaf);
    const auto path = validate_path(certificate, pool, anchors, jpki_policy(), kNow);
    ck_assert_msg(path.has_value(), "%s", path ? "" : path.error().clause.c_str());
    const FileTrust files{.max_size = revocation::kMaxCrlSize, .owner = ::getuid()};
    return revocation::CrlDirectory(source.empty() ? directory.path() : source, {}, files).check(*path, kNow);
  }

  void expect(Verdict expected, const std::string& clause = "") const {
    const auto evidence = check();
    const std::string actual = evidence ? "" : evidence.error().clause;
    expect_verdict(evidence ? Verdict::kAccepted : evidence.error().verdict, expected, actual);
    expect_contains(actual, clause);
  }

  const Blob ca_name = pki::distinguished_name({pki::country("JP"), pki::organization("LGPKI-TEST")});
  TemporaryDirectory directory;
  std::string source;
  Blob leaf;
  std::vector<x509::Certificate> pool;
  trust::TrustStore anchors = store_of(root());
};

Blob good_crl() {
  return city_crl("Chiyoda CRLDP").sign(key("root"));
}

START_TEST(evidence_tells_source_and_age) {
  const Site site;
  site.add("a.crl", good_crl());
  const auto evidence = site.check();
  ck_assert(evidence.has_value());
  expect_text(evidence->source, "crl");
  ck_assert(evidence->age == std::chrono::hours(6));
}
END_TEST

START_TEST(every_verdict) {
  const Site site;
  site.expect(Verdict::kRevocationUnknown, "no CRL covers the certificate, depth 0");
  auto stale = full_crl();
  stale.next_update = kNow - kDay;
  auto broken = full_crl();
  broken.signature.corrupt = true;
  site.add("broken.crl", broken.sign(key("root")));
  site.expect(Verdict::kRevocationInvalid);
  site.add("stale.crl", stale.sign(key("root")));
  site.expect(Verdict::kRevocationStale);
  site.add("good.crl", good_crl());
  site.expect(Verdict::kAccepted);
  site.add("a-revoking.crl", full_crl().revoke(kPersonSerial, kNow).sign(key("root")));
  site.expect(Verdict::kRevoked);
}
END_TEST

START_TEST(files_that_cannot_be_used) {
  const Site site;
  site.add("junk.crl", Blob{1, 2, 3});
  site.expect(Verdict::kRevocationInvalid, "junk.crl");
  site.add("empty.crl", Blob{});
  site.add(".hidden.crl", Blob{});
  site.add("note.txt", Blob{1});
  site.add("z.crl", good_crl());
  site.expect(Verdict::kAccepted);

  const Site unsafe;
  unsafe.add("a.crl", good_crl(), std::filesystem::perms(0666));
  unsafe.expect(Verdict::kRevocationInvalid, "chmod go-w");

  const Site linked;
  linked.add("target", good_crl());
  std::filesystem::create_symlink(linked.directory.path("target"), linked.directory.path("a.crl"));
  linked.expect(Verdict::kRevocationInvalid, "symbolic link");
}
END_TEST

START_TEST(directories_that_cannot_be_used) {
  Site site;
  site.source = site.directory.path("missing");
  site.expect(Verdict::kRevocationUnknown, "missing");
  Site open;
  open.add("a.crl", good_crl());
  std::filesystem::permissions(open.directory.path(), std::filesystem::perms(0777));
  open.expect(Verdict::kRevocationInvalid);
}
END_TEST

START_TEST(every_certificate_below_the_anchor) {
  const Site site(true);
  const Blob leaf_crl = full_crl(site.ca_name).sign(key("intermediate"));
  site.add("leaf.crl", leaf_crl);
  site.expect(Verdict::kRevocationUnknown, "depth 1");
  site.add("other.crl", scoped_crl({.only_contains_user_certs = true}).sign(key("root")));
  site.expect(Verdict::kRevocationUnknown, "depth 1");
  auto arl = scoped_crl({.only_contains_ca_certs = true});
  arl.this_update = kNow - std::chrono::hours(20);
  site.add("arl.crl", arl.sign(key("root")));
  ck_assert(site.check()->age == std::chrono::hours(20));
  arl.revoke(Blob{0x01}, kNow);
  site.add("arl.crl", arl.sign(key("root")));
  site.expect(Verdict::kRevoked, "depth 1");
}
END_TEST

START_TEST(revoked_tells_before_unknown) {
  const Site site(true);
  auto arl = full_crl();
  arl.revoke(Blob{0x01}, kNow);
  site.add("arl.crl", arl.sign(key("root")));
  site.expect(Verdict::kRevoked, "depth 1");  // though the leaf is not covered
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("crl_directory");
  TCase* tc = tcase_create("crl_directory");
  for (const auto* test :
       {evidence_tells_source_and_age, every_verdict, files_that_cannot_be_used,
        directories_that_cannot_be_used, every_certificate_below_the_anchor, revoked_tells_before_unknown})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "intermediate"}) key(name);
  return run_suite(suite());
}
