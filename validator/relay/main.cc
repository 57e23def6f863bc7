// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-relay: stands between one caller without privileges, on the socket that is descriptor 0, and the
// helper that it starts: a jpki-validator for a login, or, called as `jpki-relay account`, a jpki-account for
// the account step. Wiring only. Before the first byte of the caller is read, who it is has been judged, the
// helper runs, and this process is confined.
#include "base/helper_process.h"
#include "base/lock_note.h"
#include "base/printable.h"
#include "base/sandbox/confinement.h"
#include "base/sandbox/inheritance.h"
#include "base/sandbox/locked_memory.h"
#include "base/sandbox/privileges.h"
#include "base/session_record.h"
#include "validator/relay/account_session.h"
#include "validator/relay/caller.h"
#include "validator/relay/journal.h"
#include "validator/relay/session.h"
#include "validator/relay/slot.h"

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::relay;

constexpr char kValidator[] = JPKI_LIBEXECDIR "/jpki-validator";
constexpr char kAccountHelper[] = JPKI_LIBEXECDIR "/jpki-account";
constexpr char kSlots[] = "/run/jpki/callers";
constexpr char kSessions[] = "/run/systemd/sessions";
constexpr unsigned kDoorPatience = 10;  // seconds, for a name service that does not answer
constexpr int kSlotsOfUser = 4;         // a screen locker begins anew while its last login is being closed

void log_ending(const Ending& ending, const Caller& caller, const std::string& account) {
  std::string line = code_of(ending.verdict) + " " + std::string(name_of(ending.verdict)) +
                     " uid=" + std::to_string(caller.uid) + " account=" + account;
  if (!ending.service.empty()) line += " service=" + in_quotes(ending.service);
  if (!ending.cause.empty()) line += " cause=" + in_quotes(ending.cause);
  write_to_journal(ending.verdict == Verdict::kAccepted ? LogLevel::kInfo : LogLevel::kNotice, line);
}

// What refuses the caller before a validator is started for it. Whether a [[seat]] is for a session from
// elsewhere only the validator knows.
std::optional<Ending> refused_at_the_door(const PlaceDecision& place,
                                          const std::optional<OpenSession>& remote) {
  if (place.place == Place::kHere) return std::nullopt;
  if (place.place == Place::kElsewhere && remote) {
    write_to_journal(LogLevel::kInfo, std::string("a [[seat]] must be for this person: ") + place.because);
    return std::nullopt;
  }
  return Ending{Verdict::kRemoteLogin, {}, place.because};
}

CallerSessions sessions_of(const Caller& caller, const std::string& account, const std::string& seat,
                           const std::optional<OpenSession>& remote) {
  const std::string process = "/proc/" + std::to_string(caller.pid);
  const CardSessionSources sources{kSessionRecords, kLockNotes, {process.c_str(), kSessions}};
  CallerSessions found{.to_unlock = sessions_to_unlock(sources, caller.uid),
                       .cards = session_cards(sources, caller.uid),
                       .seat = seat};
  if (remote)
    found.remote = {.account = account,
                    .uid = remote->user,
                    .service = plain(remote->service),
                    .display = plain(remote->display)};
  return found;
}

bool shed_privileges() {
  const auto dropped = sandbox::drop_privileges(JPKI_HELPER_USER);
  if (!dropped) write_to_journal(LogLevel::kError, dropped.error());
  return dropped.has_value();
}

Ending serve_login(const Caller& caller, const std::string& account, UniqueFd connection) {
  Channel channel(std::move(connection));
  const Bounds bounds;
  const PlaceDecision place = place_of(caller, kSessions);
  Whereabouts user = whereabouts_of_user(caller, kSessions);
  if (place.place == Place::kHere) user.session.reset();
  auto refused = refused_at_the_door(place, user.session);
  const CallerSessions sessions =
      refused ? CallerSessions{} : sessions_of(caller, account, user.seat, user.session);
  auto helper = refused ? Expected<HelperProcess, int>(Unexpected{0}) : HelperProcess::start(kValidator, {});
  if (!refused && !helper)
    refused = Ending{
        Verdict::kHelperNotStarted, {}, std::string(kValidator) + ": " + std::strerror(helper.error())};
  ::alarm(0);
  if (const auto locked = sandbox::lock_memory(); !refused && !locked)
    write_to_journal(LogLevel::kNotice,
                     "the memory through which the PIN passes may be written to swap: " + locked.error());
  if (const auto confined = sandbox::confine({.helpers = true}); !confined)
    return {Verdict::kPrivilegesNotDropped, {}, confined.error()};
  if (refused) return refuse(channel, refused->verdict, refused->cause, bounds);
  Channel validator(helper->take_socket());
  Ending ending = relay::relay(channel, validator, account, bounds, sessions);
  if (ending.cause.empty()) helper->wait(Deadline::after(bounds.closing));
  return ending;
}

// The one right that the unit gives, to read every file, is for the program that jpki-account starts to ask
// the directory: it reads the machine's keys. This one has given it up when it reads the question.
Ending serve_account_step(const Caller& caller, const std::string& account, UniqueFd connection) {
  auto helper = HelperProcess::start(kAccountHelper, {.arguments = {}, .socket_type = SOCK_SEQPACKET});
  ::alarm(0);
  if (!shed_privileges()) return {Verdict::kPrivilegesNotDropped, {}, "jpki-relay keeps its rights"};
  if (!helper)
    return {
        Verdict::kHelperNotStarted, {}, std::string(kAccountHelper) + ": " + std::strerror(helper.error())};
  if (const auto confined = sandbox::confine({.helpers = true}); !confined)
    return {Verdict::kPrivilegesNotDropped, {}, confined.error()};
  return relay_account(connection, helper->take_socket(), {caller.uid, account}, {});
}

using Serve = Ending(const Caller& caller, const std::string& account, UniqueFd connection);

int serve_one_caller(Serve* serve) {
  const auto caller = caller_of(STDIN_FILENO);
  if (!caller) {
    write_to_journal(
        LogLevel::kError,
        "jpki-relay is started by jpki-validator.socket and jpki-account.socket for each connection");
    return 2;
  }
  UniqueFd connection(STDIN_FILENO);
  if (serve == serve_login && !shed_privileges()) return 1;
  // Who gets no answer has nothing read: neither a user that is nobody's nor one with too many logins may
  // have a process wait for it.
  ::alarm(kDoorPatience);
  const auto account = account_of(caller->uid);
  if (!account) {
    log_ending({Verdict::kAccountUnusable, {}, "the caller's user has no account"}, *caller, "-");
    return 0;
  }
  const auto slot = take_slot(kSlots, caller->uid, kSlotsOfUser);
  if (!slot) {
    log_ending({Verdict::kHelperFailed,
                {},
                slot.error() == EWOULDBLOCK ? std::string("too many logins of this user at once")
                                            : std::string(kSlots) + ": " + std::strerror(slot.error())},
               *caller, *account);
    return slot.error() == EWOULDBLOCK ? 0 : 1;
  }
  log_ending(serve(*caller, *account, std::move(connection)), *caller, *account);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  sandbox::shed_inheritance("/dev/null");
  const bool account_step = argc > 1 && argv[1] == std::string_view("account");
  try {
    return serve_one_caller(account_step ? serve_account_step : serve_login);
  } catch (...) {
    return 1;  // out of memory: the caller sees the connection close
  }
}
