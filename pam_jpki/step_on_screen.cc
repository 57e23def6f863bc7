// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/step_on_screen.h"

namespace jpki::pam {

std::optional<ScreenState> shown_in(Step step) {
  switch (step) {
    case Step::kReadingCard:
      return ScreenState::kReading;
    case Step::kCheckingCertificate:
    case Step::kCheckingRevocation:
    case Step::kFindingAccount:
      return ScreenState::kChecking;
    case Step::kVerifyingPin:
    case Step::kPinOnReader:
    case Step::kSigning:
      return ScreenState::kVerifying;
    case Step::kReadingEvidence:
    case Step::kGettingTicket:
      return ScreenState::kAsking;
    case Step::kConfiguring:
    case Step::kAskingCardService:
    case Step::kReachingSeat:
    case Step::kOpeningModules:
    case Step::kLookingForCard:
    case Step::kWaitingForCard:
    case Step::kWaitingForPin:
    case Step::kChoosingCard:
    case Step::kClosing:
      break;
  }
  return std::nullopt;
}

}  // namespace jpki::pam
