// SPDX-License-Identifier: LGPL-2.1-or-later
//
// At which seat a person sits, from which machine they come, in which session from elsewhere they are.
#include "tests/unit/base/place_sessions.h"
#include "tests/unit/support/check_main.h"

namespace {

using namespace jpki;
using namespace jpki::test;

struct Where {
  const char* name;
  PlaceFacts facts;
  Whereabouts whereabouts;
};

Session on(const char* seat, const char* id, uid_t user) {
  Session session = on_seat(id, user);
  session.seat = seat;
  return session;
}
Session from(const char* host, const char* id, uid_t user) {
  Session session = by_ssh(id, user);
  session.remote_host = host;
  return session;
}

Session by_xrdp(const char* id, uid_t user) {
  Session session = of_service(id, user, "xrdp-sesman", "");
  session.display = ":10";
  return session;
}

const std::vector<Where>& whereabouts() {
  static const std::vector<Where> kWhere = {
      {"su at the second seat", in_session("2", {on("seat1", "2", kTaro)}), {.seat = "seat1"}},
      {"su at the second seat while another sits at the first",
       in_session("2", {on("seat1", "2", kTaro), on("seat0", "3", kHanako)}),
       {.seat = "seat1"}},
      {"a service of a user at one seat",
       of_user(kTaro, {on("seat1", "2", kTaro), on("seat0", "3", kHanako)}),
       {.seat = "seat1"}},
      {"a service of a user at two seats",
       of_user(kTaro, {on("seat1", "2", kTaro), on("seat0", "3", kTaro)}),
       {}},
      {"a user twice at one seat",
       of_user(kTaro, {on("seat1", "2", kTaro), on("seat1", "3", kTaro)}),
       {.seat = "seat1"}},
      {"a session that ends is no seat",
       of_user(kTaro, {ended(on("seat1", "2", kTaro)), on("seat0", "3", kTaro)}),
       {.seat = "seat0"}},
      {"a terminal of the machine without a seat hides none",
       of_user(kTaro, {on("seat1", "2", kTaro), of_service("3", kTaro, "login", "tty3")}),
       {.seat = "seat1"}},
      {"a display manager says its seat", of_system("", ":1", {}, "seat1"), {.seat = "seat1"}},
      {"the seat of the session, not of the handle",
       [] {
         PlaceFacts facts = in_session("2", {on("seat1", "2", kTaro)});
         facts.seat = "seat0";
         return facts;
       }(),
       {.seat = "seat1"}},
      {"a virtual terminal", of_system("", "/dev/tty3", {}), {.seat = "seat0"}},
      {"a virtual terminal, without /dev", of_system("", "tty3", {}), {.seat = "seat0"}},
      {"a serial line", of_system("", "ttyS0", {}), {}},
      {"a pseudo-terminal", of_system("", "pts/1", {}), {}},
      {"sshd", of_system("192.0.2.7", "ssh", {}), {.origin = "192.0.2.7"}},
      {"sshd of a host that says a seat",
       of_system("192.0.2.7", "tty3", {}, "seat0"),
       {.origin = "192.0.2.7"}},
      {"sshd from this machine", of_system("127.0.0.1", "ssh", {}), {}},
      {"sudo in a session from elsewhere",
       in_session("5", {from("192.0.2.7", "5", kTaro)}),
       {.origin = "192.0.2.7", .session = OpenSession{kTaro, "sshd"}}},
      {"sudo in a session from somewhere",
       in_session("5", {by_ssh("5", kTaro)}),
       {.session = OpenSession{kTaro, "sshd"}}},
      {"sudo in a remote desktop",
       in_session("7", {by_xrdp("7", kTaro)}),
       {.session = OpenSession{kTaro, "xrdp-sesman", ":10"}}},
      {"a remote desktop that ends", in_session("7", {ended(by_xrdp("7", kTaro))}), {}},
      {"a remote desktop of another login uid",
       [] {
         PlaceFacts facts = in_session("7", {by_xrdp("7", kTaro)});
         facts.login = kHanako;
         return facts;
       }(),
       {}},
      {"a first login in a remote desktop: sshd",
       [] {
         PlaceFacts facts = in_session("7", {by_xrdp("7", kTaro)});
         facts.remote_host = "127.0.0.1";
         return facts;
       }(),
       {}},
      {"a first login: xrdp", of_system("", "xrdp-sesman", {by_xrdp("7", kTaro)}), {}},
      {"behind su in a remote desktop, by the login uid",
       [] {
         PlaceFacts facts = in_session("9", {of_service("9", kHanako, "su-l", "pts/1"), by_xrdp("7", kTaro)});
         facts.login = kTaro;
         return facts;
       }(),
       {.session = OpenSession{kTaro, "xrdp-sesman", ":10"}}},
      {"a service of a user at a remote desktop",
       of_user(kTaro, {by_xrdp("7", kTaro), by_xrdp("8", kHanako)}),
       {.session = OpenSession{kTaro, "xrdp-sesman", ":10"}}},
      {"a service of a user at a remote desktop, another's before",
       of_user(kTaro, {by_xrdp("8", kHanako), by_xrdp("7", kTaro)}),
       {.session = OpenSession{kTaro, "xrdp-sesman", ":10"}}},
      {"a service of a user at a remote desktop, after one that ends",
       of_user(kTaro, {ended(by_xrdp("6", kTaro)), by_xrdp("7", kTaro)}),
       {.session = OpenSession{kTaro, "xrdp-sesman", ":10"}}},
      {"a service of a user in a session of ssh",
       of_user(kTaro, {by_ssh("5", kTaro)}),
       {.session = OpenSession{kTaro, "sshd"}}},
      {"a service of a user in a session of ssh, with a service manager and su",
       of_user(kTaro, {by_ssh("5", kTaro), of_service("3", kTaro, "systemd-user", "", "manager"),
                       of_service("9", kTaro, "su-l", "pts/1")}),
       {.session = OpenSession{kTaro, "sshd"}}},
      {"a service of a user in two sessions of ssh",
       of_user(kTaro, {by_ssh("5", kTaro), by_ssh("6", kTaro)}),
       {}},
      {"behind su at a seat, by the login uid",
       [] {
         PlaceFacts facts =
             in_session("9", {of_service("9", kHanako, "su-l", "pts/1"), on("seat1", "2", kTaro)});
         facts.login = kTaro;
         return facts;
       }(),
       {.seat = "seat1"}},
      {"a service of a user at two remote desktops",
       of_user(kTaro, {by_xrdp("7", kTaro), by_xrdp("8", kTaro)}),
       {}},
      {"a service of a user at a remote desktop, with a tunnel of ssh",
       of_user(kTaro, {by_ssh("5", kTaro), by_xrdp("7", kTaro)}),
       {.session = OpenSession{kTaro, "xrdp-sesman", ":10"}}},
      {"a service of a user at a remote desktop and a seat",
       of_user(kTaro, {by_xrdp("7", kTaro), on("seat1", "2", kTaro)}),
       {.seat = "seat1"}},
      {"sudo in a session from elsewhere of who sits here, too",
       in_session("5", {from("192.0.2.7", "5", kTaro), on("seat0", "3", kTaro)}),
       {.origin = "192.0.2.7", .session = OpenSession{kTaro, "sshd"}}},
      {"a session that logind does not know", in_session("9", {on("seat0", "3", kTaro)}), {}},
  };
  return kWhere;
}

START_TEST(a_person_sits_at_a_seat_or_comes_from_a_host) {
  const Where& row = whereabouts()[static_cast<std::size_t>(_i)];
  const Whereabouts found = whereabouts_of(row.facts);
  ck_assert_msg(found == row.whereabouts, "%s: %s %s", row.name, found.seat.c_str(), found.origin.c_str());
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("whereabouts");
  TCase* tests = tcase_create("whereabouts");
  tcase_add_loop_test(tests, a_person_sits_at_a_seat_or_comes_from_a_host, 0,
                      static_cast<int>(whereabouts().size()));
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
