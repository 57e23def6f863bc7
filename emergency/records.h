// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is kept of emergency codes, as text: lines of KEY=VALUE, the first of which tells kind and version. A
// record is parsed strictly: a line that is missing, comes twice or is not known makes it none.
#pragma once

#include "base/time.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace jpki::emergency {

// A code that was issued here. An account has one at most.
struct Issue {
  std::string id{};  // names it in logs and lists: "E-" and six digits; tells nothing of the code
  std::string account{};
  uid_t uid = 0;
  std::string boot{};          // Moment.boot: good in this one alone
  std::chrono::seconds up{};   // Moment.up at which it was issued
  std::chrono::seconds end{};  // Moment.up at which its time is over
  Time issued{};               // for people
  std::string reason{};        // as the administrator wrote it: for root's eyes
  std::string hash{};          // code.h
  bool operator==(const Issue&) const = default;
};

// What the person reads out. An account has one at most, on every terminal the same.
struct Pending {
  std::string challenge{};  // challenge.h
  std::string account{};
  std::string boot{};
  std::chrono::seconds up{};
  std::chrono::seconds end{};
  bool operator==(const Pending&) const = default;
};

// Wrong codes for an account, whether or not one was issued.
struct Tries {
  std::string boot{};
  unsigned wrong = 0;           // since the last right one, or since nobody tried for a while: sets the pause
  unsigned against_code = 0;    // since the last issue: what the code has borne
  std::chrono::seconds last{};  // Moment.up of the last
  bool operator==(const Tries&) const = default;
};

// A code was used, and the next login by card will say so.
struct Used {
  std::string id{};
  std::string account{};
  Time when{};
  bool operator==(const Used&) const = default;
};

std::string text_of(const Issue& record);
std::string text_of(const Pending& record);
std::string text_of(const Tries& record);
std::string text_of(const Used& record);

// Nothing when the text is no such record.
template <class Record>
std::optional<Record> parse(std::string_view text);
template <>
std::optional<Issue> parse(std::string_view text);
template <>
std::optional<Pending> parse(std::string_view text);
template <>
std::optional<Tries> parse(std::string_view text);
template <>
std::optional<Used> parse(std::string_view text);

}  // namespace jpki::emergency
