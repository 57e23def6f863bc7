// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Stand-ins for what a login needs: a card, readers, a person, a revocation source, an account map.
#pragma once

#include "tests/unit/validator/noted_pins.h"
#include "tests/unit/validator/raw_ecdsa.h"
#include "validator/engine/authenticate.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <check.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

namespace jpki::test {

// A token with certificates, a PIN with three tries, and a key that really signs.
class FakeToken final : public card::Token {
 public:
  FakeToken(Blob certificate, const std::string& key_pem) : end_entities{{{1}, std::move(certificate)}} {
    gnutls_privkey_init(&key_);
    const gnutls_datum_t pem{reinterpret_cast<unsigned char*>(const_cast<char*>(key_pem.data())),
                             static_cast<unsigned>(key_pem.size())};
    ck_assert_int_eq(gnutls_privkey_import_x509_raw(key_, &pem, GNUTLS_X509_FMT_PEM, nullptr, 0), 0);
  }
  FakeToken(const FakeToken&) = delete;
  FakeToken& operator=(const FakeToken&) = delete;
  ~FakeToken() override { gnutls_privkey_deinit(key_); }

  std::string reader_name = "Reader 00 00";
  std::vector<card::CertificateObject> end_entities;
  std::vector<card::CertificateObject> authorities;
  std::optional<card::CardError> unreadable;
  std::optional<Blob> forged_signature;  // answered in place of a real one
  bool unsigning = false;                // from now on
  bool smartphone = false;               // its certificate is told only after its PIN
  bool verified = false;
  std::string pin = "1234";
  std::string token_label = "JPKI (User Authentication PIN)";
  int tries = 3;
  bool gone = false;  // from its reader
  int verifies = 0;
  int signatures = 0;
  int authority_reads = 0;
  int reads = 0;  // of end entities
  const card::TokenRule* token_rule = nullptr;
  std::size_t module_place = 0;
  bool key_shows = false;
  bool has_keys = false;  // its reader
  int typed_on_reader = 0;
  bool logged_out = false;
  Blob last_signature;

  const std::string& reader() const noexcept override { return reader_name; }
  Expected<std::vector<card::CertificateObject>, card::CardError> certificates(Which which) override {
    if (unreadable) return Unexpected{*unreadable};
    if (which == Which::kEndEntities) ++reads;
    if (which == Which::kEndEntities && smartphone && !verified)
      return std::vector<card::CertificateObject>{};
    if (which == Which::kEndEntities) return end_entities;
    ++authority_reads;
    return authorities;
  }
  std::string label() const override { return token_label; }
  const card::TokenRule* rule() const noexcept override { return token_rule; }
  std::size_t module() const noexcept override { return module_place; }
  bool shows_key(const card::ObjectId&) override { return key_shows; }
  bool is_smartphone() override { return smartphone; }
  Expected<Unit, card::CardError> login_on_reader() override {
    ++typed_on_reader;
    return Unit{};
  }
  Expected<card::PinFlags, card::CardError> pin_flags() override {
    if (gone) return Unexpected{card::CardError{Verdict::kCardError, "CKR_GENERAL_ERROR"}};
    return card::PinFlags{
        .count_low = tries == 2, .final_try = tries == 1, .locked = tries == 0, .on_reader = has_keys};
  }
  Expected<Unit, card::CardError> login(const Secret& given) override {
    ++verifies;
    verified = as_text(given.bytes()) == pin;
    if (verified) return Unit{};
    --tries;
    return Unexpected{card::CardError{Verdict::kPinIncorrect, "CKR_PIN_INCORRECT"}};
  }
  Expected<Blob, card::CardError> sign(const card::ObjectId&, card::KeyAlgorithm algorithm,
                                       Bytes input) override {
    ++signatures;
    if (unsigning) return Unexpected{card::CardError{Verdict::kCardError, "CKR_DEVICE_ERROR"}};
    if (forged_signature) return *forged_signature;
    gnutls_datum_t hash{const_cast<unsigned char*>(input.data()), static_cast<unsigned>(input.size())};
    gnutls_datum_t out{};
    const bool rsa = algorithm == card::KeyAlgorithm::kRsa;
    ck_assert_int_eq(gnutls_privkey_sign_hash2(key_, rsa ? GNUTLS_SIGN_RSA_RAW : GNUTLS_SIGN_ECDSA_SHA384,
                                               rsa ? GNUTLS_PRIVKEY_SIGN_FLAG_TLS1_RSA : 0, &hash, &out),
                     0);
    last_signature = rsa ? Blob(out.data, out.data + out.size) : raw_ecdsa(out, 48);
    gnutls_free(out.data);
    return last_signature;
  }
  void logout() noexcept override { logged_out = true; }

 private:
  gnutls_privkey_t key_ = nullptr;
};

class FakeDeparture final : public card::Departure {
 public:
  explicit FakeDeparture(int fd) : fd_(fd) {}
  int fd() const noexcept override { return fd_; }

 private:
  int fd_;
};

// Readers whose contents follow a script: one entry for each look, the last one stays.
class FakeReaders final : public card::TokenSource {
 public:
  std::vector<Expected<std::vector<card::Token*>, card::CardError>> looks;
  bool closed = false;
  bool left = false;  // the card, while it was used
  bool left_by_now = false;
  bool tells_of_changes = false;
  int asked_for_presence = 0;
  int let_go = 0;  // of the cards, for others
  int closes = 0;
  std::optional<int> departure;      // what a watch gives; nothing: nobody can watch
  std::vector<std::string> watched;  // readers

  Expected<std::vector<card::Token*>, card::CardError> tokens() override {
    auto look = looks.front();
    if (looks.size() > 1) looks.erase(looks.begin());
    return look;
  }
  bool await_change(std::chrono::milliseconds at_most) override {
    ck_assert(!closed && at_most.count() > 0);
    return tells_of_changes;
  }
  bool card_left() override {
    ck_assert(!closed);
    ++asked_for_presence;
    return left;
  }
  bool card_has_left() override { return left_by_now; }
  void let_others_use_them() noexcept override { ++let_go; }
  std::unique_ptr<card::Departure> watch(const std::string& reader) override {
    watched.push_back(reader);
    return departure ? std::make_unique<FakeDeparture>(*departure) : nullptr;
  }
  void close() noexcept override {
    closed = true;
    ++closes;
  }
};

class FakePerson final : public engine::Dialogue {
 public:
  std::optional<std::string> pin = "1234";
  Verdict without_pin = Verdict::kCancelled;  // why there is none
  bool confirms_last_try = false;
  bool hangs_up = false;
  std::optional<std::uint8_t> card;  // that is chosen; nothing: none is
  std::function<void()> at_prompt = [] {};
  std::function<void()> at_choice = [] {};
  std::vector<AskPin> prompts;
  std::vector<AskCard> choices;
  std::vector<Step> steps;
  std::vector<std::string> log_lines;
  std::vector<std::chrono::milliseconds> pauses;
  Blob ticket_octets;     // that were handed over
  std::vector<int> ends;  // of questions

  void step(Step step) override { steps.push_back(step); }
  void log(LogLevel, const std::string& text) override { log_lines.push_back(text); }
  Expected<PinReply, Verdict> ask_pin(const AskPin& question) override {
    prompts.push_back(question);
    at_prompt();
    if (!pin) return Unexpected{without_pin};
    return PinReply{*Secret::copy_of(as_bytes(*pin)), confirms_last_try};
  }
  void end_question_by(int fd) override { ends.push_back(fd); }
  Expected<std::uint8_t, Verdict> ask_card(const AskCard& question) override {
    choices.push_back(question);
    at_choice();
    if (!card) return Unexpected{Verdict::kCancelled};
    return *card;
  }
  void ticket(Bytes octets) override { append_bytes(ticket_octets, octets); }
  bool pause(std::chrono::milliseconds span) override {
    pauses.push_back(span);
    return !hangs_up;
  }
};

class FakeRevocation final : public revocation::RevocationCheck {
 public:
  std::function<Expected<bool, revocation::RevocationError>(const path::VerifiedCertificate&)> at_look =
      [](const path::VerifiedCertificate&) { return true; };
  std::optional<Verdict> refusal;       // of begin()
  std::optional<Verdict> late_refusal;  // of conclude()
  std::function<void()> at_begin = [] {};
  std::function<void()> at_conclude = [] {};
  std::vector<revocation::SourceTrace> traces;

  Expected<bool, revocation::RevocationError> look(const path::VerifiedCertificate& path, Time) override {
    return at_look(path);
  }
  Expected<Unit, revocation::RevocationError> begin(Time) override {
    at_begin();
    if (refusal) return Unexpected{revocation::RevocationError{*refusal, "scripted"}};
    return Unit{};
  }
  Expected<revocation::Evidence, revocation::RevocationError> conclude(Time) override {
    at_conclude();
    if (late_refusal) return Unexpected{revocation::RevocationError{*late_refusal, "scripted"}};
    return revocation::Evidence{"crl", std::chrono::seconds(3600)};
  }
  std::vector<revocation::SourceTrace> trace() const override { return traces; }
};

class FakeAccounts final : public map::AccountMap {
 public:
  std::optional<Verdict> refusal;
  std::string account = "taro";
  std::map<Blob, std::string> by_serial;  // where it holds the serial, in the place of `account`; empty: none
  Expected<std::string, map::MapError> account_of(const path::VerifiedCertificate& verified) const override {
    if (refusal) return Unexpected{map::MapError{*refusal, "scripted"}};
    const auto found = by_serial.find(to_blob(verified.leaf().serial()));
    if (found == by_serial.end()) return account;
    if (found->second.empty()) return Unexpected{map::MapError{Verdict::kNotMapped, "scripted"}};
    return found->second;
  }
  std::map<std::string, std::string> by_string;  // accounts of strings
  Expected<std::string, map::MapError> account_of_strings(const std::vector<std::string>& mappings,
                                                          x509::Kind) const override {
    if (refusal) return Unexpected{map::MapError{*refusal, "scripted"}};
    std::string found_account;
    for (const std::string& mapping : mappings) {
      const auto found = by_string.find(mapping);
      if (found == by_string.end()) continue;
      if (!found_account.empty() && found_account != found->second)
        return Unexpected{map::MapError{Verdict::kMappingAmbiguous, "scripted"}};
      found_account = found->second;
    }
    if (found_account.empty()) return Unexpected{map::MapError{Verdict::kNotMapped, "scripted"}};
    return found_account;
  }
};

class FakeTicketing final : public ticket::Ticketing {
 public:
  bool is_required = false;
  std::optional<ticket::Failure> early;  // of to_be_signed()
  std::optional<ticket::Failure> late;   // of conclude()
  std::function<void()> at_begin = [] {};
  std::function<void()> at_sign = [] {};
  std::function<void()> at_conclude = [] {};
  Blob input = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
                0x02, 0x01, 0x05, 0x00, 0x04, 0x20, 1,    2,    3,    4,    5,    6,    7,
                8,    9,    10,   11,   12,   13,   14,   15,   16,   17,   18,   19,   20,
                21,   22,   23,   24,   25,   26,   27,   28,   29,   30,   31,   32};
  std::string account;
  std::vector<Blob> authorities;
  Blob certificate;
  Blob signature;  // that was given away
  Blob ticket = {'t', 'g', 't'};

  bool required() const override { return is_required; }
  void begin(const std::string& name, const std::vector<Blob>& path) override {
    at_begin();
    account = name;
    authorities = path;
  }
  Expected<Blob, ticket::Failure> to_be_signed(Bytes der) override {
    at_sign();
    certificate = to_blob(der);
    if (early) return Unexpected{*early};
    return input;
  }
  Expected<Blob, ticket::Failure> conclude(Bytes given) override {
    at_conclude();
    signature = to_blob(given);
    if (late) return Unexpected{*late};
    return ticket;
  }
};

class FakeClock final : public Clock {
 public:
  Time time{};
  Time now() const override { return time; }
};

}  // namespace jpki::test
