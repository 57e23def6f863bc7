// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One message of each type, for the tests of the protocol and of the channel.
#pragma once

#include "base/protocol.h"
#include "tests/unit/support/check_main.h"

#include <array>

namespace jpki::test {

inline Secret secret(std::string_view text) {
  return *Secret::copy_of(as_bytes(text));
}

inline Start sample_start() {
  Start start;
  start.nonce.fill(0xA5);
  start.service = "login";
  start.user = "taro";
  start.host = "terminal-7";
  start.terminal = "tty1";
  start.seat = "seat1";
  start.origin = "192.0.2.21";
  start.config_file = "/etc/jpki/jpki.toml";
  start.wait_for_card_ms = 5000;
  start.timeout_ms = 0xFFFFFFFF;
  start.debug = true;
  start.notices_shown = true;
  start.tries_shown = false;
  start.choices_shown = true;
  start.elsewhere = true;
  start.tickets_kept = true;
  start.purpose = Purpose::kPresence;
  start.same_card = true;
  start.sessions = {{.boot = "c0ffee00-0000-4000-8000-000000000000",
                     .login = Time(std::chrono::seconds(1'800'000'000)),
                     .up_ms = 123'456,
                     .locked_up_ms = 234'567,
                     .factors = "card+pin",
                     .key = {1, 2},
                     .mark = {3, 4}},
                    {}};
  start.remote_session = {.account = "taro", .uid = 70'001, .service = "xrdp-sesman", .display = ":10"};
  return start;
}

// One message of each type; the index is the loop variable.
inline Message sample(int index) {
  switch (index) {
    case 0:
      return sample_start();
    case 1:
      return AskPin{.account = "taro",
                    .form = {.min_length = 4, .max_length = 12, .digits_only = false, .ascii_only = true},
                    .tries_left = std::uint8_t{2},
                    .max_tries = 3,
                    .may_be_last = true,
                    .on_reader = true,
                    .smartphone = true};
    case 2:
      return PinReply{secret("1234"), true};
    case 3:
      return Cancel{Verdict::kLastTryNotConfirmed};
    case 4:
      return LogLine{LogLevel::kWarning, "a line"};
    case 5:
      return StepReport{Step::kSigning};
    case 7:
      return AskCard{{{CardKind::kMyNumber, "Reader 00 00", std::uint8_t{3}},
                      {CardKind::kStaff, "Reader 01 00", std::nullopt}}};
    case 8:
      return CardReply{1};
    case 9:
      return TicketPart{{1, 2, 3}};
    default: {
      Outcome outcome;
      outcome.verdict = Verdict::kAccepted;
      outcome.nonce.fill(7);
      outcome.account = "taro";
      outcome.tries_left = 1;
      outcome.expires_in = 12;
      outcome.overlap_days = 14;
      outcome.registrable = "X509:<SHA1-PUKEY>00";
      outcome.registrable_certificate = {0x30, 0};
      outcome.other_card = true;
      outcome.certificate_pseudonym = "00112233";
      outcome.token_label = "JPKI (User Authentication PIN)";
      outcome.no_ticket = Verdict::kTicketClock;
      outcome.ticket_required = true;
      outcome.card = UsedCard{.reader = "Virtual PCD 00 00", .mark = {1, 2, 3}};
      return outcome;
    }
  }
}
inline constexpr int kSamples = 10;

inline Blob encoded(const Message& message) {
  std::array<std::uint8_t, kMaxFrame + 4> buffer;
  const auto size = encode(message, buffer);
  ck_assert(size.has_value());
  return Blob(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size));
}

}  // namespace jpki::test
