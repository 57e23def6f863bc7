// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/place_facts.h"

#include "base/node_name.h"
#include "base/number.h"
#include "base/safe_file.h"
#include "base/whole_transfer.h"

#include <array>
#include <iterator>
#include <limits>
#include <set>

#include <fcntl.h>
#include <unistd.h>

namespace jpki {
namespace {

constexpr std::size_t kMaxProcessFile = 16384;  // no more is read once there is so much
constexpr std::size_t kMaxSessionFile = 65536;
constexpr std::string_view kReference = ".ref";  // a pipe that logind keeps beside each session

// What logind writes before DISPLAY; the rest of what we read stands behind it. Of these the session's user
// chooses TTY alone, by SetTTY.
constexpr std::string_view kBeforeDisplay[] = {"UID", "STATE", "REMOTE", "CLASS", "SEAT", "TTY"};

// What /proc says of the process; empty when it says nothing.
std::string read_process_file(const char* process, const char* name) {
  const UniqueFd fd(::open((std::string(process) + "/" + name).c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 4096> piece;
  for (ssize_t n = 0;
       text.size() < kMaxProcessFile && (n = ::read(fd.get(), piece.data(), piece.size())) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(n));
  return text;
}

// The kernel's "not set" is the largest number.
std::optional<std::uint32_t> audit_number(const char* process, const char* name) {
  const std::string text = read_process_file(process, name);
  const auto value = whole_number<std::uint32_t>(std::string_view(text).substr(0, text.find('\n')));
  return value == std::numeric_limits<std::uint32_t>::max() ? std::nullopt : value;
}

std::string_view next_part(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text = end == text.npos ? std::string_view() : text.substr(end + 1);
  return part;
}

// What stands in `text` between `begin` and `end`; nothing when it is otherwise.
std::optional<std::string_view> between(std::string_view text, std::string_view begin, std::string_view end) {
  if (text.size() <= begin.size() + end.size() || !text.starts_with(begin) || !text.ends_with(end))
    return std::nullopt;
  return text.substr(begin.size(), text.size() - begin.size() - end.size());
}

// "/user.slice/user-1000.slice/session-3.scope" or ".../user@1000.service/...". Only from the root on: below
// user@.service, names are the user's own.
CgroupPlace place_of_path(std::string_view path) {
  CgroupPlace place;
  if (!next_part(path, '/').empty() || next_part(path, '/') != "user.slice") return place;
  const auto slice = between(next_part(path, '/'), "user-", ".slice");
  if (!slice) return place;
  place.user = whole_number<std::uint32_t>(*slice);
  if (const auto session = between(next_part(path, '/'), "session-", ".scope")) place.session = *session;
  return place;
}

// All that may be believed of it: what logind writes before DISPLAY.
Session made_doubtful(Session session) {
  return {.id = std::move(session.id),
          .user = session.user,
          .remote = true,
          .closing = session.closing,
          .session_class = std::move(session.session_class),
          .doubtful = true};
}

// What is too long was made so by its user, behind what logind writes first.
Expected<std::optional<Session>, FileError> session_of_file(const PlaceSources& sources,
                                                            const std::string& id) {
  const std::string path = std::string(sources.sessions) + "/" + id;
  const FileTrust trust{.max_size = kMaxSessionFile, .owner = sources.owner};
  const auto file = read_trusted_file(path, trust);
  if (file) return parse_session(id, as_text(*file));
  if (file.error().reason != FileError::Reason::kTooLarge) return Unexpected{file.error()};
  const auto fd = open_trusted_file(path, trust);
  if (!fd) return Unexpected{fd.error()};
  Blob head(kMaxSessionFile);
  const auto size = read_at(fd->get(), head, 0);
  if (!size) return Unexpected{file.error()};
  auto session = parse_session(id, as_text(Bytes(head).first(*size)));
  if (session) session = made_doubtful(std::move(*session));
  return session;
}

// A process of a session that cannot be read is from elsewhere.
void read_sessions(const PlaceSources& sources, PlaceFacts& facts) {
  const FileTrust trust{.max_size = kMaxSessionFile, .owner = sources.owner};
  const auto names = list_trusted_directory(sources.sessions, "", trust);
  facts.logind = names || names.error().reason != FileError::Reason::kMissing;
  if (!names) return;
  for (const std::string& name : *names) {
    if (name.ends_with(kReference)) continue;
    auto session = session_of_file(sources, name);
    if (!session && session.error().reason != FileError::Reason::kMissing)
      facts.sessions.push_back({.id = name, .remote = true, .doubtful = true});
    if (session && *session) facts.sessions.push_back(std::move(**session));
  }
}

std::string session_of_audit(const std::vector<Session>& sessions, std::optional<std::uint32_t> audit) {
  for (const Session& session : sessions) {
    if (audit && session.audit == audit) return session.id;
  }
  return {};
}

}  // namespace

CgroupPlace place_of_cgroup(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = next_part(text, '\n');
    (void)next_part(line, ':');
    const std::string_view controllers = next_part(line, ':');
    if (!controllers.empty() && controllers != "name=systemd") continue;
    if (CgroupPlace place = place_of_path(line); place.user) return place;
  }
  return {};
}

std::optional<Session> parse_session(std::string id, std::string_view text) {
  Session session{.id = std::move(id)};
  bool user_named = false;
  std::set<std::string_view> seen;
  while (!text.empty()) {
    std::string_view value = next_part(text, '\n');
    const std::string_view key = next_part(value, '=');
    if (!seen.insert(key).second || (key == "AUDIT" && !seen.contains("LEADER"))) {
      if (!user_named) return std::nullopt;
      return made_doubtful(std::move(session));
    }
    if (key == "UID") {
      const auto user = whole_number<std::uint32_t>(value);
      if (user) session.user = *user;
      user_named = user.has_value();
    } else if (key == "REMOTE") {
      session.remote = value != "0";
    } else if (key == "REMOTE_HOST") {
      session.remote_host = value;
    } else if (key == "STATE") {
      session.closing = value == "closing";
    } else if (key == "SEAT") {
      session.seat = value;
    } else if (key == "TTY") {
      session.terminal = value;
    } else if (key == "DISPLAY") {
      session.display = value;
      seen.insert(std::begin(kBeforeDisplay), std::end(kBeforeDisplay));
    } else if (key == "SERVICE") {
      session.service = value;
    } else if (key == "CLASS") {
      session.session_class = value;
    } else if (key == "AUDIT") {
      session.audit = whole_number<std::uint32_t>(value);
    } else if (key == "LEADER") {
      session.leader = whole_number<pid_t>(value).value_or(0);
    } else if (key == "MONOTONIC") {
      session.since = whole_number<std::uint64_t>(value).value_or(0);
    }
  }
  if (!user_named) return std::nullopt;
  return session;
}

std::optional<Session> read_session(const PlaceSources& sources, const std::string& id) {
  if (id.empty() || id.find('/') != id.npos || id.starts_with('.') || id.ends_with(kReference))
    return std::nullopt;
  auto session = session_of_file(sources, id);
  return session ? std::move(*session) : std::nullopt;
}

PlaceFacts read_process_facts(const PlaceSources& sources) {
  PlaceFacts facts;
  facts.node_name = node_name();
  read_sessions(sources, facts);
  facts.login = audit_number(sources.process, "loginuid");
  CgroupPlace cgroup = place_of_cgroup(read_process_file(sources.process, "cgroup"));
  facts.session = std::move(cgroup.session);
  facts.user = cgroup.user ? cgroup.user : facts.login;
  if (!cgroup.user)
    facts.session = session_of_audit(facts.sessions, audit_number(sources.process, "sessionid"));
  return facts;
}

}  // namespace jpki
