// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl revocation plan and status.
#include "tests/unit/jpkictl/site.h"
#include "tests/unit/validator/crl_fixture.h"
#include "tests/unit/validator/crl_index_fixture.h"
#include "validator/revocation/file_memory.h"

#include <nlohmann/json.hpp>

namespace {

using namespace jpki;
using namespace jpki::test;
using ctl::ExitStatus;
using nlohmann::json;

// The platform by day, CRLs always.
constexpr char kSources[] = R"(
[revocation]
segment = "lgwan"
[[revocation.source]]
name = "platform"
type = "ocsp"
urls = ["http://ocsp.example/"]
segment = "lgwan"
hours = ["08:30-17:15"]
weekdays = ["mon", "tue", "wed", "thu", "fri"]
[[revocation.source]]
name = "elsewhere"
type = "ocsp"
urls = ["http://ocsp.example/"]
segment = "internet"
[[revocation.source]]
name = "lists"
type = "crl"
)";

struct Planned : Site {
  explicit Planned(const std::string& sources = kSources) { directory.write("jpki.toml", sources); }
  Ran plan(const std::string& at, bool as_json = true) const {
    std::vector<std::string> command{"revocation", "plan", "--at", at};
    if (as_json) command.emplace_back("--json");
    return run(std::move(command));
  }
};

START_TEST(what_logins_remember_can_be_forgotten) {
  Site site;
  site.add_anchor("g1", root());
  site.add_anchor("g2", root("impostor"));
  const x509::Certificate card = decoded(person().sign(key("root")));
  site.directory.write("card.der", as_text(card.der()));
  const std::vector<std::string> forget{"revocation", "forget", site.directory.path("card.der")};
  const Ran nothing = site.run(forget);
  expect_status(nothing, ExitStatus::kCouldNotTell);
  expect_contains(nothing.err, "no record that it was revoked");

  const revocation::EvidenceDirectory evidence(site.directory.path("evidence"), kSiteKey);
  revocation::FileMemory memory(evidence);
  const x509::Certificate issuer = decoded(root());
  ck_assert(memory.remember(card, issuer, {false, kNow}).has_value());
  bool dropped = false;
  site.become_helper = [&]() -> Expected<Unit, std::string> {
    dropped = true;
    return Unit{};
  };
  expect_status(site.run(forget), ExitStatus::kGood);
  ck_assert(dropped && !memory.recall(card, issuer)->has_value());
  // Nothing is decoded, and nothing forgotten, by root.
  ck_assert(memory.remember(card, issuer, {false, kNow}).has_value());
  site.become_helper = []() -> Expected<Unit, std::string> {
    return Unexpected{std::string("no such user")};
  };
  expect_status(site.run(forget), ExitStatus::kCouldNotTell);
  ck_assert(memory.recall(card, issuer)->has_value());
}
END_TEST

START_TEST(by_day_and_by_night) {
  const Planned site;
  const Ran day = site.plan("2026-11-24T17:14:59+09:00");
  expect_status(day, ExitStatus::kGood);
  const auto by_day = json::parse(day.out)["sources"];
  ck_assert(by_day[0]["asked"] == true && by_day[0]["order"] == 1 && by_day[0]["why_not"].is_null());
  ck_assert(by_day[1]["asked"] == false && by_day[2]["order"] == 2);
  expect_contains(by_day[1]["why_not"].get<std::string>(), "segment");
  const auto by_night = json::parse(site.plan("2026-11-24T17:15:00+09:00").out)["sources"];
  ck_assert(by_night[0]["asked"] == false && by_night[2]["order"] == 1);
  expect_contains(by_night[0]["why_not"].get<std::string>(), "closed until 2026-11-25 08:30 +0900");
}
END_TEST

START_TEST(the_switch_is_announced) {
  const Planned site;
  const Ran ran = site.plan("2026-11-24T12:00:00+09:00", false);
  expect_status(ran, ExitStatus::kGood);
  expect_contains(ran.out, "1      platform   ocsp  yes    2026-11-24 17:15 +0900");
  expect_contains(ran.out, "segment lgwan");
}
END_TEST

START_TEST(nobody_to_ask) {
  std::string sources(kSources);
  sources.resize(sources.rfind("[[revocation.source]]"));
  const Planned site(sources);
  const Ran ran = site.plan("2026-11-24T20:00:00+09:00", false);
  expect_status(ran, ExitStatus::kBad);
  expect_contains(ran.out, "JPKI-402");
  expect_status(site.plan("someday"), ExitStatus::kCouldNotTell);
}
END_TEST

struct Indexed : Site {
  Indexed() { directory.write("jpki.toml", "[revocation]\nindex = \"" + directory.path("crl.idx") + "\"\n"); }
  void compile_aged(const std::vector<std::chrono::hours>& ages) const {
    std::vector<Blob> crls;
    for (const auto age : ages) {
      auto crl = full_crl();
      crl.this_update = kNow - age;
      crls.push_back(crl.sign(key("root")));
    }
    compile(directory.path("crl.idx"), crls);
  }
};

START_TEST(ages_of_the_index) {
  const Indexed site;
  site.compile_aged({std::chrono::hours(1), std::chrono::hours(30)});
  const Ran ran = site.run({"revocation", "status", "--json"});
  expect_status(ran, ExitStatus::kGood);
  const auto status = json::parse(ran.out);
  ck_assert(status["crls"] == 2 && status["entries"] == 4 && status["stale"] == 0);
  ck_assert(status["newest_age_seconds"] == 3600 && status["oldest_age_seconds"] == 30 * 3600);
  ck_assert(status["next_to_expire"].is_string());
}
END_TEST

START_TEST(crls_that_no_longer_count) {
  Indexed site;
  site.compile_aged({std::chrono::hours(1), std::chrono::hours(49)});
  const Ran ran = site.run({"revocation", "status"});
  expect_status(ran, ExitStatus::kBad);
  expect_contains(ran.out, "JPKI-403 revocation-stale: 1 CRL(s)");
  expect_contains(ran.out, "FILE");
  expect_contains(ran.out, "2 d  ");
  const auto stale = json::parse(site.run({"revocation", "status", "--json"}).out)["stale_crls"];
  ck_assert(stale.size() == 1 && stale[0]["age_seconds"] == 49 * 3600 && stale[0]["file"].is_string());
  ck_assert(stale[0]["next_update"].is_string());
  expect_absent(ran.out, "JPKI-TEST");
  site.now = kNow + 2 * kDay;  // past nextUpdate
  expect_contains(site.run({"revocation", "status"}).out, "2 CRL(s)");
}
END_TEST

START_TEST(no_index) {
  const Indexed site;
  const Ran missing = site.run({"revocation", "status"});
  expect_status(missing, ExitStatus::kCouldNotTell);
  expect_contains(missing.err, "run: jpki-crl-refresh");
  site.directory.write("crl.idx", "junk", std::filesystem::perms(0640));
  expect_status(site.run({"revocation", "status"}), ExitStatus::kCouldNotTell);
  site.compile_aged({});
  expect_status(site.run({"revocation", "status"}), ExitStatus::kBad);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("jpkictl-revocation");
  TCase* tc = tcase_create("revocation");
  tcase_set_timeout(tc, 60);
  for (const auto* test : {by_day_and_by_night, the_switch_is_announced, nobody_to_ask, ages_of_the_index,
                           crls_that_no_longer_count, no_index, what_logins_remember_can_be_forgotten})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "impostor"}) (void)key(name);
  return run_suite(suite());
}
