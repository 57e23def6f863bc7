// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The parts of the module that need no libpam: options, codes, texts, PIN forms, time.
#include "base/typed_text.h"
#include "pam_jpki/messages.h"
#include "pam_jpki/options.h"
#include "pam_jpki/pin_entry.h"
#include "pam_jpki/timeline.h"
#include "pam_jpki/verdict_to_pam.h"
#include "tests/unit/pam_jpki/japanese.h"
#include "tests/unit/pam_jpki/text.h"
#include "tests/unit/support/check_main.h"

#include <set>

#include <linux/limits.h>
#include <security/pam_modules.h>
#include <stdlib.h>

namespace {

using namespace jpki;
using namespace jpki::pam;
using namespace std::chrono_literals;

ParsedOptions parse(std::vector<const char*> words) {
  return parse_options(static_cast<int>(words.size()), words.data());
}

START_TEST(options_have_defaults) {
  const auto parsed = parse({});
  const Options& options = parsed.options;
  ck_assert(parsed.complaints.empty());
  ck_assert(!options.debug && !options.quiet && !options.use_first_pass && !options.try_first_pass);
  ck_assert(!options.ignore_unknown_user && !options.ignore_authinfo_unavail);
  ck_assert(options.wait_for_card == 0s && options.timeout == 30s);
  ck_assert_uint_eq(options.min_uid, 1000);
  ck_assert(options.config_file.empty() && options.config_file_usable);
  ck_assert(options.language == Language::kAuto);
  ck_assert(!options.allow_remote && !options.unknown_is_here.has_value());
  ck_assert(!options.emergency);
}
END_TEST

START_TEST(a_line_is_for_emergency_codes) {
  const auto parsed = parse({"min_uid=500", "emergency"});
  ck_assert(parsed.options.emergency && parsed.complaints.empty());
  ck_assert(!parse({"emergency=yes"}).options.emergency);
  ck_assert_uint_eq(parse({"emergency=yes"}).complaints.size(), 1);
  ck_assert_uint_eq(parse({"emergency", "allow_remote"}).complaints.size(), 1);
}
END_TEST

START_TEST(options_are_taken) {
  const auto parsed = parse({"debug", "quiet", "use_first_pass", "try_first_pass", "ignore_unknown_user",
                             "ignore_authinfo_unavail", "wait_for_card=20", "timeout=45", "min_uid=500",
                             "config_file=/etc/jpki/other.toml", "lang=ja", "only_unnamed"});
  const Options& options = parsed.options;
  ck_assert(parsed.complaints.empty());
  ck_assert(options.debug && options.quiet && options.use_first_pass && options.try_first_pass);
  ck_assert(options.ignore_unknown_user && options.ignore_authinfo_unavail);
  ck_assert(options.wait_for_card == 20s && options.timeout == 45s);
  ck_assert_uint_eq(options.min_uid, 500);
  ck_assert(options.only_unnamed && !Options{}.only_unnamed);
  ck_assert(options.purpose == Purpose::kLogin && !options.same_card);
  ck_assert(parse({"presence"}).options.purpose == Purpose::kPresence);
  ck_assert(parse({"debug", "recent"}).options.purpose == Purpose::kRecent);
  ck_assert(parse({"register"}).options.purpose == Purpose::kRegister);
  ck_assert(parse({"presence", "recent"}).options.purpose == Purpose::kPresence);
  ck_assert(parse({"Presence"}).options.purpose == Purpose::kLogin &&
            parse({"Presence"}).complaints.size() == 1);
  ck_assert(parse({"same_card"}).options.same_card);
  check_text(options.config_file, "/etc/jpki/other.toml");
  ck_assert(options.language == Language::kJapanese);
  ck_assert(parse({"lang=en"}).options.language == Language::kEnglish);
  ck_assert(parse({"where_unknown=local"}).options.unknown_is_here == true);
  ck_assert(parse({"where_unknown=local", "where_unknown=remote"}).options.unknown_is_here == false);
}
END_TEST

const char* const kBadWords[] = {"timeout=0",
                                 "timeout=601",
                                 "timeout=",
                                 "timeout",
                                 "timeout=30s",
                                 "timeout=-1",
                                 "wait_for_card",
                                 "min_uid=-1",
                                 "min_uid=x",
                                 "lang=fr",
                                 "lang",
                                 "Debug",
                                 "debug=1",
                                 "nonsense",
                                 "",
                                 "=",
                                 "wait_for_card=3601",
                                 "min_uid=4294967295",
                                 "where_unknown",
                                 "where_unknown=nowhere",
                                 "screen=mute",
                                 "recent=yes"};

START_TEST(numbers_go_up_to_their_bounds) {
  ck_assert(parse({"timeout=1"}).options.timeout == 1s && parse({"timeout=600"}).options.timeout == 600s);
  ck_assert(parse({"wait_for_card=3600"}).options.wait_for_card == 3600s);
  ck_assert(parse({"min_uid=0"}).options.min_uid == 0);
  const auto parsed = parse({"timeout=600", "wait_for_card=3600", "min_uid=0"});
  ck_assert(parsed.complaints.empty());
  ck_assert_uint_eq(parse({"min_uid=4294967294"}).options.min_uid, 4294967294);
  const std::string longest = "config_file=/" + std::string(PATH_MAX - 2, 'x');
  ck_assert(parse({longest.c_str()}).options.config_file_usable);
  ck_assert(!parse({(longest + "x").c_str()}).options.config_file_usable);
}
END_TEST

START_TEST(bad_options_are_reported_and_change_nothing) {
  const auto parsed = parse({kBadWords[_i]});
  const Options& options = parsed.options;
  ck_assert_uint_eq(parsed.complaints.size(), 1);
  ck_assert(options.timeout == 30s && options.wait_for_card == 0s && options.min_uid == 1000 &&
            !options.debug);
  ck_assert(options.language == Language::kAuto && options.config_file_usable);
}
END_TEST

START_TEST(good_words_are_no_complaint) {
  for (const char* word : {"presence", "recent", "register", "emergency", "same_card", "lang=auto", "lang=en",
                           "where_unknown=local", "where_unknown=remote", "screen=auto", "screen=gdm"})
    ck_assert_msg(parse({word}).complaints.empty(), "%s", word);
  ck_assert(parse({"screen=gdm"}).options.screen == screens::kGdm && !parse({"screen=auto"}).options.screen);
}
END_TEST

START_TEST(a_relative_config_file_is_unusable) {
  for (const char* word : {"config_file=jpki.toml", "config_file=", "config_file"}) {
    const auto parsed = parse({word});
    ck_assert(!parsed.options.config_file_usable);
    ck_assert_uint_eq(parsed.complaints.size(), 1);
  }
}
END_TEST

struct CodeOf {
  int code;
  std::set<int> verdicts;
};
const CodeOf kCodes[] = {
    {PAM_SUCCESS, {0}},
    {PAM_AUTHINFO_UNAVAIL,
     {101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 115, 206, 402, 403, 404,
      405, 505, 531, 532, 533, 534, 535, 544, 601, 602, 603, 604, 605, 606, 607, 905, 906}},
    {PAM_AUTH_ERR, {114, 201, 203, 204, 205, 207, 503, 521, 522, 523, 524, 525, 541, 542, 901, 903, 904}},
    {PAM_MAXTRIES, {202, 211, 902}},
    {PAM_CRED_INSUFFICIENT, {116, 117, 515, 208, 209, 210, 301, 302, 303, 304, 305, 306, 307, 308,
                             309, 310, 320, 321, 322, 323, 324, 325, 326, 327, 328, 329, 401, 406}},
    {PAM_USER_UNKNOWN, {501, 502, 504, 543, 907}},
    {PAM_ACCT_EXPIRED, {506, 508}},
    {PAM_PERM_DENIED, {507, 509, 510, 511, 512, 513, 514}},
};

START_TEST(every_verdict_has_its_pam_code) {
  std::size_t total = 0;
  for (const CodeOf& expected : kCodes) {
    for (const int number : expected.verdicts) {
      const auto verdict = verdict_from(static_cast<std::uint16_t>(number));
      ck_assert_msg(verdict.has_value(), "no verdict %d", number);
      ck_assert_msg(to_pam(*verdict) == expected.code, "JPKI-%d has PAM code %d", number, to_pam(*verdict));
    }
    total += expected.verdicts.size();
  }
  ck_assert_uint_eq(total, all_verdicts().size());
}
END_TEST

START_TEST(only_the_named_codes_are_ignored) {
  Options options;
  for (const Verdict verdict : all_verdicts())
    ck_assert_int_eq(apply_ignore(verdict, false, options), to_pam(verdict));
  options.ignore_unknown_user = options.ignore_authinfo_unavail = true;
  for (const Verdict verdict : all_verdicts()) {
    const int code = to_pam(verdict);
    const bool ignored = code == PAM_USER_UNKNOWN || code == PAM_AUTHINFO_UNAVAIL;
    ck_assert_int_eq(apply_ignore(verdict, false, options), ignored ? PAM_IGNORE : code);
  }
}
END_TEST

START_TEST(an_unregistered_card_excuses_no_named_user) {
  Options options;
  options.ignore_unknown_user = true;
  ck_assert_int_eq(apply_ignore(Verdict::kNotMapped, true, options), PAM_USER_UNKNOWN);
  ck_assert_int_eq(apply_ignore(Verdict::kMappingAmbiguous, true, options), PAM_USER_UNKNOWN);
  ck_assert_int_eq(apply_ignore(Verdict::kAccountUnusable, true, options), PAM_IGNORE);
}
END_TEST

// Whoever showed a card learns why it did not do; a person who uses a password is not bothered each time.
START_TEST(what_is_ignored_is_told_to_who_showed_a_card) {
  for (const Verdict silent :
       {Verdict::kCardServiceDown, Verdict::kNoReader, Verdict::kNoCard, Verdict::kRemoteLogin})
    ck_assert(!worth_telling(silent, true) && !worth_telling(silent, false));
  ck_assert(!worth_telling(Verdict::kAccountUnusable, true) &&
            worth_telling(Verdict::kAccountUnusable, false));
  for (const Verdict told :
       {Verdict::kRevocationStale, Verdict::kRevocationUnknown, Verdict::kCardRemoved, Verdict::kCardSilent,
        Verdict::kSeveralCards, Verdict::kConfigInvalid, Verdict::kNotMapped, Verdict::kTimeout})
    ck_assert_msg(worth_telling(told, true) && worth_telling(told, false), "%s", code_of(told).c_str());
}
END_TEST

// Every verdict that a person is told of.
std::vector<Verdict> refusals() {
  std::vector<Verdict> out(all_verdicts().begin(), all_verdicts().end());
  std::erase(out, Verdict::kAccepted);
  return out;
}

// Every text that the module can say, in the order of a fixed list.
std::vector<std::string> all_texts(const Messages& messages) {
  std::vector<std::string> out;
  for (const Verdict verdict : refusals()) out.push_back(messages.verdict(verdict, std::nullopt));
  for (const std::optional<std::uint8_t> tries : {std::optional<std::uint8_t>(1), {2}})
    out.push_back(messages.verdict(Verdict::kPinIncorrect, tries));
  const PinForm forms[] = {{4, 4, true}, {4, 8, true}, {4, 16, false}, {4, 16, false, true}};
  for (const PinForm& form : forms) {
    for (const std::optional<std::uint8_t> tries : {std::optional<std::uint8_t>(), {1}, {3}})
      out.push_back(messages.pin_prompt({"x", form, tries, 3}));
    out.push_back(messages.wrong_form(form));
  }
  for (const Verdict verdict : refusals()) {
    out.push_back(messages.in_short(verdict));
    out.push_back(messages.in_short(verdict, true));
    out.push_back(messages.verdict(verdict, 1, true));
  }
  for (const PinForm& form : forms) out.push_back(messages.wrong_form_in_short(form));
  out.push_back(messages.press_enter());
  out.push_back(messages.insert_card_prompt());
  out.push_back(messages.prompt_after("x", messages.press_enter()));
  out.push_back(messages.insert_card());
  out.push_back(messages.last_try_question({.account = "x", .form = {}, .tries_left = 1}));
  out.push_back(
      messages.last_try_question({.account = "x", .form = {}, .tries_left = 1, .smartphone = true}));
  for (const std::uint8_t tries : {std::uint8_t{1}, std::uint8_t{3}})
    out.push_back(messages.pin_prompt({.account = "x", .form = {}, .tries_left = tries, .smartphone = true}));
  out.push_back(
      messages.last_try_question({.account = "x", .form = {}, .tries_left = {}, .may_be_last = true}));
  for (const std::optional<std::uint8_t> tries : {std::optional<std::uint8_t>(), {1}, {3}})
    out.push_back(messages.pin_on_reader({.account = "x", .form = {}, .tries_left = tries}));
  out.push_back(messages.pin_is_changed_elsewhere());
  for (const unsigned number : {0U, 1U, 2U}) {
    for (const bool smartphone : {false, true}) {
      out.push_back(messages.expires_in(number, smartphone));
      out.push_back(messages.wrong_pins_before(number, smartphone));
    }
    out.push_back(messages.registered_in_place(number));
  }
  for (const ScreenState state : {ScreenState::kInsertCard, ScreenState::kReading, ScreenState::kChecking,
                                  ScreenState::kAsking, ScreenState::kVerifying})
    out.push_back(messages.going_on(state));
  return out;
}

bool is_ascii(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

START_TEST(every_text_exists_in_both_languages) {
  const JapaneseLocale locale;
  const Translator english(Language::kEnglish, JPKI_TEST_LOCALEDIR);
  const Translator japanese(Language::kJapanese, JPKI_TEST_LOCALEDIR);
  ck_assert(!japanese.japanese_missing());
  const auto in_english = all_texts(Messages(english));
  const auto in_japanese = all_texts(Messages(japanese));
  for (std::size_t i = 0; i < in_english.size(); ++i) {
    ck_assert_msg(is_ascii(in_english[i]), "%s", in_english[i].c_str());
    ck_assert_msg(!is_ascii(in_japanese[i]), "not translated: %s", in_english[i].c_str());
    ck_assert_msg(in_english[i].find('{') == std::string::npos, "%s", in_english[i].c_str());
    ck_assert_msg(in_japanese[i].find('{') == std::string::npos, "%s", in_japanese[i].c_str());
  }
  for (std::size_t i = 0; i < refusals().size(); ++i) {
    const std::string code = " [" + code_of(refusals()[i]) + "]";
    ck_assert_msg(in_english[i].ends_with(code) && in_english[i].size() > code.size() + 10, "%s",
                  code.c_str());
    ck_assert_msg(in_japanese[i].ends_with("。" + code), "%s", in_japanese[i].c_str());
  }
  // A few words and the longest prompt stand on one line of a terminal; a kanji is three bytes and two
  // columns.
  const Messages en(english);
  for (const Verdict verdict : refusals()) {
    const std::string line = en.prompt_after(en.in_short(verdict), en.press_enter());
    ck_assert_msg(line.size() <= 80, "%s", line.c_str());
    const Messages ja(japanese);
    const std::string japanese_line = ja.prompt_after(ja.in_short(verdict), ja.press_enter());
    ck_assert_msg(japanese_line.size() * 2 / 3 <= 90, "%s", japanese_line.c_str());
  }
}
END_TEST

START_TEST(tries_left_are_shown) {
  const JapaneseLocale locale;
  const Translator english(Language::kEnglish, JPKI_TEST_LOCALEDIR);
  const Translator japanese(Language::kJapanese, JPKI_TEST_LOCALEDIR);
  const Messages en(english);
  const Messages ja(japanese);
  check_text(en.pin_prompt({"x", {}, 3, 3}), "MyNumber card PIN (4 digits, 3 tries left): ");
  check_text(ja.pin_prompt({"x", {}, 3, 3}), "暗証番号（利用者証明用、数字4桁、残り3回）: ");
  const AskPin phone{.account = "x", .form = {}, .tries_left = 2, .smartphone = true};
  ck_assert(en.pin_prompt(phone).find("smartphone (4 digits, 2 tries left): ") != std::string::npos);
  ck_assert(ja.pin_prompt(phone).find("スマートフォンの暗証番号（数字4桁、残り2回）: ") != std::string::npos);
  ck_assert(en.verdict(Verdict::kPinIncorrect, 2).find("2 more wrong PINs lock it") != std::string::npos);
  ck_assert(ja.verdict(Verdict::kPinIncorrect, 2).find("あと2回間違えるとロックされます") !=
            std::string::npos);
  ck_assert(en.verdict(Verdict::kPinIncorrect, 1).find("the counter of the municipality where you live") !=
            std::string::npos);
  ck_assert(ja.verdict(Verdict::kPinIncorrect, 1).find("お住まいの市区町村の窓口") != std::string::npos);
}
END_TEST

// Of what can refuse a smartphone after its PIN, nothing is told that names a card instead.
START_TEST(a_refused_smartphone_is_named) {
  const Translator english(Language::kEnglish, JPKI_TEST_LOCALEDIR);
  const Messages en(english);
  for (const Verdict verdict :
       {Verdict::kCertificateUntrusted, Verdict::kCertificateExpired, Verdict::kIssuerExpired,
        Verdict::kRevoked, Verdict::kIssuerRevoked, Verdict::kRevocationUnknown, Verdict::kRevocationStale,
        Verdict::kRevocationInvalid, Verdict::kRevocationMemoryUnusable, Verdict::kNotMapped}) {
    for (const std::string& text : {en.verdict(verdict, {}, true), en.in_short(verdict, true)})
      ck_assert_msg(text.find("smartphone") != std::string::npos, "%s", text.c_str());
    for (const std::string& text : {en.verdict(verdict, {}), en.in_short(verdict)})
      ck_assert_msg(text.find("smartphone") == std::string::npos, "%s", text.c_str());
  }
}
END_TEST

START_TEST(a_missing_locale_means_english) {
  const Translator japanese(Language::kJapanese, "/nonexistent");
  ck_assert(japanese.japanese_missing());
  ck_assert(is_ascii(Messages(japanese).insert_card()));
}
END_TEST

START_TEST(the_locale_of_the_host_is_left_alone) {
  const JapaneseLocale locale;
  const locale_t before = ::uselocale(static_cast<locale_t>(nullptr));
  const std::string global = ::setlocale(LC_ALL, nullptr);
  const Translator japanese(Language::kJapanese, JPKI_TEST_LOCALEDIR);
  (void)Messages(japanese).insert_card();
  ck_assert(::uselocale(static_cast<locale_t>(nullptr)) == before);
  check_text(::setlocale(LC_ALL, nullptr), global);
}
END_TEST

START_TEST(auto_speaks_what_the_host_speaks) {
  const JapaneseLocale locale;
  const Translator translator(Language::kAuto, JPKI_TEST_LOCALEDIR);
  ck_assert(is_ascii(Messages(translator).insert_card()));
  ck_assert_ptr_nonnull(::setlocale(LC_MESSAGES, "ja_JP.UTF-8"));
  check_text(Messages(translator).insert_card(), "カードをカードリーダーに置いてください。");
}
END_TEST

START_TEST(pins_are_taken_only_in_their_form) {
  const PinForm digits{4, 4, true};
  const PinForm any{4, 16, false};
  ck_assert(as_text(pin_of("1234", digits)->bytes()) == "1234");
  ck_assert(as_text(pin_of("１２３４", digits)->bytes()) == "1234");
  ck_assert(as_text(pin_of("0２9４", digits)->bytes()) == "0294");
  ck_assert(as_text(pin_of("９０９０", digits)->bytes()) == "9090");
  for (const char* wrong :
       {"", "123", "12345", "12a4", " 1234", "１２３", "１２３ａ", "壱弐参四", "12\n4", "\xEF\xBC"})
    ck_assert_msg(!pin_of(wrong, digits), "%s", wrong);
  ck_assert(as_text(pin_of("Ab-１2", any)->bytes()) == "Ab-１2");
  ck_assert(!pin_of(std::string(10000, '1'), any));
  ck_assert(!pin_of(std::string(10000, '1'), PinForm{0, 65535, true}));
}
END_TEST

START_TEST(yes_is_explicit) {
  for (const char* yes : {"yes", "YES", " Yes\n", "はい", "はい ", "ハイ", "hai", "ｙｅｓ"})
    ck_assert_msg(is_yes(yes), "%s", yes);
  for (const char* no : {"", "y", "no", "ye", "yess", "いいえ", "1234", "はいはい"})
    ck_assert_msg(!is_yes(no), "%s", no);
}
END_TEST

constexpr Timeline::Instant at(std::chrono::milliseconds since_start) {
  return Timeline::Instant(1h + since_start);
}

START_TEST(waiting_for_a_card_and_for_a_person_is_free) {
  Timeline timeline(at(0ms), 30s, 20s);
  ck_assert(timeline.left(at(1s), 0s) == 29s);
  ck_assert(timeline.left(at(10s), 8s) == 28s);
  timeline.enter(Step::kWaitingForCard, at(2s));
  ck_assert(timeline.left(at(2s), 0s) == 48s);
  ck_assert(timeline.wait_left(at(7s)) == 15s);
  timeline.enter(Step::kReadingCard, at(7s));  // 5 s of the 20 used
  ck_assert(timeline.left(at(7s), 0s) == 28s);
  ck_assert(timeline.wait_left(at(9s)) == 15s);
  timeline.enter(Step::kWaitingForCard, at(10s));
  timeline.enter(Step::kLookingForCard, at(40s));  // 30 s, of which 15 are allowed
  ck_assert(timeline.wait_left(at(40s)) == 0s);
  ck_assert(timeline.left(at(40s), 0s) == 10s);
  ck_assert(timeline.left(at(60s), 0s) == -10s);
}
END_TEST

START_TEST(a_ticket_has_time_of_its_own) {
  Timeline timeline(at(0ms), 10s, 0s);
  timeline.enter(Step::kVerifyingPin, at(2s));
  timeline.enter(Step::kGettingTicket, at(3s));
  ck_assert(timeline.left(at(3s), 0s) == 7s + Timeline::kMostForTicket);
  timeline.enter(Step::kSigning, at(5s));  // 2 s of its own
  ck_assert(timeline.left(at(5s), 0s) == 7s);
  timeline.enter(Step::kGettingTicket, at(6s));
  timeline.enter(Step::kClosing, at(60s));  // bounded
  ck_assert(timeline.left(at(60s), 0s) == 10s + Timeline::kMostForTicket - 60s);
}
END_TEST

START_TEST(a_pin_on_the_reader_has_time_of_its_own) {
  Timeline timeline(at(0ms), 10s, 0s);
  timeline.enter(Step::kPinOnReader, at(2s));
  ck_assert(timeline.left(at(2s), 0s) == 8s + kMostOnReader);
  ck_assert(timeline.left(at(30s), 0s) == kMostOnReader - 20s);
  timeline.enter(Step::kSigning, at(32s));  // 30 s of its own
  ck_assert(timeline.left(at(33s), 0s) == 7s);
  timeline.enter(Step::kGettingTicket, at(33s));
  ck_assert(timeline.left(at(33s), 0s) == 7s + Timeline::kMostForTicket);
  Timeline slow(at(0ms), 10s, 0s);
  slow.enter(Step::kPinOnReader, at(1s));
  slow.enter(Step::kSigning, at(101s));  // bounded
  ck_assert(slow.left(at(101s), 0s) == 10s + kMostOnReader - 101s);
}
END_TEST

START_TEST(the_last_step_is_to_blame) {
  const std::set<Step> card = {Step::kOpeningModules, Step::kLookingForCard, Step::kReadingCard,
                               Step::kChoosingCard,   Step::kVerifyingPin,   Step::kSigning};
  ck_assert(Timeline(at(0ms), 1s, 0s).out_of_time() == Verdict::kTimeout);
  for (int number = 1; number <= static_cast<int>(Step::kPinOnReader); ++number) {
    Timeline timeline(at(0ms), 1s, 0s);
    timeline.enter(static_cast<Step>(number), at(5ms));
    const bool silent = timeline.out_of_time() == Verdict::kCardSilent;
    ck_assert_msg(silent == card.contains(static_cast<Step>(number)), "step %d", number);
    const bool service = timeline.out_of_time() == Verdict::kCardServiceDown;
    ck_assert_msg(service == (static_cast<Step>(number) == Step::kAskingCardService), "step %d", number);
    const bool seat = timeline.out_of_time() == Verdict::kSeatUnreachable;
    ck_assert_msg(seat == (static_cast<Step>(number) == Step::kReachingSeat), "step %d", number);
  }
}
END_TEST

START_TEST(the_timeline_reads_well) {
  Timeline timeline(at(0ms), 1s, 0s);
  check_text(timeline.text(), "");
  timeline.enter(Step::kConfiguring, at(1ms));
  timeline.enter(Step::kReadingCard, at(12ms));
  check_text(timeline.text(), "configuring:1 reading-card:12");
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki logic");
  TCase* tests = tcase_create("logic");
  tcase_add_test(tests, options_have_defaults);
  tcase_add_test(tests, numbers_go_up_to_their_bounds);
  tcase_add_test(tests, options_are_taken);
  tcase_add_test(tests, a_line_is_for_emergency_codes);
  tcase_add_loop_test(tests, bad_options_are_reported_and_change_nothing, 0, std::ssize(kBadWords));
  tcase_add_test(tests, good_words_are_no_complaint);
  tcase_add_test(tests, a_relative_config_file_is_unusable);
  tcase_add_test(tests, every_verdict_has_its_pam_code);
  tcase_add_test(tests, only_the_named_codes_are_ignored);
  tcase_add_test(tests, an_unregistered_card_excuses_no_named_user);
  tcase_add_test(tests, what_is_ignored_is_told_to_who_showed_a_card);
  tcase_add_test(tests, every_text_exists_in_both_languages);
  tcase_add_test(tests, tries_left_are_shown);
  tcase_add_test(tests, a_refused_smartphone_is_named);
  tcase_add_test(tests, a_missing_locale_means_english);
  tcase_add_test(tests, the_locale_of_the_host_is_left_alone);
  tcase_add_test(tests, auto_speaks_what_the_host_speaks);
  tcase_add_test(tests, pins_are_taken_only_in_their_form);
  tcase_add_test(tests, yes_is_explicit);
  tcase_add_test(tests, waiting_for_a_card_and_for_a_person_is_free);
  tcase_add_test(tests, a_ticket_has_time_of_its_own);
  tcase_add_test(tests, a_pin_on_the_reader_has_time_of_its_own);
  tcase_add_test(tests, the_last_step_is_to_blame);
  tcase_add_test(tests, the_timeline_reads_well);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
