// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whose socket a session's card service may be, and what must be answered there.
#include "validator/card/session_socket.h"

#include "tests/unit/support/check_main.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <thread>

#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace {

using namespace jpki;
using namespace std::chrono_literals;
using jpki::test::TemporaryDirectory;

constexpr std::int32_t kVersion[] = {4, 5, 0};

// Of pcsc-lite, winscard_msg.h: rxHeader (size, command CMD_VERSION) and version_struct (major, minor, rv).
constexpr std::uint32_t kHello[] = {12, 0x11, 4, 4, 0};

// A person's directory with a card service in it, which answers the first word and hangs up.
class Place {
 public:
  // `interrupted`: a thread that gets signals before the rest of the answer.
  explicit Place(std::string answer, std::size_t at_first = std::string::npos,
                 std::optional<pthread_t> interrupted = {})
      : answer_(std::move(answer)), at_first_(at_first), interrupted_(interrupted) {
    std::filesystem::create_directory(directory_.path("1001"));
    bind_at("1001/pcscd.comm");
    service_ = std::thread([this] { serve(); });
  }
  ~Place() {
    ::shutdown(listener_, SHUT_RDWR);
    service_.join();
    ::close(listener_);
  }
  std::string path(const char* name) const { return directory_.path(name); }

  // Empty, or why not.
  std::string pinned(const char* name = "/1001/pcscd.comm", uid_t owner = ::geteuid(),
                     uid_t root = ::geteuid(), std::chrono::milliseconds patience = 60s) const {
    const auto found = card::pin_session_socket({name, owner}, patience, {root, directory_.path()});
    if (found) return {};
    ck_assert(found.error().verdict == Verdict::kSeatUnreachable);
    return found.error().cause;
  }
  // What the card service was told by the last of its clients.
  const std::string& told() const { return told_; }

 private:
  void bind_at(const char* name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string place = path(name);
    std::memcpy(address.sun_path, place.c_str(), place.size() + 1);
    ck_assert_int_eq(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ck_assert_int_eq(::listen(listener_, 4), 0);
  }
  void serve() {
    for (;;) {
      const int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      char hello[20];
      const ssize_t size = ::recv(client, hello, sizeof hello, MSG_WAITALL);
      told_.assign(hello, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
      const std::string_view first = std::string_view(answer_).substr(0, at_first_);
      const std::string_view rest = std::string_view(answer_).substr(first.size());
      (void)::send(client, first.data(), first.size(), MSG_NOSIGNAL);
      // The rest comes when what came first has been read.
      for (int unread = rest.empty() ? 0 : 1; unread > 0; std::this_thread::yield())
        ck_assert_int_eq(::ioctl(client, SIOCOUTQ, &unread), 0);
      for (int i = 0; i < 20 && interrupted_; ++i, std::this_thread::sleep_for(1ms))
        ::pthread_kill(*interrupted_, SIGUSR1);
      (void)::send(client, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (answer_.size() < sizeof kVersion && !answer_.empty()) (void)!::recv(client, hello, 1, 0);  // hangs
      ::close(client);
    }
  }

  const std::string answer_;
  const std::size_t at_first_;  // that many octets of it
  const std::optional<pthread_t> interrupted_;
  std::string told_;
  TemporaryDirectory directory_;
  int listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::thread service_;
};

std::string good() {
  return {reinterpret_cast<const char*>(kVersion), sizeof kVersion};
}

START_TEST(a_card_service_of_the_person_is_found) {
  const Place place(good());
  ck_assert(place.pinned() == "");
}
END_TEST

START_TEST(it_is_greeted_as_by_libpcsclite) {
  const std::string hello(reinterpret_cast<const char*>(kHello), sizeof kHello);
  std::string told;
  {
    const Place place(good());
    ck_assert(place.pinned() == "");  // an answer: so it was told everything
    told = place.told();
  }
  ck_assert(told == hello);
}
END_TEST

START_TEST(an_answer_may_come_in_parts) {
  for (const std::size_t first : {1, 4, 11}) {
    const Place place(good(), first);
    ck_assert_msg(place.pinned() == "", "%zu", first);
  }
}
END_TEST

START_TEST(a_signal_is_no_answer) {
  struct sigaction nothing {};
  nothing.sa_handler = [](int) {};
  ck_assert_int_eq(::sigaction(SIGUSR1, &nothing, nullptr), 0);  // without SA_RESTART
  const Place place(good(), 4, ::pthread_self());
  ck_assert(place.pinned() == "");
}
END_TEST

// A socket with nobody behind it, and one with a listener that takes no connection.
START_TEST(where_nobody_takes_the_connection_is_told_as_that) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("s");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ck_assert_int_eq(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const auto cause = [&] {
    const auto found = card::pin_session_socket({"/s", ::geteuid()}, 200ms, {::geteuid(), directory.path()});
    ck_assert(!found && found.error().verdict == Verdict::kSeatUnreachable);
    return found.error().cause;
  };
  ck_assert(cause().ends_with(": Connection refused"));
  ck_assert_int_eq(::listen(socket.get(), 0), 0);
  const UniqueFd first(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ck_assert_int_eq(::connect(first.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ck_assert(cause().ends_with(": its queue is full"));
}
END_TEST

START_TEST(what_others_may_have_put_there_is_not_used) {
  const Place place(good());
  const auto refused = [&](const char* why, const char* name = "/1001/pcscd.comm") {
    const std::string cause = place.pinned(name);
    ck_assert_msg(cause.find(why) != cause.npos, "%s: %s", why, cause.c_str());
  };
  for (const mode_t mode : {0770, 0707, 01777}) {
    ck_assert_int_eq(::chmod(place.path("1001").c_str(), mode), 0);
    refused("/1001/ is writable by others");
  }
  ck_assert_int_eq(::chmod(place.path("1001").c_str(), 0700), 0);
  ck_assert_int_eq(::chmod(place.path("").c_str(), 0777), 0);
  refused("is writable by others");
  ck_assert_int_eq(::chmod(place.path("").c_str(), 0700), 0);
  const std::string other = place.pinned("/1001/pcscd.comm", ::geteuid() + 1, ::geteuid() + 2);
  ck_assert_msg(other.find("neither root's nor the session's user's") != other.npos, "%s", other.c_str());
  std::filesystem::create_symlink(place.path("1001"), place.path("1002"));
  refused("Not a directory", "/1002/pcscd.comm");
  std::filesystem::create_symlink(place.path("1001/pcscd.comm"), place.path("1001/link"));
  refused("no socket", "/1001/link");
  std::filesystem::copy_file("/proc/self/comm", place.path("1001/file"));
  refused("no socket", "/1001/file");
  refused("No such file", "/1001/none");
  refused("No such file", "/1003/none");
  ck_assert(place.pinned() == "");
}
END_TEST

START_TEST(what_answers_otherwise_is_told_as_that) {
  const std::int32_t old[] = {2, 0, 0};
  const struct {
    std::string answer;
    const char* cause;
  } kAnswers[] = {
      {"", "hangs up"},
      {std::string(4, '\0'), "does not answer"},
      {std::string(64, '\xff'), "speaks no protocol of pcsc-lite 4"},
      {std::string(reinterpret_cast<const char*>(old), sizeof old), "speaks no protocol of pcsc-lite 4"},
  };
  for (const auto& [answer, cause] : kAnswers) {
    const Place place(answer);
    errno = EAGAIN;  // of an earlier call: it says nothing about this one
    const bool hangs = std::string_view(cause) == "does not answer";
    const std::string told = place.pinned("/1001/pcscd.comm", ::geteuid(), ::geteuid(), hangs ? 200ms : 60s);
    ck_assert_msg(told.find(cause) != told.npos, "%s: %s", cause, told.c_str());
  }
}
END_TEST

START_TEST(libpcsclite_is_told_the_socket_and_not_its_path) {
  ck_assert(card::use_session_socket(UniqueFd(::dup(0))).has_value());
  ck_assert(std::string(::getenv("PCSCLITE_CSOCK_NAME")).starts_with("/proc/self/fd/"));
}
END_TEST

START_TEST(a_token_of_this_machine_is_none_of_the_session) {
  const auto left = card::modules_of_card_service({"opensc-pkcs11.so", "/usr/lib/softhsm/libsofthsm2.so",
                                                   "/opt/x/jpki-pkcs11.so", "p11-kit-client.so",
                                                   "/usr/lib/p11-kit-client.so"});
  ck_assert((left == std::vector<std::string>{"opensc-pkcs11.so", "/opt/x/jpki-pkcs11.so"}));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("session_socket");
  TCase* tests = tcase_create("session_socket");
  tcase_add_test(tests, a_card_service_of_the_person_is_found);
  tcase_add_test(tests, it_is_greeted_as_by_libpcsclite);
  tcase_add_test(tests, an_answer_may_come_in_parts);
  tcase_add_test(tests, a_signal_is_no_answer);
  tcase_add_test(tests, where_nobody_takes_the_connection_is_told_as_that);
  tcase_add_test(tests, what_others_may_have_put_there_is_not_used);
  tcase_add_test(tests, what_answers_otherwise_is_told_as_that);
  tcase_add_test(tests, libpcsclite_is_told_the_socket_and_not_its_path);
  tcase_add_test(tests, a_token_of_this_machine_is_none_of_the_session);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
