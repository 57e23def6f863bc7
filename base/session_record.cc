// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/session_record.h"

#include "base/hex.h"
#include "base/number.h"
#include "base/printable.h"

#include <algorithm>
#include <cerrno>
#include <map>

#include <signal.h>

namespace jpki {
namespace {

constexpr std::string_view kVersion = "jpki-session=1\n";
constexpr std::size_t kMaxRecord = 4096;
constexpr std::size_t kMaxName = 100;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// As logind makes them.
bool is_session_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxName && std::ranges::all_of(id, is_letter_or_digit);
}

bool is_terminal(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName &&
         std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '/'; });
}

void put(std::string& out, std::string_view key, std::string_view value) {
  out.append(key).append("=").append(printable(value)).append("\n");
}

using Lines = std::map<std::string_view, std::string_view>;

// Nothing when a line is no KEY=VALUE, or a key comes twice.
std::optional<Lines> lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const auto equals = line.find('=');
    if (end == text.npos || equals == line.npos) return std::nullopt;
    if (!lines.emplace(line.substr(0, equals), line.substr(equals + 1)).second) return std::nullopt;
    text.remove_prefix(end + 1);
  }
  return lines;
}

// Takes values out of lines; the first impossible one makes good() false.
class Values {
 public:
  explicit Values(const Lines& lines) : lines_(lines) {}

  std::string_view text(std::string_view key) {
    const auto found = lines_.find(key);
    if (found == lines_.end()) good_ = false;
    return found == lines_.end() ? std::string_view() : found->second;
  }
  bool has(std::string_view key) const { return lines_.contains(key); }
  template <class T>
  T number(std::string_view key) {
    const auto number = whole_number<T>(text(key));
    if (!number) good_ = false;
    return number.value_or(T{});
  }
  template <std::size_t kSize>
  std::array<std::uint8_t, kSize> bytes(std::string_view key) {
    const auto bytes = from_hex<kSize>(text(key));
    if (!bytes) good_ = false;
    return bytes.value_or(std::array<std::uint8_t, kSize>{});
  }
  bool good() const { return good_; }

 private:
  const Lines& lines_;
  bool good_ = true;
};

}  // namespace

std::optional<std::string> file_name_of(const SessionRecord& record) {
  if (!record.session.empty())
    return is_session_id(record.session) ? std::optional("session-" + record.session) : std::nullopt;
  if (!is_terminal(record.terminal)) return std::nullopt;
  std::string name = "terminal-" + record.terminal;
  std::ranges::replace(name, '/', '-');
  return name;
}

std::string text_of(const SessionRecord& record) {
  std::string out(kVersion);
  put(out, "session", record.session);
  put(out, "since", std::to_string(record.since));
  put(out, "leader", std::to_string(record.leader));
  put(out, "user", std::to_string(record.user));
  put(out, "service", record.service);
  put(out, "terminal", record.terminal);
  put(out, "seat", record.seat);
  put(out, "reader", record.reader);
  put(out, "certificate", record.certificate);
  put(out, "key", to_hex(record.key));
  put(out, "mark", to_hex(record.mark));
  put(out, "boot", record.boot);
  put(out, "up", std::to_string(record.up_ms));
  put(out, "login", std::to_string(record.login.time_since_epoch().count()));
  put(out, "factors", record.factors);
  return out;
}

std::optional<SessionRecord> parse_session_record(std::string_view text) {
  if (!text.starts_with(kVersion)) return std::nullopt;
  const auto lines = lines_of(text.substr(kVersion.size()));
  if (!lines) return std::nullopt;
  Values values(*lines);
  SessionRecord record;
  record.session = values.text("session");
  record.since = values.number<std::uint64_t>("since");
  record.leader = values.number<pid_t>("leader");
  record.user = values.number<uid_t>("user");
  record.service = values.text("service");
  record.terminal = values.text("terminal");
  record.seat = values.text("seat");
  record.reader = values.text("reader");
  record.certificate = values.text("certificate");
  record.key = values.bytes<kNonceSize>("key");
  record.mark = values.bytes<kCardMarkSize>("mark");
  record.login = Time(std::chrono::seconds(values.number<std::int64_t>("login")));
  record.factors = values.text("factors");
  if (values.has("boot")) record.boot = values.text("boot");
  if (values.has("up")) record.up_ms = values.number<std::uint64_t>("up");
  if (!values.good() || !file_name_of(record) || record.leader <= 0) return std::nullopt;
  return record;
}

bool leader_lives(const SessionRecord& record) noexcept {
  return ::kill(record.leader, 0) == 0 || errno == EPERM;
}

Expected<SessionRecords, FileError> read_session_records(const std::string& directory,
                                                         const FileTrust& trust) {
  const auto opened = TrustedDirectory::open(directory, {.max_size = kMaxRecord, .owner = trust.owner});
  if (!opened) return Unexpected{opened.error()};
  const auto names = opened->list("");
  if (!names) return Unexpected{names.error()};
  SessionRecords found;
  for (const std::string& name : *names) {
    const auto text = opened->read(name);
    if (!text) {
      if (text.error().reason != FileError::Reason::kMissing) found.problems.push_back(text.error().text);
      continue;  // the session has just ended
    }
    auto record = parse_session_record(as_text(*text));
    if (record && file_name_of(*record) == name) {
      found.records.push_back(std::move(*record));
    } else {
      found.problems.push_back(opened->path_of(name) + ": not the record of a session");
    }
  }
  return found;
}

}  // namespace jpki
