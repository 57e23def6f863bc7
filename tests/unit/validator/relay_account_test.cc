// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What passes between a caller without privileges and a jpki-account, which may both be hostile.
#include "base/deadline.h"
#include "base/helper_process.h"
#include "tests/unit/support/check_main.h"
#include "tests/unit/validator/relay_login.h"
#include "validator/relay/account_session.h"

#include <array>
#include <future>
#include <optional>

#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::relay;
using namespace std::chrono_literals;

constexpr uid_t kUid = 2001;
const Owner kTaro{kUid, "taro"};
constexpr AccountBounds kShort{.question = 200ms, .answer = 200ms};

struct Pair {
  UniqueFd near;
  UniqueFd far;
  Pair() {
    int fds[2];
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
    near = UniqueFd(fds[0]);
    far = UniqueFd(fds[1]);
  }
};

template <class Content>
Blob packet_of(const Content& content) {
  Blob packet(kMaxAccountPacket);
  WireWriter out(packet);
  write(out, content);
  packet.resize(out.used());
  return packet;
}

void send_to(const UniqueFd& socket, const Blob& packet) {
  ck_assert_int_eq(::send(socket.get(), packet.data(), packet.size(), MSG_NOSIGNAL),
                   static_cast<ssize_t>(packet.size()));
}

Blob received(const UniqueFd& socket) {
  Blob packet(kMaxAccountPacket);
  const auto size = receive_packet(socket, packet, Deadline::after(10s));
  ck_assert(size.has_value());
  packet.resize(*size);
  return packet;
}

AccountQuestion question_of(const std::string& account) {
  return {"xscreensaver", account, 0, false};
}

// A relay at work between the two far ends.
struct Step {
  Pair caller;
  Pair helper;
  std::future<Ending> ending;

  explicit Step(const AccountBounds& bounds = {}) {
    ending = std::async(std::launch::async, [this, bounds] {
      Ending end = relay_account(caller.near, helper.near, kTaro, bounds);
      caller.near.reset();
      helper.near.reset();
      return end;
    });
  }
  // What the caller is told; nothing when the connection was closed.
  std::optional<AccountAnswer> told() const {
    const Blob packet = received(caller.far);
    if (packet.empty()) return std::nullopt;
    auto answer = read_account_answer(packet);
    ck_assert(answer.has_value());
    return answer;
  }
};

START_TEST(an_answer_goes_through_without_its_reasons) {
  for (const auto verdict : {std::optional<Verdict>(Verdict::kAccepted),
                             std::optional<Verdict>(Verdict::kAccountDisabled), std::optional<Verdict>()}) {
    Step step;
    send_to(step.caller.far, packet_of(question_of("taro")));
    const auto asked = read_account_question(received(step.helper.far));
    ck_assert(asked && asked->account == "taro" && asked->service == "xscreensaver" && !asked->local);
    ck_assert(asked->uid == kUid);  // and not what the caller says
    send_to(step.helper.far, packet_of(AccountAnswer{verdict, "why", ""}));
    const auto told = step.told();
    ck_assert(told && told->verdict == verdict && told->cause.empty() && told->source.empty());
    const Ending ending = step.ending.get();
    ck_assert(ending.verdict == verdict.value_or(Verdict::kAccepted) && ending.service == "xscreensaver");
    ck_assert(!ending.cause.empty());
  }
}
END_TEST

// For who reads the log; of an account that the directory does not know there is nothing to tell.
START_TEST(the_log_tells_where_an_answer_comes_from) {
  for (const char* source : {"directory", ""}) {
    const relay::test::Journal journal;
    Step step;
    send_to(step.caller.far, packet_of(question_of("taro")));
    received(step.helper.far);
    send_to(step.helper.far, packet_of(AccountAnswer{Verdict::kAccepted, "why", source}));
    ck_assert(step.told().has_value());
    ck_assert(step.ending.get().verdict == Verdict::kAccepted);
    const std::string text = journal.text();
    ck_assert_str_eq(text.c_str(), *source == '\0' ? "" : "<6>account state of taro by directory\n");
  }
}
END_TEST

START_TEST(another_account_is_not_asked_about) {
  for (const char* account : {"", "hanako", "Taro", "taro ", "root"}) {
    Step step;
    send_to(step.caller.far, packet_of(question_of(account)));
    const auto told = step.told();
    ck_assert_msg(told && told->verdict == Verdict::kOtherUser && told->cause.empty(), "%s", account);
    ck_assert(step.ending.get().verdict == Verdict::kOtherUser);
    ck_assert(received(step.helper.far).empty());
  }
}
END_TEST

START_TEST(what_is_no_question_has_no_answer) {
  Blob longer = packet_of(question_of("taro"));
  longer.push_back(0);
  Blob shorter = packet_of(question_of("taro"));
  shorter.pop_back();
  Blob other_version = packet_of(question_of("taro"));
  ++other_version[0];
  for (const Blob& packet : {Blob{0}, Blob(kMaxAccountPacket, 0xff), Blob(kMaxAccountPacket + 100, 0), longer,
                             shorter, other_version, packet_of(AccountAnswer{Verdict::kAccepted, {}, {}})}) {
    Step step;
    send_to(step.caller.far, packet);
    ck_assert(!step.told().has_value());
    ck_assert(step.ending.get().verdict == Verdict::kHelperFailed);
    ck_assert(received(step.helper.far).empty());
  }
}
END_TEST

START_TEST(who_asks_nothing_is_let_go) {
  Step silent(kShort);
  ck_assert(!silent.told().has_value());
  ck_assert(silent.ending.get().verdict == Verdict::kHelperFailed);
  Step gone;
  gone.caller.far.reset();
  ck_assert(gone.ending.get().verdict == Verdict::kHelperFailed);
}
END_TEST

START_TEST(a_hostile_helper_lets_nobody_in) {
  for (const Blob& packet : {Blob{0}, Blob(kMaxAccountPacket, 0), packet_of(question_of("taro")), Blob{}}) {
    Step step;
    send_to(step.caller.far, packet_of(question_of("taro")));
    received(step.helper.far);
    if (packet.empty())
      step.helper.far.reset();  // it died
    else
      send_to(step.helper.far, packet);
    const auto told = step.told();
    ck_assert(told && told->verdict == Verdict::kHelperFailed);
    ck_assert(step.ending.get().verdict == Verdict::kHelperFailed);
  }
  Step slow(kShort);
  send_to(slow.caller.far, packet_of(question_of("taro")));
  const auto told = slow.told();
  ck_assert(told && told->verdict == Verdict::kTimeout && slow.ending.get().verdict == Verdict::kTimeout);
}
END_TEST

START_TEST(names_are_plain) {
  const auto question =
      permitted_question({"x\"\n<0>\x1b[2J" + std::string(1000, 'A'), "taro", {}, true}, kTaro);
  ck_assert(question && question->local && question->service.size() == 256);
  ck_assert_int_eq(question->service.compare(0, 6, "x\"?<0>"), 0);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("relay_account");
  TCase* session = tcase_create("session");
  tcase_add_test(session, an_answer_goes_through_without_its_reasons);
  tcase_add_test(session, the_log_tells_where_an_answer_comes_from);
  tcase_add_test(session, another_account_is_not_asked_about);
  tcase_add_test(session, what_is_no_question_has_no_answer);
  tcase_add_test(session, who_asks_nothing_is_let_go);
  tcase_add_test(session, a_hostile_helper_lets_nobody_in);
  tcase_add_test(session, names_are_plain);
  suite_add_tcase(suite, session);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
