// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl revocation plan: which sources a login would ask at a time. jpkictl revocation status: what the
// compiled CRLs are worth now. jpkictl revocation forget: undoes what logins remember of a certificate.
#include "jpkictl/program.h"
#include "jpkictl/revocation_forget.h"
#include "jpkictl/revocation_report.h"
#include "jpkictl/text.h"
#include "validator/config/config.h"

#include <memory>

namespace jpki::ctl {
namespace {

ExitStatus run_plan(const std::string& at, const Context& context) {
  Time when = context.now;
  if (!at.empty()) {
    const auto time = parse_time(at);
    if (!time) return context.could_not_tell("--at " + time.error());
    when = *time;
  }
  const auto config = config::load_config(context.config_file, context.trust);
  if (!config) return context.could_not_tell(config.error());
  const Report report = plan_report(config->sources, config->segment, when);
  context.print(context.json ? report.json : report.text);
  return report.status;
}

ExitStatus run_status(const Context& context) {
  const auto config = config::load_config(context.config_file, context.trust);
  if (!config) return context.could_not_tell(config.error());
  if (context.become_helper)
    if (auto became = context.become_helper(); !became) return context.could_not_tell(became.error());
  FileTrust trust = context.trust;
  trust.secret = true;
  const auto index = crl::CrlIndex::open(config->crl_index_file, trust);
  if (!index) return context.could_not_tell(index.error().text);
  const auto report = status_report(*index, config->crl_max_age, context.now);
  if (!report) return context.could_not_tell(report.error());
  context.print(context.json ? report->json : report->text);
  return report->status;
}

}  // namespace

void add_revocation(const Command& jpkictl) {
  const Command revocation = jpkictl.add_group("revocation", "The sources of revocation data");
  const auto [plan, at] =
      revocation.add("plan", "Which sources are asked at a given time, in which order", run_plan);
  plan.option("--at", *at, "Like 2026-11-24T20:00:00+09:00 (now)").value_name("TIME");
  revocation.add("status", "The compiled CRLs: how many, how old, which no longer count", run_status);
  const auto [forget, file] =
      revocation.add("forget", "Let the sources decide again about a certificate once reported as revoked",
                     revocation_forget);
  forget.option("CERT", *file, "The person's certificate, PEM or DER; - for standard input").required();
}

}  // namespace jpki::ctl
