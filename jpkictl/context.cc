// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/context.h"

#include "base/unique_fd.h"
#include "jpkictl/text.h"

#include <memory>

#include <fcntl.h>
#include <fmt/format.h>

namespace jpki::ctl {
namespace {

constexpr std::size_t kMaxAnswer = 4096;
using File = std::unique_ptr<std::FILE, decltype([](std::FILE* file) { std::fclose(file); })>;

}  // namespace

ExitStatus status_of(Verdict verdict) noexcept {
  const auto number = static_cast<std::uint16_t>(verdict);
  if (verdict == Verdict::kAccepted) return ExitStatus::kGood;
  const bool about_the_certificate =
      (number >= 300 && number < 400) || verdict == Verdict::kRevoked || verdict == Verdict::kIssuerRevoked;
  return about_the_certificate ? ExitStatus::kBad : ExitStatus::kCouldNotTell;
}

void Context::print(std::string_view text) const {
  fmt::print(out, "{}", json ? std::string(text) : for_terminal(text, Lines::kSeveral));
}

ExitStatus Context::could_not_tell(std::string_view text) const {
  fmt::print(err, "jpkictl: {}\n", for_terminal(text, Lines::kSeveral));
  return ExitStatus::kCouldNotTell;
}

ExitStatus Context::wrong_usage(std::string_view text) const {
  (void)could_not_tell(text);
  return ExitStatus::kUsage;
}

void Context::warn(const std::vector<std::string>& passed_over) const {
  for (const std::string& text : passed_over)
    fmt::print(err, "jpkictl: warning: {}; it was skipped\n", for_terminal(text, Lines::kOne));
}

std::optional<std::string> ask_at_terminal(const std::string& question) {
  const File terminal(std::fopen("/dev/tty", "r+e"));
  if (!terminal) return std::nullopt;
  fmt::print(terminal.get(), "{}", question);
  std::fflush(terminal.get());
  std::string answer;
  for (int c = std::fgetc(terminal.get()); c != '\n'; c = std::fgetc(terminal.get())) {
    if (c == EOF || answer.size() == kMaxAnswer) return std::nullopt;
    answer += static_cast<char>(c);
  }
  return answer;
}

bool has_terminal() {
  return UniqueFd(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)).valid();
}

}  // namespace jpki::ctl
