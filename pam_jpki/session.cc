// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/session.h"

#include "base/atomic_file.h"
#include "base/terminal_name.h"
#include "pam_jpki/account.h"
#include "pam_jpki/handle_data.h"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace jpki::pam {
namespace {

constexpr char kCardKey[] = "pam_jpki_card";
constexpr char kRecordKey[] = "pam_jpki_record";
constexpr char kFactors[] = "card+pin";
constexpr mode_t kRecordMode = 0640;

std::string terminal_of(const pam_handle_t* handle) {
  return std::string(terminal_name(text_item(handle, PAM_TTY)));
}

// Whether the file tells of a session of another process that has not ended.
bool taken(const std::string& path, uid_t owner) {
  const auto text = read_trusted_file(path, {.max_size = 4096, .owner = owner});
  const auto record = text ? parse_session_record(as_text(*text)) : std::nullopt;
  return record && record->leader != ::getpid() && leader_lives(*record);
}

// The session of this process; nothing when it opened none.
std::optional<SessionRecord> opened_session(pam_handle_t* handle, const PlaceSources& sources, uid_t user) {
  SessionRecord record{.leader = ::getpid(), .user = user, .terminal = terminal_of(handle)};
  struct stat status {};
  if (::stat(sources.sessions, &status) != 0) return record;  // logind does not run
  const char* const id = ::pam_getenv(handle, "XDG_SESSION_ID");
  const auto session = id == nullptr ? std::nullopt : read_session(sources, id);
  if (!session || session->user != user || session->leader != record.leader || session->since == 0)
    return std::nullopt;
  record.session = session->id;
  record.since = session->since;
  record.seat = session->seat;
  if (!session->terminal.empty()) record.terminal = session->terminal;
  return record;
}

// A session that has ended, certainly: its host was killed before it could say so.
bool ended(const SessionRecord& record, const PlaceSources& sources) {
  if (record.session.empty()) return !leader_lives(record);
  const std::string path = std::string(sources.sessions) + '/' + record.session;
  if (::access(path.c_str(), F_OK) != 0) return errno == ENOENT;
  const auto session = read_session(sources, record.session);
  return session && !session->doubtful && session->since != record.since;
}

void remove_ended(const Installation& installation) {
  const auto found = read_session_records(installation.session_records, {.owner = installation.place.owner});
  if (!found) return;
  for (const SessionRecord& record : found->records)
    if (const auto name = file_name_of(record); name && ended(record, installation.place))
      (void)::unlink((std::string(installation.session_records) + '/' + *name).c_str());
}

}  // namespace

void remember_card(pam_handle_t* handle, const std::optional<CardLogin>& login) {
  if (login && keep(handle, kCardKey, *login)) return;
  forget(handle, kCardKey);
}

void begin_session_record(pam_handle_t* handle, const Installation& installation, const Log& log) {
  const CardLogin* const login = kept<CardLogin>(handle, kCardKey);
  if (login == nullptr || ::access(installation.session_records, F_OK) != 0) return;
  remove_ended(installation);
  const auto user = uid_of(handle, text_item(handle, PAM_USER));
  auto record = user ? opened_session(handle, installation.place, *user) : std::nullopt;
  if (!record) return;
  record->service = text_item(handle, PAM_SERVICE);
  record->reader = login->card.reader;
  record->certificate = login->certificate;
  record->key = login->nonce;
  record->mark = login->card.mark;
  record->login = login->when;
  record->boot = login->up.boot;
  record->up_ms = login->up.up_ms;
  record->factors = kFactors;
  const auto name = file_name_of(*record);
  if (!name) return;
  std::string path = std::string(installation.session_records) + '/' + *name;
  if (record->session.empty() && taken(path, installation.place.owner)) return;
  auto file = AtomicFile::create(path, kRecordMode);
  auto written = file ? file->write(as_bytes(text_of(*record)), 0)
                      : Expected<Unit, std::string>(Unexpected{file.error()});
  if (written) written = file->commit();
  if (written) {
    if (!keep(handle, kRecordKey, path)) (void)::unlink(path.c_str());
  } else {
    log.write(LogLevel::kWarning, "this session has no record: " + written.error());
  }
}

void end_session_record(pam_handle_t* handle) {
  const auto* const path = kept<std::string>(handle, kRecordKey);
  if (path == nullptr) return;
  (void)::unlink(path->c_str());
  forget(handle, kRecordKey);
}

}  // namespace jpki::pam
