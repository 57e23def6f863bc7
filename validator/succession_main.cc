// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-succession: asks the succession sources about one certificate and registers it, for a login, over the
// socket on descriptor 0. Its only argument is the configuration file, and may be missing. Wiring only.
#include "base/program/one_packet.h"
#include "base/program/ordinary_account.h"
#include "base/sandbox/inheritance.h"
#include "base/sandbox/privileges.h"
#include "base/sandbox/sanitized.h"
#include "validator/succession/registrar.h"
#include "validator/succession_inquiry.h"

#include <array>
#include <cerrno>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace jpki;

// Of this process and of the resolver, which inherits them.
constexpr std::uint64_t kMaxFileSize = 2 * succession::kOverlayLimit;
constexpr rlim_t kMaxFiles = 64;
constexpr rlim_t kMaxProcessorTime = 20;  // seconds
constexpr rlim_t kMaxMemory = rlim_t{1} << 30;

void limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{value, value};
  (void)::setrlimit(resource, &both);
}

succession::Reply refused(std::string why) {
  return {false, 0, std::move(why)};
}

succession::Reply answer(const succession::Question& question, const std::string& config_file) {
  auto installation = load_installation(config_file);
  if (!installation) return refused(installation.error().cause);
  const config::SuccessionPolicy& policy = installation->config.succession;
  if (!policy.enabled()) return refused("[succession] names no source");
  const Time now = SystemClock().now();
  // NSS cannot be asked once this process has confined itself.
  const bool ordinary = is_ordinary_account(question.account);
  succession::Registrar registrar{
      .policy = policy,
      .accounts = *installation->accounts,
      .ordinary = [&](const std::string& account) { return ordinary && account == question.account; },
      .now = now,
      .starter = STDIN_FILENO,
      .overlay = ::geteuid()};
  // Not before the resolver has ended, who takes every child of this process with it.
  if (!policy.ocsp_extension.empty())
    registrar.ocsp = [&](const x509::Certificate& certificate, x509::Kind kind) {
      return SuccessionInquiry(*installation, config_file, now).ask(certificate, kind);
    };
  return succession::register_successor(question, registrar);
}

// A login that needs nothing hangs up.
int serve(const std::string& config_file) {
  return answer_one_packet<succession::kMaxPacket>(
      succession::read_question,
      [&](const succession::Question& question) { return answer(question, config_file); });
}

}  // namespace

int main(int argc, char** argv) {
  sandbox::shed_inheritance("/dev/null", kMaxFileSize);
  try {
    if (argc > 2 || !sandbox::drop_privileges(JPKI_HELPER_USER)) return 1;
    // The resolver is ended by this process, which sees its starter go: it must not go first.
    if (::prctl(PR_SET_PDEATHSIG, 0) != 0 || ::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return 1;
    limit(RLIMIT_NOFILE, kMaxFiles);
    limit(RLIMIT_CPU, kMaxProcessorTime);
    if (!sandbox::kSanitized) limit(RLIMIT_AS, kMaxMemory);
    return serve(argc == 2 ? argv[1] : "");
  } catch (...) {
    return 1;  // out of memory: the login sees the connection close and refuses
  }
}
