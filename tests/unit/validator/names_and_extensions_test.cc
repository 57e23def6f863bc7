// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The tables of validator/x509/names_and_extensions.md: each row becomes certificates below an anchor, whose
// verdicts must be those of the row.
#include "tests/unit/validator/der_notation.h"
#include "tests/unit/validator/path_fixture.h"

#include <algorithm>
#include <fstream>

namespace {

using namespace jpki;
using namespace jpki::test;
using Row = std::vector<std::string>;

constexpr char kFile[] = "/validator/x509/names_and_extensions.md";

std::string cell(std::string_view text) {
  const auto first = text.find_first_not_of(" `");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" `") - first + 1));
}

// The rows of the table whose heading begins with `heading`.
std::vector<Row> table(const std::string& heading) {
  const char* const source = std::getenv("srcdir");
  std::ifstream file(std::string(source != nullptr ? source : "..") + kFile);
  if (!file) std::abort();
  std::vector<Row> rows;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) inside = line == "## " + heading;
    if (!inside || !line.starts_with("| ")) continue;
    Row row;
    std::string_view rest = std::string_view(line).substr(1);
    for (auto bar = rest.find('|'); bar != std::string_view::npos; bar = rest.find('|')) {
      row.push_back(cell(rest.substr(0, bar)));
      rest.remove_prefix(bar + 1);
    }
    rows.push_back(std::move(row));
  }
  if (!rows.empty()) rows.erase(rows.begin());  // the heading of the columns
  return rows;
}

const std::vector<Row>& name_rows() {
  static const auto rows = table("Cases: names and subtrees");
  return rows;
}
const std::vector<Row>& extension_rows() {
  static const auto rows = table("Cases: extensions");
  return rows;
}

// `expected`: "accepted", "malformed", or "refused" with a part of the clause.
void judge(const Case& c, const Blob& carrier, const std::string& expected, const std::string& clause,
           const std::string& what) {
  const bool decodes = x509::Certificate::decode(carrier).has_value();
  if (!decodes || expected == "malformed") {
    ck_assert_msg(!decodes && expected == "malformed", "%s: %s", what.c_str(),
                  decodes ? "decodes" : "does not decode");
    return;
  }
  std::string detail;
  const bool accepted = c.verdict(&detail) == Verdict::kAccepted;
  ck_assert_msg(accepted == expected.starts_with("accepted"), "%s: %s", what.c_str(), detail.c_str());
  ck_assert_msg(accepted || detail.find(clause) != std::string::npos, "%s: \"%s\" instead of %s",
                what.c_str(), detail.c_str(), clause.c_str());
}

// --- names ------------------------------------------------------------------------------------------
constexpr std::pair<std::string_view, unsigned> kForms[] = {
    {"otherName", 0},    {"rfc822Name", 1}, {"dNSName", 2},   {"x400Address", 3},  {"directoryName", 4},
    {"ediPartyName", 5}, {"URI", 6},        {"iPAddress", 7}, {"registeredID", 8},
};

Blob general_name(std::string_view form, DerNotation& text) {
  if (form == "SmtpUTF8Mailbox")
    return pki::other_name("1.3.6.1.5.5.7.8.9", der::tlv(der::kUtf8String, text.contents()));
  const auto* const known = std::ranges::find(kForms, form, [](const auto& one) { return one.first; });
  ck_assert_msg(known != std::end(kForms), "form %s", std::string(form).c_str());
  if (form == "directoryName") return pki::directory_name(text.value());
  const bool constructed = text.constructed_follows();
  return der::tlv(constructed ? der::context_constructed(known->second) : der::context(known->second),
                  text.contents());
}

pki::CertificateBuilder leaf_named(std::string_view names) {
  auto leaf = person(unit_name("A"), "intermediate");
  std::vector<Blob> alternative;
  DerNotation text(names);
  do {
    const std::string_view form = text.word();
    if (form == "subject") {
      leaf.subject = text.value();
    } else if (form == "emailAddress") {
      const Blob type = der::oid("1.2.840.113549.1.9.1");
      const Blob attribute = der::sequence({Bytes(type), Bytes(text.value())});
      const Blob country = pki::distinguished_name({pki::country("JP")});
      Blob rdns(country.begin() + 2, country.end());
      der::append(rdns, der::tlv(der::kSet, attribute));
      leaf.subject = der::tlv(der::kSequence, rdns);
    } else {
      alternative.push_back(general_name(form, text));
    }
  } while (text.take("+"));
  ck_assert_msg(text.at_end(), "%s", std::string(names).c_str());
  if (!alternative.empty()) leaf.add({pki::oid::kSubjectAltName, false, der::sequence(alternative)});
  return leaf;
}

START_TEST(names_and_subtrees) {
  const Row& row = name_rows().at(static_cast<std::size_t>(_i));
  ck_assert_msg(row.size() == 4, "%s: four columns", row[0].c_str());
  DerNotation text(row[1]);
  const std::string_view form = text.word();
  const Blob base = general_name(form, text);
  for (const bool excluded : {false, true}) {
    const auto constraints = excluded ? name_constraints({}, {base}) : name_constraints({base});
    Case c = through_intermediate([&](auto& ca) { ca.add(constraints); });
    c.leaf = leaf_named(row[0]).sign(key("intermediate"));
    judge(c, c.leaf, row[excluded ? 3 : 2], excluded ? "6.1.3(c)" : "6.1.3(b)",
          row[0] + " in " + (excluded ? "excluded " : "permitted ") + row[1]);
  }
}
END_TEST

// Nothing above is refused for anything but its names.
START_TEST(names_without_subtrees) {
  const Row& row = name_rows().at(static_cast<std::size_t>(_i));
  Case c = through_intermediate([](auto&) {});
  c.leaf = leaf_named(row[0]).sign(key("intermediate"));
  judge(c, c.leaf, "accepted", "", row[0]);
}
END_TEST

// --- extensions -------------------------------------------------------------------------------------
constexpr std::pair<std::string_view, const char*> kExtensions[] = {
    {"certificatePolicies", "2.5.29.32"},
    {"keyUsage", "2.5.29.15"},
    {"basicConstraints", "2.5.29.19"},
    {"extKeyUsage", "2.5.29.37"},
    {"policyMappings", "2.5.29.33"},
    {"policyConstraints", "2.5.29.36"},
    {"inhibitAnyPolicy", "2.5.29.54"},
    {"nameConstraints", "2.5.29.30"},
    {"subjectAltName", "2.5.29.17"},
    {"issuerAltName", "2.5.29.18"},
    {"subjectKeyIdentifier", "2.5.29.14"},
    {"authorityKeyIdentifier", "2.5.29.35"},
    {"cRLDistributionPoints", "2.5.29.31"},
    {"freshestCRL", "2.5.29.46"},
    {"authorityInfoAccess", "1.3.6.1.5.5.7.1.1"},
};

std::string oid_of(const std::string& name) {
  const auto* const known = std::ranges::find(kExtensions, name, [](const auto& one) { return one.first; });
  return known == std::end(kExtensions) ? name : known->second;
}

START_TEST(extensions) {
  const Row& row = extension_rows().at(static_cast<std::size_t>(_i));
  ck_assert_msg(row.size() == 5, "%s: five columns", row[0].c_str());
  for (const bool critical : {true, false}) {
    const pki::Extension extension{oid_of(row[0]), critical, der_of(row[2])};
    const bool in_ca = row[1] == "CA";
    ck_assert(in_ca || row[1] == "leaf");
    Case c = through_intermediate([&](auto& ca) {
      if (in_ca) ca.replace(extension);
    });
    auto leaf = person(unit_name("A"), "intermediate");
    if (!in_ca) leaf.replace(extension);
    c.leaf = leaf.sign(key("intermediate"));
    const std::string& expected = row[critical ? 3 : 4];
    const auto colon = expected.find(": ");
    judge(c, in_ca ? c.pool[0] : c.leaf, expected,
          colon == std::string::npos ? "" : expected.substr(colon + 2),
          row[0] + " of " + row[1] + (critical ? ", critical: " : ": ") + row[2]);
  }
}
END_TEST

// The first tables name every extension and form that the cases are about, and the code decodes.
START_TEST(everything_is_written_down) {
  ck_assert_uint_ge(2 * (name_rows().size() + extension_rows().size()), 400);
  const auto prose = table("Extensions");
  for (const auto& [name, oid] : kExtensions) {
    ck_assert_msg(std::ranges::count(prose, name, [](const Row& row) { return row[0]; }) == 1, "%s",
                  std::string(name).c_str());
    ck_assert_msg(std::ranges::count(extension_rows(), name, [](const Row& row) { return row[0]; }) > 1, "%s",
                  std::string(name).c_str());
  }
  ck_assert_uint_eq(prose.size(), std::size(kExtensions));
  for (const auto& [form, number] : kForms)
    ck_assert_msg(
        std::ranges::any_of(name_rows(), [&form = form](const Row& row) { return row[1].starts_with(form); }),
        "%s", std::string(form).c_str());
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("names_and_extensions");
  TCase* tc = tcase_create("names_and_extensions");
  tcase_add_test(tc, everything_is_written_down);
  const int names = static_cast<int>(name_rows().size());
  tcase_add_loop_test(tc, names_and_subtrees, 0, names);
  tcase_add_loop_test(tc, names_without_subtrees, 0, names);
  tcase_add_loop_test(tc, extensions, 0, static_cast<int>(extension_rows().size()));
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "intermediate"}) key(name);
  return run_suite(suite());
}
