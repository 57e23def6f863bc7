// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A whole login on stand-ins (fake_login.h), which succeeds unless a test spoils it.
#pragma once

#include "testkit/pki/authorities.h"
#include "testkit/pki/profiles.h"
#include "tests/unit/validator/fake_login.h"

namespace jpki::test {

using namespace std::chrono_literals;
using testpki::PrivateKey;

constexpr Time kToday = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);
constexpr testpki::Municipality kCity{"99011", "Kasumi"};
constexpr char kHolder[] = "ABCDEFGHIJKLMN";

// Made once, before Check forks for each test.
struct World {
  testpki::Settings settings{
      .seed = "authenticate_test", .date = kToday, .ocsp_url = "http://127.0.0.1/ocsp"};
  testpki::Authorities ca = testpki::make_authorities(settings);
  PrivateKey key = PrivateKey::rsa("authenticate_test/holder");
  PrivateKey other_key = PrivateKey::rsa("authenticate_test/other");
  PrivateKey ec_key = PrivateKey::p384("authenticate_test/ec");

  testpki::CertificateBuilder builder(const PrivateKey& holder_key,
                                      Blob serial = {0x11, 0x22, 0x33, 0x44}) const {
    return testpki::authentication_certificate(
        settings, ca.jpki_auth[2], kCity,
        {kHolder, std::move(serial), holder_key.subject_public_key_info(), holder_key.key_identifier()});
  }
  Blob certificate() const { return builder(key).sign(ca.jpki_auth[2].key); }
};
inline const World* world = nullptr;

inline trust::TrustStore anchors_of(const testpki::Authority& authority) {
  trust::TrustStore anchors;
  anchors.push_back({authority.name,
                     *x509::Certificate::decode(authority.certificate),
                     {x509::Kind::kJpkiAuthentication},
                     std::nullopt,
                     std::nullopt});
  return anchors;
}

// A login that succeeds unless a test spoils it.
struct Login {
  FakeToken token{world->certificate(), world->key.pkcs8_pem()};
  FakeReaders readers;
  FakePerson person;
  FakeRevocation revocation;
  FakeAccounts accounts;
  succession::Succession* successor = nullptr;
  self_registration::SelfRegistration* own = nullptr;
  FakeClock clock;
  trust::TrustStore anchors = anchors_of(world->ca.jpki_auth[2]);
  std::vector<x509::Certificate> intermediates;
  std::vector<x509::Kind> kinds{x509::Kind::kJpkiAuthentication};
  std::vector<x509::KindRule> rules;
  NotedPins wrong_pins;
  TemporaryDirectory noted;
  engine::CardNotes notes{noted.path(), Blob(32, 7)};
  std::chrono::days expiry_notice{30};
  Blob pseudonym_key = Blob(32, 7);
  Start start;
  FakeTicketing ticketing;
  bool brings_ticket = false;
  engine::SmartphonePolicy smartphones = engine::SmartphonePolicy::kForNobody;
  bool cards_are_here = true;

  Login() {
    readers.looks = {std::vector<card::Token*>{&token}};
    clock.time = kToday + 9h;
    start.nonce.fill(0x5A);
    start.service = "login";
    start.user = "taro";
    start.host = "terminal-7";
  }
  engine::Services services() {
    return {.cards = readers,
            .cards_are_here = cards_are_here,
            .anchors = anchors,
            .intermediates = intermediates,
            .revocation = revocation,
            .accounts = accounts,
            .succession = successor,
            .self_registration = own,
            .login_kinds = kinds,
            .kind_rules = rules,
            .wrong_pins = wrong_pins,
            .notes = notes,
            .expiry_notice = expiry_notice,
            .pseudonym_key = pseudonym_key,
            .clock = clock,
            .dialogue = person,
            .ticketing = brings_ticket ? &ticketing : nullptr,
            .smartphones = smartphones};
  }
  Outcome run() { return engine::authenticate(start, services()); }
};

inline void assert_verdict(const Outcome& outcome, Verdict expected) {
  const std::string found(name_of(outcome.verdict));
  const std::string wanted(name_of(expected));
  ck_assert_str_eq(found.c_str(), wanted.c_str());
}

inline void assert_nothing_asked(const Login& login) {
  ck_assert_uint_eq(login.person.prompts.size(), 0);
  ck_assert_int_eq(login.token.verifies, 0);
  ck_assert(login.readers.closed);
}

}  // namespace jpki::test
