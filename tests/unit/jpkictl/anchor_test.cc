// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/jpkictl/site.h"

#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using ctl::ExitStatus;

std::string fingerprint(const Blob& certificate) {
  return trust::spelled(*trust::fingerprint_of(certificate));
}

std::vector<std::string> add_command(const Site& site, std::vector<std::string> more = {}) {
  std::vector<std::string> command{"anchor",       "add",    site.directory.path("ca.cer"), "--name",
                                   "jpki-auth-g1", "--kind", "jpki-authentication"};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

std::vector<std::string> listed(const Site& site) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(site.directory.path("anchors.d")))
    if (const std::string name = entry.path().filename(); !name.starts_with('.')) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

START_TEST(added_after_the_right_fingerprint) {
  Site site;
  site.directory.write("ca.cer", as_text(root()));
  site.answer = fingerprint(root());
  const Ran ran = site.run(add_command(
      site, {"--accept-from", "2023-07-16T00:00:00+09:00", "--accept-until", "2033-07-15T00:00:00+09:00"}));
  expect_status(ran, ExitStatus::kGood);
  expect_contains(ran.question, "typed from the official publication");
  expect_contains(ran.out, "JPKI-TEST");
  const auto store = trust::load_trust_store(site.directory.path("anchors.d"), {.owner = ::getuid()});
  ck_assert_msg(store.has_value(), "%s", store ? "" : store.error().c_str());
  ck_assert(store->size() == 1 && store->front().name == "jpki-auth-g1");
  ck_assert(store->front().functions == trust::kDefaultFunctions && store->front().accept_until.has_value());
  for (const char* file : {"jpki-auth-g1.toml", "jpki-auth-g1.pem"}) {
    struct stat info {};
    ck_assert_int_eq(::stat(site.directory.path(std::string("anchors.d/") + file).c_str(), &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0644);
  }
}
END_TEST

// Everybody can open the directory, and lock it.
START_TEST(who_locks_the_directory_locks_nobody_out) {
  Site site;
  const int directory = ::open(site.directory.path("anchors.d").c_str(), O_RDONLY | O_DIRECTORY);
  ck_assert_int_eq(::flock(directory, LOCK_EX), 0);
  site.directory.write("ca.cer", as_text(root()));
  site.answer = fingerprint(root());
  expect_status(site.run(add_command(site)), ExitStatus::kGood);
  ::close(directory);
  const int file = ::open(site.directory.path("anchors.d/.refresh.lock").c_str(), O_RDWR);
  struct stat info {};
  ck_assert(::fstat(file, &info) == 0 && (info.st_mode & 07777) == 0600);
  ck_assert_int_eq(::flock(file, LOCK_EX), 0);
  const Ran second = site.run({"anchor", "remove", "jpki-auth-g1", "--yes"});
  ::close(file);
  expect_status(second, ExitStatus::kCouldNotTell);
  expect_contains(second.err, "another jpkictl is changing it");
}
END_TEST

START_TEST(added_without_a_terminal) {
  Site site;
  site.directory.write("ca.cer", ctl::to_pem(root()));
  expect_status(site.run(add_command(site)), ExitStatus::kCouldNotTell);
  const Ran ran =
      site.run(add_command(site, {"--sha256", fingerprint(root()), "--function", "revocation-data"}));
  expect_status(ran, ExitStatus::kGood);
  expect_text(ran.question, "");
  const auto store = trust::load_trust_store(site.directory.path("anchors.d"), {.owner = ::getuid()});
  ck_assert(store && store->front().functions == std::vector{trust::Function::kRevocationData});
}
END_TEST

// What is on the screen would be copied: before the match it is neither the fingerprint nor the certificate.
START_TEST(a_wrong_fingerprint_writes_and_shows_nothing) {
  Site site;
  site.directory.write("ca.cer", as_text(root()));
  const std::string right = fingerprint(root());
  for (const auto& [typed, status] : {std::pair{fingerprint(root("impostor")), ExitStatus::kBad},
                                      {std::string("AB:CD"), ExitStatus::kCouldNotTell},
                                      {std::string(), ExitStatus::kCouldNotTell}}) {
    site.answer = typed;
    const Ran ran = site.run(add_command(site));
    expect_status(ran, status);
    const std::string shown = ran.question + ran.out + ran.err;
    expect_absent(shown, right.substr(0, 11));
    expect_absent(shown, "JPKI-TEST");
    expect_contains(ran.err, "nothing was written");
    ck_assert(listed(site).empty());
  }
}
END_TEST

// Until the fingerprint matches, root decodes nothing of the file.
START_TEST(what_has_another_fingerprint_is_not_decoded) {
  Site site;
  site.answer = fingerprint(root());
  for (const Blob& file : {to_blob(as_bytes("junk")), person().sign(key("root")), root("short")}) {
    site.directory.write("ca.cer", as_text(file));
    const Ran ran = site.run(add_command(site));
    expect_status(ran, ExitStatus::kBad);
    expect_contains(ran.err, "does not match");
    expect_absent(ran.err, "ca.cer");
  }
}
END_TEST

START_TEST(what_is_never_added) {
  Site site;
  const auto refused_when = [&](bool asked, const Blob& file, std::vector<std::string> more,
                                const std::string& why) {
    site.directory.write("ca.cer", as_text(file));
    site.answer = fingerprint(file);
    const Ran ran = site.run(add_command(site, std::move(more)));
    expect_status(ran, ExitStatus::kCouldNotTell);
    expect_contains(ran.err, why);
    ck_assert_int_eq(!ran.question.empty(), asked);
    expect_absent(ran.out, "JPKI-TEST");
    ck_assert(listed(site).empty());
  };
  const auto refused_after_the_match = [&](const Blob& file, const std::string& why) {
    refused_when(true, file, {}, why);
  };
  const auto refused = [&](const Blob& file, std::vector<std::string> more, const std::string& why) {
    refused_when(false, file, std::move(more), why);
  };
  refused_after_the_match(person().sign(key("root")), "not a CA certificate");
  refused_after_the_match(root("short"), "too weak");
  refused_after_the_match(to_blob(as_bytes("junk")), "ca.cer");
  refused(to_blob(as_bytes(ctl::to_pem(root()) + ctl::to_pem(root("short")))), {}, "more than one");
  refused(root(), {"--kind", "jpki"}, "not a kind of certificate");
  refused(root(), {"--function", "tls", "--function", "login"}, "alone");
  refused(root(), {"--accept-from", "2027-04-01"}, "offset");
  refused(root(), {"--accept-until", "tomorrow"}, "--accept-until");
  refused(root(), {"--accept-from", "2027-04-01T00:00:00Z", "--accept-until", "2027-04-01T00:00:00Z"},
          "later than");
  for (const char* name : {"../x", ".x", "", "a b", "-x"}) {
    const Ran ran = site.run({"anchor", "add", site.directory.path("ca.cer"), std::string("--name=") + name,
                              "--kind", "jpki-authentication"});
    // An empty value is no value.
    expect_status(ran, *name == '\0' ? ExitStatus::kUsage : ExitStatus::kCouldNotTell);
    ck_assert(listed(site).empty());
  }
}
END_TEST

START_TEST(taken_names_are_kept) {
  Site site;
  site.directory.write("ca.cer", as_text(root("impostor")));
  site.answer = fingerprint(root("impostor"));
  site.add_anchor("jpki-auth-g1", root());
  const Ran ran = site.run(add_command(site));
  expect_status(ran, ExitStatus::kCouldNotTell);
  expect_contains(ran.err, "already exists");
  const auto store = trust::load_trust_store(site.directory.path("anchors.d"), {.owner = ::getuid()});
  ck_assert(store && std::ranges::equal(store->front().certificate.der(), root()));
}
END_TEST

// Retiring one of two would change nothing.
START_TEST(an_authority_is_added_once) {
  Site site;
  site.directory.write("ca.cer", as_text(root()));
  site.answer = fingerprint(root());
  site.add_anchor("old", root(), "functions = [\"login\"]\n");
  const Ran ran = site.run(add_command(site));
  expect_status(ran, ExitStatus::kCouldNotTell);
  expect_contains(ran.err, "already an anchor: old");
  // Another function, such as TLS, needs an anchor of its own.
  expect_status(site.run(add_command(site, {"--function", "revocation-data"})), ExitStatus::kGood);
}
END_TEST

START_TEST(list_shows_states) {
  Site site;
  site.add_anchor("a", root());
  site.add_anchor("b", root(), "accept_until = 2024-01-01T00:00:00+09:00\n");
  site.add_anchor("c", root(), "accept_from = 2025-01-01T00:00:00+09:00\nfunctions = [\"login\"]\n");
  const Ran text = site.run({"anchor", "list"});
  expect_status(text, ExitStatus::kGood);
  expect_contains(text.out, "NAME  STATE     ACCEPT FROM");
  const auto json = nlohmann::json::parse(site.run({"anchor", "list", "--json"}).out);
  ck_assert(json.size() == 3 && json[0]["state"] == "in force" && json[1]["state"] == "retired");
  ck_assert(json[2]["state"] == "not yet" && json[2]["functions"] == nlohmann::json{"login"});
  site.now = kNow + 400 * kDay;
  ck_assert(nlohmann::json::parse(site.run({"anchor", "list", "--json"}).out)[0]["state"] == "expired");

  site.directory.write("anchors.d/bad.toml", "x = 1\n");
  const Ran bad = site.run({"anchor", "list"});
  expect_status(bad, ExitStatus::kCouldNotTell);
  expect_contains(bad.err, "bad.toml");
}
END_TEST

START_TEST(removing) {
  Site site;
  site.add_anchor("g1", root(), "functions = [\"login\"]\n");
  const Blob other = pki::distinguished_name({pki::country("JP"), pki::common_name("Other CA")});
  site.add_anchor("g2", authority(other, other, "impostor").sign(key("impostor")),
                  "functions = [\"revocation-data\"]\n");
  site.answer = "no";
  const Ran refused = site.run({"anchor", "remove", "g1"});
  expect_status(refused, ExitStatus::kBad);
  expect_contains(refused.question, "last anchor in force for jpki-authentication");
  expect_contains(refused.question, "last anchor with the function login");
  ck_assert_uint_eq(listed(site).size(), 4);
  site.answer.reset();
  expect_status(site.run({"anchor", "remove", "g1"}), ExitStatus::kCouldNotTell);
  site.answer = "yes";
  expect_status(site.run({"anchor", "remove", "g1"}), ExitStatus::kGood);
  ck_assert(listed(site) == (std::vector<std::string>{"g2.pem", "g2.toml"}));
  expect_status(site.run({"anchor", "remove", "g1"}), ExitStatus::kCouldNotTell);
  expect_status(site.run({"anchor", "remove", "../g2"}), ExitStatus::kCouldNotTell);
  const Ran last = site.run({"anchor", "remove", "g2"});
  expect_contains(last.question, "nobody will be able to log in");
  ck_assert(listed(site).empty());
}
END_TEST

START_TEST(a_generation_is_retired_and_not_removed) {
  Site site;
  site.add_anchor("g1", root());
  site.add_anchor("g2", root("impostor"));
  site.answer = "yes";
  const Ran refused = site.run({"anchor", "remove", "g1"});
  expect_status(refused, ExitStatus::kCouldNotTell);
  expect_contains(refused.err, "set accept_until in this file instead");
  ck_assert_uint_eq(listed(site).size(), 4);
  expect_status(site.run({"anchor", "remove", "g1", "--yes"}), ExitStatus::kGood);
  // The last one has no other to come back through.
  expect_status(site.run({"anchor", "remove", "g2"}), ExitStatus::kGood);
}
END_TEST

START_TEST(a_certificate_of_two_anchors_stays) {
  Site site;
  site.add_anchor("g1", root());
  std::ostringstream rules;
  rules << std::ifstream(site.directory.path("anchors.d/g1.toml")).rdbuf();
  site.directory.write("anchors.d/g1-crl.toml", rules.str() + "functions = [\"revocation-data\"]\n");
  expect_status(site.run({"anchor", "remove", "g1", "--yes"}), ExitStatus::kGood);
  ck_assert(listed(site) == (std::vector<std::string>{"g1-crl.toml", "g1.pem"}));
  // One that is broken can still be removed.
  site.directory.write("anchors.d/bad.toml", "x = 1\n");
  expect_status(site.run({"anchor", "remove", "bad", "--yes"}), ExitStatus::kGood);
  ck_assert_uint_eq(listed(site).size(), 2);
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("jpkictl-anchor");
  TCase* tc = tcase_create("anchor");
  tcase_set_timeout(tc, 60);
  for (const auto* test :
       {added_after_the_right_fingerprint, who_locks_the_directory_locks_nobody_out, added_without_a_terminal,
        a_wrong_fingerprint_writes_and_shows_nothing, what_has_another_fingerprint_is_not_decoded,
        what_is_never_added, taken_names_are_kept, an_authority_is_added_once, list_shows_states, removing,
        a_generation_is_retired_and_not_removed, a_certificate_of_two_anchors_stays})
    tcase_add_test(tc, test);
  suite_add_tcase(s, tc);
  return s;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "impostor", "short"}) key(name);
  return run_suite(suite());
}
