// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl anchor check: two generations in parallel, and who is where (R3, R5).
#include "tests/unit/jpkictl/site.h"

#include <nlohmann/json.hpp>

namespace {

using namespace jpki;
using namespace jpki::test;
using ctl::ExitStatus;

constexpr char kCutOff[] = "2024-07-01T00:00:00+09:00";
constexpr char kLastSecond[] = "2024-06-30T23:59:59+09:00";

Blob card(const std::string& generation) {
  return person(authority_name(), generation).sign(key(generation));
}

// Generation 1 until the cut-off, generation 2 beside it; taro has an old card, hanako a new one, jiro both.
struct Municipality : Site {
  Municipality() {
    add_anchor("g1", root("root"), std::string("accept_until = ") + kCutOff + "\n");
    add_anchor("g2", root("impostor"), "accept_from = 2024-01-01T00:00:00+09:00\n");
    std::filesystem::create_directory(directory.path("fleet"));
    directory.write("fleet/taro.der", as_text(card("root")));
    directory.write("fleet/hanako.pem", ctl::to_pem(card("impostor")));
    directory.write("fleet/jiro.pem", ctl::to_pem(card("root")) + ctl::to_pem(card("impostor")));
    directory.write("fleet/notes.txt", "not a certificate");
  }
  Ran check(std::vector<std::string> more) const {
    std::vector<std::string> command{"anchor", "check", "--fleet", directory.path("fleet")};
    command.insert(command.end(), more.begin(), more.end());
    return run(std::move(command));
  }
};

START_TEST(whose_cards_stop_with_an_anchor) {
  Municipality site;
  site.answer = "no";
  const Ran asked = site.run({"anchor", "remove", "g1", "--fleet", site.directory.path("fleet"), "--yes"});
  expect_status(asked, ExitStatus::kGood);
  expect_contains(asked.out, "Every card issued below it stops working at once (JPKI-302).");
  expect_contains(asked.out, "JPKI-302 taro: ");
  expect_absent(asked.out, "jiro");
  expect_contains(asked.out, "3 account(s): 1 without a working card then");
  const Ran last = site.run({"anchor", "remove", "g2", "--fleet", site.directory.path("fleet")});
  expect_status(last, ExitStatus::kBad);
  expect_contains(last.question, "hanako: ");
  expect_contains(last.question, "3 account(s): 2 without a working card then");
}
END_TEST

START_TEST(before_the_cut_off) {
  const Municipality site;
  for (const char* at : {"2024-06-15", kLastSecond}) {
    const Ran ran = site.check({"--at", at});
    expect_status(ran, ExitStatus::kGood);
    expect_contains(ran.out, "old generation taro: g1");
    expect_absent(ran.out, "hanako");
    expect_absent(ran.out, "jiro");
    expect_contains(ran.out, "3 account(s): 0 without a working card then, 1 on an old generation");
  }
}
END_TEST

START_TEST(at_the_cut_off) {
  const Municipality site;
  const Ran ran = site.check({"--at", kCutOff});
  expect_status(ran, ExitStatus::kBad);
  expect_contains(ran.out, "anchor g1: in force now, retired then");
  expect_contains(ran.out, "kind jpki-authentication: g1, g2 now, g2 then");
  expect_contains(ran.out, "JPKI-307 taro: ");
  expect_contains(ran.out, "3 account(s): 1 without a working card then, 0 on an old generation");
  const auto json = nlohmann::json::parse(site.check({"--at", kCutOff, "--json"}).out);
  ck_assert(json["stopped"].size() == 1 && json["stopped"][0]["account"] == "taro");
  ck_assert(json["stopped"][0]["code"] == "JPKI-307" && json["stopped"][0]["already"] == false);
}
END_TEST

START_TEST(when_no_generation_is_left) {
  const Municipality site;
  const Ran ran = site.run({"anchor", "check", "--at", "2026-01-01"});
  expect_status(ran, ExitStatus::kBad);
  expect_contains(ran.out, "JPKI-307 kind jpki-authentication: no anchor in force then");
  expect_status(site.run({"anchor", "check"}), ExitStatus::kGood);
}
END_TEST

START_TEST(fleet_as_a_list) {
  const Municipality site;
  site.directory.write("fleet.txt", "# export\ntaro fleet/taro.der\r\njiro  fleet/jiro.pem\n\n");
  const Ran ran = site.run({"anchor", "check", "--fleet", site.directory.path("fleet.txt"), "--at", kCutOff});
  expect_status(ran, ExitStatus::kBad);
  expect_contains(ran.out, "2 account(s): 1 without");
  const auto refused = [&](const std::string& list, const std::string& why) {
    site.directory.write("bad.txt", list);
    const Ran bad = site.run({"anchor", "check", "--fleet", site.directory.path("bad.txt")});
    expect_status(bad, ExitStatus::kCouldNotTell);
    expect_contains(bad.err, why);
  };
  refused("taro\n", "bad.txt:1: write");
  refused("taro fleet/taro.der\njiro fleet/none.pem\n", "bad.txt:2: ");
  refused("taro fleet/notes.txt\n", "bad.txt:1: ");
  refused("# nobody\n", "contains no certificates");
}
END_TEST

START_TEST(cards_that_never_log_in) {
  const Municipality site;
  site.directory.write("fleet/saburo.pem",
                       ctl::to_pem(person().remove(pki::oid::kCertificatePolicies).sign(key("root"))));
  const Ran ran = site.check({});
  expect_status(ran, ExitStatus::kBad);
  expect_contains(ran.out, "saburo: certificate of kind unknown (already now)");
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("jpkictl-fleet");
  TCase* tc = tcase_create("fleet");
  tcase_set_timeout(tc, 60);
  for (const auto* test : {whose_cards_stop_with_an_anchor, before_the_cut_off, at_the_cut_off,
                           when_no_generation_is_left, fleet_as_a_list, cards_that_never_log_in})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "impostor"}) key(name);
  return run_suite(suite());
}
