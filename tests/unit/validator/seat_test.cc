// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Which readers a login may use.
#include "validator/card/seat.h"

#include "base/unique_fd.h"
#include "tests/unit/support/check_main.h"
#include "validator/card/seat_server.h"
#include "validator/installation.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace {

using namespace jpki;
using card::SeatRule;
using jpki::test::TemporaryDirectory;

constexpr char kLeft[] = "Left Reader (0001) 00 00";
constexpr char kRight[] = "Right Reader (0002) 01 00";
constexpr char kFree[] = "Other Reader 02 00";

const std::vector<SeatRule>& rules() {
  static const std::vector<SeatRule> kRules = {
      {.name = "left",
       .seats = {"seat0"},
       .terminals = {},
       .services = {},
       .origins = {},
       .readers = {kLeft},
       .server = {}},
      {.name = "right",
       .seats = {},
       .terminals = {"tty3", ":1"},
       .services = {"login", "lightdm"},
       .origins = {},
       .readers = {"Right Reader (0002)"},
       .server = {}},
      {.name = "client",
       .seats = {},
       .terminals = {},
       .services = {},
       .origins = {"192.0.2.21", "2001:db8::21"},
       .readers = {},
       .server = "unix:path=/run/seats/client"},
      {.name = "desktop",
       .seats = {},
       .terminals = {},
       .services = {},
       .opened_by = {"xrdp-sesman"},
       .origins = {},
       .readers = {},
       .server = {},
       .pcsc_socket = "/run/s/{uid}/{display}"},
  };
  return kRules;
}

struct Login {
  const char* seat;
  const char* terminal;
  const char* service;
  const char* origin;
  bool elsewhere;
  const char* rule;  // its name; empty: none applies; nullptr: refused
};

const Login kLogins[] = {
    {"seat0", "tty1", "login", "", false, "left"},
    {"seat0", "", "sudo", "", false, "left"},
    {"", "tty3", "login", "", false, "right"},
    {"", "/dev/tty3", "login", "", false, "right"},
    {"seat1", ":1", "lightdm", "", false, "right"},
    {"", "tty3", "sudo", "", false, ""},  // of one list only
    {"", "tty33", "login", "", false, ""},
    {"", "", "login", "", false, ""},
    {"seat01", "", "login", "", false, ""},
    // Where the person comes from counts only for who is not here.
    {"", "", "sshd", "192.0.2.21", true, "client"},
    {"", "pts/3", "sudo", "2001:0db8:0::21", true, "client"},
    {"", "", "sshd", "::ffff:192.0.2.21", true, "client"},
    {"", "", "sshd", "192.0.2.22", true, nullptr},
    {"", "", "sshd", "client.example", true, nullptr},
    {"", "", "sshd", "", true, nullptr},
    {"seat0", "tty3", "login", "", true, nullptr},  // what a seat of this machine has is not for them
    {"", "", "sshd", "192.0.2.21", false, ""},      // allow_remote
};

Start start_of(const Login& login) {
  Start start;
  start.seat = login.seat;
  start.terminal = login.terminal;
  start.service = login.service;
  start.origin = login.origin;
  start.elsewhere = login.elsewhere;
  return start;
}

START_TEST(the_first_rule_that_is_for_a_login_decides) {
  const Login& login = kLogins[_i];
  const auto reach = card::reach_of(start_of(login), rules());
  if (login.rule == nullptr) {
    ck_assert(!reach && reach.error().verdict == Verdict::kRemoteLogin);
    return;
  }
  ck_assert(reach.has_value());
  ck_assert_str_eq(reach->seat.c_str(), login.rule);
  ck_assert(reach->is_here() == (reach->seat != "client"));
}
END_TEST

Start in_desktop() {
  Start start;
  start.user = "taro";
  start.service = "sudo";
  start.elsewhere = true;
  start.remote_session = {.account = "taro", .uid = 1001, .service = "xrdp-sesman", .display = ":10.0"};
  return start;
}

START_TEST(a_session_brings_readers_for_its_own_account) {
  const auto reach = card::reach_of(in_desktop(), rules());
  ck_assert(reach && reach->socket && !reach->is_here() && reach->has_card_service());
  ck_assert_str_eq(reach->socket->path.c_str(), "/run/s/1001/10");
  ck_assert_uint_eq(reach->socket->owner, 1001);
}
END_TEST

START_TEST(the_readers_of_a_session_are_for_nobody_else) {
  const auto cause = [](void (*change)(Start&), Verdict verdict = Verdict::kRemoteLogin) {
    Start start = in_desktop();
    change(start);
    const auto reach = card::reach_of(start, rules());
    ck_assert(!reach && reach.error().verdict == verdict);
    return reach.error().cause;
  };
  const std::string kNone = "no [[seat]] is for where the person is";
  const char* const kOther = "for the account alone whose it is";
  ck_assert(cause([](Start& s) { s.user = "hanako"; }).ends_with(kOther));
  ck_assert(cause([](Start& s) { s.user.clear(); }).ends_with(kOther));
  ck_assert(cause([](Start& s) { s.user.clear(), s.remote_session->account.clear(); }).ends_with(kOther));
  const auto first = [](Start& s) { s.remote_session.reset(), s.service = "xrdp-sesman"; };
  ck_assert(cause(first).ends_with("not for a first login"));
  ck_assert(cause([](Start& s) { s.remote_session->service = "sshd"; }) == kNone);
  ck_assert(cause([](Start& s) { s.remote_session.reset(); }) == kNone);
  for (const auto change : {+[](Start& s) { s.remote_session->display = ""; },
                            +[](Start& s) { s.remote_session->display = "host:10"; },
                            +[](Start& s) { s.remote_session->display = ":1/.."; }})
    ck_assert(cause(change, Verdict::kSeatUnreachable).ends_with("has no display"));
  Start here = in_desktop();
  here.elsewhere = false;
  ck_assert(card::reach_of(here, rules())->seat.empty());
}
END_TEST

START_TEST(a_socket_pattern_is_one_for_each_session) {
  for (const char* good : {"/run/s/{uid}/pcscd.comm", "/run/s/{display}", "/run/s/{uid}-{display}.sock"})
    ck_assert_msg(card::is_socket_pattern(good), "%s", good);
  const std::string too_long = "/{uid}/" + std::string(96, 'a');
  for (const char* bad : {"", "/", "{uid}", "run/{uid}", "/run/pcscd/pcscd.comm", "/run/{uid}/../pcscd",
                          "/run/./{uid}", "/run//{uid}", "/run/{uid}/", "/run/{user}/{uid}", "/run/{uid",
                          "/run/{uid}}", "/run/{uid} x", "/run/{uid}\x7f", "/run/{uid}\\x", too_long.c_str()})
    ck_assert_msg(!card::is_socket_pattern(bad), "%s", bad);
  // A uid has ten digits at most, a display five.
  for (const auto& [pattern, grown] :
       {std::pair<std::string, std::size_t>{"/{uid}/", 12}, {"/{display}/", 7}, {"/{uid}/{display}/", 18}}) {
    const std::string longest = pattern + std::string(107 - grown, 'a');
    ck_assert_msg(card::is_socket_pattern(longest) && !card::is_socket_pattern(longest + 'a'), "%s",
                  pattern.c_str());
  }
}
END_TEST

START_TEST(a_display_has_one_number) {
  const auto number = [](const char* display) {
    return card::socket_path("{display}", {.account = {}, .uid = 0, .service = {}, .display = display})
        .value_or("none");
  };
  ck_assert(number(":0") == "0" && number(":9.9") == "9" && number(":65535.0") == "65535");
  for (const char* none : {"", ":", ".", ":.0", "0", "host:0", ":100000", ":1.", ":1.x", ":1.0.0", ":/",
                           "::", ":1.100000", ":-1"})
    ck_assert_msg(number(none) == "none", "%s", none);
}
END_TEST

START_TEST(the_card_of_another_seat_never_answers) {
  const auto admitted = [](const Login& login) {
    std::string all;
    const auto reach = card::reach_of(start_of(login), rules());
    for (const char* reader : {kLeft, kRight, kFree})
      if (reach->admits(reader)) all += reader[0];
    return all;
  };
  ck_assert(admitted(kLogins[0]) == "L");
  ck_assert(admitted(kLogins[2]) == "R");
  ck_assert(admitted(kLogins[5]) == "O");
  ck_assert(card::reach_of(Start{}, {})->admits(kLeft));
  // PKCS#11 cut it: it may be any reader that begins so.
  const std::string cut(64, 'x');
  const std::vector<SeatRule> one = {{.name = "a",
                                      .seats = {"seat0"},
                                      .terminals = {},
                                      .services = {},
                                      .origins = {},
                                      .readers = {cut.substr(1)},
                                      .server = {}}};
  ck_assert(!card::reach_of(start_of(kLogins[0]), one)->admits(cut));
}
END_TEST

START_TEST(a_reader_is_named_with_or_without_its_numbers) {
  ck_assert(card::names_reader("A 00 00", "A 00 00") && card::names_reader("A", "A 00 00"));
  ck_assert(card::names_reader("A", "A 0F 1A") && card::names_reader("A", "A"));
  ck_assert(card::names_reader("A", "A 09 AF") && card::names_reader("A", "A 90 FA"));
  for (const char* other :
       {"A 00",    "A 00 0",  "A 00 000",      "A 0g 00", "A 00-00", "A-00 00", "AB 00 00",
        "B 00 00", "",        "A 00 00 00 00", "A /0 00", "A 0/ 00", "A 00 /0", "A 00 0/",
        "A :0 00", "A 00 0:", "A @0 00",       "A 00 0@", "A G0 00", "A 00 0G"})
    ck_assert_msg(!card::names_reader("A", other), "%s", other);
  ck_assert(!card::names_reader("A 00 00", "A") && !card::names_reader("A 00 00", "A 00 01"));
}
END_TEST

START_TEST(addresses_have_one_form) {
  ck_assert(card::canonical_address("192.0.2.1") == "192.0.2.1");
  ck_assert(card::canonical_address("::ffff:192.0.2.1") == "192.0.2.1");
  ck_assert(card::canonical_address("2001:DB8:0:0::1") == "2001:db8::1");
  for (const char* none : {"", "192.0.2", "192.0.2.1 ", "localhost", "192.0.2.1/24", "fe80::1%eth0"})
    ck_assert_msg(card::canonical_address(none).empty(), "%s", none);
}
END_TEST

START_TEST(an_address_of_a_server_is_complete) {
  // sun_path of sockaddr_un(7) holds 108 octets, the NUL at the end among them.
  const std::string longest = "unix:path=/" + std::string(106, 'a');
  const std::string too_long = longest + "a";
  for (const char* good : {"unix:path=/run/seats/a", "vsock:cid=3;port=4000", longest.c_str()})
    ck_assert_msg(card::is_server_address(good), "%s", good);
  for (const char* bad :
       {"", "unix:path=", "unix:path=run/a", "unix:path=/run/%61", "unix:path=/a;b", "/run/seats/a",
        "vsock:cid=3", "vsock:cid=;port=1", "vsock:cid=3;port=x", "vsock:cid=3;port=4294967296",
        "vsock:port=1;cid=3", "xsock:cid=3;port=4000", "tcp:host=a", too_long.c_str()})
    ck_assert_msg(!card::is_server_address(bad), "%s", bad);
  using namespace std::string_literals;
  ck_assert(!card::is_server_address("unix:path=/run/a\0b"s));
}
END_TEST

// A listening socket in `directory`.
UniqueFd listen_in(const TemporaryDirectory& directory) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = directory.path() + "/p11";
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ck_assert_int_eq(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ck_assert_int_eq(::listen(fd.get(), 4), 0);
  return fd;
}

START_TEST(a_server_is_used_when_somebody_listens_in_a_directory_of_roots) {
  const TemporaryDirectory directory;
  const std::string address = "unix:path=" + directory.path() + "/p11";
  ::unsetenv("P11_KIT_SERVER_ADDRESS");
  auto used = card::use_server(address);
  ck_assert(!used && used.error().verdict == Verdict::kSeatUnreachable);
  ck_assert(::getenv("P11_KIT_SERVER_ADDRESS") == nullptr);
  UniqueFd listener = listen_in(directory);
  errno = EAGAIN;  // of an earlier call: it says nothing about this one
  used = card::use_server(address);
  ck_assert_msg(used.has_value() == (::getuid() == 0), "%s", used ? "" : used.error().cause.c_str());
  if (used) ck_assert_str_eq(::getenv("P11_KIT_SERVER_ADDRESS"), address.c_str());
  // Whoever may write there may stand in for the thin client.
  ::unsetenv("P11_KIT_SERVER_ADDRESS");
  ck_assert_int_eq(::chmod(directory.path().c_str(), 0777), 0);
  used = card::use_server(address);
  ck_assert(!used && used.error().verdict == Verdict::kSeatUnreachable);
  ck_assert(::getenv("P11_KIT_SERVER_ADDRESS") == nullptr);
  ck_assert_int_eq(::chmod(directory.path().c_str(), 0700), 0);
  listener.reset();
  ck_assert(!card::use_server(address));
}
END_TEST

// The connection to its server is open when it is confined.
START_TEST(a_login_at_a_thin_client_opens_no_socket_once_it_is_confined) {
  const config::Config config;
  const sandbox::Confinement there = confinement_of(config, false);
  ck_assert(!there.unix_sockets && there.services.empty() && !there.internet_sockets);
  const sandbox::Confinement here = confinement_of(config, true);
  ck_assert(here.unix_sockets && here.services.size() == 1);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("seat");
  TCase* tests = tcase_create("seat");
  tcase_add_loop_test(tests, the_first_rule_that_is_for_a_login_decides, 0, std::ssize(kLogins));
  tcase_add_test(tests, a_session_brings_readers_for_its_own_account);
  tcase_add_test(tests, the_readers_of_a_session_are_for_nobody_else);
  tcase_add_test(tests, a_socket_pattern_is_one_for_each_session);
  tcase_add_test(tests, a_display_has_one_number);
  tcase_add_test(tests, the_card_of_another_seat_never_answers);
  tcase_add_test(tests, a_reader_is_named_with_or_without_its_numbers);
  tcase_add_test(tests, addresses_have_one_form);
  tcase_add_test(tests, an_address_of_a_server_is_complete);
  tcase_add_test(tests, a_server_is_used_when_somebody_listens_in_a_directory_of_roots);
  tcase_add_test(tests, a_login_at_a_thin_client_opens_no_socket_once_it_is_confined);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
