// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The overlay: what logins registered on this machine, until an administrator decides. A renewed certificate
// is only joined to an older one, and the maps say whose that is at each login. A card that its holder
// registered (validator/self_registration) is joined to an account. Whatever a map says comes before both. A
// file of lines,
//
//   jpki-succession 1
//   STATE<TAB>SINCE<TAB>UNTIL<TAB>NEW<TAB>OLD[<TAB>OLD…]
//   STATE<TAB>SINCE<TAB>UNTIL<TAB>NEW<TAB>account=ACCOUNT
//
// times in seconds since 1970, NEW and OLD canonical strong mapping strings. A last field certificate=BASE64
// is the new certificate itself, for who has to judge it elsewhere. It is read strictly.
#pragma once

#include "base/bytes.h"
#include "base/expected.h"
#include "base/time.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::succession {

inline constexpr std::size_t kMostEntries = 2048;
inline constexpr std::size_t kOverlayLimit = std::size_t{16} << 20;  // bytes
inline constexpr std::size_t kMaxEntryCertificate = 4096;
inline constexpr char kOverlayFile[] = "/overlay";  // in the directory of [succession] overlay

struct Entry {
  enum class State {
    kPending,  // in place of an older one: logs in; an administrator has not decided yet
    kRefused,  // never again; an administrator's decision
    kAsked,    // by its holder: does not log in before an administrator has agreed
    kBound,    // by its holder: logs in; an administrator has not decided yet
  };
  State state = State::kPending;
  Time since{};  // of a refused one: when it was refused
  Time until{};  // of a pending one: what the older certificate logs in to its last second
  std::string new_name;
  std::vector<std::string> old_names;
  std::string account{};  // that its holder registered it for; empty: it stands in place of an older one
  Blob certificate{};     // DER, at most kMaxEntryCertificate; empty: not kept. Nobody has looked into it

  bool is_own() const { return !account.empty(); }
  bool is_undecided() const { return state != State::kRefused; }
  bool operator==(const Entry&) const = default;
};
std::string_view name_of(Entry::State state) noexcept;  // "pending"

std::string spelled(const std::vector<Entry>& entries);
// The error: ":LINE: why".
Expected<std::vector<Entry>, std::string> parse_overlay(std::string_view text);

// Whether it can stand in a line of the overlay.
bool is_account_text(std::string_view account) noexcept;

// --- questions to entries
// The pending one of a new certificate with one of `names`.
const Entry* pending_of(const std::vector<Entry>& entries, const std::vector<std::string>& names);
// The pending one that stands in place of a certificate with one of `names`.
const Entry* successor_of(const std::vector<Entry>& entries, const std::vector<std::string>& names);
// Whether somebody refused that `new_name` stands in place of one of `old_names`.
bool is_refused(const std::vector<Entry>& entries, const std::string& new_name,
                const std::vector<std::string>& old_names);

// --- the file, in `directory`, which like the file belongs to the user `owner` and to nobody else
// None where there is no file. The error names file and remedy.
Expected<std::vector<Entry>, std::string> read_overlay(const std::string& directory, uid_t owner);
// Reads, edits and writes it whole, under the directory's lock; `edit` says whether to write, or refuses. For
// `owner` alone: root takes that identity first, and so never writes where another user might have put a
// link.
using Edit = std::function<Expected<bool, std::string>(std::vector<Entry>& entries)>;
Expected<Unit, std::string> change_overlay(const std::string& directory, uid_t owner, const Edit& edit);

}  // namespace jpki::succession
