// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The downloads of jpki-crl-refresh, with a fake network.
#include "tests/unit/validator/crl_refresh_fixture.h"
#include "validator/crl_refresh/download.h"

namespace jpki::test {
namespace {

START_TEST(a_download_becomes_a_file_and_a_section) {
  Site site;
  site.downloads = {{"city", {"http://down.example/city.crl", "http://crl.example/city.crl"}, ""}};
  site.fetcher.documents["http://crl.example/city.crl"] = {text(signed_crl(7)), "\"v7\""};
  expect_problems(site.run(), "");
  expect_text(site.numbers(), "07 ");
  ck_assert(std::filesystem::exists(site.directory.path("city.crl")));
}
END_TEST

START_TEST(a_fetcher_that_writes_later_changes_nothing) {
  Site site;
  site.downloads = {{"city", {"http://crl.example/city.crl"}, ""}};
  site.fetcher.documents["http://crl.example/city.crl"] = {text(signed_crl(7)), ""};
  const Report report = site.run([&] { site.fetcher.spoil(); });
  expect_problems(report, "");
  expect_text(site.numbers(), "07 ");
  ck_assert(site.index().section(0)->find(Blob{0x11}, decoded(root()).subject())->has_value());
  std::ifstream file(site.directory.path("city.crl"), std::ios::binary);
  expect_text(std::string(std::istreambuf_iterator<char>(file), {}), text(signed_crl(7)));
}
END_TEST

START_TEST(an_unchanged_download_is_asked_for_by_its_etag) {
  Site site;
  site.downloads = {{"city", {"http://crl.example/city.crl"}, ""}};
  auto& document = site.fetcher.documents["http://crl.example/city.crl"];
  document = {text(signed_crl(7)), "\"v7\""};
  (void)site.run();
  const Report second = site.run();
  expect_problems(second, "");
  ck_assert(!second.written);
  expect_text(site.fetcher.requests.at(1).etag, "\"v7\"");
  // Somebody changed the file: what the server said about it is void.
  site.drop("city.crl", "garbage");
  expect_problems(site.run(), "");
  expect_text(site.fetcher.requests.at(2).etag, "");
  expect_text(site.numbers(), "07 ");
}
END_TEST

// An ETag is one server's: another one could use the same for another document.
START_TEST(an_etag_is_for_the_server_that_gave_it) {
  Site site;
  site.downloads = {{"city", {"http://down.example/city.crl", "http://crl.example/city.crl"}, ""}};
  site.fetcher.documents["http://crl.example/city.crl"] = {text(signed_crl(7)), "\"v7\""};
  (void)site.run();
  site.fetcher.documents["http://down.example/city.crl"] = {text(signed_crl(8)), "\"v7\""};
  expect_problems(site.run(), "");
  expect_text(site.fetcher.requests.at(1).etag, "");
  expect_text(site.numbers(), "08 ");
  expect_problems(site.run(), "");
  expect_text(site.fetcher.requests.at(2).etag, "\"v7\"");
}
END_TEST

START_TEST(a_bad_download_replaces_neither_file_nor_section) {
  for (const std::string& content : {std::string("<html>login</html>"), text(signed_crl(6))}) {
    Site site;
    site.downloads = {{"city", {"http://crl.example/city.crl"}, ""}};
    auto& document = site.fetcher.documents["http://crl.example/city.crl"];
    document = {text(signed_crl(7)), "\"v7\""};
    (void)site.run();
    document = {content, "\"v8\""};
    const Report report = site.run();
    expect_problems(report, content[0] == '<' ? "JPKI-703 " : "JPKI-710 ");
    expect_text(site.numbers(), "07 ");
    (void)site.run();
    expect_text(site.fetcher.requests.at(2).etag, "\"v7\"");
    ck_assert(!std::filesystem::exists(site.directory.path(".city.crl.new")));
  }
}
END_TEST

START_TEST(a_failed_download_uses_the_file_of_the_last_one) {
  Site site;
  site.downloads = {{"city", {"http://crl.example/city.crl"}, ""}};
  site.fetcher.documents["http://crl.example/city.crl"] = {text(signed_crl(7)), ""};
  (void)site.run();
  site.fetcher.documents.clear();
  site.rebuild = true;
  const Report report = site.run();
  expect_problems(report, "JPKI-701 ");
  expect_contains(to_line(report.problems.front()), "city.crl: crl.example: HTTP status 404");
  expect_text(site.numbers(), "07 ");
}
END_TEST

START_TEST(a_download_does_not_turn_into_another_crl) {
  Site site;
  site.downloads = {{"city", {"http://crl.example/city.crl"}, ""}};
  auto& document = site.fetcher.documents["http://crl.example/city.crl"];
  document = {text(city_crl("Chiyoda CRLDP").sign(key("root"))), "\"c\""};
  expect_problems(site.run(), "");
  document = {text(city_crl("Minato CRLDP").sign(key("root"))), "\"m\""};
  expect_problems(site.run(), "JPKI-713 ");
  std::ifstream file(site.directory.path("city.crl"), std::ios::binary);
  expect_text(std::string(std::istreambuf_iterator<char>(file), {}),
              text(city_crl("Chiyoda CRLDP").sign(key("root"))));
  // The next generation may have the address of the last one.
  site.anchors.push_back(anchor(root("other"), "g2"));
  document = {text(city_crl("Chiyoda CRLDP").sign(key("other"))), "\"n\""};
  expect_problems(site.run(), "");
  ck_assert_uint_eq(site.index().section_count(), 2);
}
END_TEST

START_TEST(two_downloads_of_one_crl_are_told) {
  Site site;
  site.downloads = {{"a", {"http://crl.example/a"}, ""}, {"b", {"http://crl.example/b"}, ""}};
  for (const char* url : {"http://crl.example/a", "http://crl.example/b"})
    site.fetcher.documents[url] = {text(signed_crl(7)), ""};
  const Report report = site.run();
  expect_problems(report, "JPKI-713 ");
  expect_contains(to_line(report.problems.front()), "b.crl: another file");
}
END_TEST

START_TEST(an_older_download_is_refused_whatever_became_of_the_index) {
  Site site;
  site.downloads = {{"city", {"http://crl.example/city.crl"}, ""}};
  auto& document = site.fetcher.documents["http://crl.example/city.crl"];
  document = {text(signed_crl(8, kNow - std::chrono::hours(1))), ""};
  (void)site.run();
  document = {text(signed_crl(7, kNow - std::chrono::hours(12))), ""};
  site.rebuild = true;
  expect_problems(site.run(), "JPKI-710 ");
  expect_text(site.numbers(), "08 ");
  site.rebuild = false;
  site.drop("crl.idx", "garbage");
  const Report report = site.run();
  expect_problems(report, "JPKI-711 JPKI-710 ");
  expect_text(site.numbers(), "08 ");
  // If the CA really went back, what the line says to run helps.
  follow_remedy(report.problems.back());
  expect_problems(site.run(), "");
  expect_text(site.numbers(), "07 ");
}
END_TEST

START_TEST(downloads_leave_room_on_the_disk) {
  Site site;
  site.downloads = {{"city", {"http://crl.example/city.crl"}, "", 4096}};
  site.fetcher.documents["http://crl.example/city.crl"] = {text(signed_crl(7)), ""};
  expect_problems(site.run(), "");
  ck_assert_uint_eq(site.fetcher.requests.at(0).max_size, 4096);
  site.limits.reserve = ~std::uint64_t{0};
  const Report report = site.run();
  expect_problems(report, "JPKI-701 ");
  expect_contains(to_line(report.problems.front()), "make room");
  ck_assert_uint_eq(site.fetcher.requests.size(), 1);
}
END_TEST

START_TEST(slow_downloads_do_not_keep_the_others_from_the_index) {
  Site site;
  site.drop("a.crl", text(signed_crl(7)));
  site.downloads = {{"city", {"http://crl.example/city.crl"}, ""}};
  site.limits.time = std::chrono::milliseconds(0);
  const Report report = site.run();
  expect_problems(report, "JPKI-701 ");
  expect_contains(to_line(report.problems.front()), "took too long");
  expect_text(site.numbers(), "07 ");
  site.limits.time = std::chrono::seconds(50);
  (void)site.run();
  ck_assert(site.fetcher.requests.at(0).timeout <= std::chrono::seconds(50));
}
END_TEST

START_TEST(many_downloads_run_in_turns) {
  Site site;
  for (int n = 0; n < 40; ++n) {
    const std::string url = "http://crl.example/" + std::to_string(n);
    site.downloads.push_back({"city" + std::to_string(n), {url}, ""});
    site.fetcher.documents[url] = {text(city_crl("City " + std::to_string(n)).sign(key("root"))), ""};
  }
  expect_problems(site.run(), "");
  ck_assert_uint_eq(site.index().section_count(), 40);
}
END_TEST

START_TEST(a_state_file_of_garbage_is_told_and_replaced) {
  Site site;
  site.downloads = {{"city", {"http://crl.example/city.crl"}, ""}};
  site.fetcher.documents["http://crl.example/city.crl"] = {text(signed_crl(7)), "\"v7\""};
  site.drop(kDownloadsFile, "[1, 2");
  expect_problems(site.run(), "JPKI-712 ");
  expect_problems(site.run(), "");
  for (const char* odd : {"{\"city\": 7}", "{\"city\": {\"etag\": 7, \"size\": -1, \"url\": null}}", "{}"}) {
    site.drop(kDownloadsFile, odd);
    expect_problems(site.run(), "");
  }
}
END_TEST

}  // namespace
}  // namespace jpki::test

int main() {
  using namespace jpki::test;
  for (const char* name : {"root", "old-root", "other", "signer", "person"}) (void)key(name);
  Suite* suite = suite_create("crl_download");
  TCase* tests = tcase_create("refresh");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, a_download_becomes_a_file_and_a_section);
  tcase_add_test(tests, a_fetcher_that_writes_later_changes_nothing);
  tcase_add_test(tests, an_unchanged_download_is_asked_for_by_its_etag);
  tcase_add_test(tests, an_etag_is_for_the_server_that_gave_it);
  tcase_add_test(tests, a_bad_download_replaces_neither_file_nor_section);
  tcase_add_test(tests, a_failed_download_uses_the_file_of_the_last_one);
  tcase_add_test(tests, a_download_does_not_turn_into_another_crl);
  tcase_add_test(tests, two_downloads_of_one_crl_are_told);
  tcase_add_test(tests, an_older_download_is_refused_whatever_became_of_the_index);
  tcase_add_test(tests, downloads_leave_room_on_the_disk);
  tcase_add_test(tests, slow_downloads_do_not_keep_the_others_from_the_index);
  tcase_add_test(tests, many_downloads_run_in_turns);
  tcase_add_test(tests, a_state_file_of_garbage_is_told_and_replaced);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
