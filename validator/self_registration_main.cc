// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-self-registration: writes down which card a person registered, for pam_jpki.so, over the socket on
// descriptor 0. Its only argument is the configuration file, and may be missing. Wiring only.
#include "base/program/one_packet.h"
#include "base/program/ordinary_account.h"
#include "base/sandbox/inheritance.h"
#include "base/sandbox/privileges.h"
#include "base/sandbox/sanitized.h"
#include "validator/installation.h"
#include "validator/self_registration/registrar.h"

#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace jpki;

constexpr std::uint64_t kMaxFileSize = 2 * succession::kOverlayLimit;
constexpr rlim_t kMaxProcessorTime = 20;  // seconds
constexpr rlim_t kMaxMemory = rlim_t{1} << 30;

void limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{value, value};
  (void)::setrlimit(resource, &both);
}

SelfRegistrationAnswer unusable(std::string why) {
  return {Verdict::kRegistrationUnusable, std::move(why)};
}

SelfRegistrationAnswer answer(const SelfRegistrationQuestion& question, const std::string& config_file) {
  const auto config = config::load_config(config_file.empty() ? config::kDefaultConfigFile : config_file);
  if (!config) return unusable(config.error());
  const auto accounts = load_accounts(*config);
  if (!accounts) return unusable(accounts.error().cause);
  const config::SelfRegistrationPolicy& policy = config->self_registration;
  const auto ordinary = [&](const std::string& account) {
    return is_ordinary_account(account, policy.never_groups);
  };
  return self_registration::register_card(question, {.policy = policy,
                                                     .accounts = **accounts,
                                                     .ordinary = ordinary,
                                                     .now = SystemClock().now(),
                                                     .directory = config->succession.overlay_directory,
                                                     .owner = ::geteuid()});
}

int serve(const std::string& config_file) {
  return answer_one_packet<kMaxSelfRegistrationPacket>(
      read_self_registration_question,
      [&](const SelfRegistrationQuestion& question) { return answer(question, config_file); });
}

}  // namespace

int main(int argc, char** argv) {
  sandbox::shed_inheritance("/dev/null", kMaxFileSize);
  try {
    if (argc > 2 || !sandbox::drop_privileges(JPKI_HELPER_USER)) return 1;
    limit(RLIMIT_CPU, kMaxProcessorTime);
    if (!sandbox::kSanitized) limit(RLIMIT_AS, kMaxMemory);
    return serve(argc == 2 ? argv[1] : "");
  } catch (...) {
    return 1;  // out of memory: the module sees the connection close, and tells that nothing was registered
  }
}
