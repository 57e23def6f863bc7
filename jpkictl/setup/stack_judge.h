// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a hand-written service of PAM does to people: judged by walking its stack as libpam would, for each
// sort of person and each way its modules can answer.
#pragma once

#include "jpkictl/setup/persons.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::ctl::setup {

enum class Ruling {
  kOpen,              // lets in who has nothing
  kPassword,          // lets in by password, without a card
  kPresenceAlone,     // unlocks for whoever stands there while the card lies on the reader
  kNobody,            // nobody gets in, with card, PIN and password
  kRootKeptOut,       // root does not get in with its password
  kSecondTry,         // after a wrong PIN the PIN is asked for again in the same stack
  kPasswordAsPin,     // what was typed as a password is sent to the card
  kPasswordMayBePin,  // the same, where it looks like a PIN and no try was lost
  kRefusalPassed,     // who was refused by the card goes on to the password
  kAccountNotJudged,  // an account that the directory refuses gets in
  kUnknownModule,     // whether it lets in who has nothing cannot be told
  kUnreadable,        // libpam cannot read the line: it fails for everybody
  kNoFile,            // an include of a file that is not there
  kNoModule,          // the module is not installed: the line fails for everybody
  kBadJump,           // jumps past the end: fails
  kTooManyWays,       // too many for a judgement
};

enum class Severity { kNote, kCouldNotTell, kBad };

struct Judgement {
  Ruling ruling;
  pam::Place place;                        // the line that decides; line 0: the service as a whole
  std::string word;                        // the module, or what cannot be read
  std::optional<pam::Place> because = {};  // the line whose refusal is passed over before
};

// "open"; the word of --json and of tests.
std::string_view name_of(Ruling ruling) noexcept;
// Where only cards shall count (`exclusive`), a password is as bad as nothing.
Severity severity_of(Ruling ruling, bool exclusive) noexcept;

// Whether the file of a module is there, by what the line says.
using IsInstalled = std::function<bool(const std::string& module)>;

// Sorted by place; each once. Empty: nothing to say, as for a service that never asks anybody.
std::vector<Judgement> judge(const pam::Service& service, const IsInstalled& installed);

// Whether the service asks for a card.
bool names_card(const pam::Service& service);

// Every way that the stack can go for a person, at most `limit`; false: there are more.
bool each_way(const pam::Stack& stack, pam::Facility facility, const Person& person,
              const IsInstalled& installed, const std::function<void(const pam::Outcome&)>& take);

}  // namespace jpki::ctl::setup
