// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/pam_jpki/host.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <security/pam_ext.h>
#include <syslog.h>

namespace {

thread_local std::string log_text;

__attribute__((format(printf, 2, 0))) void log_line(int priority, const char* format, va_list arguments) {
  char line[16384];
  (void)std::vsnprintf(line, sizeof line, format, arguments);
  log_text += "<" + std::to_string(LOG_PRI(priority)) + "> " + line + "\n";
}

}  // namespace

// libpam's lines come here instead of to the machine's log.
#pragma GCC visibility push(default)
extern "C" __attribute__((format(printf, 2, 3))) void syslog(int priority, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  log_line(priority, format, arguments);
  va_end(arguments);
}
// NOLINTNEXTLINE: the name is not ours
extern "C" __attribute__((format(printf, 3, 4))) void __syslog_chk(int priority, int, const char* format,
                                                                   ...) {
  va_list arguments;
  va_start(arguments, format);
  log_line(priority, format, arguments);
  va_end(arguments);
}
#pragma GCC visibility pop

namespace jpki::pam::test {

std::string take_log() {
  return std::exchange(log_text, {});
}

std::vector<int> open_descriptors() {
  std::vector<int> open;
  for (int fd = 0; fd < 1024; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1) open.push_back(fd);
  }
  return open;
}

std::string Host::entry(const std::string& options) const {
  return "required " JPKI_TEST_MODULES "/pam_jpki_fake.so config_file=" + directory_.path("script") +
         " where_unknown=local " + options + "\n";
}

void Host::write_service(const std::string& lines) const {
  directory_.write("jpki-test", lines);
  directory_.write("other", "auth required pam_deny.so\n");
}

void Host::use(const std::string& options) const {
  std::string lines;
  for (const char* stack : {"auth ", "account ", "session ", "password "}) lines += stack + entry(options);
  write_service(lines);
}

void Host::script(const std::string& lines) const {
  directory_.write("script", lines);
}

void Host::tries(int left, int card) const {
  directory_.write("script.tries" + (card == 0 ? std::string() : std::to_string(card)), std::to_string(left));
}

void Host::start(const char* user) {
  const pam_conv conversation{&Host::converse, this};
  if (::pam_start_confdir("jpki-test", user, &conversation, directory_.path().c_str(), &handle_) !=
          PAM_SUCCESS ||
      ::pam_set_item(handle_, PAM_TTY, terminal) != PAM_SUCCESS)
    std::abort();
}

void Host::end(int status) {
  const void* user = nullptr;
  ::pam_get_item(handle_, PAM_USER, &user);
  user_ = user == nullptr ? "" : static_cast<const char*>(user);
  ::pam_end(handle_, status);
  handle_ = nullptr;
}

int Host::authenticate(const char* user, int flags) {
  start(user);
  const int result = ::pam_authenticate(handle_, flags);
  end(result);
  return result;
}

std::vector<std::string> Host::questions() const {
  std::vector<std::string> out;
  for (const Said& said : said_) {
    if (said.style == PAM_PROMPT_ECHO_OFF || said.style == PAM_PROMPT_ECHO_ON) out.push_back(said.text);
  }
  return out;
}

std::vector<std::string> Host::questions(int style) const {
  std::vector<std::string> out;
  for (const Said& said : said_)
    if (said.style == style) out.push_back(said.text);
  return out;
}

bool Host::asked_visibly() const {
  return std::ranges::any_of(said_, [](const Said& said) { return said.style == PAM_PROMPT_ECHO_ON; });
}

std::string Host::told() const {
  std::string out;
  for (const Said& said : said_) {
    if (said.style == PAM_TEXT_INFO || said.style == PAM_ERROR_MSG) out += said.text + "\n";
  }
  return out;
}

std::string Host::record() const {
  std::ifstream file(directory_.path("script.record"));
  return {std::istreambuf_iterator<char>(file), {}};
}

int Host::record_count(const std::string& beginning) const {
  std::istringstream lines(record());
  int count = 0;
  for (std::string line; std::getline(lines, line);) count += line.starts_with(beginning);
  return count;
}

int Host::converse(int count, const pam_message** messages, pam_response** responses, void* host) {
  auto* out = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  *responses = out;
  int result = PAM_SUCCESS;
  for (int i = 0; i < count && result == PAM_SUCCESS; ++i)
    result = static_cast<Host*>(host)->answer(*messages[i], out[i]);
  if (result != PAM_SUCCESS || static_cast<Host*>(host)->manner == Manner::kNoResponse) {
    std::free(out);
    *responses = nullptr;
  }
  return result;
}

int Host::answer(const pam_message& message, pam_response& response) {
  if (message.msg_style == PAM_BINARY_PROMPT)
    return at_binary_prompt ? at_binary_prompt(message.msg, response) : PAM_CONV_ERR;
  said_.push_back({message.msg_style, message.msg});
  if (message.msg_style == PAM_TEXT_INFO || message.msg_style == PAM_ERROR_MSG) {
    if (at_message) at_message();
    return PAM_SUCCESS;
  }
  if (at_question) at_question();
  if (manner == Manner::kFails) return PAM_CONV_ERR;
  if (manner != Manner::kAnswers) return PAM_SUCCESS;
  response.resp = ::strdup(answered_ < answers.size() ? answers[answered_].c_str() : "");
  ++answered_;
  responses.push_back(response.resp);
  return PAM_SUCCESS;
}

}  // namespace jpki::pam::test
