// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What is said of the services of a computer: the rulings about all of them, each once.
#pragma once

#include "jpkictl/json.h"
#include "jpkictl/setup/machine.h"

#include <string>
#include <vector>

namespace jpki::ctl::setup {

struct Said {
  Judgement judgement;
  Severity severity;
  std::vector<std::string> services;  // that have the line
};

struct Services {
  std::vector<Said> said;  // the worst first
  std::vector<std::string> judged;
  std::vector<std::string> missing;  // were named, and are not there
};

// `names`: if empty, every service that asks for a card, and where only cards shall count (`exclusive`) each
// that asks for a password as well.
Services judge_services(const PamFiles& files, const std::vector<std::string>& names, bool exclusive);

// A sentence in the caller's language; the place is in it.
std::string sentence_of(const Said& said);
Json json_of(const Said& said);
std::string_view name_of(Severity severity) noexcept;  // "bad", "could-not-tell", "note"

}  // namespace jpki::ctl::setup
