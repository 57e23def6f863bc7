// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The table of rulings: their words, and how bad each is.
#include "jpkictl/setup/stack_judge.h"

namespace jpki::ctl::setup {

std::string_view name_of(Ruling ruling) noexcept {
  switch (ruling) {
    case Ruling::kOpen:
      return "open";
    case Ruling::kPassword:
      return "password";
    case Ruling::kPresenceAlone:
      return "presence-alone";
    case Ruling::kNobody:
      return "nobody";
    case Ruling::kRootKeptOut:
      return "root-kept-out";
    case Ruling::kSecondTry:
      return "second-try";
    case Ruling::kPasswordAsPin:
      return "password-as-pin";
    case Ruling::kPasswordMayBePin:
      return "password-may-be-pin";
    case Ruling::kRefusalPassed:
      return "refusal-passed";
    case Ruling::kAccountNotJudged:
      return "account-not-judged";
    case Ruling::kUnknownModule:
      return "unknown-module";
    case Ruling::kUnreadable:
      return "unreadable";
    case Ruling::kNoFile:
      return "no-file";
    case Ruling::kNoModule:
      return "no-module";
    case Ruling::kBadJump:
      return "bad-jump";
    case Ruling::kTooManyWays:
      return "too-many-ways";
  }
  return {};
}

Severity severity_of(Ruling ruling, bool exclusive) noexcept {
  switch (ruling) {
    case Ruling::kPassword:
      return exclusive ? Severity::kBad : Severity::kNote;
    case Ruling::kRootKeptOut:
    case Ruling::kPasswordMayBePin:
    case Ruling::kRefusalPassed:
      return Severity::kNote;
    case Ruling::kUnknownModule:
    case Ruling::kTooManyWays:
      return Severity::kCouldNotTell;
    case Ruling::kOpen:
    case Ruling::kPresenceAlone:
    case Ruling::kNobody:
    case Ruling::kSecondTry:
    case Ruling::kPasswordAsPin:
    case Ruling::kAccountNotJudged:
    case Ruling::kUnreadable:
    case Ruling::kNoFile:
    case Ruling::kNoModule:
    case Ruling::kBadJump:
      return Severity::kBad;
  }
  return Severity::kBad;
}

}  // namespace jpki::ctl::setup
