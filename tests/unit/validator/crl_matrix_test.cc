// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/validator/crl_matrix.h"

#include "validator/crl/decoded_crl.h"

#include <algorithm>
#include <deque>

namespace {

using namespace jpki;
using namespace jpki::test;

const std::vector<CrlCase>& cases() {
  static const std::vector<CrlCase> all = [] {
    std::vector<CrlCase> joined;
    for (const auto group :
         {scope_cases, delta_cases, hold_cases, signer_cases, status_cases, indirect_cases, form_cases})
      for (const CrlCase& row : group()) joined.push_back(row);
    return joined;
  }();
  return all;
}

struct Result {
  Answer answer;
  std::string clause;
};

Result ask(const Question& question) {
  const auto certificate = decoded(question.certificate);
  std::vector<x509::Certificate> path;
  for (const Blob& bytes : question.chain) path.push_back(decoded(bytes));
  trust::Anchor top{"g1", decoded(question.chain.back()), {}, {}, {}, question.functions};
  top.constraints = question.constraints;
  std::vector<const x509::Certificate*> chain;
  for (const auto& above : path) chain.push_back(&above);
  chain.back() = &top.certificate;
  std::vector<x509::Certificate> pool;
  for (const Blob& bytes : question.pool) pool.push_back(decoded(bytes));

  trust::TrustStore others;
  for (const Blob& bytes : question.other_anchors) {
    others.push_back(anchor(bytes, "other"));
    others.back().functions = question.other_functions;
  }

  std::deque<crl::DecodedCrl> crls;
  std::vector<const crl::CrlView*> views;
  for (const Blob& bytes : question.crls) {
    auto crl = crl::DecodedCrl::decode(bytes);
    if (!crl) return {Answer::kUndecodable, crl.error()};
    views.push_back(&crls.emplace_back(std::move(*crl)));
  }
  const auto finding = check_crls(certificate, chain, views, {pool, others, &top, question.policy, kNow});
  switch (finding.standing) {
    case crl::Standing::kNotCovered:
      return {Answer::kNotCovered, finding.clause};
    case crl::Standing::kBroken:
      return {Answer::kBroken, finding.clause};
    case crl::Standing::kStale:
      return {Answer::kStale, finding.clause};
    case crl::Standing::kGood:
      return {Answer::kGood, finding.clause};
    case crl::Standing::kRevoked:
      break;
  }
  return {Answer::kRevoked, finding.clause};
}

START_TEST(matrix) {
  const CrlCase& row = cases().at(static_cast<std::size_t>(_i));
  Question question = row.question();
  const Result result = ask(question);
  ck_assert_msg(result.answer == row.answer && result.clause.find(row.clause) != std::string::npos,
                "%s: answer %d: %s", row.name, static_cast<int>(result.answer), result.clause.c_str());
  // The order in which CRLs are found changes nothing.
  std::ranges::reverse(question.crls);
  const Result reversed = ask(question);
  ck_assert_msg(reversed.answer == row.answer, "%s: answer %d in reverse order: %s", row.name,
                static_cast<int>(reversed.answer), reversed.clause.c_str());
}
END_TEST

START_TEST(names_are_unique) {
  for (const CrlCase& row : cases())
    ck_assert_msg(std::ranges::count(cases(), std::string_view(row.name), &CrlCase::name) == 1, "%s",
                  row.name);
}
END_TEST

// A million entries with serials of four octets beginning with 0x10.
Blob million(bool with_reason) {
  const Blob extension = with_reason ? pki::encode_extensions({pki::reason_code(1)}) : Blob();
  const Blob date = der::time(kNow - kDay);
  const Blob entry = der::sequence({der::raw_integer(Blob{0x10, 0, 0, 0}), date, extension});
  Blob entries;
  entries.reserve(entry.size() * 1'000'000);
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    const auto at = static_cast<std::ptrdiff_t>(entries.size()) + 5;
    entries.insert(entries.end(), entry.begin(), entry.end());
    const Blob number{static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8),
                      static_cast<std::uint8_t>(i)};
    std::ranges::copy(number, entries.begin() + at);
  }
  return entries;
}

// Walked in linear time, or Check's time is over.
START_TEST(million_entries) {
  for (const bool with_reason : {false, true}) {
    auto crl = chiyoda();
    crl.raw_entries = million(with_reason);
    ck_assert(ask(about_person({crl})).answer == Answer::kGood);
    der::append(*crl.raw_entries, der::sequence({der::raw_integer(kPersonSerial), der::time(kNow)}));
    ck_assert(ask(about_person({crl})).answer == Answer::kRevoked);
  }
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("crl_matrix");
  TCase* rows = tcase_create("matrix");
  tcase_add_test(rows, names_are_unique);
  tcase_add_loop_test(rows, matrix, 0, static_cast<int>(cases().size()));
  suite_add_tcase(s, rows);
  TCase* size = tcase_create("size");
  tcase_set_timeout(size, 120);
  tcase_add_test(size, million_entries);
  suite_add_tcase(s, size);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "impostor", "crl-signer", "second-signer", "short", "p384"})
    key(name);
  return run_suite(suite());
}
