// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What jpkictl asks of jpki-directory, and what that answers: packets over a SOCK_SEQPACKET. A question is
// answered by any number of Found and one End. One attribute can be changed, altSecurityIdentities, one value
// of one object at a time; no packet names another.
#pragma once

#include "base/bytes.h"
#include "nss_ad/directory/directory.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace jpki::ad::bindings {

struct Find {
  enum class What : std::uint8_t {
    kAccount,  // the user account of this sAMAccountName, by `text.front()`
    kHolders,  // whatever holds one of these mapping strings, or may hold another spelling of it
    kAll,      // whatever holds a mapping string of a certificate
  };
  What what = What::kAll;
  std::vector<std::string> text;  // at most kMaxTexts

  bool operator==(const Find&) const = default;
};

struct Change {
  Guid guid{};
  bool add = true;    // or take away
  std::string value;  // exactly this one; all others stay

  bool operator==(const Change&) const = default;
};

using Question = std::variant<Find, Change>;

// One value of an object; an object without values comes once.
struct Found {
  Guid guid{};
  std::string dn;
  std::string account;  // sAMAccountName; empty where there is none
  std::optional<std::string> value;

  bool operator==(const Found&) const = default;
};

enum class Outcome : std::uint8_t {
  kDone,
  kValueExists,   // nothing to add
  kNoSuchValue,   // nothing to take away
  kNoObject,      // it has been deleted
  kNoRight,       // the person may not change it
  kReferral,      // a controller that only reads
  kLimit,         // more than the directory's own limits allow
  kRefused,       // another word of the controller: `text`
  kNoTicket,      // the person's ticket: none, expired, refused
  kUnreachable,   // nobody was asked
  kNotKnown,      // the controller went away: a change may have been made, or not
  kNotAvailable,  // configuration, or this machine
};

struct End {
  Outcome outcome = Outcome::kDone;
  std::string controller;  // who answered; empty: nobody
  std::string text;        // cause and next step, in English; empty for kDone

  bool operator==(const End&) const = default;
};

using Answer = std::variant<Found, End>;

inline constexpr std::size_t kMaxTexts = 16;
inline constexpr std::size_t kMaxPacket = std::size_t{96} * 1024;

// Nothing when it does not fit.
std::optional<Blob> encode(const Question& question);
std::optional<Blob> encode(const Answer& answer);
std::optional<Question> decode_question(Bytes packet);
std::optional<Answer> decode_answer(Bytes packet);

}  // namespace jpki::ad::bindings
