// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/authenticate.h"

#include "validator/card/card_mark.h"
#include "validator/card/pin_guard.h"
#include "validator/engine/account_search.h"
#include "validator/engine/card_choice.h"
#include "validator/engine/card_search.h"
#include "validator/engine/expiry_notice.h"
#include "validator/engine/last_login.h"
#include "validator/engine/path_check.h"
#include "validator/engine/proof_of_possession.h"
#include "validator/engine/pseudonym.h"
#include "validator/engine/record.h"
#include "validator/engine/session_card.h"
#include "validator/engine/smartphone.h"
#include "validator/engine/ticket_attempt.h"
#include "validator/revocation/statement_age.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::engine {
namespace {

// What a card looks like that was lifted while it was used.
constexpr Verdict kSeemingly[] = {Verdict::kNoReader,
                                  Verdict::kNoCard,
                                  Verdict::kCardNotRecognised,
                                  Verdict::kCardError,
                                  Verdict::kCardBusy,
                                  Verdict::kNoLoginCertificate,
                                  Verdict::kCertificateMalformed};

// What was checked and read before the first question was asked holds for so long. The caller begins anew a
// little earlier, with the same PIN; a caller that does not gets no VERIFY.
constexpr std::chrono::seconds kPromptLife{310};

// One attempt and what it has found out so far.
class Attempt {
 public:
  Attempt(const Start& start, const Services& services)
      : start_(start), services_(services), ticket_(start, services) {}

  Expected<Unit, Refusal> run();
  Expected<Unit, Refusal> unless_lifted(Expected<Unit, Refusal> result);
  Outcome conclude(const Expected<Unit, Refusal>& result);

 private:
  Expected<Unit, Refusal> find_card();
  void take(Candidate candidate);
  Expected<Unit, Refusal> check_certificate();
  Expected<Unit, Refusal> begin_revocation();
  Expected<Unit, Refusal> find_account();
  Expected<Unit, Refusal> open_smartphone();
  Expected<Unit, Refusal> verify_pin();
  card::PinGuard pin_guard();
  Refusal explain_pin(const card::CardError& error) const;
  Expected<PinReply, Refusal> ask_pin(const card::PinStatus& status);
  Expected<Unit, Refusal> prove();
  Expected<Unit, Refusal> look_again();
  Expected<Unit, Refusal> stay_until_now();
  void release_cards();
  Expected<Unit, Refusal> conclude_revocation();
  Expected<Unit, Refusal> register_successor();
  void about_to_ask();
  void remember() const;
  std::optional<std::uint8_t> notice() const;
  UsedCard used_card() const;
  Blob registrable_certificate() const;
  void enter(Step step) {
    record_.begin(step);
    services_.dialogue.step(step);
  }

  const Start& start_;
  const Services& services_;
  card::Token* smartphone_ = nullptr;   // that the login is by
  std::optional<Candidate> candidate_;  // of a smartphone: once its PIN is verified
  std::string reader_;                  // of its token
  std::optional<CheckedPath> path_;
  std::string account_;
  FoundAccount found_;
  NothingRemembered nothing_remembered_;
  std::optional<std::uint8_t> overlap_days_;
  std::string token_label_;
  std::optional<std::uint8_t> tries_left_;
  std::optional<Time> first_asked_;
  TicketAttempt ticket_;
  bool cards_closed_ = false;
  Record record_;
};

// The login on one page. Everything above verify_pin() happens while no PIN is known to anybody, everything
// below release_cards() when none is known any more; the network works while the person types. Only a
// smartphone is asked for its PIN before there is a certificate to look at.
Expected<Unit, Refusal> Attempt::run() {
  if (auto found = find_card(); !found) return found;
  if (smartphone_ != nullptr)
    if (auto opened = open_smartphone(); !opened) return opened;
  if (auto good = check_certificate(); !good) return good;
  if (auto begun = begin_revocation(); !begun) return begun;
  if (auto found = find_account(); !found) return found;
  ticket_.begin(account_, *path_);
  if (start_.purpose == Purpose::kPresence) {
    if (auto still = look_again(); !still) return still;
  } else {
    if (smartphone_ == nullptr)
      if (auto right = verify_pin(); !right) return right;
    if (auto proven = prove(); !proven) return proven;
  }
  release_cards();
  if (auto good = conclude_revocation(); !good) return good;
  if (auto still = stay_until_now(); !still) return still;
  if (auto registered = register_successor(); !registered) return registered;
  return ticket_.conclude();
}

// A failed proof of possession stays what it is: a card that lied may be gone as well.
Expected<Unit, Refusal> Attempt::unless_lifted(Expected<Unit, Refusal> result) {
  if (result || cards_closed_ ||
      std::ranges::find(kSeemingly, result.error().verdict) == std::end(kSeemingly) ||
      !services_.cards.card_left())
    return result;
  return Unexpected{Refusal{Verdict::kCardRemoved, "the card has left its reader; " + result.error().cause}};
}

// While a person is waited for, others may use the cards.
void Attempt::about_to_ask() {
  services_.cards.let_others_use_them();
  if (!first_asked_) first_asked_ = services_.clock.now();
}

Expected<Unit, Refusal> Attempt::find_card() {
  auto found = find_candidates(services_, std::chrono::milliseconds(start_.wait_for_card_ms), record_);
  if (!found) return Unexpected{found.error()};
  if (found->smartphone != nullptr) {
    smartphone_ = found->smartphone;
    return Unit{};
  }
  Expected<std::vector<Candidate>, Refusal> candidates = std::move(found->candidates);
  if (is_bound_to_session(start_)) candidates = keep_session_cards(std::move(*candidates), start_);
  if (!candidates) return Unexpected{candidates.error()};
  auto candidate =
      choose_card(std::move(*candidates), start_, services_, record_, [this] { about_to_ask(); });
  if (!candidate) return Unexpected{candidate.error()};
  take(std::move(*candidate));
  return Unit{};
}

void Attempt::take(Candidate candidate) {
  candidate_ = std::move(candidate);
  reader_ = candidate_->token->reader();
  record_.kind = x509::name_of(candidate_->kind);
  record_.certificate = pseudonym_of(candidate_->certificate.der(), services_.pseudonym_key);
}

Expected<Unit, Refusal> Attempt::open_smartphone() {
  record_.smartphone = true;
  reader_ = smartphone_->reader();
  auto may = may_ask_its_pin(start_, services_.smartphones, services_.cards_are_here, services_.login_kinds,
                             smartphone_->rule());
  if (!may) return may;
  account_ = start_.user;
  if (auto right = verify_pin(); !right) return right;
  enter(Step::kReadingCard);
  auto candidate = candidate_of_smartphone(*smartphone_, services_);
  if (!candidate) return Unexpected{candidate.error()};
  take(std::move(*candidate));
  return Unit{};
}

Expected<Unit, Refusal> Attempt::check_certificate() {
  enter(Step::kCheckingCertificate);
  auto path = check_path(*candidate_, services_, &services_.revocation);
  if (!path) {
    record_.anchor = path.error().anchor;
    return Unexpected{path.error()};
  }
  path_ = std::move(*path);
  record_.anchor = path_->certificate.anchor().name;
  return Unit{};
}

Expected<Unit, Refusal> Attempt::begin_revocation() {
  enter(Step::kCheckingRevocation);
  const auto begun = services_.revocation.begin(services_.clock.now());
  if (!begun) return Unexpected{Refusal{begun.error().verdict, begun.error().clause}};
  return Unit{};
}

Expected<Unit, Refusal> Attempt::find_account() {
  enter(Step::kFindingAccount);
  const bool registers = start_.purpose == Purpose::kRegister;
  auto found = smartphone_ != nullptr ? find_bound_account(*path_, services_, record_)
               : registers            ? find_registrable(*path_, start_, services_, record_)
                                      : engine::find_account(*path_, start_, services_, record_);
  if (!found) return Unexpected{found.error()};
  found_ = std::move(*found);
  account_ = found_.account;
  if (!start_.user.empty() && start_.user != account_)
    return Unexpected{Refusal{Verdict::kOtherUser, "the certificate is bound to another account"}};
  return Unit{};
}

Expected<PinReply, Refusal> Attempt::ask_pin(const card::PinStatus& status) {
  const auto departure = services_.cards.watch(reader_);
  services_.dialogue.end_question_by(departure ? departure->fd() : -1);
  auto reply = services_.dialogue.ask_pin({.account = account_,
                                           .form = status.form,
                                           .tries_left = status.tries_left,
                                           .max_tries = status.max_tries,
                                           .may_be_last = status.may_be_last,
                                           .on_reader = status.on_reader,
                                           .smartphone = smartphone_ != nullptr});
  services_.dialogue.end_question_by(-1);
  if (reply) return std::move(*reply);
  const bool left = reply.error() == Verdict::kCardRemoved;
  return Unexpected{
      Refusal{reply.error(), left ? "the card left while its PIN was asked for" : "no PIN was given"}};
}

card::PinGuard Attempt::pin_guard() {
  if (smartphone_ != nullptr)
    return {*smartphone_,
            card::pin_rule_of(x509::Kind::kJpkiAuthentication),
            {.wrong = nothing_remembered_, .key = {}}};
  return {*candidate_->token,
          pin_rule_of(*candidate_),
          {.wrong = services_.wrong_pins,
           .key = candidate_->certificate.subject_public_key_info(),
           .tries_shown = start_.tries_shown}};
}

Refusal Attempt::explain_pin(const card::CardError& error) const {
  if (smartphone_ != nullptr) return explain_pin_of_smartphone(error);
  return {error.verdict, error.cause};
}

Expected<Unit, Refusal> Attempt::verify_pin() {
  card::PinGuard guard = pin_guard();
  const auto status = guard.status();
  tries_left_ = guard.tries_left();
  if (!status) return Unexpected{explain_pin(status.error())};

  enter(Step::kWaitingForPin);
  about_to_ask();
  auto reply = ask_pin(*status);
  if (!reply) return Unexpected{reply.error()};
  if (services_.clock.now() - *first_asked_ > kPromptLife)
    return Unexpected{Refusal{Verdict::kTimeout, "the PIN prompt was open too long; nothing was verified"}};

  enter(status->on_reader ? Step::kPinOnReader : Step::kVerifyingPin);
  const auto verified = guard.verify(std::move(*reply));
  tries_left_ = guard.tries_left();
  if (!verified) return Unexpected{explain_pin(verified.error())};
  const card::Token& token = smartphone_ != nullptr ? *smartphone_ : *candidate_->token;
  if (std::string label = token.label(); is_token_label(label)) token_label_ = std::move(label);
  return Unit{};
}

Expected<Unit, Refusal> Attempt::prove() {
  enter(Step::kSigning);
  const Blob challenge = make_challenge(start_, account_, services_.clock.now());
  auto proof = prove_possession(*candidate_->token, candidate_->id,
                                candidate_->certificate.subject_public_key_info(), challenge);
  if (proof) ticket_.sign(*candidate_);
  candidate_->token->logout();
  return proof;
}

// Without a PIN the card proves nothing; but what was read lies in a reader still, and no other card came in
// its place. What the module has read once it may not read again: it is asked for all cards anew, after pcscd
// has had the time to notice one that left.
Expected<Unit, Refusal> Attempt::look_again() {
  enter(Step::kReadingCard);
  if (services_.cards.card_left())
    return Unexpected{Refusal{Verdict::kCardRemoved, "a card left after it was read"}};
  candidate_->token = nullptr;
  const auto tokens = services_.cards.tokens();
  if (!tokens) return Unexpected{Refusal{tokens.error().verdict, tokens.error().cause}};
  for (card::Token* const token : *tokens) {
    const auto objects = token->certificates(card::Token::Which::kEndEntities);
    services_.cards.let_others_use_them();  // of the next module
    const auto same = [&](const card::CertificateObject& object) {
      return std::ranges::equal(object.der, candidate_->certificate.der());
    };
    if (objects && std::ranges::any_of(*objects, same)) return Unit{};
  }
  return Unexpected{Refusal{Verdict::kCardRemoved, "another card is there than was read"}};
}

// Who took the card away while the network was waited for is not there any more.
Expected<Unit, Refusal> Attempt::stay_until_now() {
  if (start_.purpose != Purpose::kPresence || !services_.cards.card_has_left()) return Unit{};
  return Unexpected{
      Refusal{Verdict::kCardRemoved, "a card left while the status of its certificate was asked"}};
}

// Closing resets every card: none stays PIN-verified.
void Attempt::release_cards() {
  enter(Step::kClosing);
  services_.cards.close();
  if (candidate_) candidate_->token = nullptr;  // closed with the source
  cards_closed_ = true;
}

Expected<Unit, Refusal> Attempt::conclude_revocation() {
  enter(Step::kReadingEvidence);
  const auto evidence = services_.revocation.conclude(services_.clock.now());
  if (!evidence) return Unexpected{Refusal{evidence.error().verdict, evidence.error().clause}};
  record_.evidence =
      fmt::format("{}:{}", evidence->source, revocation::age_for_log(evidence->age, evidence->by_crl));
  return Unit{};
}

// With the PIN proven and the status good: what this asks may leave the machine, and what it writes stays.
Expected<Unit, Refusal> Attempt::register_successor() {
  if (!found_.to_be_registered) return Unit{};
  const auto days = services_.succession->confirm(path_->certificate, account_);
  if (!days) return Unexpected{Refusal{Verdict::kNotMapped, "succession: " + days.error()}};
  overlap_days_ = *days;
  record_.succession = "registered";
  return Unit{};
}

void Attempt::remember() const {
  const Bytes card_key = candidate_->certificate.subject_public_key_info();
  note_login(services_.notes, card_key, services_.clock.now());
  if (services_.succession != nullptr && found_.is_bound && smartphone_ == nullptr)
    services_.succession->keep(path_->certificate, services_.clock.now());
}

std::optional<std::uint8_t> Attempt::notice() const {
  if (!start_.notices_shown) return std::nullopt;
  const x509::Certificate& leaf = candidate_->certificate;
  return expiry_notice(services_.notes, leaf.subject_public_key_info(), leaf.not_after(),
                       services_.expiry_notice, services_.clock.now());
}

UsedCard Attempt::used_card() const {
  return {.reader = reader_, .mark = card::card_mark(start_.nonce, candidate_->certificate.der())};
}

// Empty: it is longer than what is passed on.
Blob Attempt::registrable_certificate() const {
  const Bytes der = candidate_->certificate.der();
  return der.size() <= kMaxRegistrableDer ? to_blob(der) : Blob();
}

Outcome Attempt::conclude(const Expected<Unit, Refusal>& result) {
  if (!cards_closed_) release_cards();
  record_.sources = services_.revocation.trace();
  record_.presence = start_.purpose == Purpose::kPresence;
  const Verdict verdict = result ? Verdict::kAccepted : result.error().verdict;
  const bool logged_in = result && start_.purpose == Purpose::kLogin;
  const bool other_card = logged_in && services_.self_registration != nullptr &&
                          services_.self_registration->has_other_card(path_->certificate, account_);
  if (!result) record_.cause = result.error().cause;
  if (logged_in) remember();
  if (result) ticket_.hand_over();
  services_.dialogue.log(result ? LogLevel::kInfo : LogLevel::kNotice, record_.line(verdict));
  return {
      .verdict = verdict,
      .nonce = start_.nonce,
      .account = account_,
      .tries_left = tries_left_,
      .expires_in = result ? notice() : std::nullopt,
      .overlap_days = result ? overlap_days_ : std::nullopt,
      .certificate_pseudonym = record_.certificate,
      .token_label = result ? token_label_ : std::string(),
      .card = result && services_.cards_are_here && smartphone_ == nullptr ? std::optional(used_card())
                                                                           : std::nullopt,
      .no_ticket = result ? ticket_.missing() : std::nullopt,
      .ticket_required = result && ticket_.required(),
      .registrable = result ? found_.registrable : std::string(),
      .registrable_certificate = result && !found_.registrable.empty() ? registrable_certificate() : Blob(),
      .other_card = other_card};
}

}  // namespace

Outcome authenticate(const Start& start, const Services& services) {
  Attempt attempt(start, services);
  return attempt.conclude(attempt.unless_lifted(attempt.run()));
}

}  // namespace jpki::engine
