// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is wrong with the bindings of a site: a pure function of what is bound.
#pragma once

#include "jpkictl/card/registry.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::ctl::card {

struct Facts {
  std::vector<Held> local;
  std::vector<Held> directory;         // may hold weak forms
  std::vector<std::string> malformed;  // "FILE:17: what is wrong"
  // "X509:<I>…<SR>", canonical, of authorities whose name does not name one (map::names_one_certificate).
  std::vector<std::string> shared_issuers;
  std::function<bool(const std::string& account)> exists;

  struct Certificate {
    std::vector<std::string> mappings;  // canonical
    bool expired = false;
  };
  std::vector<Certificate> certificates;  // of which there are copies
};

struct Finding {
  enum class Kind { kMalformed, kDouble, kTwice, kConflict, kWeak, kUnusable, kNoAccount, kStale };
  Kind kind;
  std::string account;
  std::string where;

  bool operator==(const Finding&) const = default;
};
std::string_view name_of(Finding::Kind kind) noexcept;  // "double"

// By kind, then in the order of the bindings.
std::vector<Finding> find_faults(const Facts& facts);

// Cause and next step, in the caller's language.
std::string text_of(const Finding& finding);

}  // namespace jpki::ctl::card
