// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-crl-refresh's decisions about files: what gets into the index, what stays in it, what is told.
#include "base/progress_bar.h"
#include "tests/unit/validator/crl_refresh_fixture.h"

#include <csignal>

#include <gnutls/gnutls.h>
#include <sys/resource.h>

namespace jpki::test {
namespace {

START_TEST(a_dropped_crl_is_compiled) {
  Site site;
  site.drop("a.crl", text(signed_crl(7)));
  const Report report = site.run();
  expect_problems(report, "");
  ck_assert(report.written && report.compiled == 1);
  ck_assert(site.index().section(0)->find(Blob{0x11}, decoded(root()).subject())->has_value());
  ck_assert_int_eq(exit_status(report), 0);
}
END_TEST

START_TEST(a_dropped_pem_crl_is_compiled) {
  Site site;
  const Blob crl = signed_crl(7);
  const gnutls_datum_t raw{const_cast<unsigned char*>(crl.data()), static_cast<unsigned>(crl.size())};
  gnutls_datum_t pem{};
  ck_assert_int_eq(gnutls_pem_base64_encode_alloc("X509 CRL", &raw, &pem), 0);
  const std::string content(reinterpret_cast<const char*>(pem.data), pem.size);
  gnutls_free(pem.data);
  site.drop("a.crl", content);
  expect_problems(site.run(), "");
  expect_text(site.numbers(), "07 ");
  ck_assert(!site.run().written);
  site.drop("a.crl", content.substr(0, content.size() / 2));
  expect_problems(site.run(), "JPKI-702 ");
  expect_text(site.numbers(), "07 ");
}
END_TEST

START_TEST(what_did_not_change_is_not_written_again) {
  Site site;
  site.drop("a.crl", text(signed_crl(7)));
  (void)site.run();
  const auto before = std::filesystem::last_write_time(site.index_file());
  const Report report = site.run();
  expect_problems(report, "");
  ck_assert(!report.written && std::filesystem::last_write_time(site.index_file()) == before);
  ck_assert(report.compiled == 0 && report.unchanged == 1);
  site.drop("b.crl", text(city_crl("Minato").sign(key("root"))));
  const Report second = site.run();
  ck_assert_uint_eq(second.compiled, 1);
  ck_assert_uint_eq(second.unchanged, 1);
}
END_TEST

START_TEST(no_index_out_of_a_directory_that_cannot_be_used) {
  Site site;
  site.drop("a.crl", text(signed_crl(7)));
  std::filesystem::permissions(site.directory.path(), std::filesystem::perms(0777));
  const Report report = site.run();
  expect_problems(report, "JPKI-711 JPKI-722 ");  // the index lies there, too
  ck_assert(!report.written && !std::filesystem::exists(site.index_file()));
}
END_TEST

START_TEST(a_newer_crl_replaces_the_older_one) {
  Site site;
  site.drop("a.crl", text(signed_crl(7)));
  (void)site.run();
  site.drop("b.crl", text(signed_crl(8, kNow - std::chrono::hours(1))));
  const Report report = site.run();
  expect_problems(report, "");
  expect_text(site.numbers(), "08 ");
  ck_assert_uint_eq(report.remarks.size(), 1);
  expect_contains(report.remarks.front(), "a.crl: superseded");
}
END_TEST

START_TEST(a_lower_crl_number_is_refused) {
  Site site;
  site.drop("a.crl", text(signed_crl(0x100)));
  (void)site.run();
  site.drop("a.crl", text(signed_crl(0xff, kNow - std::chrono::hours(1))));
  const Report report = site.run();
  expect_problems(report, "JPKI-710 ");
  expect_text(site.numbers(), "0100 ");
  ck_assert_int_eq(exit_status(report), 1);
}
END_TEST

START_TEST(an_earlier_this_update_is_refused) {
  Site site;
  site.drop("a.crl", text(signed_crl(7)));
  (void)site.run();
  site.drop("a.crl", text(signed_crl(8, kNow - std::chrono::hours(9))));
  expect_problems(site.run(), "JPKI-710 ");
  expect_text(site.numbers(), "07 ");
}
END_TEST

START_TEST(a_bad_file_keeps_the_good_crl) {
  auto corrupt = numbered(8);
  corrupt.signature.corrupt = true;
  auto unknown = numbered(8).add({"2.999.1", true, Blob{0x05, 0}});
  auto weak = numbered(8);
  weak.signature.digest = pki::Digest::kSha1;
  auto entry = numbered(8);
  entry.entries.push_back({Blob{0x35}, kNow - kDay, std::nullopt, {{"2.999.1", true, Blob{0x05, 0}}}});
  auto endless = numbered(8);
  endless.next_update.reset();
  const std::string good = text(signed_crl(8));
  const std::pair<std::string, std::string> cases[] = {
      {"garbage", "JPKI-703 "},
      {"", "JPKI-703 "},
      {good.substr(0, good.size() - 1), "JPKI-703 "},
      {text(corrupt.sign(key("root"))), "JPKI-705 "},
      {text(numbered(8).sign(key("other"))), "JPKI-705 "},
      {text(weak.sign(key("root"))), "JPKI-706 "},
      {text(unknown.sign(key("root"))), "JPKI-707 "},
      {text(endless.sign(key("root"))), "JPKI-707 "},
      {text(signed_crl(8, kNow + kDay)), "JPKI-708 "},
      {text(entry.sign(key("root"))), "JPKI-703 "},
  };
  for (const auto& [content, problem] : cases) {
    Site site;
    site.drop("a.crl", text(signed_crl(7)));
    (void)site.run();
    site.drop("a.crl", content);
    const Report report = site.run();
    expect_problems(report, problem);
    ck_assert_int_eq(exit_status(report), 1);
    expect_text(site.numbers(), "07 ");
    ck_assert(site.index().section(0)->find(Blob{0x11}, decoded(root()).subject())->has_value());
  }
}
END_TEST

START_TEST(one_bad_file_does_not_stop_the_others) {
  Site site;
  site.drop("a.crl", "garbage");
  site.drop("b.crl", text(signed_crl(7)));
  const Report report = site.run();
  expect_problems(report, "JPKI-703 ");
  expect_contains(to_line(report.problems.front()), "a.crl");
  expect_text(site.numbers(), "07 ");
}
END_TEST

START_TEST(a_stale_crl_is_told_and_replaces_nothing_fresh) {
  Site site;
  site.drop("a.crl", text(signed_crl(7)));
  (void)site.run();
  site.now = kNow + std::chrono::hours(19);
  expect_problems(site.run(), "JPKI-709 ");
  expect_text(site.numbers(), "07 ");
  auto stale = numbered(8, kNow - std::chrono::hours(3));
  stale.next_update = kNow - std::chrono::hours(1);
  site.now = kNow;
  site.drop("a.crl", text(stale.sign(key("root"))));
  expect_problems(site.run(), "JPKI-709 ");
  expect_text(site.numbers(), "07 ");
}
END_TEST

// crl_max_age is a limit of its own, whatever nextUpdate says.
START_TEST(a_crl_beyond_the_maximum_age_is_stale) {
  Site site;
  auto lasting = numbered(7);
  lasting.next_update = kNow + 30 * kDay;
  site.drop("a.crl", text(lasting.sign(key("root"))));
  site.now = lasting.this_update + std::chrono::hours(48);
  expect_problems(site.run(), "");
  site.now += std::chrono::seconds(1);
  expect_problems(site.run(), "JPKI-709 ");
}
END_TEST

START_TEST(a_crl_without_a_file_stays_until_its_limits) {
  Site site;
  site.drop("a.crl", text(signed_crl(7)));
  (void)site.run();
  site.remove("a.crl");
  expect_problems(site.run(), "");
  expect_text(site.numbers(), "07 ");
  site.now = kNow + std::chrono::hours(19);
  expect_problems(site.run(), "JPKI-714 ");
  expect_text(site.numbers(), "");
  expect_problems(site.run(), "");
}
END_TEST

START_TEST(a_damaged_index_is_told_and_made_anew) {
  Site site;
  site.drop("a.crl", text(signed_crl(7)));
  (void)site.run();
  site.drop("crl.idx", "garbage");
  expect_problems(site.run(), "JPKI-711 ");
  expect_text(site.numbers(), "07 ");
  expect_problems(site.run(), "");
}
END_TEST

START_TEST(a_rebuild_takes_nothing_from_the_last_index) {
  Site site;
  site.drop("a.crl", text(signed_crl(7)));
  (void)site.run();
  site.rebuild = true;
  const Report report = site.run();
  ck_assert(report.written && report.compiled == 1 && report.unchanged == 0);
}
END_TEST

START_TEST(a_full_disk_keeps_the_index) {
  Site site;
  site.drop("a.crl", text(signed_crl(7)));
  (void)site.run();
  auto big = numbered(8);
  for (int n = 0; n < 20000; ++n)
    big.revoke(Blob{0x01, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}, kNow - kDay);
  site.drop("a.crl", text(big.sign(key("root"))));
  ::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit limit { 16384, RLIM_INFINITY };
  // The file was copied and verified; the index is yet to be written.
  const Report report = site.run([&] { ck_assert_int_eq(::setrlimit(RLIMIT_FSIZE, &limit), 0); });
  expect_problems(report, "JPKI-723 ");
  expect_contains(to_line(report.problems.front()), "make room");
  ck_assert_int_eq(exit_status(report), 2);
  expect_text(site.numbers(), "07 ");
}
END_TEST

// Whoever writes into a file of the directory while it is judged changes nothing of what was verified.
START_TEST(a_file_that_is_written_to_meanwhile_changes_nothing) {
  const std::string content = text(numbered(7).revoke(kPersonSerial, kNow - kDay).sign(key("root")));
  const auto serial = content.find("\x8f\x01\x02\x03");
  ck_assert(serial != std::string::npos);
  const std::function<void(int)> writers[] = {
      [&](int fd) { ck_assert_int_eq(::pwrite(fd, "\x8f\x01\x02\x99", 4, static_cast<off_t>(serial)), 4); },
      [&](int fd) { ck_assert_int_eq(::ftruncate(fd, 0), 0); },
  };
  for (const auto& write : writers) {
    Site site;
    site.drop("a.crl", content);
    const Report report = site.run([&] {
      const UniqueFd fd(::open(site.directory.path("a.crl").c_str(), O_WRONLY));
      write(fd.get());
    });
    expect_problems(report, "");
    const auto found = site.index().section(0)->find(kPersonSerial, decoded(root()).subject());
    ck_assert(found.has_value() && found->has_value());
    ck_assert_uint_eq(site.run().problems.size(), 1);
  }
}
END_TEST

START_TEST(a_rebuild_goes_back_behind_nothing) {
  Site site;
  site.drop("a.crl", text(signed_crl(8)));
  (void)site.run();
  site.drop("a.crl", text(signed_crl(7, kNow - std::chrono::hours(9))));
  site.rebuild = true;
  const Report report = site.run();
  expect_problems(report, "JPKI-710 ");
  expect_text(site.numbers(), "08 ");
  // If the CA really went back, what the line says to run helps.
  follow_remedy(report.problems.front());
  site.rebuild = false;
  expect_problems(site.run(), "");
  expect_text(site.numbers(), "07 ");
}
END_TEST

START_TEST(an_index_of_a_clock_that_was_ahead_is_written_again) {
  Site site;
  site.drop("a.crl", text(signed_crl(7)));
  (void)site.run();
  ck_assert(!site.run().written);
  site.written_at(kNow + std::chrono::hours(1));
  ck_assert(site.run().written);
}
END_TEST

// A CRL of the index that is dated after now was published all the same: the clock is slow. Written again,
// the index would be as old as the clock says, and logins would believe the clock.
START_TEST(a_slow_clock_leaves_the_index_as_it_is) {
  Site site;
  site.drop("a.crl", text(signed_crl(7)));
  (void)site.run();
  const Time published = kNow - std::chrono::hours(6);
  site.now = published - std::chrono::minutes(5) - std::chrono::seconds(1);
  for (const bool rebuild : {false, true}) {
    site.rebuild = rebuild;
    site.written_at(kNow);
    const Report report = site.run();
    expect_problems(report, rebuild ? "JPKI-708 JPKI-708 " : "JPKI-708 ");
    expect_contains(to_line(report.problems.back()), "clock is slow");
    ck_assert(!report.written && report.unchanged == 1 && exit_status(report) == 1);
    expect_text(site.numbers(), "07 ");
  }
  // Whatever else there is to write.
  site.rebuild = false;
  auto other = city_crl("Chiyoda CRLDP");
  other.this_update = published - std::chrono::hours(1);
  site.drop("b.crl", text(other.sign(key("root"))));
  site.written_at(kNow);
  expect_problems(site.run(), "JPKI-708 ");
  ck_assert_uint_eq(site.index().section_count(), 1);
  // As far as clocks may differ is no slow clock.
  site.now += std::chrono::seconds(1);
  site.written_at(kNow);
  expect_problems(site.run(), "");
  ck_assert_uint_eq(site.index().section_count(), 2);
}
END_TEST

// RFC 5280 5.2.3: CRLNumber and thisUpdate grow together; without the one the other tells.
START_TEST(the_newest_file_counts_whether_it_has_a_number_or_not) {
  auto unnumbered = numbered(1, kNow - std::chrono::hours(2));
  unnumbered.extensions.clear();
  Site site;
  site.drop("a.crl", text(signed_crl(9, kNow - std::chrono::hours(3))));
  site.drop("b.crl", text(unnumbered.sign(key("root"))));
  site.drop("c.crl", text(signed_crl(8, kNow - std::chrono::hours(1))));
  expect_problems(site.run(), "");
  expect_text(site.numbers(), "08 ");
}
END_TEST

START_TEST(an_unsafe_file_is_told) {
  Site site;
  site.drop("a.crl", text(signed_crl(7)));
  std::filesystem::permissions(site.directory.path("a.crl"), std::filesystem::perms(0666));
  const Report report = site.run();
  expect_problems(report, "JPKI-702 ");
  expect_contains(to_line(report.problems.front()), "chmod go-w");
}
END_TEST

START_TEST(a_missing_directory_is_fatal) {
  Site site;
  std::filesystem::remove_all(site.directory.path());
  const Report report = site.run();
  ck_assert_int_eq(exit_status(report), 2);
}
END_TEST

START_TEST(the_bar_tells_step_and_part) {
  expect_text(bar_line("fetch a.crl", 0, 0), "fetch a.crl");
  expect_text(bar_line("verify a.crl", 1, 2),
              "verify a.crl                     [###############...............]  50 %");
  expect_text(bar_line("verify a.crl", 9, 2),
              "verify a.crl                     [##############################] 100 %");
}
END_TEST

}  // namespace
}  // namespace jpki::test

int main() {
  using namespace jpki::test;
  for (const char* name : {"root", "old-root", "other", "signer", "person"}) (void)key(name);
  Suite* suite = suite_create("crl_refresh");
  TCase* tests = tcase_create("refresh");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, a_dropped_crl_is_compiled);
  tcase_add_test(tests, a_dropped_pem_crl_is_compiled);
  tcase_add_test(tests, what_did_not_change_is_not_written_again);
  tcase_add_test(tests, no_index_out_of_a_directory_that_cannot_be_used);
  tcase_add_test(tests, a_newer_crl_replaces_the_older_one);
  tcase_add_test(tests, a_lower_crl_number_is_refused);
  tcase_add_test(tests, an_earlier_this_update_is_refused);
  tcase_add_test(tests, a_bad_file_keeps_the_good_crl);
  tcase_add_test(tests, a_crl_beyond_the_maximum_age_is_stale);
  tcase_add_test(tests, one_bad_file_does_not_stop_the_others);
  tcase_add_test(tests, a_stale_crl_is_told_and_replaces_nothing_fresh);
  tcase_add_test(tests, a_crl_without_a_file_stays_until_its_limits);
  tcase_add_test(tests, a_damaged_index_is_told_and_made_anew);
  tcase_add_test(tests, a_rebuild_takes_nothing_from_the_last_index);
  tcase_add_test(tests, a_full_disk_keeps_the_index);
  tcase_add_test(tests, a_file_that_is_written_to_meanwhile_changes_nothing);
  tcase_add_test(tests, a_rebuild_goes_back_behind_nothing);
  tcase_add_test(tests, an_index_of_a_clock_that_was_ahead_is_written_again);
  tcase_add_test(tests, a_slow_clock_leaves_the_index_as_it_is);
  tcase_add_test(tests, the_newest_file_counts_whether_it_has_a_number_or_not);
  tcase_add_test(tests, an_unsafe_file_is_told);
  tcase_add_test(tests, a_missing_directory_is_fatal);
  tcase_add_test(tests, the_bar_tells_step_and_part);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
