// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What logins leave on the disk for later logins.
#include "tests/unit/support/privilege.h"
#include "tests/unit/validator/evidence_fixture.h"
#include "validator/revocation/memory_entry.h"
#include "validator/revocation/pseudonym_key.h"
#include "validator/revocation/statement_age.h"

#include <cerrno>
#include <csignal>
#include <filesystem>

#include <sys/resource.h>
#include <sys/syscall.h>

namespace {

// A disk that is full for as long as one of these files is there.
std::vector<std::string> fills_the_disk;

}  // namespace

// In place of the C library's.
extern "C" int fsync(int fd) {
  for (const std::string& file : fills_the_disk)
    if (std::filesystem::exists(file)) {
      errno = ENOSPC;
      return -1;
    }
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace {

using namespace jpki;
using namespace jpki::test;
using revocation::EvidenceCache;
using revocation::EvidenceDirectory;
using revocation::FileMemory;
using revocation::Remembered;

START_TEST(a_revocation_is_remembered) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  FileMemory memory(evidence);
  ck_assert(!memory.recall(disk.taro, disk.issuer)->has_value());
  ck_assert(memory.remember(disk.taro, disk.issuer, {false, kNow}).has_value());
  const EvidenceDirectory later = disk.open();
  const auto recalled = FileMemory(later).recall(disk.taro, disk.issuer);
  ck_assert(recalled && *recalled && !(*recalled)->on_hold);
  ck_assert_uint_eq(*FileMemory(later).size(), 1);
  // Another certificate, or the same number by another key, is not meant.
  auto other = person();
  other.serial = {0x05};
  ck_assert(!memory.recall(decoded(other.sign(key("root"))), disk.issuer)->has_value());
  ck_assert(!memory.recall(disk.taro, decoded(root("impostor")))->has_value());
}
END_TEST

START_TEST(a_hold_is_kept_with_its_time_and_can_be_forgotten) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  FileMemory memory(evidence);
  ck_assert(memory.remember(disk.taro, disk.issuer, {true, kNow}).has_value());
  ck_assert(memory.remember(disk.taro, disk.issuer, {true, kNow - 1h}).has_value());
  auto recalled = memory.recall(disk.taro, disk.issuer);
  ck_assert(recalled && *recalled && (*recalled)->on_hold && (*recalled)->this_update == kNow);
  ck_assert(memory.forget_hold(disk.taro, disk.issuer).has_value());
  ck_assert(!memory.recall(disk.taro, disk.issuer)->has_value());
  ck_assert(memory.remember(disk.taro, disk.issuer, {true, kNow}).has_value());
  ck_assert(memory.remember(disk.taro, disk.issuer, {false, kNow}).has_value());
  ck_assert(memory.forget_hold(disk.taro, disk.issuer).has_value());
  recalled = memory.recall(disk.taro, disk.issuer);
  ck_assert(recalled && *recalled && !(*recalled)->on_hold);
}
END_TEST

START_TEST(an_administrator_forgets_whatever_there_is) {
  const Disk disk, settled;
  const EvidenceDirectory evidence = disk.open(), known = settled.open();
  FileMemory memory(evidence, &known);
  ck_assert(!*memory.forget(disk.taro, disk.issuer));
  ck_assert(FileMemory(known).remember(disk.taro, disk.issuer, {false, kNow}).has_value());
  ck_assert(memory.remember(disk.taro, disk.issuer, {false, kNow}).has_value());
  ck_assert(*memory.forget(disk.taro, disk.issuer));
  ck_assert(!memory.recall(disk.taro, disk.issuer)->has_value());
  ck_assert(!*memory.forget(disk.taro, disk.issuer));
}
END_TEST

START_TEST(a_record_is_moved) {
  const Disk from, to;
  const EvidenceDirectory here = from.open(), there = to.open();
  ck_assert(!here.move("revoked-a", there).has_value());
  ck_assert(here.write("revoked-a", as_bytes("text")).has_value() &&
            here.move("revoked-a", there).has_value());
  ck_assert(!here.read("revoked-a", 100)->has_value());
  ck_assert(as_text(**there.read("revoked-a", 100)) == "text");
}
END_TEST

START_TEST(what_cannot_be_read_as_a_hold_is_for_good) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  FileMemory memory(evidence);
  const std::string name = evidence.name_of("revoked", disk.taro, disk.issuer);
  for (const char* text : {"", "on-hold", "on-hold x\n", "on-hold 5", "on-hold 5\n", "on-hold 5 6",
                           "on-hold 5 6 7\n", "garbage", "revoked\n", "revoked x\n", "revoked 5 6 7\n"}) {
    disk.directory.write(name, text);
    const auto recalled = memory.recall(disk.taro, disk.issuer);
    ck_assert_msg(recalled && *recalled && !(*recalled)->on_hold, "\"%s\"", text);
    revocation::forget_expired(evidence, kNow);  // nor does it expire
    ck_assert_msg(memory.recall(disk.taro, disk.issuer)->has_value(), "\"%s\"", text);
  }
}
END_TEST

// Of a certificate whose validity is over by the time of a later statement; by this machine's clock nothing
// goes, whatever that says.
START_TEST(what_nobody_can_log_in_with_is_forgotten) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  FileMemory memory(evidence);
  const auto holder = [](std::uint8_t number, Time not_after) {
    auto builder = person();
    builder.serial = {number};
    builder.not_after = not_after;
    return decoded(builder.sign(key("root")));
  };
  const auto expired = holder(1, kNow - 1s), held = holder(2, kNow - kDay), last = holder(3, kNow),
             valid = holder(4, kNow + kDay);
  const auto knows = [&](const x509::Certificate& one) {
    return memory.recall(one, disk.issuer)->has_value();
  };
  ck_assert(memory.remember(held, disk.issuer, {true, kNow - 2 * kDay}).has_value());
  for (const auto* one : {&expired, &last, &valid})
    ck_assert(memory.remember(*one, disk.issuer, {false, kNow - 2 * kDay}).has_value());
  disk.directory.write(evidence.name_of("revoked", disk.taro, disk.issuer), "revoked\n");
  ck_assert_uint_eq(*memory.size(), 5);
  // What is known already writes nothing.
  ck_assert(memory.remember(valid, disk.issuer, {false, kNow}).has_value());
  ck_assert_uint_eq(*memory.size(), 5);
  ck_assert(memory.remember(holder(5, kNow + kDay), disk.issuer, {false, kNow}).has_value());
  ck_assert(!knows(expired) && !knows(held) && knows(last) && knows(valid) && knows(disk.taro));
  ck_assert_uint_eq(*memory.size(), 4);
}
END_TEST

START_TEST(names_tell_nothing) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  const std::string name = evidence.name_of("revoked", disk.taro, disk.issuer);
  ck_assert_uint_eq(name.size(), std::string("revoked-").size() + 32);
  expect_contains(name, "revoked-");
  ck_assert(name.find("8f0102") == std::string::npos);
  const EvidenceDirectory other(disk.directory.path(), Blob(32, 6));
  ck_assert(other.name_of("revoked", disk.taro, disk.issuer) != name);
  ck_assert(evidence.name_of("ocsp-a", disk.taro, disk.issuer).substr(7) != name.substr(8));
}
END_TEST

START_TEST(another_key_does_not_seem_to_have_forgotten) {
  Disk disk;
  {
    const EvidenceDirectory evidence = disk.open();
    ck_assert(FileMemory(evidence).remember(disk.taro, disk.issuer, {}).has_value());
  }
  disk.site_key = Blob(32, 6);
  const EvidenceDirectory evidence = disk.open();
  const auto recalled = FileMemory(evidence).recall(disk.taro, disk.issuer);
  ck_assert(!recalled);
  expect_contains(recalled.error(), "another pseudonym key: put that key back");
  ck_assert(!FileMemory(evidence).remember(disk.taro, disk.issuer, {}).has_value());
  ck_assert(!FileMemory(evidence).size().has_value());
}
END_TEST

START_TEST(an_unusable_directory_is_an_error_of_every_call) {
  Disk disk;
  const auto refuses = [&](const EvidenceDirectory& evidence, const char* why) {
    FileMemory memory(evidence);
    const auto recalled = memory.recall(disk.taro, disk.issuer);
    ck_assert(!recalled);
    expect_contains(recalled.error(), why);
    ck_assert(!memory.remember(disk.taro, disk.issuer, {}).has_value());
    ck_assert(!EvidenceCache(evidence).holds("a", disk.taro, disk.issuer, kNow));
    ck_assert(!EvidenceCache(evidence).keep("a", disk.taro, disk.issuer, Blob{1}, kNow).has_value());
  };
  refuses(EvidenceDirectory(disk.directory.path("absent"), disk.site_key),
          "No such file or directory; run: systemd-tmpfiles");
  refuses(EvidenceDirectory(disk.directory.path(), {}), "pseudonym key");
  disk.mode(0750);
  refuses(disk.open(), "open to other users");
  disk.mode(0700);
  ck_assert_int_eq(::symlink(disk.directory.path().c_str(), disk.directory.path("link").c_str()), 0);
  refuses(EvidenceDirectory(disk.directory.path("link"), disk.site_key), "link");
  if (can_give_files_to(12345)) {
    ck_assert_int_eq(::chown(disk.directory.path().c_str(), 12345, 12345), 0);
    refuses(disk.open(), "belongs to another user");
  }
}
END_TEST

START_TEST(a_key_that_can_be_guessed_is_none) {
  const TemporaryDirectory directory;
  const FileTrust own{.owner = ::geteuid()};
  const auto load = [&](std::string_view key) {
    return revocation::load_pseudonym_key(directory.write("key", key, std::filesystem::perms(0600)), own);
  };
  const std::string_view good = "\x8c\x01\xf2 0123456789ab";
  ck_assert(load(good).has_value() && as_text(*load(good)) == good);
  ck_assert(load("0123456701234567").has_value());  // eight different bytes, the least
  for (const std::string& weak :
       {std::string(32, '\0'), std::string(32, '\xff'), std::string(4096, 'x'),
        std::string("abababababababababababababababab"), std::string("1234567123456712345671234567")}) {
    const auto key = load(weak);
    ck_assert(!key);
    expect_contains(key.error(), "key: not random");
    expect_contains(key.error(), "; make a new key: ");
  }
  expect_contains(load("0123456789abcde").error(), "shorter than 16 bytes");
  expect_contains(load("").error(), "key: ");
  std::string most(4096, 'x');
  most.replace(0, good.size(), good);
  ck_assert(load(most).has_value() && !load(most + 'x').has_value());
  directory.write("key", good, std::filesystem::perms(0644));
  ck_assert(!revocation::load_pseudonym_key(directory.path("key"), own));
}
END_TEST

// With the time of the line, an exact age is when a municipality's CRL was published.
START_TEST(a_log_has_few_words_for_ages) {
  using revocation::age_for_log;
  const struct {
    std::chrono::seconds age;
    const char* answer;
    const char* crl;
  } cases[] = {
      {0s, "<1h", "<1d"},      {59min, "<1h", "<1d"},      {1h, "<1d", "<1d"},  {24h - 1s, "<1d", "<1d"},
      {24h, "<2d", "<2d"},     {48h - 1s, "<2d", "<2d"},   {48h, "<7d", "<7d"}, {7 * 24h - 1s, "<7d", "<7d"},
      {7 * 24h, ">7d", ">7d"}, {2000 * 24h, ">7d", ">7d"},
  };
  for (const auto& [age, answer, crl] : cases) {
    expect_text(std::string(age_for_log(age, false)), answer);
    expect_text(std::string(age_for_log(age, true)), crl);
  }
}
END_TEST

START_TEST(a_full_disk_leaves_what_was_there) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  FileMemory memory(evidence);
  ck_assert(memory.remember(disk.taro, disk.issuer, {true, kNow}).has_value());
  const std::size_t files = disk.files();
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit nothing{4, RLIM_INFINITY};
  ck_assert_int_eq(::setrlimit(RLIMIT_FSIZE, &nothing), 0);
  ck_assert(!memory.remember(disk.taro, disk.issuer, {false, kNow}).has_value());
  const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
  ck_assert_int_eq(::setrlimit(RLIMIT_FSIZE, &all), 0);
  const auto recalled = memory.recall(disk.taro, disk.issuer);
  ck_assert(recalled && *recalled && (*recalled)->on_hold);
  ck_assert_uint_eq(disk.files(), files);
}
END_TEST

START_TEST(on_a_full_disk_a_revocation_takes_the_room_of_what_can_be_spared) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  const EvidenceCache cache(evidence);
  FileMemory memory(evidence);
  ck_assert(cache.keep("a", disk.taro, disk.issuer, Blob{1}, kNow).has_value());
  ck_assert(evidence.keep_reserve().has_value() && evidence.keep_reserve().has_value());
  const std::string reserve = disk.directory.path("reserve");
  ck_assert_uint_eq(std::filesystem::file_size(reserve), 64 * 1024);
  fills_the_disk = {reserve, disk.directory.path(evidence.name_of("ocsp-a", disk.taro, disk.issuer))};
  ck_assert(!cache.keep("b", disk.taro, disk.issuer, Blob{1}, kNow).has_value());
  ck_assert(memory.remember(disk.taro, disk.issuer, {false, kNow}).has_value());
  const auto recalled = memory.recall(disk.taro, disk.issuer);
  ck_assert(recalled && *recalled && !(*recalled)->on_hold);
  ck_assert_uint_eq(disk.files(), 2);  // and the mark of the key
  ck_assert(evidence.keep_reserve().has_value() && std::filesystem::exists(reserve));
}
END_TEST

START_TEST(a_link_leads_nowhere) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  const std::string elsewhere = disk.directory.path("elsewhere");
  disk.directory.write("elsewhere", "good");
  const std::string name = evidence.name_of("ocsp-a", disk.taro, disk.issuer);
  for (const std::string& link : {name, std::string("reserve")})
    ck_assert_int_eq(::symlink(elsewhere.c_str(), disk.directory.path(link).c_str()), 0);
  ck_assert(!evidence.read(name, 100).has_value());
  ck_assert(!evidence.keep_reserve().has_value());
  ck_assert_uint_eq(std::filesystem::file_size(elsewhere), 4);
}
END_TEST

START_TEST(what_a_killed_login_left_is_cleared_away) {
  const Disk disk;
  const std::filesystem::file_time_type now = std::filesystem::file_time_type::clock::now();
  const std::string old = disk.directory.write(".new-0123", "half");
  const std::string young = disk.directory.write(".new-4567", "half");
  std::filesystem::last_write_time(old, now - std::chrono::minutes(61));
  std::filesystem::last_write_time(young, now - std::chrono::minutes(59));
  const EvidenceDirectory evidence = disk.open();
  ck_assert(evidence.write("revoked-x", Blob{1}).has_value());
  ck_assert(!std::filesystem::exists(old) && std::filesystem::exists(young));
}
END_TEST

START_TEST(the_cache_gives_back_what_it_was_given_until_its_time) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  const EvidenceCache cache(evidence);
  ck_assert(!cache.holds("a", disk.taro, disk.issuer, kNow) && !cache.take("a", disk.taro, disk.issuer));
  ck_assert(cache.keep("a", disk.taro, disk.issuer, Blob{1, 2, 3}, kNow).has_value());
  ck_assert(cache.holds("a", disk.taro, disk.issuer, kNow));
  ck_assert(!cache.holds("a", disk.taro, disk.issuer, kNow + 1s));
  ck_assert((cache.take("a", disk.taro, disk.issuer) == Blob{1, 2, 3}));
  ck_assert(!cache.holds("b", disk.taro, disk.issuer, kNow));
  ck_assert(cache.drop("a", disk.taro, disk.issuer).has_value());
  ck_assert(!cache.take("a", disk.taro, disk.issuer));
  ck_assert(cache.drop("a", disk.taro, disk.issuer).has_value());  // again
  const Blob largest(ocsp::kMaxResponseSize, 7);
  ck_assert(cache.keep("a", disk.taro, disk.issuer, largest, kNow).has_value());
  ck_assert(cache.take("a", disk.taro, disk.issuer) == largest);
  disk.directory.write(evidence.name_of("ocsp-a", disk.taro, disk.issuer), "no header of ours");
  ck_assert(!cache.holds("a", disk.taro, disk.issuer, kNow) && !cache.take("a", disk.taro, disk.issuer));
}
END_TEST

START_TEST(the_cache_is_bounded_and_the_oldest_go) {
  const Disk disk;
  const EvidenceDirectory evidence = disk.open();
  for (std::size_t i = 0; i < EvidenceCache::kMaxKept; ++i) {
    const std::string file = disk.directory.write("ocsp-x-" + std::to_string(i), "x");
    const std::filesystem::file_time_type now = std::filesystem::file_time_type::clock::now();
    std::filesystem::last_write_time(file, now - std::chrono::hours(1 + (i % 7 == 0 ? 100 : 0)));
  }
  const EvidenceCache cache(evidence);
  ck_assert(cache.keep("a", disk.taro, disk.issuer, Blob{1}, kNow).has_value());
  ck_assert_uint_eq(disk.files(), EvidenceCache::kMaxKept * 3 / 4 + 1);
  ck_assert(!std::filesystem::exists(disk.directory.path("ocsp-x-7")));
  ck_assert(cache.holds("a", disk.taro, disk.issuer, kNow));
}
END_TEST

Suite* evidence_suite() {
  Suite* suite = suite_create("evidence");
  TCase* tests = tcase_create("evidence");
  tcase_add_test(tests, a_revocation_is_remembered);
  tcase_add_test(tests, a_hold_is_kept_with_its_time_and_can_be_forgotten);
  tcase_add_test(tests, an_administrator_forgets_whatever_there_is);
  tcase_add_test(tests, a_record_is_moved);
  tcase_add_test(tests, what_cannot_be_read_as_a_hold_is_for_good);
  tcase_add_test(tests, what_nobody_can_log_in_with_is_forgotten);
  tcase_add_test(tests, names_tell_nothing);
  tcase_add_test(tests, another_key_does_not_seem_to_have_forgotten);
  tcase_add_test(tests, an_unusable_directory_is_an_error_of_every_call);
  tcase_add_test(tests, a_key_that_can_be_guessed_is_none);
  tcase_add_test(tests, a_log_has_few_words_for_ages);
  tcase_add_test(tests, a_full_disk_leaves_what_was_there);
  tcase_add_test(tests, on_a_full_disk_a_revocation_takes_the_room_of_what_can_be_spared);
  tcase_add_test(tests, a_link_leads_nowhere);
  tcase_add_test(tests, what_a_killed_login_left_is_cleared_away);
  tcase_add_test(tests, the_cache_gives_back_what_it_was_given_until_its_time);
  tcase_add_test(tests, the_cache_is_bounded_and_the_oldest_go);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "impostor"}) (void)key(name);
  return run_suite(evidence_suite());
}
