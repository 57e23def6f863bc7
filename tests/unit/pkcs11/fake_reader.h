// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A reader without pcscd, with the test kit's card in it: counts what is sent, and lies when told to.
#pragma once

#include "pkcs11/card.h"
#include "testkit/ifdhandler/pinpad.h"
#include "testkit/pki/certificate_builder.h"
#include "tests/unit/testkit/vcard/fixture.h"

#include <condition_variable>
#include <functional>
#include <mutex>

namespace jpki::pkcs11::test {

inline constexpr char kReaderName[] = "Fake Reader 00";

// A certificate of the key; about as large as JPKI's.
inline Blob certificate_for(const vcard::CardKey& key, std::uint8_t serial = 1) {
  testpki::CertificateBuilder certificate;
  certificate.serial = {serial};
  certificate.issuer =
      testpki::distinguished_name({testpki::country("JP"), testpki::organization("JPKI-TEST"),
                                   testpki::organizational_unit(std::string(500, 'x'))});
  certificate.subject = testpki::distinguished_name({testpki::country("JP"), testpki::common_name("TARO")});
  certificate.not_before = Time{std::chrono::sys_days(std::chrono::year(2024) / 1 / 1)};
  certificate.not_after = Time{std::chrono::sys_days(std::chrono::year(2034) / 1 / 1)};
  certificate.subject_public_key_info = key.public_key();
  return certificate.sign(testpki::PrivateKey::rsa("authority", 2048));
}

inline const std::shared_ptr<const vcard::CardKey>& p384_key() {
  static const auto key = vcard::test::new_key(vcard::KeyType::kEcdsaP384);
  return key;
}

// The certificates are made once, before Check forks.
inline const Blob& rsa_certificate() {
  static const Blob der = certificate_for(*vcard::test::shared_key());
  return der;
}
inline const Blob& p384_certificate() {
  static const Blob der = certificate_for(*p384_key());
  return der;
}

inline vcard::CardContents card_contents(bool p384 = false) {
  auto contents = vcard::test::contents();
  contents.auth_certificate = p384 ? p384_certificate() : rsa_certificate();
  contents.auth_ca = rsa_certificate();
  if (p384) contents.auth_key = p384_key();
  return contents;
}

// The hardware, which outlives the module that uses it.
class Hardware {
 public:
  explicit Hardware(bool p384 = false, vcard::AppletRules rules = {})
      : applet_(card_contents(p384), std::move(rules)) {}

  vcard::JpkiApplet& applet() { return applet_; }
  void change_card(vcard::CardContents contents) {
    applet_ = vcard::JpkiApplet(std::move(contents), {});
    change([] {});
  }
  void insert() {
    change([this] { present = true; });
  }
  void remove() {
    applet_.reset();
    change([this] { present = false; });
  }
  void change(const std::function<void()>& how) {
    const std::lock_guard lock(mutex_);
    how();
    ++insertion;
    changed_.notify_all();
  }

  std::size_t sent(std::string_view beginning) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(commands, [&](const std::string& one) { return one.starts_with(beginning); }));
  }
  std::size_t verifies() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        commands, [](const std::string& one) { return one.starts_with("00200080") && one.size() > 8; }));
  }

  bool service = true;
  bool attached = true;
  bool present = true;
  bool taken = false;  // by a program that has the reader for itself
  std::uint32_t insertion = 1;
  std::size_t longest = 256;               // what the reader says
  std::optional<std::string> keys = {};    // what is typed on the reader, which has keys then
  std::vector<std::string> commands = {};  // in hexadecimal
  bool in_transaction = false;
  int connections = 0;  // open
  int resets = 0;
  // Answers in the card's place where it gives something.
  std::function<std::optional<Expected<Blob, Trouble>>(const std::string& command)> lie = {};
  std::function<void()> before_a_wait = {};

  Expected<Blob, Trouble> transmit(Bytes command) {
    commands.push_back(to_hex(command));
    if (!present) return Unexpected{Trouble::kNoCard};
    if (!in_transaction) return Unexpected{Trouble::kBusy};
    if (lie)
      if (auto answer = lie(commands.back())) return std::move(*answer);
    return applet_.process(command);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool interrupted = false;

 private:
  vcard::JpkiApplet applet_;
};

class FakeCard final : public Card {
 public:
  explicit FakeCard(Hardware& hardware) : hardware_(hardware) { ++hardware_.connections; }
  FakeCard(const FakeCard&) = delete;
  FakeCard& operator=(const FakeCard&) = delete;
  ~FakeCard() override {
    end(Leave::kReset);
    --hardware_.connections;
  }

  Expected<Unit, Trouble> begin() override {
    if (!hardware_.present) return Unexpected{Trouble::kNoCard};
    ck_assert(!hardware_.in_transaction);
    hardware_.in_transaction = true;
    return Unit{};
  }
  void end(Leave leave) noexcept override {
    if (!std::exchange(hardware_.in_transaction, false)) return;
    if (leave == Leave::kReset) {
      ++hardware_.resets;
      hardware_.applet().reset();
    }
  }
  Expected<Blob, Trouble> transmit(Bytes command) override { return hardware_.transmit(command); }
  std::size_t longest_answer() override { return hardware_.longest; }
  bool has_keys() override { return hardware_.keys.has_value(); }
  Expected<Blob, Trouble> verify_on_keys(Bytes pin_verify) override {
    const auto question = ifdhandler::parse_pin_verify(pin_verify);
    ck_assert(question.has_value() && hardware_.keys.has_value());
    const auto typed = ifdhandler::typed_on(*question, *hardware_.keys);
    return typed.command.empty() ? typed.answer : hardware_.transmit(typed.command);
  }

 private:
  Hardware& hardware_;
};

class FakeReaders final : public Readers {
 public:
  explicit FakeReaders(Hardware& hardware) : hardware_(hardware) {}

  Expected<std::vector<ReaderState>, Trouble> list() override {
    const std::lock_guard lock(hardware_.mutex_);
    return states();
  }
  Expected<std::unique_ptr<Card>, Trouble> connect(const std::string& reader) override {
    ck_assert_str_eq(reader.c_str(), kReaderName);
    if (!hardware_.present) return Unexpected{Trouble::kNoCard};
    return std::unique_ptr<Card>(std::make_unique<FakeCard>(hardware_));
  }
  Expected<Unit, Trouble> wait_for_change(const std::vector<ReaderState>& known) override {
    if (hardware_.before_a_wait) hardware_.before_a_wait();
    std::unique_lock lock(hardware_.mutex_);
    hardware_.changed_.wait(lock, [&] {
      return hardware_.interrupted || known.empty() != !hardware_.attached ||
             (!known.empty() && known.front().insertion != hardware_.insertion);
    });
    return Unit{};
  }
  void interrupt() noexcept override {
    const std::lock_guard lock(hardware_.mutex_);
    hardware_.interrupted = true;
    hardware_.changed_.notify_all();
  }

 private:
  Expected<std::vector<ReaderState>, Trouble> states() const {
    if (!hardware_.service) return Unexpected{Trouble::kNoService};
    if (!hardware_.attached) return std::vector<ReaderState>{};
    return std::vector<ReaderState>{{.name = kReaderName,
                                     .holds_card = hardware_.present && !hardware_.taken,
                                     .insertion = hardware_.insertion}};
  }

  Hardware& hardware_;
};

}  // namespace jpki::pkcs11::test
