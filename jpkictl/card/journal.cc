// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/journal.h"

#include "base/safe_file.h"
#include "base/whole_transfer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jpki::ctl::card {
namespace {

constexpr std::size_t kLimit = std::size_t{16} << 20;

// Every line that has an end.
template <class Take>
void each_line(std::string_view text, Take take) {
  std::size_t number = 1;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    take(number++, text.substr(0, end));
    text.remove_prefix(end + 1);
  }
}

Unexpected<std::string> system_error(const std::string& path) {
  return Unexpected{path + ": " + std::strerror(errno)};
}

// Cuts a last line that has no end.
bool mend(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return false;
  off_t size = info.st_size;
  char last = '\n';
  while (size > 0 && ::pread(fd, &last, 1, size - 1) == 1 && last != '\n') --size;
  return size == info.st_size || ::ftruncate(fd, size) == 0;
}

}  // namespace

std::set<std::string> parse_state(std::string_view text) {
  std::set<std::string> done;
  each_line(text, [&](std::size_t, std::string_view line) { done.emplace(line); });
  return done;
}

std::string undo_line(const Held& binding) {
  return binding.where + '\t' + binding.account + '\t' + binding.mapping;
}

Expected<std::vector<Held>, std::string> parse_undo(std::string_view text) {
  std::vector<Held> bindings;
  std::string wrong;
  each_line(text, [&](std::size_t number, std::string_view line) {
    const auto first = line.find('\t');
    const auto second = first == std::string_view::npos ? first : line.find('\t', first + 1);
    if (second == std::string_view::npos || second == first + 1) {
      if (wrong.empty()) wrong = ':' + std::to_string(number) + ": not a line of an undo file";
      return;
    }
    bindings.push_back({std::string(line.substr(first + 1, second - first - 1)),
                        std::string(line.substr(second + 1)), std::string(line.substr(0, first))});
  });
  if (!wrong.empty()) return Unexpected{wrong};
  return bindings;
}

Expected<Unit, std::string> append_line(const std::string& path, std::string_view line) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid() || !mend(fd.get())) return system_error(path);
  const std::string whole = std::string(line) + '\n';
  if (!write_all(fd.get(), as_bytes(whole)) || ::fsync(fd.get()) != 0) return system_error(path);
  return Unit{};
}

Expected<std::string, std::string> read_journal(const std::string& path) {
  const auto content = read_trusted_file(path, {.max_size = kLimit, .owner = ::geteuid()});
  if (content) return std::string(as_text(*content));
  if (content.error().reason == FileError::Reason::kMissing) return std::string();
  return Unexpected{content.error().text};
}

}  // namespace jpki::ctl::card
