// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Enrollment: one card for one account: valid path → free → the holder's PIN → the strongest mapping string
// → the registry. What is refused has changed nothing.
#pragma once

#include "jpkictl/card/desk.h"
#include "jpkictl/card/site.h"
#include "jpkictl/json.h"

#include <functional>

namespace jpki::ctl::card {

struct EnrollmentRules {
  bool no_pin = false;
  bool any_account = false;
  bool dry_run = false;
};

struct Enrollment {
  enum class Result { kRegistered, kAlready, kWould };
  Result result = Result::kRegistered;
  std::string mapping;  // what is written
  std::string kind;
  std::string anchor;  // the generation
  std::string reader;
  bool proven = false;  // by PIN
  std::string warning;  // translated; empty: none
  // kWould: what a directory would be sent.
  std::string ldif = {};
};

// Called with what is about to be written, before it is; an error stops it.
using BeforeWriting = std::function<Expected<Unit, Trouble>(const Held& binding)>;

Expected<Enrollment, Trouble> enroll_card(const std::string& account, const EnrollmentRules& rules,
                                          Site& site, const Desk& desk,
                                          const BeforeWriting& before_writing = {});

// "taro: …" for people, and its object.
std::string text_of(const std::string& account, const Enrollment& enrollment, const Registry& registry);
Json json_of(const std::string& account, const Enrollment& enrollment, const Registry& registry);

}  // namespace jpki::ctl::card
