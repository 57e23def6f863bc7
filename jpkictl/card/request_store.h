// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Requests of other computers that wait here for an administrator, and what was decided about others: a
// directory of root's alone, with a file for each request, as it came, and the file "decided", of lines
//
//   approved|refused<TAB>SINCE<TAB>NAME<TAB>ACCOUNT
//
// A request that was decided does not wait, whether its file is there or not.
#pragma once

#include "jpkictl/card/request_rules.h"

#include <string>
#include <vector>

namespace jpki::ctl::card {

inline constexpr char kRequests[] = JPKI_STATEDIR "/requests";

class RequestStore {
 public:
  // `owner`: of directory and files; the product's is root.
  explicit RequestStore(std::string directory, uid_t owner = 0)
      : directory_(std::move(directory)), owner_(owner) {}

  struct Content {
    std::vector<Request> waiting;  // by name
    std::vector<Decision> decisions;
  };
  // Empty where there is no directory. The error names a file and the remedy.
  Expected<Content, std::string> read() const;

  // Makes the directory where there is none. One program at a time: with a lock, for as long as it lives.
  Expected<UniqueFd, std::string> lock() const;
  Expected<Unit, std::string> add(const Request& request) const;
  // The decision is on the disk before the request goes.
  Expected<Unit, std::string> decide(const Request& request, bool approved, Time now) const;

 private:
  std::string path_of(const Request& request) const;
  FileTrust trust() const;
  Expected<Unit, std::string> write(const std::string& path, const std::string& text) const;

  std::string directory_;
  uid_t owner_;
};

std::string spelled(const std::vector<Decision>& decisions);
// Nothing: it is not that.
std::optional<std::vector<Decision>> parse_decisions(std::string_view text);

}  // namespace jpki::ctl::card
