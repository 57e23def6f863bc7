// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What logins remember, and what later logins find settled.
#include "validator/revocation/settle.h"

#include "tests/unit/validator/evidence_fixture.h"
#include "validator/revocation/evidence_cache.h"
#include "validator/revocation/memory_entry.h"

#include <cerrno>
#include <filesystem>
#include <utility>

#include <sys/syscall.h>

namespace {

// A file by its numbers.
struct FileNumber {
  dev_t device = 0;
  ino_t inode = 0;
};

std::string not_removed;  // the name of a file
FileNumber not_read;

// `what` has the value as long as this lives, and is empty afterwards.
template <typename T>
class Meanwhile {
 public:
  Meanwhile(T& what, T value) : what_(what) { what_ = std::move(value); }
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;
  ~Meanwhile() { what_ = {}; }

 private:
  T& what_;
};

}  // namespace

// In place of the C library's.
extern "C" int unlinkat(int directory, const char* name, int flags) noexcept {
  if (not_removed == name) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_unlinkat, directory, name, flags));
}
extern "C" ssize_t read(int fd, void* buffer, std::size_t size) {
  struct stat info {};
  if (not_read.inode != 0 && ::fstat(fd, &info) == 0 && info.st_ino == not_read.inode &&
      info.st_dev == not_read.device) {
    errno = EIO;
    return -1;
  }
  return ::syscall(SYS_read, fd, buffer, size);
}
// What a fortified build calls instead where it knows the buffer.
extern "C" ssize_t __read_chk(int fd, void* buffer, std::size_t size, std::size_t) {
  return ::read(fd, buffer, size);
}

namespace {

using namespace jpki;
using namespace jpki::test;
using revocation::EvidenceCache;
using revocation::EvidenceDirectory;
using revocation::FileMemory;
using revocation::Remembered;

struct Settled {
  Disk disk;
  EvidenceDirectory evidence = disk.open();
  EvidenceDirectory of_logins = evidence.of_logins();
  FileMemory memory{of_logins, &evidence};

  void settle(Time now = kNow) { revocation::settle(evidence, of_logins, now); }
  void remember(const Remembered& what) {
    ck_assert(memory.remember(disk.taro, disk.issuer, what).has_value());
  }
  std::optional<Remembered> recall() const { return *memory.recall(disk.taro, disk.issuer); }
  std::string name(const char* label = "revoked") const {
    return evidence.name_of(label, disk.taro, disk.issuer);
  }
  bool is_in(const EvidenceDirectory& directory) const { return directory.list("revoked-")->size() == 1; }
};

START_TEST(a_login_cannot_reach_what_an_earlier_one_remembered) {
  Settled site;
  site.remember({false, kNow});
  ck_assert(site.is_in(site.of_logins) && !site.is_in(site.evidence));
  site.settle();
  ck_assert(!site.is_in(site.of_logins) && site.is_in(site.evidence));
  ck_assert(site.recall() && !site.recall()->on_hold);
  ck_assert_uint_eq(*site.memory.size(), 1);
  // All that a login can write is its own directory: emptied, nothing is forgotten.
  std::filesystem::remove_all(site.disk.directory.path("logins"));
  const EvidenceDirectory of_logins = site.evidence.of_logins();
  FileMemory later(of_logins, &site.evidence);
  const auto recalled = later.recall(site.disk.taro, site.disk.issuer);
  ck_assert(recalled && *recalled && !(*recalled)->on_hold);
  ck_assert(*later.forget(site.disk.taro, site.disk.issuer));
  ck_assert(!later.recall(site.disk.taro, site.disk.issuer)->has_value());
}
END_TEST

// As a login that is taken over could leave it: nobody is forgotten for it, and what is no entry is one.
START_TEST(noise_beside_a_revocation_hides_nothing) {
  Settled site;
  for (const char* name : {"revoked-", "revoked-0", "revoked-zz", "revoked-~"})
    site.disk.directory.write(std::string("logins/") + name, "x", std::filesystem::perms(0600));
  site.remember({false, kNow});
  site.settle();
  ck_assert_uint_eq(site.evidence.list("revoked-")->size(), 5);
  ck_assert(site.recall().has_value());
  ck_assert(!site.recall()->on_hold);
}
END_TEST

START_TEST(what_is_settled_becomes_no_weaker) {
  const Remembered hold{true, kNow};
  const Remembered newer_hold{true, kNow + 60s};
  const Remembered for_good{false, kNow};
  const struct {
    Remembered settled, fresh, end;
  } cases[] = {{hold, for_good, for_good},
               {for_good, hold, for_good},
               {hold, newer_hold, newer_hold},
               {newer_hold, hold, newer_hold},
               {for_good, for_good, for_good}};
  for (const auto& [settled, fresh, end] : cases) {
    Settled site;
    site.remember(settled);
    site.settle();
    // As a login that is taken over could write it.
    FileMemory alone(site.of_logins);
    ck_assert(alone.remember(site.disk.taro, site.disk.issuer, fresh).has_value());
    for (int again = 0; again < 2; ++again) {
      ck_assert(site.recall()->on_hold == end.on_hold);
      if (end.on_hold) ck_assert(site.recall()->this_update == end.this_update);
      site.settle();
      ck_assert(!site.is_in(site.of_logins));
    }
  }
}
END_TEST

START_TEST(a_hold_that_was_lifted_goes_and_nothing_else) {
  Settled site;
  site.remember({true, kNow});
  site.settle();
  ck_assert(site.memory.forget_hold(site.disk.taro, site.disk.issuer).has_value());
  ck_assert(site.recall().has_value());  // until the next login
  site.settle();
  ck_assert(!site.recall() && site.of_logins.list("lifted-")->empty());
  // A hold that came after the lifting, and what is revoked for good.
  for (const Remembered& stays : {Remembered{true, kNow + 60s}, Remembered{false, kNow}}) {
    site.remember(stays);
    site.settle();
    const std::string lifted = "on-hold " + std::to_string(kNow.time_since_epoch().count()) + " 4102444800\n";
    ck_assert(site.of_logins.write(site.name().replace(0, 7, "lifted"), as_bytes(lifted)).has_value());
    site.settle();
    ck_assert(site.recall() && site.recall()->on_hold == stays.on_hold);
  }
}
END_TEST

// A login that is taken over may write what it likes to its directory: it lifts no more than a hold that is
// as old as what it shows.
START_TEST(what_is_no_lifting_lifts_nothing) {
  const std::string now = std::to_string(kNow.time_since_epoch().count());
  const std::string later = std::to_string((kNow + 1h).time_since_epoch().count());
  for (const std::string& lifting :
       {"revoked 4102444800 " + later + "\n", "on-hold " + later + "\n", std::string(),
        "on-hold " + std::to_string((kNow - 1s).time_since_epoch().count()) + " 4102444800\n"}) {
    Settled site;
    site.remember({true, kNow});
    site.settle();
    ck_assert(site.of_logins.write(site.name().replace(0, 7, "lifted"), as_bytes(lifting)).has_value());
    site.settle();
    ck_assert_msg(site.recall() && site.recall()->on_hold, "%s", lifting.c_str());
    ck_assert(site.of_logins.list("lifted-")->empty());
  }
  // Of another certificate, or of none.
  Settled site;
  site.remember({true, kNow});
  site.settle();
  for (const char* name : {"lifted-", "lifted-0123"})
    ck_assert(site.of_logins.write(name, as_bytes("on-hold " + now + " 4102444800\n")).has_value());
  site.settle();
  ck_assert(site.recall() && site.of_logins.list("lifted-")->empty());
}
END_TEST

START_TEST(a_hold_that_cannot_be_removed_is_lifted_another_time) {
  Settled site;
  auto other_person = person();
  other_person.serial = {0x05};
  const auto other = decoded(other_person.sign(key("root")));
  for (const x509::Certificate* one : {&std::as_const(site.disk.taro), &other})
    ck_assert(site.memory.remember(*one, site.disk.issuer, {true, kNow}).has_value());
  site.settle();
  for (const x509::Certificate* one : {&std::as_const(site.disk.taro), &other})
    ck_assert(site.memory.forget_hold(*one, site.disk.issuer).has_value());
  // Of two, the one that is looked at first.
  const std::string first = site.of_logins.list("lifted-")->front().name;
  {
    const Meanwhile failing(not_removed, "revoked-" + first.substr(7));
    site.settle();
  }
  const auto left = *site.of_logins.list("lifted-");
  ck_assert(left.size() == 1 && left[0].name == first);
  ck_assert_uint_eq(site.evidence.list("revoked-")->size(), 1);
  site.settle();
  ck_assert(site.of_logins.list("lifted-")->empty() && site.evidence.list("revoked-")->empty());
}
END_TEST

START_TEST(a_hold_that_nobody_settled_needs_no_lifting) {
  Settled site;
  site.remember({true, kNow});
  ck_assert(site.memory.forget_hold(site.disk.taro, site.disk.issuer).has_value());
  ck_assert(!site.recall() && site.of_logins.list("lifted-")->empty());
}
END_TEST

// Neither from being settled nor from expiring.
START_TEST(a_file_that_cannot_be_read_keeps_no_other) {
  Settled site;
  for (const char* serial : {"1", "2", "3"}) {
    auto holder = person();
    holder.serial = to_blob(as_bytes(std::string_view(serial)));
    ck_assert(
        site.memory.remember(decoded(holder.sign(key("root"))), site.disk.issuer, {false, kNow}).has_value());
  }
  const auto number_of = [&](const std::string& file) -> FileNumber {
    struct stat info {};
    ck_assert_int_eq(::stat(site.disk.directory.path(file).c_str(), &info), 0);
    return {info.st_dev, info.st_ino};
  };
  const std::string unsettled = site.of_logins.list("revoked-")->front().name;
  {
    const Meanwhile spoilt(not_read, number_of("logins/" + unsettled));
    site.settle();
    ck_assert_uint_eq(site.evidence.list("revoked-")->size(), 2);
    ck_assert(site.is_in(site.of_logins) && site.of_logins.list("revoked-")->front().name == unsettled);
  }
  site.settle();
  const std::string unexpired = site.evidence.list("revoked-")->front().name;
  const Meanwhile spoilt(not_read, number_of(unexpired));
  revocation::forget_expired(site.evidence, site.disk.taro.not_after() + 1s);
  ck_assert(site.is_in(site.evidence) && site.evidence.list("revoked-")->front().name == unexpired);
}
END_TEST

START_TEST(a_record_that_cannot_be_read_calls_nobody_good) {
  for (const bool settled_broken : {true, false}) {
    Settled site;
    site.remember({true, kNow});
    site.settle();
    FileMemory alone(site.of_logins);
    ck_assert(alone.remember(site.disk.taro, site.disk.issuer, {true, kNow + 60s}).has_value());
    const std::string file = site.disk.directory.path((settled_broken ? "" : "logins/") + site.name());
    std::filesystem::remove(file);
    ck_assert_int_eq(::symlink("elsewhere", file.c_str()), 0);
    ck_assert(!site.memory.recall(site.disk.taro, site.disk.issuer));
    ck_assert(!site.memory.remember(site.disk.taro, site.disk.issuer, {false, kNow}));
    ck_assert(!site.memory.forget_hold(site.disk.taro, site.disk.issuer));
    ck_assert(!site.memory.forget(site.disk.taro, site.disk.issuer));
  }
}
END_TEST

START_TEST(nothing_is_settled_under_another_key) {
  Settled site;
  site.remember({false, kNow});
  const EvidenceDirectory other(site.disk.directory.path(), Blob(32, 6));
  const EvidenceDirectory other_logins = other.of_logins();
  revocation::settle(other, other_logins, kNow);
  ck_assert(site.is_in(site.of_logins));
  expect_contains(FileMemory(other_logins, &other).recall(site.disk.taro, site.disk.issuer).error(),
                  "another pseudonym key");
  site.settle();
  ck_assert(site.is_in(site.evidence));
  expect_contains(FileMemory(other_logins, &other).recall(site.disk.taro, site.disk.issuer).error(),
                  "another pseudonym key");
  // What is settled keeps its mark when nothing is left of the logins; nor is anything of theirs settled.
  std::filesystem::remove_all(site.disk.directory.path("logins"));
  const EvidenceDirectory made_again = other.of_logins();
  expect_contains(FileMemory(made_again, &other).recall(site.disk.taro, site.disk.issuer).error(),
                  "another pseudonym key");
  ck_assert(FileMemory(made_again).remember(site.disk.taro, site.disk.issuer, {false, kNow}).has_value());
  revocation::settle(other, made_again, kNow);
  ck_assert_uint_eq(made_again.list("revoked-")->size(), 1);
  ck_assert(site.is_in(site.evidence));
}
END_TEST

// A time that only a taken-over login claims, or only a wrong clock has, lets nothing expire.
START_TEST(only_what_has_expired_for_both_is_forgotten) {
  const Time expired = Disk().taro.not_after() + 1s;
  const auto forgets = [](Time claimed, Time now) {
    Settled site;
    site.remember({false, kNow});
    site.settle(kNow);
    const std::string other =
        "revoked 4102444800 " + std::to_string(claimed.time_since_epoch().count()) + "\n";
    ck_assert(site.of_logins.write("revoked-00", as_bytes(other)).has_value());
    site.settle(now);
    return !site.recall().has_value();
  };
  ck_assert(!forgets(kNow, kNow) && !forgets(expired, kNow) && !forgets(kNow, expired));
  ck_assert(forgets(expired, expired));
}
END_TEST

START_TEST(what_an_earlier_version_left_is_cleared_away) {
  for (const bool has_reserve : {true, false}) {  // a full disk had taken it
    Settled site;
    EvidenceCache cache(site.evidence);
    ck_assert(cache.keep("a", site.disk.taro, site.disk.issuer, Blob{1}, kNow).has_value());
    if (has_reserve) ck_assert(site.evidence.keep_reserve().has_value());
    ck_assert(site.evidence.write(site.name(), as_bytes("revoked 4102444800\n")).has_value());
    site.settle();
    ck_assert(site.evidence.list("ocsp-")->empty() && site.evidence.list("reserve")->empty());
    ck_assert(site.recall() && !site.recall()->on_hold);
  }
}
END_TEST

// So no login is believed that names its files by another key.
START_TEST(either_directory_keeps_the_mark_of_its_key) {
  Settled site;
  const auto is_marked = [](const EvidenceDirectory& directory) {
    const auto mark = directory.read(revocation::kKeyFile, 100);
    return mark && *mark && as_text(**mark) == directory.key_mark();
  };
  for (int login = 0; login < 2; ++login) {
    site.remember({true, kNow + 60s * login});
    site.settle();
    ck_assert(is_marked(site.evidence));
    ck_assert(is_marked(site.of_logins) == (login > 0));  // the first one gave its own
  }
  site.settle();
  ck_assert(is_marked(site.evidence) && is_marked(site.of_logins));
}
END_TEST

Suite* settle_suite() {
  Suite* suite = suite_create("settle");
  TCase* tests = tcase_create("settle");
  tcase_add_test(tests, a_login_cannot_reach_what_an_earlier_one_remembered);
  tcase_add_test(tests, noise_beside_a_revocation_hides_nothing);
  tcase_add_test(tests, what_is_settled_becomes_no_weaker);
  tcase_add_test(tests, a_hold_that_was_lifted_goes_and_nothing_else);
  tcase_add_test(tests, what_is_no_lifting_lifts_nothing);
  tcase_add_test(tests, a_hold_that_cannot_be_removed_is_lifted_another_time);
  tcase_add_test(tests, a_hold_that_nobody_settled_needs_no_lifting);
  tcase_add_test(tests, a_file_that_cannot_be_read_keeps_no_other);
  tcase_add_test(tests, a_record_that_cannot_be_read_calls_nobody_good);
  tcase_add_test(tests, nothing_is_settled_under_another_key);
  tcase_add_test(tests, only_what_has_expired_for_both_is_forgotten);
  tcase_add_test(tests, what_an_earlier_version_left_is_cleared_away);
  tcase_add_test(tests, either_directory_keeps_the_mark_of_its_key);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  for (const char* name : {"root", "person", "impostor"}) (void)key(name);
  return run_suite(settle_suite());
}
