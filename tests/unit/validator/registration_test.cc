// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The messages between jpkictl and jpki-validator while a card is registered.
#include "tests/unit/support/check_main.h"
#include "validator/registration/messages.h"

namespace jpki::registration {
namespace {

CardReading reading() {
  CardReading card;
  card.reader = "Virtual PCD";
  card.kind = x509::Kind::kLgpkiUser;
  card.certificate = {0x30, 0x00, 0x01};
  card.path = Verdict::kAccepted;
  card.anchor = "lgpki-g4";
  card.revocation = Verdict::kRevocationUnknown;
  card.revocation_cause = "no CRL";
  card.pin = Verdict::kAccepted;
  card.tries_left = 2;
  card.max_tries = 3;
  card.mappings = {"X509:<SHA1-PUKEY>00", "X509:<SKI>11"};
  card.subject = "CN=太郎";
  card.not_before = Time(std::chrono::seconds(-1));
  card.not_after = Time(std::chrono::seconds(1'800'000'000));
  return card;
}

START_TEST(a_reading_arrives_as_it_was) {
  const auto message = decode(encode(reading()));
  const auto* const card = message ? std::get_if<CardReading>(&*message) : nullptr;
  ck_assert_ptr_nonnull(card);
  const CardReading sent = reading();
  ck_assert(card->reader == sent.reader && card->kind == sent.kind && card->certificate == sent.certificate);
  ck_assert(card->path == sent.path && card->anchor == sent.anchor && card->revocation == sent.revocation);
  ck_assert(card->revocation_cause == sent.revocation_cause && card->pin == sent.pin);
  ck_assert(card->tries_left == sent.tries_left && card->max_tries == sent.max_tries);
  ck_assert(card->mappings == sent.mappings && card->subject == sent.subject);
  ck_assert(card->not_before == sent.not_before && card->not_after == sent.not_after);
}
END_TEST

START_TEST(a_pin_or_none_arrives) {
  constexpr std::string_view kPin = "1234";
  PinAnswer given{Secret::copy_of(as_bytes(kPin)), true};
  const auto message = decode(encode(std::move(given)));
  const auto* const answer = message ? std::get_if<PinAnswer>(&*message) : nullptr;
  ck_assert(answer != nullptr && answer->pin && as_text(answer->pin->bytes()) == kPin);
  ck_assert(answer->last_try_confirmed);
  const auto nothing = decode(encode(PinAnswer{}));
  ck_assert(nothing && !std::get<PinAnswer>(*nothing).pin);
}
END_TEST

// Every packet that is cut or has a byte too many, and numbers that name nothing.
START_TEST(what_is_no_message_is_refused) {
  const Blob whole = encode(reading());
  for (std::size_t size = 0; size < whole.size(); ++size) ck_assert(!decode(Bytes(whole).first(size)));
  Blob longer = whole;
  longer.push_back(0);
  ck_assert(!decode(longer));
  ck_assert(!decode(Blob{7}) && !decode(Blob{255, 0}));
  Blob end = encode(Finished{Verdict::kPinIncorrect, "", 1});
  ck_assert(decode(end).has_value());
  end[1] = 0xFF;  // no verdict
  ck_assert(!decode(end));
}
END_TEST

START_TEST(what_is_too_long_is_not_sent) {
  ck_assert(encode(Note{std::string(70000, 'x')}).empty());
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("registration");
  TCase* tests = tcase_create("messages");
  tcase_add_test(tests, a_reading_arrives_as_it_was);
  tcase_add_test(tests, a_pin_or_none_arrives);
  tcase_add_test(tests, what_is_no_message_is_refused);
  tcase_add_test(tests, what_is_too_long_is_not_sent);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace jpki::registration

int main() {
  return jpki::test::run_suite(jpki::registration::suite());
}
