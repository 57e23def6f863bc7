// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which of several valid paths a login takes, by what is said of each, whoever says it.
#include "tests/unit/validator/two_roots.h"

namespace {

using namespace jpki;
using namespace jpki::test;
using path::PathError;
using path::VerifiedCertificate;
using revocation::RevocationError;

// Says what a test wants said of each look.
class ScriptedCheck final : public revocation::RevocationCheck {
 public:
  using Answer = Expected<bool, RevocationError>;
  explicit ScriptedCheck(std::vector<Answer> answers) : answers_(std::move(answers)) {}
  std::vector<std::string> anchors;  // of the paths, in order

  Answer look(const VerifiedCertificate& path, Time) override {
    anchors.push_back(path.anchor().name);
    return answers_[std::min(anchors.size(), answers_.size()) - 1];  // the last one stays
  }
  Expected<Unit, RevocationError> begin(Time) override { return Unit{}; }
  Expected<revocation::Evidence, RevocationError> conclude(Time) override { return revocation::Evidence{}; }
  std::vector<revocation::SourceTrace> trace() const override { return {}; }

 private:
  std::vector<Answer> answers_;
};

ScriptedCheck::Answer refused(Verdict verdict, std::size_t depth = 0) {
  return Unexpected{RevocationError{verdict, "scripted", depth}};
}

Expected<VerifiedCertificate, PathError> choose(const TwoRoots& site, ScriptedCheck& check) {
  return revocation::choose_path(site.leaf, site.pool, site.anchors, jpki_policy(), kNoon, check);
}

// What the second path tells outweighs what the first one only hoped, or an authority's end.
START_TEST(what_is_final_outweighs_what_was_said_before) {
  const TwoRoots site;
  for (const auto& before : {ScriptedCheck::Answer(false), refused(Verdict::kIssuerRevoked, 1)})
    for (const Verdict verdict : {Verdict::kRevoked, Verdict::kRevocationMemoryUnusable}) {
      ScriptedCheck check({before, refused(verdict)});
      const auto chosen = choose(site, check);
      ck_assert(!chosen);
      expect_verdict(chosen.error().verdict, verdict, "");
      expect_text(chosen.error().anchor, "other");
      ck_assert(chosen.error().by_caller && chosen.error().tried.size() == 2);
      ck_assert_uint_eq(check.anchors.size(), 2);
    }
}
END_TEST

START_TEST(what_is_said_of_an_authority_is_not_final) {
  const TwoRoots site;
  for (const Verdict verdict : {Verdict::kIssuerRevoked, Verdict::kRevoked}) {
    ScriptedCheck check({refused(verdict, 1), true});
    const auto chosen = choose(site, check);
    ck_assert(chosen.has_value());
    expect_text(chosen->anchor().name, "other");
  }
}
END_TEST

// Whoever goes on with the check goes on with the path that was chosen.
START_TEST(the_chosen_path_was_looked_at_last) {
  const TwoRoots site;
  ScriptedCheck hope({false, false});
  ck_assert(choose(site, hope).has_value());
  ck_assert(hope.anchors == std::vector<std::string>({"g1", "other", "g1"}));
  ScriptedCheck second({refused(Verdict::kIssuerRevoked, 1), false});
  expect_text(choose(site, second)->anchor().name, "other");
  ck_assert_uint_eq(second.anchors.size(), 2);
  // It may be refused by then.
  ScriptedCheck late(
      {false, refused(Verdict::kIssuerRevoked, 1), refused(Verdict::kRevocationMemoryUnusable)});
  const auto chosen = choose(site, late);
  ck_assert(!chosen && chosen.error().verdict == Verdict::kRevocationMemoryUnusable);
  expect_text(chosen.error().anchor, "g1");
  ck_assert(chosen.error().by_caller && chosen.error().tried.size() == 2);
}
END_TEST

START_TEST(the_looks_are_bounded) {
  TwoRoots site;
  site.pool.clear();
  for (std::uint8_t serial = 1; serial <= revocation::kMaxLooks + 4; ++serial)
    site.pool.push_back(site.certificate_of_middle(0, Blob{serial}));
  ScriptedCheck revoked({refused(Verdict::kIssuerRevoked, 1)});
  const auto none = choose(site, revoked);
  ck_assert(!none && none.error().verdict == Verdict::kIssuerRevoked);
  ck_assert_uint_eq(revoked.anchors.size(), revocation::kMaxLooks);
  // The first, which nothing is known of, still counts.
  ScriptedCheck hope({false, refused(Verdict::kIssuerRevoked, 1)});
  ck_assert(!choose(site, hope));  // by then it is revoked
  ck_assert_uint_eq(hope.anchors.size(), revocation::kMaxLooks + 1);
  // One that is good is found up to the bound.
  std::vector<ScriptedCheck::Answer> answers(revocation::kMaxLooks - 1, refused(Verdict::kIssuerRevoked, 1));
  answers.push_back(true);
  ScriptedCheck last(answers);
  ck_assert(choose(site, last).has_value());
  answers.insert(answers.begin(), refused(Verdict::kIssuerRevoked, 1));
  ScriptedCheck beyond(answers);
  ck_assert(!choose(site, beyond));
}
END_TEST

START_TEST(where_no_path_validates_nobody_is_asked) {
  TwoRoots site;
  site.anchors.clear();
  ScriptedCheck check({true});
  const auto none = choose(site, check);
  ck_assert(!none && none.error().verdict == Verdict::kCertificateUntrusted && !none.error().by_caller);
  ck_assert(check.anchors.empty());
}
END_TEST

Suite* path_choice_order_suite() {
  Suite* suite = suite_create("path_choice_order");
  TCase* tests = tcase_create("path_choice_order");
  for (const auto* test :
       {what_is_final_outweighs_what_was_said_before, what_is_said_of_an_authority_is_not_final,
        the_chosen_path_was_looked_at_last, the_looks_are_bounded, where_no_path_validates_nobody_is_asked})
    tcase_add_test(tests, test);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "middle", "p384-other"}) key(name);
  return run_suite(path_choice_order_suite());
}
