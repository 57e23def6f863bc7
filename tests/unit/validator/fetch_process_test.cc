// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FetchProcess against programs that are no jpki-fetch: they die, say nothing, or lie. The program that lies
// is this test itself, started with the name of a lie.
#include "validator/fetch/fetch_process.h"

#include "tests/unit/support/check_main.h"

#include <csignal>
#include <functional>

#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>

namespace {

using namespace jpki;
using fetch::FetchAnswer;
using fetch::FetchError;
using fetch::FetchProcess;
using fetch::FetchRequest;
using Reason = FetchError::Reason;

constexpr char kMyself[] = "/proc/self/exe";

FetchRequest small_request() {
  FetchRequest request;
  request.alternatives = {{"http://ocsp.example/hanako", {}, ""}};
  request.max_size = 10;
  return request;
}

UniqueFd document() {
  return UniqueFd(::memfd_create("document", MFD_CLOEXEC));
}

Deadline soon() {
  return Deadline::after(std::chrono::milliseconds(50));
}

Deadline late() {
  return Deadline::after(std::chrono::seconds(20));
}

void nobody_is_left() {
  ck_assert_int_eq(::waitpid(-1, nullptr, WNOHANG), -1);
  ck_assert_int_eq(errno, ECHILD);
}

START_TEST(a_program_that_is_not_there_is_told_by_every_start) {
  FetchProcess fetcher("", "/nonexistent/jpki-fetch");
  for (int i = 0; i < 2; ++i) {
    const auto ticket = fetcher.start(small_request(), document());
    ck_assert(!ticket.has_value());
    ck_assert(ticket.error().reason == Reason::kNotStarted);
    ck_assert(ticket.error().text.find("No such file") != std::string::npos);
  }
}
END_TEST

START_TEST(a_program_that_ends_gives_every_open_request_its_error) {
  FetchProcess fetcher("", "/bin/true");
  std::vector<fetch::Ticket> tickets;
  for (int i = 0; i < 3; ++i)
    if (const auto ticket = fetcher.start(small_request(), document())) tickets.push_back(*ticket);
  for (const fetch::Ticket ticket : tickets) {
    const auto answer = fetcher.await(ticket, late());
    ck_assert(!answer.has_value() && answer.error().reason == Reason::kHelper);
  }
  ck_assert(!fetcher.start(small_request(), document()).has_value() || !tickets.empty());
}
END_TEST

START_TEST(a_program_that_says_nothing_is_killed_at_the_deadline) {
  {
    FetchProcess fetcher("1000", "/bin/sleep");
    const auto first = fetcher.start(small_request(), document());
    const auto second = fetcher.start(small_request(), document());
    ck_assert(first.has_value() && second.has_value());
    const auto answer = fetcher.await(*first, soon());
    ck_assert(!answer.has_value() && answer.error().reason == Reason::kTimeout);
    ck_assert(answer.error().text.find("ocsp.example:80") != std::string::npos);
    ck_assert(answer.error().text.find("hanako") == std::string::npos);
    nobody_is_left();
    const auto other = fetcher.await(*second, late());
    ck_assert(!other.has_value() && other.error().reason == Reason::kTimeout);
    const auto third = fetcher.start(small_request(), document());
    ck_assert(!third.has_value() && third.error().reason == Reason::kTimeout);
  }
  nobody_is_left();
}
END_TEST

START_TEST(an_unused_program_is_gone_with_its_owner) {
  { const FetchProcess fetcher("1000", "/bin/sleep"); }
  nobody_is_left();
}
END_TEST

START_TEST(more_requests_than_the_socket_takes_wait_for_their_turn) {
  FetchProcess fetcher("1000", "/bin/sleep");
  FetchRequest large = small_request();
  large.alternatives[0].body.resize(fetch::kMaxFetchBody);
  for (int i = 0; i < 50; ++i) ck_assert(fetcher.start(large, document()).has_value());
}
END_TEST

START_TEST(a_request_outside_the_bounds_is_refused_at_once) {
  FetchProcess fetcher("1000", "/bin/sleep");
  FetchRequest endless = small_request();
  endless.max_size = 0;
  const auto ticket = fetcher.start(endless, document());
  ck_assert(!ticket.has_value() && ticket.error().reason == Reason::kProtocol);
  const auto nowhere = fetcher.start(small_request(), UniqueFd());
  ck_assert(!nowhere.has_value() && nowhere.error().reason == Reason::kHelper);
}
END_TEST

START_TEST(an_answer_is_picked_up_once) {
  FetchProcess fetcher("honest", kMyself);
  const UniqueFd file = document();
  const auto ticket = fetcher.start(small_request(), file);
  ck_assert(ticket.has_value());
  const auto answer = fetcher.await(*ticket, late());
  ck_assert_msg(answer.has_value(), "%s", answer.has_value() ? "" : answer.error().text.c_str());
  ck_assert_uint_eq(answer->size, 3);
  char text[4] = {};
  ck_assert_int_eq(::pread(file.get(), text, 3, 0), 3);
  ck_assert_str_eq(text, "abc");
  const auto again = fetcher.await(*ticket, late());
  ck_assert(!again.has_value() && again.error().reason == Reason::kProtocol);
}
END_TEST

// What a jpki-fetch in the hands of an attacker might answer to a call; the document has three bytes.
struct Lie {
  const char* name;
  FetchAnswer answer;
  Reason reason;
};
const Lie kLies[] = {
    {"shorter", {0, false, 2, "", "", ""}, Reason::kProtocol},
    {"longer", {0, false, 4, "", "", ""}, Reason::kProtocol},
    {"alternative", {1, false, 3, "", "", ""}, Reason::kProtocol},
    {"not-modified", {0, true, 0, "", "", ""}, Reason::kProtocol},
};

START_TEST(an_answer_that_does_not_fit_its_document_is_refused) {
  FetchProcess fetcher(kLies[_i].name, kMyself);
  const auto ticket = fetcher.start(small_request(), document());
  ck_assert(ticket.has_value());
  const auto answer = fetcher.await(*ticket, late());
  ck_assert(!answer.has_value() && answer.error().reason == kLies[_i].reason);
}
END_TEST

const char* const kBreaches[] = {"garbage", "too-large", "foreign-ticket", "twice", "descriptor"};

START_TEST(a_breach_of_the_protocol_ends_the_program) {
  FetchProcess fetcher(kBreaches[_i], kMyself);
  const auto ticket = fetcher.start(small_request(), document());
  const auto second = fetcher.start(small_request(), document());
  ck_assert(ticket.has_value() && second.has_value());
  const auto answer = fetcher.await(*second, late());
  ck_assert(!answer.has_value() && answer.error().reason == Reason::kHelper);
  nobody_is_left();
}
END_TEST

// The socket's buffer has no room for the last of them.
constexpr fetch::Ticket kMany = 50;

START_TEST(an_answer_to_a_request_that_was_not_sent_yet_ends_the_program) {
  FetchProcess fetcher("not-sent-yet", kMyself);
  FetchRequest large = small_request();
  large.alternatives[0].body.resize(fetch::kMaxFetchBody);
  fetch::Ticket last = 0;
  for (fetch::Ticket i = 0; i < kMany; ++i) {
    const auto ticket = fetcher.start(large, document());
    ck_assert(ticket.has_value());
    last = *ticket;
  }
  ck_assert_uint_eq(last, kMany);
  for (const fetch::Ticket ticket : {fetch::Ticket{1}, last}) {
    const auto answer = fetcher.await(ticket, late());
    ck_assert(!answer.has_value() && answer.error().reason == Reason::kHelper);
  }
  nobody_is_left();
}
END_TEST

// --- the other side -------------------------------------------------------------------------------------
void await_readable() {
  pollfd poll_fd{0, POLLIN, 0};
  ::poll(&poll_fd, 1, -1);
}

void await_the_end() {
  pollfd poll_fd{0, 0, 0};
  ::poll(&poll_fd, 1, -1);
}

FetchAnswer answer_of(const std::string& lie) {
  for (const Lie& known : kLies)
    if (known.name == lie) return known.answer;
  return {0, false, 3, "", "", ""};
}

int serve_lies(const std::string& lie) {
  await_readable();
  auto packet = fetch::receive_packet(0);
  const auto call = packet ? fetch::decode_call(packet->bytes) : std::nullopt;
  if (!call || ::write(packet->file.get(), "abc", 3) != 3) return 1;
  const Blob answer = fetch::encode_result({call->ticket, answer_of(lie)});
  const auto say = [](const Blob& bytes, int file = -1) { return fetch::send_packet(0, bytes, file); };
  bool said = false;
  if (lie == "garbage") {
    said = say(Blob{1, 2, 3}).has_value();
  } else if (lie == "too-large") {
    said = say(Blob(fetch::kMaxFetchPacket + 1)).has_value();
  } else if (lie == "foreign-ticket") {
    said = say(fetch::encode_result({99, answer_of(lie)})).has_value();
  } else if (lie == "not-sent-yet") {
    said = say(fetch::encode_result({kMany, answer_of(lie)})).has_value();
    await_the_end();
  } else if (lie == "twice") {
    said = say(answer).has_value() && say(answer).has_value();
  } else {
    said = say(answer, lie == "descriptor" ? packet->file.get() : -1).has_value();
  }
  for (;;) {  // until we are killed, or nobody is there
    await_readable();
    const auto more = fetch::receive_packet(0);
    if (!more && more.error() == fetch::PacketError::kClosed) return said ? 0 : 1;
  }
}

Suite* fetch_process_suite() {
  Suite* suite = suite_create("fetch process");
  TCase* life = tcase_create("life");
  tcase_add_test(life, a_program_that_is_not_there_is_told_by_every_start);
  tcase_add_test(life, a_program_that_ends_gives_every_open_request_its_error);
  tcase_add_test(life, a_program_that_says_nothing_is_killed_at_the_deadline);
  tcase_add_test(life, an_unused_program_is_gone_with_its_owner);
  tcase_add_test(life, more_requests_than_the_socket_takes_wait_for_their_turn);
  tcase_add_test(life, a_request_outside_the_bounds_is_refused_at_once);
  suite_add_tcase(suite, life);
  TCase* answers = tcase_create("answers");
  tcase_add_test(answers, an_answer_is_picked_up_once);
  tcase_add_loop_test(answers, an_answer_that_does_not_fit_its_document_is_refused, 0, std::size(kLies));
  tcase_add_loop_test(answers, a_breach_of_the_protocol_ends_the_program, 0, std::size(kBreaches));
  tcase_add_test(answers, an_answer_to_a_request_that_was_not_sent_yet_ends_the_program);
  suite_add_tcase(suite, answers);
  return suite;
}

}  // namespace

int main(int argc, char** argv) {
  return argc == 2 ? serve_lies(argv[1]) : jpki::test::run_suite(fetch_process_suite());
}
