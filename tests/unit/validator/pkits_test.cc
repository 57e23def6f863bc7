// SPDX-License-Identifier: LGPL-2.1-or-later
//
// NIST PKITS, the Public Key Interoperability Test Suite: path building, path validation and CRL processing
// together, over the certificates and CRLs of Debian's python3-cryptography-vectors. Each case of
// tests/data/pkits/cases.txt runs twice: with the certificates and CRLs that belong to it, and with those of
// the whole suite, as from a directory that holds everything.
#include "tests/unit/support/expect.h"
#include "validator/crl/crl_check.h"
#include "validator/crl/decoded_crl.h"
#include "validator/path/path.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

namespace {

using namespace jpki;
using namespace jpki::test;
namespace fs = std::filesystem;
using x509::Certificate;

constexpr char kDirectory[] = "/usr/lib/python3/dist-packages/cryptography_vectors/x509/PKITS_data";
constexpr char kPackage[] = "python3-cryptography-vectors";
constexpr std::size_t kCaseCount = 247;
constexpr Time kWhen{std::chrono::sys_days(std::chrono::year(2015) / 6 / 1)};
constexpr char kAnchor[] = "TrustAnchorRootCertificate";
constexpr char kTestPolicy[] = "2.16.840.1.101.3.2.1.48.";

struct Case {
  std::string number;
  std::string end_certificate;
  std::vector<std::string> certificates;
  std::vector<std::string> crls;
  path::PathPolicy policy;
  Verdict verdict = Verdict::kAccepted;
  std::vector<std::string> policies;
};

Blob read_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  ck_assert_msg(stream.is_open(), "%s: not there; install the package %s", file.c_str(), kPackage);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string> words_of(const std::string& field) {
  std::istringstream stream(field);
  std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
  std::erase(words, "-");
  return words;
}

std::vector<std::string> policies_of(const std::string& field) {
  std::vector<std::string> policies = words_of(field);
  for (std::string& policy : policies)
    policy = policy == "any" ? std::string(x509::oid::kAnyPolicy) : kTestPolicy + policy;
  return policies;
}

Verdict verdict_of(const std::string& name) {
  for (const Verdict verdict : all_verdicts())
    if (name_of(verdict) == name) return verdict;
  ck_abort_msg("cases.txt: no verdict \"%s\"", name.c_str());
}

path::PathPolicy policy_of(const std::string& initial_policies, const std::string& settings) {
  path::PathPolicy policy;
  policy.initial_policies = policies_of(initial_policies);
  for (const std::string& setting : words_of(settings)) {
    if (setting == "explicit")
      policy.explicit_policy = true;
    else if (setting == "inhibit-mapping")
      policy.inhibit_mapping = true;
    else if (setting == "inhibit-any")
      policy.inhibit_any = true;
    else
      ck_abort_msg("cases.txt: no setting \"%s\"", setting.c_str());
  }
  return policy;
}

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::vector<Case> read_cases() {
  const char* const source = std::getenv("srcdir");
  const std::string file = std::string(source != nullptr ? source : "..") + "/tests/data/pkits/cases.txt";
  std::ifstream stream(file);
  ck_assert_msg(stream.is_open(), "%s: cannot be read", file.c_str());
  std::vector<Case> cases;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with('#')) continue;
    std::vector<std::string> fields;
    std::istringstream columns(line);
    for (std::string field; std::getline(columns, field, '|');) fields.push_back(trimmed(field));
    ck_assert_msg(fields.size() == 8, "cases.txt: not eight fields: %s", line.c_str());
    cases.push_back({fields[0], fields[1], words_of(fields[2]), words_of(fields[3]),
                     policy_of(fields[4], fields[5]), verdict_of(fields[6]), policies_of(fields[7])});
  }
  return cases;
}

Certificate decode_certificate(const fs::path& file) {
  auto certificate = Certificate::decode(read_file(file));
  if (!certificate) ck_abort_msg("%s: %s", file.c_str(), certificate.error().c_str());
  return std::move(*certificate);
}

// The objects that one run may use; CRLs that do not decode are left out, as a directory leaves them out.
class Objects {
 public:
  void add_certificate(const std::string& name) {
    certificates_.push_back(decode_certificate(fs::path(kDirectory) / "certs" / (name + ".crt")));
  }
  void add_crl(const std::string& name) {
    bytes_.push_back(read_file(fs::path(kDirectory) / "crls" / (name + ".crl")));
    auto crl = crl::DecodedCrl::decode(bytes_.back());
    if (crl) crls_.push_back(std::make_unique<crl::DecodedCrl>(std::move(*crl)));
  }

  std::span<const Certificate> certificates() const { return certificates_; }
  std::vector<const crl::CrlView*> crls() const {
    std::vector<const crl::CrlView*> views;
    for (const auto& crl : crls_) views.push_back(crl.get());
    return views;
  }

 private:
  std::vector<Certificate> certificates_;
  std::vector<Blob> bytes_;
  std::vector<std::unique_ptr<crl::DecodedCrl>> crls_;
};

Objects objects_of(const Case& c) {
  Objects objects;
  for (const std::string& name : c.certificates) objects.add_certificate(name);
  for (const std::string& name : c.crls) objects.add_crl(name);
  return objects;
}

Objects all_objects() {
  Objects objects;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fs::path(kDirectory) / "certs", error))
    if (entry.path().stem() != kAnchor) objects.add_certificate(entry.path().stem());
  for (const auto& entry : fs::directory_iterator(fs::path(kDirectory) / "crls", error))
    objects.add_crl(entry.path().stem());
  ck_assert_msg(objects.certificates().size() > 400 && objects.crls().size() > 160,
                "%s: not the whole suite; install the package %s", kDirectory, kPackage);
  return objects;
}

trust::TrustStore anchors() {
  trust::TrustStore store;
  store.push_back({"pkits",
                   decode_certificate(fs::path(kDirectory) / "certs" / (std::string(kAnchor) + ".crt")),
                   {},
                   {},
                   {}});
  return store;
}

Verdict verdict_of(crl::Standing standing, std::size_t depth) {
  switch (standing) {
    case crl::Standing::kNotCovered:
      return Verdict::kRevocationUnknown;
    case crl::Standing::kBroken:
      return Verdict::kRevocationInvalid;
    case crl::Standing::kStale:
      return Verdict::kRevocationStale;
    case crl::Standing::kGood:
      return Verdict::kAccepted;
    case crl::Standing::kRevoked:
      return depth == 0 ? Verdict::kRevoked : Verdict::kIssuerRevoked;
  }
  return Verdict::kInternal;
}

struct Outcome {
  Verdict verdict = Verdict::kAccepted;
  std::string clause;
  std::vector<std::string> policies;
};

Outcome run(const Case& c, const Objects& objects, const trust::TrustStore& store) {
  const crl::CrlPolicy crl_policy{.max_age = std::chrono::hours(24 * 366 * 20)};  // the suite's are years old
  const auto crls = objects.crls();
  const auto accept = [&](const path::VerifiedCertificate& path) -> std::optional<path::Refusal> {
    const crl::CrlContext context{objects.certificates(), store, &path.anchor(), crl_policy, kWhen};
    const Certificate* subject = &path.leaf();
    for (std::size_t i = 0; i < path.chain().size(); subject = path.chain()[i++]) {
      const crl::Finding finding = check_crls(*subject, path.chain().subspan(i), crls, context);
      if (finding.standing != crl::Standing::kGood)
        return path::Refusal{verdict_of(finding.standing, i), finding.clause};
    }
    return std::nullopt;
  };
  const Certificate leaf = decode_certificate(fs::path(kDirectory) / "certs" / (c.end_certificate + ".crt"));
  const auto path = validate_path(leaf, objects.certificates(), store, c.policy, kWhen, accept);
  if (!path) return {path.error().verdict, path.error().clause, {}};
  return {Verdict::kAccepted, "", path->policies()};
}

std::string text_of(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// Nothing when the case came out as it should.
std::string difference(const Case& c, const Outcome& outcome) {
  if (outcome.verdict != c.verdict)
    return std::string(name_of(outcome.verdict)) + " instead of " + std::string(name_of(c.verdict)) + " (" +
           outcome.clause + ")";
  if (outcome.policies != c.policies) return "policies: " + text_of(outcome.policies);
  if (c.verdict == Verdict::kAlgorithmWeak && outcome.clause.find("DSA") == std::string::npos)
    return "the reason does not name DSA: " + outcome.clause;
  return "";
}

// Runs every case and reports all that came out wrong, not the first alone.
void expect_all(const std::function<Outcome(const Case&)>& run_case) {
  const std::vector<Case> cases = read_cases();
  ck_assert_uint_eq(cases.size(), kCaseCount);
  int wrong = 0;
  for (const Case& c : cases) {
    const std::string text = difference(c, run_case(c));
    if (text.empty()) continue;
    ++wrong;
    std::fprintf(stderr, "%s: %s\n", c.number.c_str(), text.c_str());
  }
  ck_assert_int_eq(wrong, 0);
}

START_TEST(with_the_objects_of_the_case) {
  const trust::TrustStore store = anchors();
  expect_all([&](const Case& c) { return run(c, objects_of(c), store); });
}
END_TEST

START_TEST(with_all_objects_of_the_suite) {
  const trust::TrustStore store = anchors();
  const Objects objects = all_objects();
  expect_all([&](const Case& c) { return run(c, objects, store); });
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("pkits");
  TCase* tc = tcase_create("pkits");
  tcase_set_timeout(tc, 120);
  tcase_add_test(tc, with_the_objects_of_the_case);
  tcase_add_test(tc, with_all_objects_of_the_suite);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  return run_suite(suite());
}
