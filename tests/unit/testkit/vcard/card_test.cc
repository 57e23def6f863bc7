// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The card around the applet: faults, statistics, counters that outlive it, its directory.
#include "testkit/vcard/card_directory.h"
#include "tests/unit/testkit/vcard/fixture.h"

#include <fstream>

#include <sys/stat.h>

namespace {

using namespace jpki;
using namespace jpki::vcard;
using namespace jpki::vcard::test;

// A card whose saved counters and trace a test can look at.
struct Bench {
  std::vector<PinCounters> saved;
  std::vector<std::string> traced;
  bool can_save = true;
  VirtualCard card;

  explicit Bench(Latency latency = {})
      : card(contents(), {}, latency,
             {.save =
                  [this](PinCounters counters) {
                    saved.push_back(counters);
                    return can_save;
                  },
              .trace = [this](const std::string& line) { traced.push_back(line); }}) {}

  Reaction send(std::string_view command) { return card.receive(hex(command)); }
  StatusWord status(std::string_view command) {
    const Reaction reaction = send(command);
    ck_assert(reaction.kind == Reaction::Kind::kAnswer);
    return status_of(reaction.response);
  }
  void log_in() {
    ck_assert_uint_eq(status(kSelectApplication), 0x9000);
    ck_assert_uint_eq(status(select_file("0018")), 0x9000);
    ck_assert_uint_eq(status(verify("1234")), 0x9000);
    ck_assert_uint_eq(status(select_file("0017")), 0x9000);
  }
  void set(std::string_view fault) { ck_assert(card.add_fault(fault).has_value()); }
};

START_TEST(faults_are_understood_or_refused) {
  for (const char* const good :
       {"pulled-before=1", "pulled-inside=12", "silent=sign", "silent=verify-empty", "sw=verify:6F00",
        "sw=b0:6a82", "garbage-certificate", "bad-signature", "short-signature", "empty-signature",
        "replay-signature", "wrong-key", "blocked-auth", "blocked-sign"}) {
    ck_assert_msg(parse_fault(good).has_value(), "%s", good);
  }
  for (const char* const bad :
       {"", "silent", "silent=", "silent=0", "silent=-1", "silent=3x", "silent=reads", "pulled-before=other",
        "sw=", "sw=verify", "sw=verify:", "sw=verify:6F", "sw=verify:6F000", "sw=B:6F00", "sw=1B0:6F00",
        "bad-signature=1", "nonsense", "nonsense=1", "=1"}) {
    ck_assert_msg(!parse_fault(bad).has_value(), "%s", bad);
  }
}
END_TEST

START_TEST(the_card_is_pulled_before_or_inside_a_command) {
  Bench bench;
  bench.set("pulled-before=3");
  ck_assert_uint_eq(bench.status(kSelectApplication), 0x9000);
  ck_assert_uint_eq(bench.status(select_file("0018")), 0x9000);
  ck_assert(bench.send(verify("9999")).kind == Reaction::Kind::kPulled);
  ck_assert_uint_eq(bench.card.counters().auth, 3);  // not processed
  ck_assert_uint_eq(bench.status("00200080"), 0x63C3);
  bench.set("pulled-inside=verify");
  ck_assert_uint_eq(bench.status("00200080"), 0x63C3);  // the empty form is not meant
  ck_assert(bench.send(verify("9999")).kind == Reaction::Kind::kPulled);
  ck_assert_uint_eq(bench.card.counters().auth, 2);         // processed
  ck_assert_uint_eq(bench.status(verify("9999")), 0x63C1);  // it happens once
}
END_TEST

START_TEST(a_silent_card_is_silent_until_it_is_removed) {
  Bench bench;
  bench.log_in();
  bench.set("silent=sign");
  const Blob get_atr = {4};
  ck_assert(bench.card.receive(get_atr).kind == Reaction::Kind::kAnswer);
  ck_assert(bench.send(sign_command()).kind == Reaction::Kind::kNoAnswer);
  ck_assert(bench.card.silent());
  ck_assert(bench.send(kSelectApplication).kind == Reaction::Kind::kNoAnswer);
  ck_assert(bench.card.receive(get_atr).kind == Reaction::Kind::kNoAnswer);
  bench.card.removed();
  bench.log_in();
  ck_assert_uint_eq(bench.status(sign_command()), 0x9000);
}
END_TEST

START_TEST(signatures_are_spoiled_as_asked) {
  Bench bench;
  bench.log_in();
  const std::string other = "802A008004AABBCCDD00";
  const Blob first = bench.send(sign_command()).response;
  const Blob second = bench.send(other).response;
  ck_assert(first != second);
  bench.set("replay-signature");
  ck_assert(bench.send(other).response == first);
  bench.card.clear_faults();
  ck_assert(bench.send(other).response == second);
  bench.set("bad-signature");
  const Blob bad = bench.send(other).response;
  ck_assert_uint_eq(bad.size(), 258);
  ck_assert(bad != second);
  bench.card.clear_faults();
  bench.set("short-signature");
  ck_assert_uint_eq(bench.send(other).response.size(), 130);
  bench.card.clear_faults();
  bench.set("empty-signature");
  ck_assert(bench.send(other).response == hex("9000"));
  bench.card.clear_faults();
  bench.set("wrong-key");
  ck_assert(bench.send(other).response != second);
  ck_assert_uint_eq(bench.send(other).response.size(), 258);
  bench.card.clear_faults();
  ck_assert(bench.send(other).response == second);
}
END_TEST

START_TEST(a_garbage_certificate_keeps_its_length) {
  Bench bench;
  bench.log_in();
  ck_assert_uint_eq(bench.status(select_file("000A")), 0x9000);
  const Blob good = bench.send("00B0000000").response;
  bench.set("garbage-certificate");
  const Blob bad = bench.send("00B0000000").response;
  ck_assert_uint_eq(bad.size(), good.size());
  ck_assert(bad != good);
  ck_assert(std::equal(bad.begin(), bad.begin() + 4, good.begin()));
  ck_assert_uint_eq(status_of(bad), 0x9000);
  const Blob later = bench.send("00B0000410").response;  // the same bytes, wherever a read begins
  ck_assert(std::equal(later.begin(), later.end() - 2, bad.begin() + 4));
  ck_assert_uint_eq(bench.status(select_file("000B")), 0x9000);
  ck_assert(Bytes(bench.send("00B0000004").response).size() == 6);
  ck_assert_uint_eq(bench.send("00B0000000").response[10], 0xA2);  // only that certificate
}
END_TEST

START_TEST(a_forced_block_is_not_stored) {
  Bench bench;
  bench.set("blocked-auth");
  ck_assert_uint_eq(bench.status(kSelectApplication), 0x9000);
  ck_assert_uint_eq(bench.status(select_file("0018")), 0x9000);
  ck_assert_uint_eq(bench.status("00200080"), 0x63C0);
  ck_assert_uint_eq(bench.status(verify("1234")), 0x6984);
  ck_assert_uint_eq(bench.card.counters().auth, 3);
  bench.card.clear_faults();
  ck_assert_uint_eq(bench.status("00200080"), 0x63C3);
  bench.set("blocked-sign");
  ck_assert_uint_eq(bench.status(select_file("001B")), 0x9000);
  ck_assert_uint_eq(bench.status("00200080"), 0x63C0);
}
END_TEST

START_TEST(an_instruction_answers_the_status_word_asked_for) {
  Bench bench;
  bench.set("sw=verify:6F00");
  ck_assert_uint_eq(bench.status(kSelectApplication), 0x9000);
  ck_assert_uint_eq(bench.status(select_file("0018")), 0x9000);
  ck_assert_uint_eq(bench.status("00200080"), 0x63C3);
  ck_assert_uint_eq(bench.status(verify("9999")), 0x6F00);
  ck_assert_uint_eq(bench.status(verify("9999")), 0x6F00);
  ck_assert_uint_eq(bench.card.counters().auth, 3);
  bench.set("sw=20:6985");
  ck_assert_uint_eq(bench.status("00200080"), 0x6985);
}
END_TEST

START_TEST(everything_is_counted) {
  Bench bench;
  bench.card.receive(Blob{1});
  bench.log_in();
  bench.status("00200080");
  bench.status(sign_command());
  bench.status("00B0000004");
  bench.status("0000");
  bench.status("00FF0000");
  bench.card.receive(Blob{2});
  const Statistics& counted = bench.card.statistics();
  ck_assert_uint_eq(counted.apdus, 9);
  ck_assert_uint_eq(counted.selects, 3);
  ck_assert_uint_eq(counted.reads, 1);
  ck_assert_uint_eq(counted.verifies, 1);
  ck_assert_uint_eq(counted.verifies_empty, 1);
  ck_assert_uint_eq(counted.signs, 1);
  ck_assert_uint_eq(counted.resets, 1);
  ck_assert_uint_eq(counted.power_ons, 1);
  bench.card.reset_statistics();
  ck_assert_uint_eq(bench.card.statistics().apdus, 0);
}
END_TEST

START_TEST(latency_grows_with_the_bytes) {
  using namespace std::chrono_literals;
  Bench bench({.per_apdu = 25ms, .per_byte = 10us});
  ck_assert_int_eq(bench.send("00FF0000").delay.count(), std::chrono::nanoseconds(25ms + 60us).count());
}
END_TEST

START_TEST(a_counter_is_saved_before_the_answer) {
  Bench bench;
  bench.status(kSelectApplication);
  bench.status(select_file("0018"));
  ck_assert(bench.saved.empty());
  ck_assert_uint_eq(bench.status(verify("9999")), 0x63C2);
  ck_assert_uint_eq(bench.saved.size(), 1);
  ck_assert(bench.saved.back() == (PinCounters{2, 5}));
  ck_assert_uint_eq(bench.status(verify("1234")), 0x9000);
  ck_assert(bench.saved.back() == (PinCounters{3, 5}));
  bench.can_save = false;
  ck_assert_uint_eq(bench.status(verify("9999")), 0x6581);
}
END_TEST

START_TEST(power_and_reset_end_the_verified_state) {
  for (const char* const control : {"00", "01", "02"}) {
    Bench bench;
    bench.log_in();
    ck_assert(bench.send(control).kind == Reaction::Kind::kNoAnswer);
    ck_assert_uint_eq(bench.status(sign_command()), 0x6985);
  }
}
END_TEST

START_TEST(a_trace_is_written_when_asked_for) {
  Bench bench;
  bench.status(kSelectApplication);
  ck_assert(bench.traced.empty());
  bench.card.set_trace(true);
  bench.status(verify("1234"));
  ck_assert_uint_eq(bench.traced.size(), 2);
  assert_text(bench.traced[0], "> 00 20 00 80 04 ** ** ** **");
}
END_TEST

START_TEST(counters_survive_in_a_file) {
  const jpki::test::TemporaryDirectory folder;
  const CounterFile file(folder.path("state"));
  const auto none = file.load();
  ck_assert(none.has_value() && !none->has_value());
  ck_assert(file.save({2, 5}).has_value());
  ck_assert(file.save({1, 4}).has_value());
  const auto stored = CounterFile(folder.path("state")).load();
  ck_assert(stored.has_value() && stored->has_value());
  ck_assert(**stored == (PinCounters{1, 4}));
  ck_assert(!std::filesystem::exists(folder.path("state.new")));
}
END_TEST

START_TEST(a_file_that_is_no_state_is_refused) {
  const jpki::test::TemporaryDirectory folder;
  for (const char* const text :
       {"", "auth 3\n", "auth 3\nsign 16\n", "auth 3\nsign 5\nmore\n", "auth x\nsign 5\n"}) {
    std::ofstream(folder.path("state")) << text;
    const auto stored = CounterFile(folder.path("state")).load();
    ck_assert_msg(!stored.has_value(), "%s", text);
    ck_assert(stored.error().starts_with(folder.path("state")));
  }
  ck_assert(!CounterFile(folder.path("no/such/folder")).save({3, 5}).has_value());
  ck_assert(!CounterFile(folder.path()).load().has_value());
}
END_TEST

constexpr const char* kEcKey =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDDAAAAAAAAAAAAAAAAA\n"
    "-----END PRIVATE KEY-----\n";

START_TEST(a_card_directory_names_what_is_wrong_with_it) {
  const jpki::test::TemporaryDirectory folder;
  const auto error = [&folder] { return load_card(folder.path(), KeyType::kRsa2048).error(); };
  const auto says = [](const std::string& text, const std::string& part) {
    ck_assert_msg(text.find(part) != std::string::npos, "\"%s\" does not say \"%s\"", text.c_str(),
                  part.c_str());
  };
  says(error(), folder.path("auth.der"));
  std::ofstream(folder.path("auth.der")) << "not a certificate";
  says(error(), "not one DER certificate");
  std::ofstream(folder.path("auth.der")) << as_text(certificate(600, 0xA1));
  says(error(), folder.path("auth.key"));
  std::ofstream(folder.path("auth.key")) << kEcKey;
  says(error(), "not an unencrypted PEM key");
}
END_TEST

Suite* card_suite() {
  Suite* suite = suite_create("vcard: card");
  TCase* faults = tcase_create("faults");
  tcase_add_test(faults, faults_are_understood_or_refused);
  tcase_add_test(faults, the_card_is_pulled_before_or_inside_a_command);
  tcase_add_test(faults, a_silent_card_is_silent_until_it_is_removed);
  tcase_add_test(faults, signatures_are_spoiled_as_asked);
  tcase_add_test(faults, a_garbage_certificate_keeps_its_length);
  tcase_add_test(faults, a_forced_block_is_not_stored);
  tcase_add_test(faults, an_instruction_answers_the_status_word_asked_for);
  tcase_set_timeout(faults, 30);  // wrong-key makes an RSA key, slow under a sanitizer
  suite_add_tcase(suite, faults);
  TCase* card = tcase_create("card");
  tcase_add_test(card, everything_is_counted);
  tcase_add_test(card, latency_grows_with_the_bytes);
  tcase_add_test(card, a_counter_is_saved_before_the_answer);
  tcase_add_test(card, power_and_reset_end_the_verified_state);
  tcase_add_test(card, a_trace_is_written_when_asked_for);
  tcase_add_test(card, counters_survive_in_a_file);
  tcase_add_test(card, a_file_that_is_no_state_is_refused);
  tcase_add_test(card, a_card_directory_names_what_is_wrong_with_it);
  suite_add_tcase(suite, card);
  return suite;
}

}  // namespace

int main() {
  shared_key();
  return jpki::test::run_suite(card_suite());
}
