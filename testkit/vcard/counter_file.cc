// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/counter_file.h"

#include "base/unique_fd.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace jpki::vcard {
namespace {

constexpr unsigned kMostTries = 15;

Unexpected<std::string> failure(const std::string& path) {
  return Unexpected{fmt::format("{}: {}", path, std::strerror(errno))};
}

// Everything of `text`, or false with errno set.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool sync_directory_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  const UniqueFd directory(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory.valid() && ::fsync(directory.get()) == 0;
}

}  // namespace

Expected<std::optional<PinCounters>, std::string> CounterFile::load() const {
  const UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid() && errno == ENOENT) return std::optional<PinCounters>();
  if (!fd.valid()) return failure(path_);
  std::array<char, 64> text{};
  const ssize_t size = ::read(fd.get(), text.data(), text.size() - 1);
  if (size < 0) return failure(path_);
  unsigned auth = 0;
  unsigned sign = 0;
  int used = 0;
  const int fields = std::sscanf(text.data(), "auth %2u\nsign %2u\n%n", &auth, &sign, &used);
  if (fields != 2 || used != size || auth > kMostTries || sign > kMostTries) {
    return Unexpected{path_ + ": not the state of a jpki-vcard; remove it to start with full counters"};
  }
  return std::optional<PinCounters>({static_cast<std::uint8_t>(auth), static_cast<std::uint8_t>(sign)});
}

Expected<Unit, std::string> CounterFile::save(PinCounters counters) const {
  const std::string fresh = path_ + ".new";
  {
    const UniqueFd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!fd.valid()) return failure(fresh);
    const std::string text = fmt::format("auth {}\nsign {}\n", counters.auth, counters.sign);
    if (!write_all(fd.get(), text) || ::fsync(fd.get()) != 0) return failure(fresh);
  }
  if (::rename(fresh.c_str(), path_.c_str()) != 0 || !sync_directory_of(path_)) return failure(path_);
  return Unit{};
}

}  // namespace jpki::vcard
