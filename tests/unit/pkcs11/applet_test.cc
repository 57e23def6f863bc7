// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pkcs11/applet.h"

#include "pkcs11/reader_features.h"
#include "tests/unit/pkcs11/fake_reader.h"

namespace {

using namespace jpki;
using namespace jpki::pkcs11;
using namespace jpki::pkcs11::test;
using vcard::test::assert_text;
using vcard::test::hex;

std::string encoded(const Command& command) {
  return to_hex(EncodedCommand(command).bytes());
}

START_TEST(commands_of_every_case) {
  const Blob data = hex("0102");
  assert_text(encoded({.ins = 0x20, .p2 = 0x80}), "00200080");
  assert_text(encoded({.ins = 0xB0, .ne = 255}), "00b00000ff");
  assert_text(encoded({.ins = 0xB0, .ne = 256}), "00b0000000");
  assert_text(encoded({.ins = 0xA4, .p1 = 2, .p2 = 12, .data = data}), "00a4020c020102");
  assert_text(encoded({.cla = 0x80, .ins = 0x2A, .data = data, .ne = 256}), "802a000002010200");
  assert_text(encoded({.ins = 0xB0, .p1 = 1, .p2 = 2, .ne = 257}), "00b00102000101");
  assert_text(encoded({.ins = 0xB0, .ne = 65536}), "00b00000000000");
  assert_text(encoded({.ins = 0x2A, .data = data, .ne = 300}), "002a00000000020102012c");
  const Blob most(kMaxCommandData, 7);
  ck_assert_uint_eq(EncodedCommand({.data = most, .ne = 300}).bytes().size(), 4 + 3 + kMaxCommandData + 2);
  const Blob too_much(kMaxCommandData + 1, 7);
  ck_assert(EncodedCommand({.data = too_much}).bytes().empty());
  ck_assert(EncodedCommand({.ne = kExtendedNe + 1}).bytes().empty());
}
END_TEST

START_TEST(answers_have_a_status_word) {
  ck_assert(!parse_answer({}));
  ck_assert(!parse_answer(hex("90")));
  ck_assert_uint_eq(parse_answer(hex("63C2"))->status, 0x63C2);
  const auto answer = parse_answer(hex("0102 6282"));
  ck_assert(answer->data == hex("0102"));
  ck_assert_uint_eq(answer->status, 0x6282);
}
END_TEST

// Answers one after another, whatever is asked.
class Script final : public Card {
 public:
  explicit Script(std::vector<Blob> answers) : answers_(std::move(answers)) {}
  Expected<Unit, Trouble> begin() override { return Unit{}; }
  void end(Leave) noexcept override {}
  Expected<Blob, Trouble> transmit(Bytes command) override {
    commands.push_back(to_hex(command));
    if (commands.size() > answers_.size()) return Unexpected{Trouble::kNoCard};
    return answers_[commands.size() - 1];
  }
  std::size_t longest_answer() override { return longest; }

  std::vector<std::string> commands;
  std::size_t longest = kShortNe;

 private:
  std::vector<Blob> answers_;
};

START_TEST(more_data_is_fetched) {
  Script card({hex("01 6103"), hex("0203 6101"), hex("04 9000")});
  const auto answer = exchange(card, {.ins = 0xB0, .ne = 256});
  ck_assert(answer && answer->data == hex("01020304") && answer->status == 0x9000);
  assert_text(card.commands[1], "00c0000003");
  assert_text(card.commands[2], "00c0000001");
  for (const std::size_t wanted : {4, 3}) {  // as much as was asked for, and one octet more
    Script full({hex("01 6103"), hex("020304 9000")});
    ck_assert(exchange(full, {.ins = 0xB0, .ne = wanted}).has_value() == (wanted == 4));
  }
}
END_TEST

START_TEST(a_wrong_le_is_corrected_once) {
  Script card({hex("6C02"), hex("0102 9000")});
  const auto answer = exchange(card, {.ins = 0xB0, .ne = 256});
  ck_assert(answer && answer->data == hex("0102"));
  assert_text(card.commands[1], "00b0000002");
  Script stubborn({hex("6C02"), hex("6C02"), hex("0102 9000")});
  const auto status = exchange(stubborn, {.ins = 0xB0, .ne = 256});
  ck_assert(status && status->status == 0x6C02);
  ck_assert_uint_eq(stubborn.commands.size(), 2);
}
END_TEST

START_TEST(a_verify_is_never_sent_twice) {
  for (const char* lie : {"6C04", "6104", "", "90", "01 9000"}) {
    Script card({hex("9000"), hex("9000"), hex(lie), hex("9000"), hex("9000")});
    Findings size;
    auto applet = Applet::select(card, size);
    ck_assert(applet.has_value());
    ck_assert(!applet->verify(as_bytes("1234")));
    ck_assert_uint_eq(card.commands.size(), 3);
  }
}
END_TEST

START_TEST(an_answer_that_never_ends_or_is_too_long) {
  Script endless(std::vector<Blob>(5000, hex("01 61FF")));
  ck_assert(exchange(endless, {.ins = 0xB0, .ne = 65536}).error() == Trouble::kCardError);
  ck_assert_uint_lt(endless.commands.size(), 600);
  Blob long_answer(300, 1);
  append_bytes(long_answer, hex("9000"));
  Script talkative({long_answer});
  ck_assert(exchange(talkative, {.ins = 0xB0, .ne = 256}).error() == Trouble::kCardError);
}
END_TEST

START_TEST(no_pin_of_another_form_reaches_the_card) {
  for (const char* pin : {"", "1", "123", "12345", "12a4", "１"}) {
    Script card({hex("9000"), hex("9000"), hex("9000")});
    Findings size;
    ck_assert(!Applet::select(card, size)->verify(as_bytes(pin)));
    ck_assert_uint_eq(card.commands.size(), 1);
  }
}
END_TEST

START_TEST(what_a_pin_answers) {
  const std::pair<const char*, PinAnswer> answers[] = {
      {"9000", PinAnswer::kRight},  {"63C2", PinAnswer::kWrong},  {"63C1", PinAnswer::kWrong},
      {"63C0", PinAnswer::kLocked}, {"6983", PinAnswer::kLocked}, {"6984", PinAnswer::kLocked}};
  for (const auto& [status, meaning] : answers) {
    Script card({hex("9000"), hex("9000"), hex(status)});
    Findings size;
    const auto answer = Applet::select(card, size)->verify(as_bytes("1234"));
    ck_assert_msg(answer && *answer == meaning, "%s", status);
    assert_text(card.commands[1], "00a4020c020018");
    assert_text(card.commands[2], "002000800431323334");
  }
  for (const char* strange : {"6F00", "6A86", "6300", "63D2", "9001"}) {
    Script card({hex("9000"), hex("9000"), hex(strange)});
    Findings size;
    ck_assert(!Applet::select(card, size)->verify(as_bytes("1234")));
  }
}
END_TEST

START_TEST(tries_are_told_without_spending_one) {
  const std::pair<const char*, int> answers[] = {{"63C3", 3}, {"63C2", 2}, {"63C1", 1},  {"63C0", 0},
                                                 {"6983", 0}, {"6984", 0}, {"6F00", -1}, {"9000", -1}};
  for (const auto& [status, tries] : answers) {
    Script card({hex("9000"), hex("9000"), hex(status)});
    Findings size;
    const auto left = Applet::select(card, size)->tries_left();
    ck_assert_msg(left.has_value() == (tries >= 0), "%s", status);
    if (left) ck_assert_int_eq(*left, tries);
    assert_text(card.commands[2], "00200080");
  }
}
END_TEST

constexpr char kSelectFile[] = "00a4020c";

// Reads the certificate of a virtual card in a reader of that kind; the number of reads. Without
// short identifiers the file is selected. The last of several reads asks for the rest alone.
std::size_t reads_with(std::size_t longest, bool card_knows_extended, Findings& findings,
                       bool short_identifiers = true) {
  vcard::AppletRules rules;
  rules.short_identifiers = short_identifiers;
  Hardware hardware(false, rules);
  hardware.longest = longest;
  if (!card_knows_extended)
    hardware.lie = [](const std::string& command) -> std::optional<Expected<Blob, Trouble>> {
      if (command.starts_with("00b0") && command.size() == 14) return Expected<Blob, Trouble>(hex("6700"));
      return std::nullopt;
    };
  FakeCard card(hardware);
  ck_assert(card.begin().has_value());
  auto applet = Applet::select(card, findings);
  const auto der = applet->certificate();
  ck_assert(der && *der == rsa_certificate());
  ck_assert_uint_eq(hardware.sent(kSelectFile), short_identifiers ? 0 : 1);
  ck_assert(findings.short_identifiers_refused == !short_identifiers);
  const std::size_t reads = hardware.sent("00b0");
  const std::size_t rest = der->size() % (card_knows_extended ? longest : 256);
  const std::string le = to_hex(Blob{static_cast<std::uint8_t>(rest >> 8), static_cast<std::uint8_t>(rest)});
  if (reads > 2) ck_assert(hardware.commands.back().ends_with(rest < 256 ? le.substr(2) : le));
  return reads;
}

START_TEST(as_few_reads_as_card_and_reader_allow) {
  const std::size_t short_reads = (rsa_certificate().size() + 255) / 256;
  ck_assert_uint_gt(short_reads, 3);
  Findings size;
  ck_assert_uint_eq(reads_with(256, true, size), short_reads);
  ck_assert(!size.extended_refused);
  ck_assert_uint_eq(reads_with(65536, true, size), 1);
  ck_assert_uint_eq(reads_with(1000, true, size), 2);
  ck_assert_uint_eq(reads_with(65536, false, size), short_reads + 1);
  ck_assert(size.extended_refused);
  ck_assert_uint_eq(reads_with(65536, false, size), short_reads);  // found out once
}
END_TEST

START_TEST(a_file_is_selected_where_a_read_cannot_name_it) {
  const std::size_t short_reads = (rsa_certificate().size() + 255) / 256;
  Findings by_short_commands;
  ck_assert_uint_eq(reads_with(256, true, by_short_commands, false), short_reads + 1);
  ck_assert_uint_eq(reads_with(256, true, by_short_commands, false), short_reads);  // found out once
  Findings by_extended_ones;
  ck_assert_uint_eq(reads_with(65536, true, by_extended_ones, false), 2);
  ck_assert_uint_eq(reads_with(65536, true, by_extended_ones, false), 1);
  Findings both;  // which of the two is refused, the status word tells
  ck_assert_uint_eq(reads_with(65536, false, both, false), short_reads + 2);
  ck_assert(both.extended_refused);
}
END_TEST

Blob beginning_of(const Blob& der, std::string_view status) {
  Blob answer(der.begin(), der.begin() + 256);
  append_bytes(answer, hex(status));
  return answer;
}

// Whatever a card without short identifiers may take them for: an offset, a file that does not exist, another
// file, a name for one command.
START_TEST(what_is_no_answer_to_a_short_identifier) {
  for (const std::string_view answer : {"6A86", "6A82", "6B00", "6981", "6982", "6986", "6D00", "6F00",
                                        "9000", "6282", "3082 9000", "3082FFFF 9000", "3182 0001 AA 9000"}) {
    Script card({hex("9000"), hex(answer), hex("9000"), hex("30820001 AA 9000")});
    Findings findings;
    const auto der = Applet::select(card, findings)->certificate();
    ck_assert_msg(der && *der == hex("30820001AA"), "%s", answer.data());
    assert_text(card.commands[1], "00b08a0000");
    assert_text(card.commands[2], "00a4020c02000a");
    assert_text(card.commands[3], "00b0000000");
    ck_assert(findings.short_identifiers_refused);
  }
  Script forgetful({hex("9000"), beginning_of(rsa_certificate(), "9000"), hex("6986"), hex("9000"),
                    hex("30820001 AA 9000")});
  Findings findings;
  ck_assert(*Applet::select(forgetful, findings)->certificate() == hex("30820001AA"));
  ck_assert(findings.short_identifiers_refused);
}
END_TEST

// A card that takes no short identifiers, and has nothing in the file.
START_TEST(an_empty_file_that_no_read_can_name) {
  for (const std::string_view answer : {"6A86", "9000", "3082FFFF 9000"}) {
    Script card({hex("9000"), hex(answer), hex("6A82")});
    Findings findings;
    const auto der = Applet::select(card, findings)->authority();
    ck_assert_msg(der && der->empty(), "%s", answer.data());
  }
}
END_TEST

START_TEST(the_largest_certificate_that_is_read) {
  Blob whole = hex("30823FFC");
  whole.resize(Applet::kMaxCertificate, 0xAA);
  Blob answer = whole;
  append_bytes(answer, hex("9000"));
  Script card({hex("9000"), answer});
  card.longest = kExtendedNe;
  Findings findings;
  ck_assert(*Applet::select(card, findings)->certificate() == whole);
}
END_TEST

START_TEST(a_beginning_may_be_no_more_than_the_header) {
  Script card({hex("9000"), hex("30820001 9000"), hex("AA 9000")});
  Findings findings;
  ck_assert(*Applet::select(card, findings)->certificate() == hex("30820001AA"));
  assert_text(card.commands[2], "00b0000401");
}
END_TEST

// Whatever it is refused with, but not where the refusal may mean the name of the file.
START_TEST(an_extended_length_that_is_refused) {
  for (const std::string_view refusal : {"6700", "6F00", "6D00", "90"}) {
    Script card({hex("9000"), hex("9000"), hex(refusal), hex("30820001 AA 9000")});
    card.longest = kExtendedNe;
    Findings findings{.short_identifiers_refused = true};
    ck_assert_msg(Applet::select(card, findings)->certificate().has_value(), "%s", refusal.data());
    assert_text(card.commands[2], "00b00000000000");
    assert_text(card.commands[3], "00b0000000");
    ck_assert(findings.extended_refused);
  }
  Script named({hex("9000"), hex("6F00"), hex("9000"), hex("30820001 AA 9000")});
  named.longest = kExtendedNe;
  Findings findings;
  ck_assert(Applet::select(named, findings)->certificate().has_value());
  ck_assert(!findings.extended_refused && findings.short_identifiers_refused);
  Script gone({hex("9000")});
  gone.longest = kExtendedNe;
  findings = {};
  ck_assert(Applet::select(gone, findings)->certificate().error() == Trouble::kNoCard);
  ck_assert(!findings.extended_refused);
  ck_assert_uint_eq(gone.commands.size(), 2);
}
END_TEST

// Nothing more is sent to a card that is gone. After nonsense the file is selected.
START_TEST(what_ends_the_reading_at_once) {
  Script gone({hex("9000")});
  Findings findings;
  ck_assert(Applet::select(gone, findings)->authority().error() == Trouble::kNoCard);
  ck_assert(!findings.short_identifiers_refused);
  ck_assert_uint_eq(gone.commands.size(), 2);
  Script nonsense({hex("9000"), hex("90"), hex("9000"), hex("30820001 AA 9000")});
  ck_assert(Applet::select(nonsense, findings)->authority().has_value());
  ck_assert(findings.short_identifiers_refused);
  Script mad({hex("9000"), hex("90"), hex("90")});
  findings = {};
  ck_assert(Applet::select(mad, findings)->authority().error() == Trouble::kCardError);
  ck_assert_uint_eq(mad.commands.size(), 3);
}
END_TEST

// A card that forgets its application in the middle of a file still has a certificate.
START_TEST(a_file_that_was_there_is_not_empty) {
  const std::vector<Blob> afterwards[] = {
      {hex("6A82")}, {hex("9000"), hex("6B00")}, {hex("9000"), hex("9000")}, {hex("9000"), hex("6F00")}};
  for (const std::vector<Blob>& answers : afterwards) {
    std::vector<Blob> all = {hex("9000"), beginning_of(rsa_certificate(), "9000"), hex("6986")};
    all.insert(all.end(), answers.begin(), answers.end());
    all.push_back(hex("6A82"));  // what it is, it does not say either
    Script card(all);
    Findings findings;
    ck_assert(Applet::select(card, findings)->certificate().error() == Trouble::kCardError);
  }
}
END_TEST

// After the read of a certificate that a read named, what is selected is known: the PIN's file is not.
START_TEST(a_named_read_selects) {
  Script card({hex("9000"), hex("30820001 AA 9000"), hex("9000"), hex("63C3")});
  Findings findings;
  auto applet = Applet::select(card, findings);
  ck_assert(applet->certificate().has_value());
  ck_assert_uint_eq(*applet->tries_left(), 3);
  assert_text(card.commands[2], "00a4020c020018");
}
END_TEST

START_TEST(beginnings_that_are_no_certificate) {
  const std::pair<const char*, bool> beginnings[] = {{"6A82", false},
                                                     {"9000", true},  // nothing there: an empty certificate
                                                     {"6B00", true},  //
                                                     {"3080 9000", false},      //
                                                     {"3082 9000", false},      // shorter than its own header
                                                     {"3082FFFF 9000", false},  // 64 KiB
                                                     {"3082 3FFD 9000", false},     // one more than we take
                                                     {"3182 0001 AA 9000", false},  // whole, and no SEQUENCE
                                                     {"3083 0001 AA 9000", false},  // another form of length
                                                     {"6982", false},
                                                     {"6F00", false}};
  for (const auto& [answer, empty] : beginnings) {
    Script card({hex("9000"), hex("9000"), hex(answer), hex("6A82")});
    Findings size{.short_identifiers_refused = true};
    const auto der = Applet::select(card, size)->certificate();
    ck_assert_msg(der.has_value() == empty, "%s", answer);
    if (der) ck_assert(der->empty());
    ck_assert(!size.extended_refused);  // none was tried
  }
}
END_TEST

START_TEST(a_card_without_the_file) {
  Script card({hex("9000"), hex("6A82")});
  Findings size{.short_identifiers_refused = true};
  auto applet = Applet::select(card, size);
  ck_assert(applet->authority()->empty());
  Script strange({hex("9000"), hex("6F00")});
  ck_assert(!Applet::select(strange, size)->authority());
}
END_TEST

START_TEST(a_card_that_stops_in_the_middle) {
  Blob first = hex("30820400");
  first.resize(256, 0xAA);
  append_bytes(first, hex("9000"));
  for (const char* next : {"9000", "6B00", "6F00", "6282"}) {
    Script card({hex("9000"), hex("9000"), first, hex(next)});
    Findings size{.short_identifiers_refused = true};
    ck_assert_msg(Applet::select(card, size)->certificate().error() == Trouble::kCardError, "%s", next);
  }
}
END_TEST

START_TEST(only_a_medium_that_is_known) {
  Script card({hex("6A82")});
  Findings size;
  ck_assert(Applet::select(card, size).error() == Trouble::kNotRecognised);
  assert_text(card.commands[0], "00a4040c0ad392f000260100000001");
  Script gone({});
  ck_assert(Applet::select(gone, size).error() == Trouble::kNoCard);
}
END_TEST

START_TEST(what_a_reader_says_of_its_length) {
  ck_assert(!properties_control_code({}));
  ck_assert(!properties_control_code(hex("0604 42000001")));
  ck_assert_uint_eq(*properties_control_code(hex("0604 42330006 1204 42330012")), 0x42330012);
  ck_assert(!properties_control_code(hex("0604 42330006 1204 423300")));
  ck_assert(!properties_control_code(hex("1203 423300")));
  ck_assert_uint_eq(*keys_control_code(hex("0604 42330006 1204 42330012")), 0x42330006);
  ck_assert(!keys_control_code(hex("1204 42330012")));
  ck_assert_uint_eq(longest_answer_told({}), 256);
  ck_assert_uint_eq(longest_answer_told(hex("0A04 00000000")), 256);
  ck_assert_uint_eq(longest_answer_told(hex("0A04 00000100")), 65536);
  ck_assert_uint_eq(longest_answer_told(hex("0102 0000 0A04 00080000")), 2048);
  ck_assert_uint_eq(longest_answer_told(hex("0A04 FFFFFFFF")), 65536);
  ck_assert_uint_eq(longest_answer_told(hex("0A02 0008")), 256);
  ck_assert_uint_eq(longest_answer_told(hex("01FF 0A04 00080000")), 256);
}
END_TEST

// Octet by octet, with the numbers as the machines that are built for have them: 20 s, 8 s; digits from the
// left in ASCII; four of four; at least and at most four; by the enter key; one message, in Japanese.
START_TEST(what_a_reader_with_keys_is_asked) {
  const Medium& card = media().front();
  assert_text(to_hex(pin_verify({.ins = 0x20, .p2 = 0x80}, card)),
              "140882040004040201110400000000"
              "09000000"
              "0020008004ffffffff");
  Medium longest = card;
  longest.pin_min = longest.pin_max = 15;
  ck_assert(can_be_typed_on_reader(card) && can_be_typed_on_reader(longest));
  Medium longer = longest;
  longer.pin_min = longer.pin_max = 16;
  Medium letters = card;
  letters.pin_digits_only = false;
  Medium of_several_lengths = card;
  of_several_lengths.pin_max = 8;
  for (const Medium& none : {longer, letters, of_several_lengths}) ck_assert(!can_be_typed_on_reader(none));
}
END_TEST

START_TEST(a_pin_has_the_form_of_its_medium) {
  Medium medium = media().front();
  medium.pin_max = 6;
  const auto form = [&](std::string_view pin) { return form_of(as_bytes(pin), medium); };
  for (const char* good : {"0909", "12345", "123456"}) ck_assert(form(good) == PinForm::kGood);
  for (const char* wrong : {"", "123", "1234567"}) ck_assert(form(wrong) == PinForm::kWrongLength);
  for (const char* wrong : {"123/", ":123", "12 4", "abcd"})
    ck_assert(form(wrong) == PinForm::kWrongCharacter);
  medium.pin_digits_only = false;
  ck_assert(form("a b/") == PinForm::kGood);
}
END_TEST

}  // namespace

int main() {
  (void)rsa_certificate();
  Suite* const suite = suite_create("pkcs11/applet");
  TCase* const cases = tcase_create("applet");
  for (const TTest* test : {commands_of_every_case,
                            answers_have_a_status_word,
                            more_data_is_fetched,
                            a_wrong_le_is_corrected_once,
                            a_verify_is_never_sent_twice,
                            an_answer_that_never_ends_or_is_too_long,
                            no_pin_of_another_form_reaches_the_card,
                            what_a_pin_answers,
                            tries_are_told_without_spending_one,
                            as_few_reads_as_card_and_reader_allow,
                            a_file_is_selected_where_a_read_cannot_name_it,
                            what_is_no_answer_to_a_short_identifier,
                            an_empty_file_that_no_read_can_name,
                            the_largest_certificate_that_is_read,
                            a_beginning_may_be_no_more_than_the_header,
                            an_extended_length_that_is_refused,
                            what_ends_the_reading_at_once,
                            a_file_that_was_there_is_not_empty,
                            a_named_read_selects,
                            beginnings_that_are_no_certificate,
                            a_card_without_the_file,
                            a_card_that_stops_in_the_middle,
                            only_a_medium_that_is_known,
                            what_a_reader_says_of_its_length,
                            what_a_reader_with_keys_is_asked,
                            a_pin_has_the_form_of_its_medium})
    tcase_add_test(cases, test);
  suite_add_tcase(suite, cases);
  return jpki::test::run_suite(suite);
}
