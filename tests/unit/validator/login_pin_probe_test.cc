// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the login PIN answers, and what is sent to learn it. The SCard functions are this program's own.
#include "validator/card/login_pin_probe.h"

#include "base/hex.h"
#include "tests/unit/support/check_main.h"

#include <algorithm>
#include <map>
#include <vector>

#include <winscard.h>

namespace {

using namespace jpki;
using Texts = std::vector<std::string>;

constexpr char kSelectJpki[] = "00a4040c0ad392f000260100000001";
constexpr char kSelectTokenInfo[] = "00a4020c020006";
constexpr char kReadTokenInfo[] = "00b0000020";
constexpr char kSelectLoginPin[] = "00a4020c020018";
constexpr char kAsk[] = "00200080";

struct CardInReader {
  std::vector<std::vector<std::uint8_t>> answers{};  // in turn; empty: the transmission fails
  DWORD protocol = SCARD_PROTOCOL_T1;
  LONG connect = SCARD_S_SUCCESS;
  LONG begin = SCARD_S_SUCCESS;
};
struct Pcsc {
  LONG establish = SCARD_S_SUCCESS;
  std::map<std::string, CardInReader> readers{};
  Texts done{};  // in the order of the calls
  CardInReader* card = nullptr;
};
Pcsc pcsc;

}  // namespace

extern "C" {

LONG SCardEstablishContext(DWORD, LPCVOID, LPCVOID, LPSCARDCONTEXT context) {
  *context = 7;
  return pcsc.establish;
}
LONG SCardReleaseContext(SCARDCONTEXT) {
  return SCARD_S_SUCCESS;
}
LONG SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD share, DWORD protocols, LPSCARDHANDLE card,
                  LPDWORD protocol) {
  ck_assert(context == 7 && share == SCARD_SHARE_SHARED &&
            protocols == (SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1));
  pcsc.card = &pcsc.readers.at(reader);
  *card = 9;
  *protocol = pcsc.card->protocol;
  return pcsc.card->connect;
}
LONG SCardBeginTransaction(SCARDHANDLE) {
  pcsc.done.push_back("begin");
  return pcsc.card->begin;
}
LONG SCardEndTransaction(SCARDHANDLE, DWORD) {
  pcsc.done.push_back("end");
  return SCARD_S_SUCCESS;
}
LONG SCardDisconnect(SCARDHANDLE card, DWORD how) {
  ck_assert_int_eq(card, 9);
  pcsc.done.push_back(how == SCARD_RESET_CARD ? "reset" : "leave");
  return SCARD_S_SUCCESS;
}
LONG SCardTransmit(SCARDHANDLE, const SCARD_IO_REQUEST* protocol, LPCBYTE command, DWORD size,
                   SCARD_IO_REQUEST*, LPBYTE out, LPDWORD out_size) {
  ck_assert_uint_eq(protocol->dwProtocol, pcsc.card->protocol);
  pcsc.done.push_back(to_hex(Bytes(command, size)));
  auto& answers = pcsc.card->answers;
  ck_assert(!answers.empty());
  const auto answer = answers.front();
  answers.erase(answers.begin());
  if (answer.empty()) return static_cast<LONG>(SCARD_W_REMOVED_CARD);
  ck_assert_uint_ge(*out_size, answer.size());
  std::ranges::copy(answer, out);
  *out_size = static_cast<DWORD>(answer.size());
  return SCARD_S_SUCCESS;
}

}  // extern "C"

namespace {

struct Answer {
  std::uint16_t status;
  std::optional<Verdict> meaning;
};

const Answer kAnswers[] = {
    {0x63C1, Verdict::kSignaturePinLocked},
    {0x63C3, Verdict::kSignaturePinLocked},
    {0x63CF, Verdict::kSignaturePinLocked},
    {0x63C0, Verdict::kPinLocked},
    {0x6983, Verdict::kPinLocked},
    {0x6984, Verdict::kPinLocked},
    {0x9000, std::nullopt},  // no counter: not a card that we know
    {0x6300, std::nullopt},
    {0x63D1, std::nullopt},
    {0x6982, std::nullopt},
    {0x6A82, std::nullopt},
    {0x6F00, std::nullopt},
    {0x0000, std::nullopt},  // no answer
};

START_TEST(the_answer_tells_which_pin_is_locked) {
  ck_assert(card::meaning_of_login_pin(kAnswers[_i].status) == kAnswers[_i].meaning);
}
END_TEST

std::optional<Verdict> explained(const Texts& readers) {
  const auto why = card::explain_unrecognised(readers);
  return why ? std::optional(why->verdict) : std::nullopt;
}

START_TEST(a_card_is_asked_and_no_try_is_spent) {
  for (const DWORD protocol : {SCARD_PROTOCOL_T0, SCARD_PROTOCOL_T1}) {
    pcsc.done.clear();
    pcsc.readers["A"] = {.answers = {{0x90, 0}, {0x6A, 0x82}, {0x90, 0}, {0x69, 0x83}}, .protocol = protocol};
    const auto why = card::explain_unrecognised(Texts{"A"});
    ck_assert(why && why->verdict == Verdict::kPinLocked && why->cause.ends_with("answers 6983"));
    ck_assert(
        (pcsc.done == Texts{"begin", kSelectJpki, kSelectTokenInfo, kSelectLoginPin, kAsk, "end", "reset"}));
  }
}
END_TEST

START_TEST(the_first_card_that_tells_counts) {
  const CardInReader tells{.answers = {{0x90, 0}, {0x6A, 0x82}, {1, 2, 0x90, 0}, {0x63, 0xC2}}};
  const CardInReader others[] = {
      {.answers = {{0x6A, 0x82}}},
      {.answers = {{}}},
      {.answers = {{0x90}}},
      {.answers = {{0x90, 0}, {0x6A, 0x82}, {0x6A, 0x82}}},
      {.answers = {{0x90, 0}, {}, {0x90, 0}, {0x90, 0}}},
      {.answers = {{0x90, 0}, {0x6A, 0x82}, {0x90, 0}, {0x63}}},
      {.connect = static_cast<LONG>(SCARD_E_SHARING_VIOLATION)},
      {.begin = static_cast<LONG>(SCARD_W_RESET_CARD)},
  };
  for (const CardInReader& other : others) {
    pcsc.readers = {{"A", other}, {"B", tells}, {"C", {}}};
    ck_assert_msg(explained({"A", "B", "C"}) == Verdict::kSignaturePinLocked, "row %td", &other - others);
    pcsc.readers["A"] = other;
    ck_assert_msg(!explained({"A"}), "row %td", &other - others);
    ck_assert(pcsc.card->answers.empty());
  }
  pcsc.readers["A"] = tells;
  pcsc.establish = static_cast<LONG>(SCARD_E_NO_SERVICE);
  ck_assert(!explained({"A"}) && !explained({}));
}
END_TEST

std::vector<std::uint8_t> token_info(std::string_view says, std::size_t size = 32) {
  std::vector<std::uint8_t> answer(says.begin(), says.end());
  answer.resize(size, ' ');
  answer.insert(answer.end(), {0x90, 0});
  return answer;
}

// Its PIN is none of our business then, and a PIN that is not locked does not make the signature's locked.
START_TEST(a_smartphone_is_told_as_what_it_is) {
  pcsc.readers["A"] = {.answers = {{0x90, 0}, {0x90, 0}, token_info("JPKIAPGPSETOKEN")}};
  ck_assert(explained({"A"}) == Verdict::kSmartphoneNotAllowed);
  ck_assert((pcsc.done == Texts{"begin", kSelectJpki, kSelectTokenInfo, kReadTokenInfo, "end", "reset"}));
  const std::vector<std::uint8_t> others[] = {token_info("JPKIAPICCTOKEN2"),
                                              token_info("JPKIAPGPSETOKENX"),
                                              token_info("", 0),
                                              {},
                                              {0x90},
                                              {0x69, 0x82}};
  for (const auto& says : others) {
    pcsc.readers["A"] = {.answers = {{0x90, 0}, {0x90, 0}, says, {0x90, 0}, {0x63, 0xC0}}};
    ck_assert_msg(explained({"A"}) == Verdict::kPinLocked, "row %td", &says - others);
  }
}
END_TEST

// Where a token is shown, nothing is asked of its PIN.
START_TEST(a_token_without_a_certificate_may_be_a_smartphone) {
  pcsc.readers["A"] = {.answers = {{0x90, 0}, {0x90, 0}, token_info("JPKIAPGPSETOKEN")}};
  const auto why = card::explain_missing_certificate("A");
  ck_assert(why && why->verdict == Verdict::kSmartphoneNotAllowed);
  ck_assert((pcsc.done == Texts{"begin", kSelectJpki, kSelectTokenInfo, kReadTokenInfo, "end", "reset"}));
  const CardInReader others[] = {
      {.answers = {{0x90, 0}, {0x90, 0}, token_info("JPKIAPICCTOKEN2")}},
      {.answers = {{0x90, 0}, {0x6A, 0x82}}},
      {.answers = {{0x6A, 0x82}}},
      {.connect = static_cast<LONG>(SCARD_E_SHARING_VIOLATION)},
  };
  for (const CardInReader& other : others) {
    pcsc.readers["A"] = other;
    ck_assert_msg(!card::explain_missing_certificate("A"), "row %td", &other - others);
  }
}
END_TEST

// What began no transaction ends none, and resets nobody's card.
START_TEST(a_card_that_others_hold_is_left_as_it_is) {
  pcsc.readers["A"] = {.begin = static_cast<LONG>(SCARD_E_SHARING_VIOLATION)};
  ck_assert(!explained({"A"}));
  ck_assert((pcsc.done == Texts{"begin", "leave"}));
}
END_TEST

Suite* login_pin_probe_suite() {
  Suite* suite = suite_create("login_pin_probe");
  TCase* tests = tcase_create("login_pin_probe");
  tcase_add_loop_test(tests, the_answer_tells_which_pin_is_locked, 0, std::ssize(kAnswers));
  tcase_add_test(tests, a_card_is_asked_and_no_try_is_spent);
  tcase_add_test(tests, the_first_card_that_tells_counts);
  tcase_add_test(tests, a_smartphone_is_told_as_what_it_is);
  tcase_add_test(tests, a_token_without_a_certificate_may_be_a_smartphone);
  tcase_add_test(tests, a_card_that_others_hold_is_left_as_it_is);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(login_pin_probe_suite());
}
