// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-validator: serves one login attempt for pam_jpki.so over the socket on descriptor 0. Wiring only; the
// story is engine/authenticate.h.
#include "base/channel.h"
#include "base/printable.h"
#include "base/program/membership.h"
#include "base/program/ordinary_account.h"
#include "base/program/wiped_heap.h"
#include "base/sandbox/inheritance.h"
#include "base/sandbox/privileges.h"
#include "validator/card_access.h"
#include "validator/engine/authenticate.h"
#include "validator/engine/channel_dialogue.h"
#include "validator/engine/record.h"
#include "validator/engine/wrong_pin_memory.h"
#include "validator/installation.h"
#include "validator/registration/messages.h"
#include "validator/registration_desk.h"
#include "validator/self_check.h"
#include "validator/self_registration/local_self_registration.h"
#include "validator/succession/local_succession.h"
#include "validator/succession/registrar_messages.h"
#include "validator/ticket/ticket_process.h"
#include "validator/unlock/unlock_decision.h"

#include <cstdio>

#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace jpki;
using engine::Refusal;

constexpr std::chrono::seconds kStartPatience{10};

constexpr char kUsage[] =
    "jpki-validator is started by pam_jpki.so for each login.\n"
    "Usage by hand: jpki-validator --check [CONFIG-FILE]   reports what is wrong with the installation\n"
    "               jpki-validator --version\n";
constexpr char kRulesOfTheDirectory[] = JPKI_SYSCONFDIR "/ad.toml";

// Of an unlocking without PIN: the end of it, or nothing while a card has still to be looked at.
std::optional<Outcome> concluded(const Start& start, const config::Config& config, const Clock& clock,
                                 engine::Dialogue& dialogue) {
  if (ends_in_pin(start.purpose)) return std::nullopt;
  const auto may = unlock::may_unlock(start.purpose, start.sessions, config.unlock,
                                      {boot_time(), clock.now(), config.clock_skew});
  const Verdict verdict = may ? Verdict::kAccepted : may.error().verdict;
  if (may && start.purpose == Purpose::kPresence) return std::nullopt;
  dialogue.log(may ? LogLevel::kInfo : LogLevel::kNotice,
               "decision by [unlock]: " + code_of(verdict) +
                   (may ? std::string() : " cause=" + in_quotes(may.error().cause)));
  Outcome outcome;
  outcome.verdict = verdict;
  outcome.nonce = start.nonce;
  outcome.account = start.user;
  return outcome;
}

// Nothing: this login brings no ticket, and no process is started for one.
std::optional<ticket::TicketProcess> start_ticketing(const Start& start, const config::TicketPolicy& policy) {
  std::optional<ticket::TicketProcess> process;
  if (start.purpose == Purpose::kLogin && start.tickets_kept && policy.wanted_for(start.service))
    process.emplace(ticket::TicketProcess::Options{
        .config_file = start.config_file, .patience = policy.timeout, .required = policy.required});
  return process;
}

// While NSS can still be asked. Only a host that is root's has shown the person what is asked: a program of
// somebody's, through jpki-relay, could try PINs on the phone of somebody else.
engine::SmartphonePolicy smartphones_for(const std::string& account, const config::SmartphonePolicy& policy,
                                         bool for_root) {
  using enum engine::SmartphonePolicy;
  if (!for_root || !policy.enabled()) return kForNobody;
  const bool member = !account.empty() && !policy.groups.empty() && is_member(account, policy.groups);
  return member || policy.names(account) ? kForThisAccount : kForOthers;
}

// The attempt up to the point where the cards are reachable; the rest is authenticate().
Expected<Outcome, Refusal> serve(Start start, engine::Dialogue& dialogue) {
  dialogue.step(Step::kConfiguring);
  const bool for_root = ::geteuid() == 0;
  if (auto dropped = sandbox::drop_privileges(JPKI_HELPER_USER); !dropped)
    return Unexpected{Refusal{Verdict::kPrivilegesNotDropped, dropped.error()}};
  // Who started us may have died before we asked to die with it.
  if (!dialogue.pause(std::chrono::milliseconds(0)))
    return Unexpected{Refusal{Verdict::kCancelled, "nobody waits"}};
  const auto installation = load_installation(start.config_file);
  if (!installation) return Unexpected{installation.error()};
  if (!installation->pseudonym_problem.empty())
    dialogue.log(LogLevel::kWarning, installation->pseudonym_problem + "; the log has no pseudonyms");

  for (const std::string& text : installation->problems) dialogue.log(LogLevel::kError, text);

  const SystemClock clock;
  if (auto end = concluded(start, installation->config, clock, dialogue)) return std::move(*end);
  const auto alarm = [&](const std::string& text) { dialogue.log(LogLevel::kError, text); };
  const engine::CardNotes notes(kCardNotes, installation->pseudonym_key);
  engine::WrongPinMemory wrong_pins(notes);
  Revocation revocation(*installation, start.config_file, clock.now(), alarm);

  std::optional<succession::LocalSuccession> succession;
  if (installation->config.succession.enabled())
    succession.emplace(installation->config.succession, *installation->accounts,
                       succession::LocalSuccession::Owners{.feed = 0, .overlay = ::geteuid()},
                       start.config_file, succession::kRegistrarProgram,
                       succession::OcspNeeds{.of_logins = &revocation.of_logins(),
                                             .patience = network_patience(installation->config)});

  std::optional<self_registration::LocalSelfRegistration> own;
  if (const auto& policy = installation->config.self_registration; policy.enabled())
    own.emplace(start, policy, *installation->accounts, installation->config.succession.overlay_directory,
                ::geteuid(), [&](const std::string& account) {
                  return is_ordinary_account(account, policy.never_groups);
                });

  const auto reach = card::reach_of(start, installation->config.seats);
  if (!reach) return Unexpected{Refusal{reach.error().verdict, reach.error().cause}};
  const auto smartphones = smartphones_for(start.user, installation->config.smartphone, for_root);
  auto ticketing = start_ticketing(start, installation->config.ticket);
  const auto cards = open_cards_confined(start, *installation, *reach, dialogue);
  if (!cards) return Unexpected{cards.error()};

  wipe_what_is_freed();
  return engine::authenticate(start, {.cards = **cards,
                                      .cards_are_here = reach->is_here(),
                                      .anchors = installation->anchors,
                                      .intermediates = installation->intermediates,
                                      .revocation = revocation.check(),
                                      .accounts = *installation->accounts,
                                      .succession = succession ? &*succession : nullptr,
                                      .self_registration = own ? &*own : nullptr,
                                      .login_kinds = installation->config.login_kinds,
                                      .kind_rules = installation->config.kind_rules,
                                      .wrong_pins = wrong_pins,
                                      .notes = notes,
                                      .expiry_notice = installation->config.expiry_notice,
                                      .pseudonym_key = installation->pseudonym_key,
                                      .clock = clock,
                                      .dialogue = dialogue,
                                      .ticketing = ticketing ? &*ticketing : nullptr,
                                      .smartphones = smartphones});
}

int serve_one_login() {
  Channel channel{UniqueFd(STDIN_FILENO)};
  const auto message = channel.receive(Deadline::after(kStartPatience));
  const Start* start = message ? std::get_if<Start>(&*message) : nullptr;
  if (start == nullptr || start->version != kProtocolVersion) return 1;
  engine::ChannelDialogue dialogue(channel, start->debug);
  Outcome outcome;
  outcome.nonce = start->nonce;
  if (auto result = serve(*start, dialogue)) {
    outcome = std::move(*result);
  } else {
    const auto& [verdict, cause] = result.error();
    outcome.verdict = verdict;
    dialogue.log(LogLevel::kError,
                 code_of(verdict) + " " + std::string(name_of(verdict)) + " cause=" + in_quotes(cause));
  }
  return channel.send(outcome, Deadline::after(kStartPatience)) ? 0 : 1;
}

int check(const std::string& config_file) {
  CheckReport report;
  self_check(config_file, SystemClock().now(), report);
  if (::access(kRulesOfTheDirectory, F_OK) == 0)
    report.good(std::string(kRulesOfTheDirectory) +
                ": the account rules are not checked here; run: jpkictl check");
  std::fputs(report.text().c_str(), stdout);
  return report.has_errors() ? 1 : 0;
}

bool is_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  sandbox::leave_secure_execution(argv);
  sandbox::shed_inheritance(kOpenscConf);
  try {
    const std::string_view verb = argc > 1 ? argv[1] : "";
    // Cards are closed and the PIN is wiped: no exit handler of a third-party library may keep the person
    // waiting.
    if (argc == 1 && is_socket(STDIN_FILENO)) ::_exit(serve_one_login());
    if (verb == registration::kVerb && argc == 2 && is_socket(STDIN_FILENO))
      ::_exit(serve_registration(UniqueFd(STDIN_FILENO)));
    if (verb == "--check" && argc <= 3) return check(argc == 3 ? argv[2] : "");
    if (verb == "--version" && argc == 2) return std::puts(PACKAGE_STRING) < 0 ? 1 : 0;
    const bool asked = verb == "--help" && argc == 2;
    std::fputs(kUsage, asked ? stdout : stderr);
    return asked ? 0 : 2;
  } catch (...) {
    return 1;  // out of memory: the PAM module sees the connection close and refuses
  }
}
