// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-session-guard: one for the machine, as a user of its own. Wiring only: what happens to a session is
// decided in watch.h. It keeps no state: after a restart everything is read again from the records.
#include "base/lock_note.h"
#include "base/sandbox/confinement.h"
#include "base/sandbox/inheritance.h"
#include "base/sandbox/privileges.h"
#include "guard/guard.h"
#include "guard/logind.h"
#include "guard/notice.h"
#include "guard/readers.h"
#include "validator/config/config.h"
#include "validator/relay/journal.h"

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <utility>

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::guard;
using relay::write_to_journal;

constexpr char kUsage[] =
    "jpki-session-guard is started by systemd: systemctl enable --now jpki-session-guard\n"
    "Usage by hand: jpki-session-guard --version\n";
constexpr std::uint32_t kRecordChanges = IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF;

std::chrono::milliseconds now_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::seconds(time.tv_sec) +
                                                               std::chrono::nanoseconds(time.tv_nsec));
}

Moment now() {
  return now_of(CLOCK_BOOTTIME);
}

// Whether the machine slept since the last call. logind's word of it may come after that of others.
class Sleep {
 public:
  bool passed() {
    const auto before = now_of(CLOCK_MONOTONIC), at = now(), after = now_of(CLOCK_MONOTONIC);
    return at - after > std::exchange(most_, at - before + kRounding);
  }

 private:
  static constexpr std::chrono::milliseconds kRounding{1};
  std::chrono::milliseconds most_ = std::chrono::milliseconds::max();  // that was slept since the start
};

// What poll(2) takes: until the guard or the bus wants to be called.
int poll_timeout(const Guard& guard, const Logind& logind) {
  auto left = std::chrono::milliseconds::max();
  if (const auto next = guard.next()) left = *next - now();
  if (const std::uint64_t at = logind.timeout(); at != UINT64_MAX)
    left = std::min(left, std::chrono::ceil<std::chrono::milliseconds>(std::chrono::microseconds(at)) -
                              now_of(CLOCK_MONOTONIC));
  if (left == std::chrono::milliseconds::max()) return -1;
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, INT_MAX));
}

Expected<UniqueFd, std::string> watch_records() {
  UniqueFd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd.valid() || ::inotify_add_watch(fd.get(), kSessionRecords, kRecordChanges) < 0)
    return Unexpected{std::string(kSessionRecords) + ": " + std::strerror(errno) +
                      "; run: systemd-tmpfiles --create jpki.conf"};
  return fd;
}

void drain(const UniqueFd& fd) {
  char events[4096];
  while (::read(fd.get(), events, sizeof events) > 0) {
  }
}

// False: what records there are cannot be told any more.
bool read_records(Guard& guard) {
  const auto found = read_session_records(kSessionRecords);
  if (!found) {
    write_to_journal(LogLevel::kError, found.error().text);
    return false;
  }
  for (const std::string& problem : found->problems) write_to_journal(LogLevel::kError, problem);
  guard.records(found->records, now());
  return true;
}

void handle(ReadersSeen& seen, Guard& guard) {
  guard.readers(std::move(seen.readers), now());
}

void handle(CertificateSeen& seen, Guard& guard) {
  guard.certificate_read(seen.session, seen.certificate, now());
}

void note_lock(const std::string& session, std::uint64_t began, std::optional<Moment> locked) {
  if (!locked) return remove_lock_note(kLockNotes, session);
  const auto noted =
      write_lock_note(kLockNotes, session, {began, static_cast<std::uint64_t>(locked->count())});
  if (noted) return;
  remove_lock_note(kLockNotes, session);
  write_to_journal(LogLevel::kWarning, "since when the screen is locked cannot be noted: " + noted.error());
}

// Until something is gone without which nothing can be watched; then systemd starts another one.
int serve(Guard& guard, Logind& logind, Readers& readers, const UniqueFd& records) {
  readers.watch();
  Sleep sleep;
  bool begun = false;
  for (;;) {
    pollfd waits[] = {
        {logind.fd(), logind.events(), 0}, {records.get(), POLLIN, 0}, {readers.fd(), POLLIN, 0}};
    if (::poll(waits, std::size(waits), poll_timeout(guard, logind)) < 0 && errno != EINTR) return 1;
    if (!logind.process()) {
      write_to_journal(LogLevel::kError, "the system's bus is gone");
      return 1;
    }
    if (sleep.passed()) guard.resumed(now());
    for (Seen& seen : readers.take()) {
      std::visit([&](auto& what) { handle(what, guard); }, seen);
      // Sessions are looked at when it is known which cards are there.
      if (std::exchange(begun, true)) continue;
      write_to_journal(LogLevel::kInfo, "watching");
      if (!read_records(guard)) return 1;
    }
    if (waits[1].revents != 0) {
      drain(records);
      readers.try_now();  // who logged in by card has found pcscd
      if (begun && !read_records(guard)) return 1;
    }
    if (logind.take_resumed()) guard.resumed(now());
    if (logind.take_began_anew()) guard.manager_began_anew(now());
    if (logind.take_changed()) {
      readers.try_now();  // maybe by card, too
      guard.sessions_changed(logind.take_locked(), now());
    }
    guard.passed(now());
  }
}

int run() {
  const auto config = config::load_config(config::kDefaultConfigFile);
  if (!config) {
    write_to_journal(LogLevel::kError, config.error());
    return 2;
  }
  if (auto dropped = sandbox::drop_privileges("_jpki-guard"); !dropped) {
    write_to_journal(LogLevel::kError, dropped.error());
    return 1;
  }
  const auto records = watch_records();
  if (!records) {
    write_to_journal(LogLevel::kError, records.error());
    return 1;
  }
  const auto logind = Logind::connect(write_to_journal);
  if (!logind) {
    write_to_journal(LogLevel::kError, logind.error());
    return 1;
  }
  const auto readers = Readers::create();
  if (!readers) {
    write_to_journal(LogLevel::kError,
                     std::string("a pipe cannot be made: ") + std::strerror(readers.error()));
    return 1;
  }
  const auto confined = sandbox::confine({.unix_sockets = true,
                                          .threads = true,
                                          .readable = {kSessionRecords},
                                          .writable = {"/dev", kLockNotes}});
  if (!confined) {
    write_to_journal(LogLevel::kError, confined.error());
    return 1;
  }
  remove_all_lock_notes(kLockNotes);  // what happened since, nobody saw
  Readers& all_readers = **readers;
  Guard guard(
      config->session, **logind,
      {.read_certificate = [&](const std::string& session,
                               const std::string& reader) { all_readers.read_certificate(session, reader); },
       .tell = write_to_console,
       .note_lock = note_lock,
       .log = write_to_journal});
  return serve(guard, **logind, all_readers, *records);
}

}  // namespace

int main(int argc, char** argv) {
  sandbox::shed_inheritance("/dev/null");
  try {
    if (argc == 1) return run();
    if (argc == 2 && std::string_view(argv[1]) == "--version") return std::puts(PACKAGE_STRING) < 0 ? 1 : 0;
    const bool asked = argc == 2 && std::string_view(argv[1]) == "--help";
    std::fputs(kUsage, asked ? stdout : stderr);
    return asked ? 0 : 2;
  } catch (const std::exception& error) {
    write_to_journal(LogLevel::kError, error.what());
    return 1;
  }
}
