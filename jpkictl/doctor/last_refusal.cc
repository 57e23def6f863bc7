// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/doctor/last_refusal.h"

#include "base/text_lines.h"
#include "jpkictl/doctor/program_output.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

#include <unistd.h>

namespace jpki::ctl::doctor {
namespace {

constexpr char kAuthLog[] = "/var/log/auth.log";
constexpr std::string_view kCode = "JPKI-";
constexpr std::string_view kAccount = " account=";

std::optional<Verdict> refusal_in_line(std::string_view line, std::string_view account) {
  const std::size_t at = line.find(kAccount);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view named = line.substr(at + kAccount.size());
  if (named.substr(0, named.find(' ')) != account) return std::nullopt;
  const std::size_t code = line.find(kCode);
  if (code == std::string_view::npos || code > at) return std::nullopt;
  std::uint16_t number = 0;
  const std::string_view digits = line.substr(code + kCode.size());
  if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc{})
    return std::nullopt;
  return number == 0 ? std::nullopt : verdict_from(number);
}

// Its end, where it is long; nothing of what has no end, as a pipe.
std::string end_of(std::ifstream& file) {
  file.seekg(0, std::ios::end);
  const std::streamoff size = file.tellg();
  if (size < 0) return {};
  const std::streamoff begin = size > kLastOctets ? size - kLastOctets : 0;
  file.seekg(begin);
  std::string text(static_cast<std::size_t>(size - begin), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace

std::optional<Verdict> last_refusal_in(std::string_view log, std::string_view account) {
  std::optional<Verdict> last;
  while (!log.empty())
    if (const auto found = refusal_in_line(take_line(log), account)) last = found;
  return last;
}

Expected<std::optional<Verdict>, std::string> last_refusal_in_file(const std::string& path,
                                                                   const std::string& account) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Unexpected{path + ": " + std::strerror(errno) + "; run this as root"};
  return last_refusal_in(end_of(file), account);
}

Expected<std::optional<Verdict>, std::string> last_refusal(const std::string& account) {
  if (::access(kAuthLog, F_OK) == 0) return last_refusal_in_file(kAuthLog, account);
  const auto journal = output_of({"/usr/bin/journalctl", "--quiet", "--no-pager", "--output=cat",
                                  "--lines=5000", "--grep=JPKI-[1-6][0-9][0-9] .*account="});
  // Its status is 1 when nothing matches, and when it may not read the journal.
  if (!journal)
    return Unexpected{"there is no " + std::string(kAuthLog) +
                      ", and the journal has no refusal or cannot be read; run this as root"};
  return last_refusal_in(*journal, account);
}

}  // namespace jpki::ctl::doctor
