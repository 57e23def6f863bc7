// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Call: what every pam_sm_* function has at hand while it runs. Built afresh for each call, so the module
// keeps no state of its own and any number of threads may be inside it.
#pragma once

#include "base/place.h"
#include "pam_jpki/conversation.h"
#include "pam_jpki/installation.h"
#include "pam_jpki/log.h"
#include "pam_jpki/messages.h"
#include "pam_jpki/options.h"
#include "pam_jpki/translator.h"

namespace jpki::pam {

// Where who logs in is.
struct Person {
  Whereabouts whereabouts{};
  bool elsewhere = false;  // and may use the cards of a seat there, and no others
};

struct Call {
  // Logs what is wrong with the options.
  Call(pam_handle_t* pam_handle, int flags, ParsedOptions parsed, const Installation& where);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  pam_handle_t* handle;
  Options options;
  Installation installation;
  Log log;
  Translator translator;
  Messages messages;
  Conversation conversation;
  Person person{};
};

}  // namespace jpki::pam
