// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Who a caller without privileges is, where its person is, and how many logins it may have.
#include "tests/unit/support/check_main.h"
#include "validator/relay/caller.h"
#include "validator/relay/slot.h"

#include <cerrno>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::relay;
using jpki::test::TemporaryDirectory;

START_TEST(a_caller_is_who_the_kernel_says) {
  int fds[2];
  ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  const UniqueFd near(fds[0]);
  const UniqueFd far(fds[1]);
  const auto caller = caller_of(near.get());
  ck_assert(caller && caller->uid == ::geteuid() && caller->pid == ::getpid());
  const UniqueFd internet(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ck_assert(!caller_of(internet.get()) && caller_of(internet.get()).error() == EAFNOSUPPORT);
  const UniqueFd alone(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ck_assert(!caller_of(alone.get()));
  ck_assert(!caller_of(-1));
  ck_assert(!account_of(54321) && account_of(0) == "root");
}
END_TEST

Session session(const char* id, uid_t user, bool remote) {
  return {.id = id, .user = user, .remote = remote, .seat = remote ? "" : "seat0", .session_class = "user"};
}

struct Where {
  const char* name;
  PlaceFacts facts;
  Place place;
};

const std::vector<Where>& wheres() {
  static const std::vector<Where> kWheres = {
      {"no logind at all", {}, Place::kUnknown},
      {"nobody is logged in", {.logind = true}, Place::kUnknown},
      {"sits here", {.user = 1000, .sessions = {session("2", 1000, false)}}, Place::kHere},
      {"of no cgroup that tells", {.sessions = {session("2", 1000, false)}}, Place::kHere},
      {"in the session",
       {.session = "2", .user = 1000, .sessions = {session("2", 1000, false)}},
       Place::kHere},
      {"remote alone",
       {.session = "5", .user = 1000, .sessions = {session("5", 1000, true)}},
       Place::kElsewhere},
      {"remote as well",
       {.user = 1000, .sessions = {session("2", 1000, false), session("5", 1000, true)}},
       Place::kElsewhere},
      {"another sits here", {.user = 1000, .sessions = {session("2", 1001, false)}}, Place::kElsewhere},
      {"by su in the session of another who sits here",
       {.session = "2", .user = 1001, .login = 1001, .sessions = {session("2", 1001, false)}},
       Place::kElsewhere},
      {"by su in a remote session, while its own user sits here",
       {.session = "5", .user = 1001, .sessions = {session("2", 1000, false), session("5", 1001, true)}},
       Place::kElsewhere},
      {"by su in the session of one who sits here, and came by ssh itself",
       {.session = "2", .user = 1001, .sessions = {session("2", 1001, false), session("5", 1000, true)}},
       Place::kElsewhere},
  };
  return kWheres;
}

START_TEST(where_a_caller_is) {
  const Where& row = wheres()[static_cast<std::size_t>(_i)];
  const PlaceDecision decision = decide_place_of_caller(row.facts, 1000);
  ck_assert_msg(decision.place == row.place, "%s: %s", row.name, decision.because);
}
END_TEST

START_TEST(a_process_of_another_system_is_nowhere) {
  const TemporaryDirectory sessions;
  sessions.write("2", "UID=1000\nSEAT=seat0\nCLASS=user\nREMOTE=0\n");
  constexpr pid_t kEnded = 1 << 22;  // no process has that number
  const auto place = [&](pid_t pid) {
    return place_of({1000, pid}, sessions.path().c_str(), ::getuid()).place;
  };
  ck_assert(place(kEnded) == Place::kHere);  // by its user alone
  ck_assert(place(0) == Place::kUnknown && place(-1) == Place::kUnknown);
  ck_assert(place_of({1000, kEnded}, "/nonexistent").place == Place::kUnknown);
}
END_TEST

// Of the process only the number is known, which may be another's by now.
START_TEST(the_session_from_elsewhere_is_the_users_only_one) {
  const TemporaryDirectory sessions;
  const auto found = [&] {
    return whereabouts_of_user({1000, ::getpid()}, sessions.path().c_str(), ::getuid()).session;
  };
  ck_assert(!found());
  sessions.write("7", "UID=1000\nCLASS=user\nREMOTE=0\nSERVICE=xrdp-sesman\nDISPLAY=:10\n");
  ck_assert((found() == OpenSession{1000, "xrdp-sesman", ":10"}));
  ck_assert(!whereabouts_of_user({1001, ::getpid()}, sessions.path().c_str(), ::getuid()).session);
  sessions.write("8", "UID=1000\nCLASS=user\nREMOTE=1\nSERVICE=sshd\n");
  ck_assert((found() == OpenSession{1000, "xrdp-sesman", ":10"}));
  sessions.write("9", "UID=1000\nCLASS=user\nREMOTE=0\nSERVICE=xrdp-sesman\nDISPLAY=:11\n");
  ck_assert(!found());
  sessions.write("9", "UID=1000\nCLASS=user\nREMOTE=0\nSEAT=seat0\n");
  ck_assert(!found());
}
END_TEST

START_TEST(a_user_has_so_many_slots) {
  const TemporaryDirectory directory;
  std::vector<UniqueFd> held;
  for (int i = 0; i < 3; ++i) {
    auto slot = take_slot(directory.path(), 1000, 3);
    ck_assert(slot.has_value());
    held.push_back(std::move(*slot));
  }
  const auto fourth = take_slot(directory.path(), 1000, 3);
  ck_assert(!fourth && fourth.error() == EWOULDBLOCK);
  ck_assert(take_slot(directory.path(), 1001, 3).has_value());
  ck_assert(take_slot(directory.path(), 100, 3).has_value());
  struct stat status {};
  ck_assert_int_eq(::stat(directory.path("1000.0").c_str(), &status), 0);
  ck_assert_uint_eq(status.st_mode & 07777, 0600);
  // A helper does not inherit its caller's slot.
  for (const UniqueFd& slot : held) ck_assert_int_eq(::fcntl(slot.get(), F_GETFD), FD_CLOEXEC);
  held.erase(held.begin() + 1);
  ck_assert(take_slot(directory.path(), 1000, 3).has_value());
  const auto nowhere = take_slot(directory.path("none"), 1000, 3);
  ck_assert(!nowhere && nowhere.error() == ENOENT);
}
END_TEST

START_TEST(a_slot_is_no_link) {
  const TemporaryDirectory directory;
  ck_assert_int_eq(::symlink(directory.path("elsewhere").c_str(), directory.path("1000.0").c_str()), 0);
  const auto slot = take_slot(directory.path(), 1000, 3);
  ck_assert(!slot && slot.error() == ELOOP);
  ck_assert(!std::filesystem::exists(directory.path("elsewhere")));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("relay caller");
  TCase* caller = tcase_create("caller");
  tcase_add_test(caller, a_caller_is_who_the_kernel_says);
  tcase_add_loop_test(caller, where_a_caller_is, 0, static_cast<int>(wheres().size()));
  tcase_add_test(caller, a_process_of_another_system_is_nowhere);
  tcase_add_test(caller, the_session_from_elsewhere_is_the_users_only_one);
  tcase_add_test(caller, a_user_has_so_many_slots);
  tcase_add_test(caller, a_slot_is_no_link);
  suite_add_tcase(suite, caller);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
