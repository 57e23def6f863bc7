// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ScriptedToken: a token that answers from a script and counts what a PinGuard asks of it.
#pragma once

#include "tests/unit/support/check_main.h"
#include "tests/unit/validator/noted_pins.h"
#include "validator/card/pin_guard.h"

#include <string>
#include <vector>

namespace jpki::test {

using card::CardError;
using card::PinFlags;

inline constexpr PinFlags kThreeLeft{.min_length = 4, .max_length = 4};
inline constexpr PinFlags kTwoLeft{.count_low = true, .min_length = 4, .max_length = 4};
inline constexpr PinFlags kOneLeft{.count_low = true, .final_try = true, .min_length = 4, .max_length = 4};
inline constexpr PinFlags kLocked{.locked = true, .min_length = 4, .max_length = 4};

// A token that answers from a script and counts the VERIFYs.
class ScriptedToken final : public card::Token {
 public:
  std::vector<Expected<PinFlags, CardError>> flags;  // one for each pin_flags(); the last one repeats
  Expected<Unit, CardError> login_answer = Unit{};
  int verifies = 0;
  int on_reader = 0;

  Expected<std::vector<card::CertificateObject>, CardError> certificates(Which) override {
    return std::vector<card::CertificateObject>{};
  }
  std::string label() const override { return {}; }
  Expected<PinFlags, CardError> pin_flags() override {
    auto answer = flags.front();
    if (flags.size() > 1) flags.erase(flags.begin());
    return answer;
  }
  Expected<Unit, CardError> login(const Secret&) override {
    ++verifies;
    return login_answer;
  }
  Expected<Unit, CardError> login_on_reader() override {
    ++on_reader;
    return login_answer;
  }
  Expected<Blob, CardError> sign(const card::ObjectId&, card::KeyAlgorithm, Bytes) override { return Blob{}; }
  const std::string& reader() const noexcept override { return reader_; }
  void logout() noexcept override {}

 private:
  std::string reader_;
};

inline NotedPins kNothingWrong;

inline PinReply reply(std::string_view pin, bool confirmed = false) {
  return {*Secret::copy_of(as_bytes(pin)), confirmed};
}

inline CardError error(Verdict verdict) {
  return {verdict, "scripted"};
}

inline void assert_refused(const Expected<Unit, CardError>& result, Verdict verdict) {
  ck_assert(!result.has_value());
  const std::string found = code_of(result.error().verdict);
  const std::string wanted = code_of(verdict);
  ck_assert_str_eq(found.c_str(), wanted.c_str());
}

}  // namespace jpki::test
