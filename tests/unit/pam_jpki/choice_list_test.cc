// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The list to choose from in GNOME's login screen: the structures as gdm-session-worker reads and writes
// them, and everything that another host may do with them. Where there is no list, the question is asked in
// words.
#include "pam_jpki/choice_list.h"

#include "tests/unit/pam_jpki/host.h"
#include "tests/unit/pam_jpki/story.h"

#include <cstdlib>
#include <cstring>
#include <optional>

#include <arpa/inet.h>

namespace {

using namespace jpki::pam;
using namespace jpki::pam::test;

constexpr char kName[] = "org.gnome.DisplayManager.UserVerifier.ChoiceList";
constexpr char kOnALine[] = "Which card? 1 = Reader 01 00, 2 = Reader 02 00 (number, not PIN): ";
constexpr char kWhole[] = "1: MyNumber card in Reader 01 00";
constexpr char kInField[] = "Which card is yours?";
constexpr char kPinInField[] = "Card PIN (3 tries left): ";
constexpr std::size_t kPointer = 8;  // where the first one stands in both structures

// gdm-session-worker's part, octet by octet.
class Worker {
 public:
  std::string title;
  std::vector<std::pair<std::string, std::string>> items;
  std::uint8_t type = 0;

  std::optional<std::string> key;  // nothing: a null pointer
  std::optional<std::uint8_t> type_of_reply;
  std::uint32_t length_of_reply = 16;
  int result = PAM_SUCCESS;
  bool responds = true;

  int operator()(const void* request, pam_response& response) {
    const auto* const bytes = static_cast<const char*>(request);
    std::uint32_t length = 0;
    std::size_t count = 0;
    std::memcpy(&length, bytes, sizeof length);
    type = static_cast<std::uint8_t>(bytes[sizeof length]);
    title = text_at(bytes + kPointer);
    std::memcpy(&count, bytes + kPointer + sizeof(char*), sizeof count);
    ck_assert_uint_eq(ntohl(length), 24 + 16 * count);
    for (std::size_t i = 0; i < count; ++i)
      items.emplace_back(text_at(bytes + 24 + 16 * i), text_at(bytes + 32 + 16 * i));
    if (responds) response.resp = reply();
    return result;
  }

 private:
  static std::string text_at(const char* pointer) {
    const char* text = nullptr;
    std::memcpy(&text, pointer, sizeof text);
    return text;
  }
  char* reply() const {
    auto* const bytes = static_cast<char*>(std::calloc(1, 16));
    const std::uint32_t length = htonl(length_of_reply);
    char* const chosen = key ? ::strdup(key->c_str()) : nullptr;
    std::memcpy(bytes, &length, sizeof length);
    bytes[sizeof length] = static_cast<char>(type_of_reply.value_or(type));
    if (length_of_reply == 16)
      std::memcpy(bytes + kPointer, &chosen, sizeof chosen);
    else
      std::free(chosen);
    return bytes;
  }
};

void advertise(const char* extensions) {
  ck_assert_int_eq(::setenv("GDM_SUPPORTED_PAM_EXTENSIONS", extensions, 1), 0);
}

struct Login {
  Host host;
  Worker worker;
  explicit Login(const std::string& screen = "gdm") {
    host.use("screen=" + screen);
    host.script("step 5\nstep 15\ncards 1234 4321\n");
    for (const int card : {1, 2}) host.tries(3, card);
    host.at_binary_prompt = [this](const void* request, pam_response& response) {
      return worker(request, response);
    };
  }
  void asks_in_words(const char* question = kInField) {
    host.answers = {"2", "4321"};
    ck_assert_int_eq(host.authenticate("nobody"), PAM_SUCCESS);
    ck_assert_uint_eq(host.questions().size(), 2);
    check_text(host.questions()[0], question);
    if (question == kInField) ck_assert_msg(host.heard(kWhole), "%s", host.told().c_str());
    ck_assert_int_eq(host.record_count("verify"), 1);
  }
};

START_TEST(the_card_that_is_chosen_from_the_list_is_used) {
  advertise(kName);
  Login login;
  login.worker.key = "2";
  login.host.answers = {"4321"};
  ck_assert_int_eq(login.host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_uint_eq(login.host.questions().size(), 1);
  check_text(login.host.questions()[0], kPinInField);
  ck_assert_int_eq(login.host.record_count("verify"), 1);
  ck_assert_str_eq(login.worker.title.c_str(), "Which card is yours?");
  ck_assert_uint_eq(login.worker.items.size(), 2);
  ck_assert_str_eq(login.worker.items[0].first.c_str(), "1");
  ck_assert_str_eq(login.worker.items[0].second.c_str(), "1: Reader 01 00");
  ck_assert_msg(login.host.heard(kWhole), "%s", login.host.told().c_str());
  ck_assert_str_eq(login.worker.items[1].first.c_str(), "2");
  ck_assert_str_eq(login.worker.items[1].second.c_str(), "2: Reader 02 00");
}
END_TEST

// Who gave the wrong PIN may have chosen the wrong card: both are told above the list.
START_TEST(what_was_wrong_is_told_above_the_list) {
  advertise(kName);
  Login login;
  login.worker.key = "1";
  login.host.answers = {"4321", "1234"};
  ck_assert_int_eq(login.host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_str_eq(login.worker.title.c_str(), "Which card is yours?");
  ck_assert_msg(login.host.heard("Wrong PIN [JPKI-201]. More than one card can be used:"), "%s",
                login.host.told().c_str());
  ck_assert_uint_eq(login.worker.items.size(), 4);
  check_text(login.host.questions()[1], "Card PIN (2 tries left): ");
}
END_TEST

struct Number {
  const char* advertised;
  int number;  // -1: none
};
const Number kNumbers[] = {
    {"org.gnome.DisplayManager.UserVerifier.ChoiceList", 0},
    {"a org.gnome.DisplayManager.UserVerifier.ChoiceList", 1},
    {"a  b   org.gnome.DisplayManager.UserVerifier.ChoiceList c", 2},
    {"", -1},
    {" ", -1},
    {"a b c", -1},
    {"org.gnome.DisplayManager.UserVerifier.ChoiceLis", -1},
    {"org.gnome.DisplayManager.UserVerifier.ChoiceList2", -1},
    {"xorg.gnome.DisplayManager.UserVerifier.ChoiceList", -1},
};

START_TEST(its_number_is_its_place) {
  const auto number = number_of_choice_list(kNumbers[_i].advertised);
  ck_assert_int_eq(number ? *number : -1, kNumbers[_i].number);
}
END_TEST

START_TEST(a_number_is_one_octet) {
  std::string many;
  for (int i = 0; i < 255; ++i) many += "x ";
  ck_assert_uint_eq(*number_of_choice_list(many + kName), 255);
  ck_assert(!number_of_choice_list("x " + many + kName));
}
END_TEST

START_TEST(the_number_goes_into_the_request) {
  advertise(
      "org.gnome.DisplayManager.UserVerifier.CustomJSON org.gnome.DisplayManager.UserVerifier.ChoiceList");
  Login login;
  login.worker.key = "2";
  login.host.answers = {"4321"};
  ck_assert_int_eq(login.host.authenticate("nobody"), PAM_SUCCESS);
  ck_assert_uint_eq(login.worker.type, 1);
}
END_TEST

START_TEST(a_host_that_knows_no_list_is_asked_in_words) {
  for (const char* advertised : {"", "org.gnome.DisplayManager.UserVerifier.CustomJSON"}) {
    advertise(advertised);
    Login login;
    login.worker.key = "2";
    login.asks_in_words();
    ck_assert(login.worker.items.empty());
  }
  ck_assert_int_eq(::unsetenv("GDM_SUPPORTED_PAM_EXTENSIONS"), 0);
  Login login;
  login.asks_in_words();
  ck_assert(login.worker.items.empty());
}
END_TEST

// There is room for as many in the request.
START_TEST(nine_cards_make_a_list) {
  advertise(kName);
  for (const std::size_t count : {9, 10}) {
    Login login;
    login.worker.key = "9";
    login.host.start("nobody");
    const auto place =
        choose_from_list(login.host.handle(), "Which?", std::vector<std::string>(count, "card"));
    ck_assert(place == (count == 9 ? std::optional<std::uint8_t>(8) : std::nullopt));
    ck_assert_uint_eq(login.worker.items.size(), count == 9 ? 9 : 0);
    advertise("");
    ck_assert(!choose_from_list(login.host.handle(), "Which?", {"card"}));
    advertise(kName);
    login.host.end(PAM_SUCCESS);
  }
}
END_TEST

// What the environment says counts on GDM's screen alone.
START_TEST(no_other_screen_is_asked_for_a_list) {
  advertise(kName);
  Login login("prompt-only");
  login.worker.key = "1";
  login.asks_in_words(kOnALine);
  ck_assert(login.worker.items.empty());
}
END_TEST

struct Bad {
  const char* what;
  std::optional<std::string> key;
  std::uint8_t type;
  std::uint32_t length;
  int result;
  bool responds;
};
const Bad kBad[] = {
    {"an error", "2", 0, 16, PAM_CONV_ERR, false},
    {"no answer", "2", 0, 16, PAM_SUCCESS, false},
    {"no key", {}, 0, 16, PAM_SUCCESS, true},
    {"an empty key", "", 0, 16, PAM_SUCCESS, true},
    {"another key", "3", 0, 16, PAM_SUCCESS, true},
    {"a number that is no key", "0", 0, 16, PAM_SUCCESS, true},
    {"a key with more", "1 ", 0, 16, PAM_SUCCESS, true},
    {"another extension's answer", "1", 1, 16, PAM_SUCCESS, true},
    {"a short answer", "1", 0, 8, PAM_SUCCESS, true},
    {"a long answer", "1", 0, 17, PAM_SUCCESS, true},
};

START_TEST(an_answer_that_is_no_choice_is_asked_for_in_words) {
  advertise(kName);
  const Bad& bad = kBad[_i];
  Login login;
  login.worker.key = bad.key;
  login.worker.type_of_reply = bad.type;
  login.worker.length_of_reply = bad.length;
  login.worker.result = bad.result;
  login.worker.responds = bad.responds;
  login.asks_in_words();
  ck_assert_msg(login.worker.items.size() == 2, "%s", bad.what);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki choice list");
  TCase* tests = tcase_create("choice list");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, the_card_that_is_chosen_from_the_list_is_used);
  tcase_add_test(tests, what_was_wrong_is_told_above_the_list);
  tcase_add_loop_test(tests, its_number_is_its_place, 0, static_cast<int>(std::size(kNumbers)));
  tcase_add_test(tests, a_number_is_one_octet);
  tcase_add_test(tests, the_number_goes_into_the_request);
  tcase_add_test(tests, a_host_that_knows_no_list_is_asked_in_words);
  tcase_add_test(tests, nine_cards_make_a_list);
  tcase_add_test(tests, no_other_screen_is_asked_for_a_list);
  tcase_add_loop_test(tests, an_answer_that_is_no_choice_is_asked_for_in_words, 0,
                      static_cast<int>(std::size(kBad)));
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
