// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The card between its two sockets: a reader that the test plays, and the control socket. Both are real
// sockets, served by run_until() in this thread, which waits for events and never for time to pass.
#include "testkit/vcard/control_address.h"
#include "testkit/vcard/control_server.h"
#include "tests/unit/testkit/vcard/fixture.h"

#include <array>
#include <cstring>
#include <fstream>

#include <poll.h>
#include <sys/stat.h>

namespace {

using namespace jpki;
using namespace jpki::vcard;
using namespace jpki::vcard::test;

UniqueFd connect_to(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto address = ControlAddress::of(path);
  ck_assert(::connect(fd.get(), address->get(), address->size()) == 0);
  return fd;
}

// What happens to be there to read.
std::string pending(int fd) {
  std::array<char, 4096> chunk{};
  const ssize_t size = ::recv(fd, chunk.data(), chunk.size(), MSG_DONTWAIT);
  return size > 0 ? std::string(chunk.data(), static_cast<std::size_t>(size)) : std::string();
}

bool ended(int fd) {
  char byte = 0;
  return ::recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

// Two cards, the reader of the first, and the control socket.
class Stage {
 public:
  Stage() {
    for (const char* const name : {"reader0", "reader1"}) {
      const auto path = ControlAddress::of(folder_.path(name));
      ReaderAddress address;
      std::memcpy(&address.storage, path->get(), path->size());
      address.size = path->size();
      cards_.push_back(std::make_unique<CardInReader>(
          contents(), AppletRules{}, Latency{},
          VirtualCard::Hooks{.save = [](PinCounters) { return true; }, .trace = [](const std::string&) {}},
          address));
    }
    auto server = ControlServer::listen(folder_.path("control"), ControlCommands(cards_));
    ck_assert(server.has_value());
    server_ = std::move(*server);
    sources_ = {&cards_[0]->link, &cards_[1]->link, server_.get()};
  }

  // The reader begins to listen, as pcscd does.
  void start_reader() {
    const auto address = ControlAddress::of(folder_.path("reader0"));
    reader_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::unlink((folder_.path("reader0")).c_str());
    ck_assert(::bind(reader_.get(), address->get(), address->size()) == 0);
    ck_assert(::listen(reader_.get(), 1) == 0);
  }

  // The connection of the card that waits at the reader.
  UniqueFd accept_card() {
    serve_until([this] { return card().link.connected(); });
    UniqueFd fd(::accept4(reader_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    ck_assert(fd.valid());
    return fd;
  }

  void serve_until(const std::function<bool()>& finished) { run_until(sources_, finished); }

  // One command's reply.
  std::string ask(const std::string& line) {
    const UniqueFd client = connect_to(control());
    return ask(client.get(), line);
  }
  std::string ask(int client, const std::string& line) {
    say(client, line);
    std::string reply;
    serve_until([&] {
      reply += pending(client);
      return reply.ends_with('\n');
    });
    reply.pop_back();
    return reply;
  }
  static void say(int fd, std::string_view line) {
    const std::string text = std::string(line) + "\n";
    ck_assert(::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }

  // Sends a message as vpcd does and returns the card's answer.
  Blob exchange(int reader, Bytes message) {
    send_message(reader, message);
    Blob frame;
    serve_until([&] {
      const std::string more = pending(reader);
      frame.insert(frame.end(), more.begin(), more.end());
      return frame.size() >= 2 && frame.size() == 2u + (static_cast<std::size_t>(frame[0]) << 8 | frame[1]);
    });
    frame.erase(frame.begin(), frame.begin() + 2);
    return frame;
  }
  static void send_message(int reader, Bytes message) {
    Blob frame = {static_cast<std::uint8_t>(message.size() >> 8), static_cast<std::uint8_t>(message.size())};
    frame.insert(frame.end(), message.begin(), message.end());
    ck_assert(::send(reader, frame.data(), frame.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(frame.size()));
  }

  CardInReader& card() { return *cards_[0]; }
  std::string control() const { return folder_.path("control"); }
  void stop_server() {
    server_.reset();
    sources_.pop_back();
  }

 private:
  jpki::test::TemporaryDirectory folder_;
  std::vector<std::unique_ptr<CardInReader>> cards_;
  std::unique_ptr<ControlServer> server_;
  std::vector<EventSource*> sources_;
  UniqueFd reader_;
};

const Blob kPowerOn = {1};
const Blob kGetAtr = {4};

START_TEST(a_card_is_present_when_it_was_powered_and_read) {
  Stage stage;
  stage.start_reader();
  assert_text(stage.ask("wait present 0"), "error: timed out");
  assert_text(stage.ask("insert"), "ok");
  const UniqueFd reader = stage.accept_card();
  assert_text(stage.ask("wait connected"), "ok");
  ck_assert_uint_eq(stage.exchange(reader.get(), kGetAtr).at(0), 0x3B);
  assert_text(stage.ask("wait present 0"), "error: timed out");
  const UniqueFd client = connect_to(stage.control());
  Stage::say(client.get(), "wait present 60");
  Stage::send_message(reader.get(), kPowerOn);
  stage.exchange(reader.get(), kGetAtr);
  std::string reply;
  stage.serve_until([&] { return !(reply += pending(client.get())).empty(); });
  assert_text(reply, "ok\n");
}
END_TEST

START_TEST(a_card_waits_for_its_reader_and_for_its_return) {
  Stage stage;
  stage.card().link.insert();
  ck_assert(!stage.card().link.connected());
  stage.start_reader();
  UniqueFd reader = stage.accept_card();
  reader.reset();  // pcscd ends
  stage.serve_until([&] { return !stage.card().link.connected(); });
  ck_assert(!stage.card().link.absent());
  reader = stage.accept_card();
  ck_assert_uint_eq(stage.exchange(reader.get(), kGetAtr).at(0), 0x3B);
}
END_TEST

START_TEST(a_removed_card_is_absent_when_the_reader_has_noticed) {
  Stage stage;
  stage.start_reader();
  stage.card().link.insert();
  UniqueFd reader = stage.accept_card();
  assert_text(stage.ask("remove"), "ok");
  ck_assert(ended(reader.get()));
  assert_text(stage.ask("wait absent 0"), "error: timed out");
  Stage::send_message(reader.get(), kGetAtr);  // the poll that notices
  reader.reset();
  assert_text(stage.ask("wait absent 60"), "ok");
}
END_TEST

START_TEST(a_card_pulled_inside_a_command_stays_out_for_a_poll) {
  Stage stage;
  stage.start_reader();
  stage.card().link.insert();
  UniqueFd reader = stage.accept_card();
  assert_text(stage.ask("fault pulled-before=1"), "ok");
  Stage::send_message(reader.get(), hex(kSelectApplication));
  stage.serve_until([&] { return ended(reader.get()); });
  reader.reset();
  stage.serve_until([&] { return !stage.card().link.connected(); });
  const auto before = std::chrono::steady_clock::now();
  assert_text(stage.ask("insert"), "ok");
  reader = stage.accept_card();
  ck_assert(std::chrono::steady_clock::now() - before > std::chrono::milliseconds(400));  // pcscd's poll
}
END_TEST

START_TEST(a_card_pulled_inside_a_command_becomes_absent_by_itself) {
  Stage stage;
  stage.start_reader();
  stage.card().link.insert();
  UniqueFd reader = stage.accept_card();
  assert_text(stage.ask("fault pulled-before=1"), "ok");
  Stage::send_message(reader.get(), hex(kSelectApplication));
  stage.serve_until([&] { return ended(reader.get()); });
  reader.reset();
  ReaderLink& link = stage.card().link;
  stage.serve_until([&] { return !link.connected() && link.due(); });  // nothing else will happen
  ck_assert(!link.absent());
  stage.serve_until([&] { return link.absent(); });
  ck_assert(!link.due());
}
END_TEST

// As vpcd does when it found out while powering off that the card before was gone.
START_TEST(a_card_that_is_taken_for_the_one_before_comes_again) {
  const Blob look = hex("04"), power_on = hex("01"), power_off = hex("00");
  Stage stage;
  stage.start_reader();
  stage.card().link.insert();
  UniqueFd reader = stage.accept_card();
  for (int i = 0; i < 2; ++i) {
    Stage::send_message(reader.get(), look);
    stage.serve_until([&] { return !pending(reader.get()).empty(); });
  }
  Stage::send_message(reader.get(), look);
  stage.serve_until([&] { return ended(reader.get()); });
  reader.reset();
  reader = stage.accept_card();
  for (const Blob& message : {look, look, power_on, look, power_off, look, look})
    Stage::send_message(reader.get(), message);
  std::string answers;
  stage.serve_until([&] { return (answers += pending(reader.get())).size() >= std::size_t{5} * (2 + 13); });
  ck_assert(!ended(reader.get()));
  ck_assert(stage.card().link.present());
}
END_TEST

START_TEST(messages_may_come_in_pieces_or_together) {
  Stage stage;
  stage.start_reader();
  stage.card().link.insert();
  const UniqueFd reader = stage.accept_card();
  const Blob pieces = hex("0004 00FF0000 0001 01 0001 04");
  for (const std::uint8_t byte : pieces) {
    ck_assert(::send(reader.get(), &byte, 1, MSG_NOSIGNAL) == 1);
    const std::string reply = stage.ask("wait idle");
    assert_text(reply, "ok");
  }
  std::string answers;
  stage.serve_until([&] { return (answers += pending(reader.get())).size() >= 19; });
  ck_assert(as_bytes(answers).size() == 2 + 2 + 2 + 13);
  ck_assert_uint_eq(stage.card().card.statistics().power_ons, 1);
}
END_TEST

START_TEST(a_silent_card_can_still_be_asked_and_removed) {
  Stage stage;
  stage.start_reader();
  stage.card().link.insert();
  const UniqueFd reader = stage.accept_card();
  assert_text(stage.ask("fault silent=1"), "ok");
  Stage::send_message(reader.get(), hex(kSelectApplication));
  assert_text(stage.ask("wait apdus>=1"), "ok");
  assert_text(stage.ask("wait idle 0"), "error: timed out");
  ck_assert(pending(reader.get()).empty());
  assert_text(stage.ask("remove"), "ok");
  ck_assert(ended(reader.get()));
}
END_TEST

START_TEST(one_clients_command_ends_anothers_wait) {
  Stage stage;
  const UniqueFd waiting = connect_to(stage.control());
  stage.card().link.insert();
  Stage::say(waiting.get(), "wait absent 60");
  const UniqueFd other = connect_to(stage.control());  // stays: its leaving would be an event
  assert_text(stage.ask(other.get(), "wait absent 0"), "error: timed out");
  assert_text(stage.ask(other.get(), "remove"), "ok");
  std::string reply;
  stage.serve_until([&] { return !(reply += pending(waiting.get())).empty(); });
  assert_text(reply, "ok\n");
}
END_TEST

START_TEST(the_card_counts_what_the_reader_sent) {
  Stage stage;
  stage.start_reader();
  stage.card().link.insert();
  const UniqueFd reader = stage.accept_card();
  stage.exchange(reader.get(), hex(kSelectApplication));
  stage.exchange(reader.get(), hex(select_file("0018")));
  stage.exchange(reader.get(), hex(verify("9999")));
  assert_text(stage.ask("stats"),
              R"({"apdus":3,"selects":2,"reads":0,"verifies":1,"verifies_empty":0,"signs":0,"resets":0,)"
              R"("power_ons":0,"bytes_in":31,"bytes_out":6,"auth_tries_left":2,"sign_tries_left":5,)"
              R"("auth_verified":false,"present":false,"connected":true})");
  assert_text(stage.ask("wait verifies>=1 0"), "ok");
  assert_text(stage.ask("wait verifies>=2 0"), "error: timed out");
  assert_text(stage.ask("reset-counters"), "ok");
  assert_text(stage.ask("stats-reset"), "ok");
  const std::string after = stage.ask("stats");
  ck_assert(after.starts_with(R"({"apdus":0,)"));
  ck_assert(after.find(R"("auth_tries_left":3)") != std::string::npos);
}
END_TEST

START_TEST(commands_it_does_not_know_are_refused) {
  Stage stage;
  const UniqueFd client = connect_to(stage.control());
  for (const char* const line :
       {"", "nonsense", "insert now", "fault", "fault nonsense", "fault a b", "trace", "trace maybe", "wait",
        "wait present soon", "wait present -1", "wait present 1 2", "wait apdus>=", "wait apdus>=x",
        "wait sign>=1", "@2 stats", "@ stats", "@0"}) {
    const std::string reply = stage.ask(client.get(), line);
    ck_assert_msg(reply.starts_with("error: "), "%s: %s", line, reply.c_str());
  }
  for (const char* const line :
       {"@1 stats", "  stats  ", "stats\r", "trace on", "@1 fault bad-signature", "faults-clear"}) {
    const std::string reply = stage.ask(client.get(), line);
    ck_assert_msg(!reply.starts_with("error: "), "%s: %s", line, reply.c_str());
  }
}
END_TEST

START_TEST(the_control_socket_is_private_and_goes_away) {
  Stage stage;
  struct stat status {};
  ck_assert_int_eq(::stat(stage.control().c_str(), &status), 0);
  ck_assert_uint_eq(status.st_mode & 0777, 0600);
  ck_assert(!ControlServer::listen(stage.control(), ControlCommands({})).has_value());  // somebody serves it
  stage.stop_server();
  ck_assert_int_ne(::stat(stage.control().c_str(), &status), 0);
}
END_TEST

START_TEST(only_an_abandoned_socket_is_taken_over) {
  const jpki::test::TemporaryDirectory folder;
  {
    const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = ControlAddress::of(folder.path("abandoned"));
    ck_assert(::bind(fd.get(), address->get(), address->size()) == 0);
  }
  ck_assert(ControlServer::listen(folder.path("abandoned"), ControlCommands({})).has_value());
  std::ofstream(folder.path("file")) << "text";
  ck_assert(!ControlServer::listen(folder.path("file"), ControlCommands({})).has_value());
  ck_assert(std::filesystem::exists(folder.path("file")));
  ck_assert(!ControlServer::listen(folder.path("no/such/folder"), ControlCommands({})).has_value());
  ck_assert(!ControlServer::listen(std::string(200, 'x'), ControlCommands({})).has_value());
}
END_TEST

Suite* control_suite() {
  Suite* suite = suite_create("vcard: control");
  TCase* reader = tcase_create("reader");
  tcase_add_test(reader, a_card_is_present_when_it_was_powered_and_read);
  tcase_add_test(reader, a_card_waits_for_its_reader_and_for_its_return);
  tcase_add_test(reader, a_removed_card_is_absent_when_the_reader_has_noticed);
  tcase_add_test(reader, a_card_pulled_inside_a_command_stays_out_for_a_poll);
  tcase_add_test(reader, a_card_pulled_inside_a_command_becomes_absent_by_itself);
  tcase_add_test(reader, a_card_that_is_taken_for_the_one_before_comes_again);
  tcase_add_test(reader, messages_may_come_in_pieces_or_together);
  tcase_add_test(reader, a_silent_card_can_still_be_asked_and_removed);
  tcase_set_timeout(reader, 30);
  suite_add_tcase(suite, reader);
  TCase* control = tcase_create("control");
  tcase_add_test(control, one_clients_command_ends_anothers_wait);
  tcase_add_test(control, the_card_counts_what_the_reader_sent);
  tcase_add_test(control, commands_it_does_not_know_are_refused);
  tcase_add_test(control, the_control_socket_is_private_and_goes_away);
  tcase_add_test(control, only_an_abandoned_socket_is_taken_over);
  suite_add_tcase(suite, control);
  return suite;
}

}  // namespace

int main() {
  shared_key();
  return jpki::test::run_suite(control_suite());
}
