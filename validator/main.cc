// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-validator: serves one login attempt for pam_jpki.so over the socket on descriptor 0. Wiring only; the
// story is engine/authenticate.h. Run by hand with --check it loads everything a login would and says what is
// wrong.
#include "base/channel.h"
#include "validator/card/pkcs11_source.h"
#include "validator/config/config.h"
#include "validator/engine/authenticate.h"
#include "validator/engine/channel_dialogue.h"
#include "validator/engine/refusal.h"
#include "validator/map/map_file.h"
#include "validator/revocation/crl_directory.h"
#include "validator/sandbox/privileges.h"
#include "validator/trust/trust_store.h"

#include <cstdio>

#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace jpki;
using engine::Refusal;

constexpr char kOpenscConf[] = JPKI_DATADIR "/opensc.conf";
constexpr std::chrono::seconds kStartPatience{10};

// Everything a login needs from the disk.
struct Installation {
  config::Config config;
  trust::TrustStore anchors;
  map::MapFile accounts;
  revocation::CrlDirectory revocation;
  Blob pseudonym_key;
};

Expected<Installation, Refusal> load_installation(const std::string& config_file) {
  auto config = config::load_config(config_file.empty() ? config::kDefaultConfigFile : config_file);
  if (!config) return Unexpected{Refusal{Verdict::kConfigInvalid, config.error()}};
  auto anchors = trust::load_trust_store(config->anchors_directory);
  if (!anchors) return Unexpected{Refusal{Verdict::kAnchorsInvalid, anchors.error()}};
  auto accounts = map::MapFile::load(config->account_map_file);
  if (!accounts) return Unexpected{Refusal{accounts.error().verdict, accounts.error().cause}};
  revocation::CrlPolicy crl_policy;
  crl_policy.max_age = config->crl_max_age;
  crl_policy.clock_skew = config->clock_skew;
  revocation::CrlDirectory revocation(config->crl_directory, crl_policy);
  auto key = read_trusted_file(config->pseudonym_key_file, {.max_size = 4096});
  return Installation{std::move(*config), std::move(*anchors), std::move(*accounts), std::move(revocation),
                      key ? std::move(*key) : Blob{}};
}

// The attempt up to the point where the cards are reachable; the rest is authenticate().
Expected<Outcome, Refusal> serve(const Start& start, engine::Dialogue& dialogue) {
  dialogue.step(Step::kConfiguring);
  if (auto dropped = sandbox::drop_privileges(JPKI_HELPER_USER); !dropped)
    return Unexpected{Refusal{Verdict::kPrivilegesNotDropped, dropped.error()}};
  const auto installation = load_installation(start.config_file);
  if (!installation) return Unexpected{installation.error()};
  if (installation->pseudonym_key.empty())
    dialogue.log(LogLevel::kWarning,
                 installation->config.pseudonym_key_file + ": no key, the log has no pseudonyms");

  dialogue.step(Step::kOpeningModules);
  const auto report = [&](const card::CardError& error) { dialogue.log(LogLevel::kError, error.cause); };
  const auto cards = card::Pkcs11Source::open(installation->config.pkcs11_modules, report);
  if (!cards) return Unexpected{Refusal{cards.error().verdict, cards.error().cause}};

  const SystemClock clock;
  return engine::authenticate(start, {.cards = **cards,
                                      .anchors = installation->anchors,
                                      .revocation = installation->revocation,
                                      .accounts = installation->accounts,
                                      .login_kinds = installation->config.login_kinds,
                                      .kind_rules = installation->config.kind_rules,
                                      .pseudonym_key = installation->pseudonym_key,
                                      .clock = clock,
                                      .dialogue = dialogue});
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
                 code_of(verdict) + " " + std::string(name_of(verdict)) + " cause=\"" + cause + "\"");
  }
  return channel.send(outcome, Deadline::after(kStartPatience)) ? 0 : 1;
}

// Exit status: 0 all can be loaded, 1 something is wrong.
int check(const std::string& config_file) {
  const auto installation = load_installation(config_file);
  if (!installation) {
    std::fprintf(stderr, "%s %s\n", code_of(installation.error().verdict).c_str(),
                 installation.error().cause.c_str());
    return 1;
  }
  std::printf("configuration, account map and %zu trust anchor(s) are in order\n",
              installation->anchors.size());
  return 0;
}

bool is_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  sandbox::shed_inheritance(kOpenscConf);
  try {
    const std::string_view verb = argc > 1 ? argv[1] : "";
    if (verb == "--check" && argc <= 3) return check(argc == 3 ? argv[2] : "");
    if (argc == 1 && is_socket(STDIN_FILENO)) return serve_one_login();
    std::fprintf(stderr,
                 "jpki-validator is started by pam_jpki.so for each login.\n"
                 "Usage by hand: jpki-validator --check [CONFIG-FILE]\n");
    return 2;
  } catch (...) {
    return 1;  // out of memory: the PAM module sees the connection close and refuses
  }
}
