// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Host: a program that uses libpam, with a pam.d directory, a person and a scripted validator of its own. The
// stacks hold the module as it is shipped, compiled with the fake validator's path (JPKI_TEST_MODULES).
#pragma once

#include "tests/unit/support/check_main.h"

#include <functional>
#include <string>
#include <vector>

#include <security/pam_appl.h>

namespace jpki::pam::test {

struct Said {
  int style;
  std::string text;
};

// What the conversation function does at a question.
enum class Manner { kAnswers, kFails, kNoResponse, kNoText };

class Host {
 public:
  // The module's stack entry: "required <module> config_file=<script> where_unknown=local <options>". The
  // fake module finds no sessions, so the machine on which the tests run decides nothing.
  std::string entry(const std::string& options) const;
  void write_service(const std::string& lines) const;
  // One service with our module alone in each of its stacks.
  void use(const std::string& options) const;
  void script(const std::string& lines) const;
  // How many are left on the card of the script's command `card`, or on the n-th of `cards`.
  void tries(int left, int card = 0) const;

  // A handle's life: start() and end() once each around any calls on handle().
  void start(const char* user);
  void end(int status);
  pam_handle_t* handle() const { return handle_; }

  // start, pam_authenticate, end. PAM_USER afterwards is in user().
  int authenticate(const char* user, int flags = 0);
  const std::string& user() const { return user_; }

  // What the person was told and asked.
  std::vector<std::string> questions() const;
  std::vector<std::string> questions(int style) const;
  bool asked_visibly() const;  // a question whose answer shows on the screen
  std::string told() const;    // everything that was no question, one a line
  bool heard(const std::string& part) const { return told().find(part) != std::string::npos; }

  // What the fake validator saw.
  std::string record() const;
  int record_count(const std::string& beginning) const;

  std::vector<std::string> answers;  // to questions, in this order; afterwards empty ones
  Manner manner = Manner::kAnswers;
  const char* terminal = "pts/test";  // PAM_TTY of handles that are started from now on; null: none
  std::function<void()> at_question;  // called before each answer
  std::function<void()> at_message;   // called after each message
  // What the conversation function does at a PAM_BINARY_PROMPT; like most programs it knows none.
  std::function<int(const void* request, pam_response& response)> at_binary_prompt;
  std::vector<char*> responses;  // addresses given to the module (freed by it)

 private:
  static int converse(int count, const pam_message** messages, pam_response** responses, void* host);
  int answer(const pam_message& message, pam_response& response);

  jpki::test::TemporaryDirectory directory_;
  pam_handle_t* handle_ = nullptr;
  std::string user_;
  std::vector<Said> said_;
  std::size_t answered_ = 0;
};

// Everything that this thread logged, one line each ("<priority> text"), and the same emptied.
std::string take_log();

// Descriptors that are open in this process.
std::vector<int> open_descriptors();

}  // namespace jpki::pam::test
