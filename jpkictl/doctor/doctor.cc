// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl doctor [CODE] [--last ACCOUNT] [--bundle FILE]
#include "base/progress_bar.h"
#include "jpkictl/doctor/bundle.h"
#include "jpkictl/doctor/gather.h"
#include "jpkictl/doctor/last_refusal.h"
#include "jpkictl/doctor/report.h"
#include "jpkictl/program.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <locale.h>
#include <unistd.h>

namespace jpki::ctl {
namespace {

using namespace doctor;

struct Options {
  std::string code;
  std::string account;
  std::string bundle;
};

// The refusal to begin with.
struct Start {
  std::optional<ExplainedCode> code;
  std::optional<Verdict> refusal;
};

std::optional<Verdict> verdict_of(const ExplainedCode& code) {
  for (const Verdict verdict : all_verdicts())
    if (code_of(verdict) == code.code) return verdict;
  return std::nullopt;  // of a refresh program: every link may be the cause
}

Facts gather_with_progress(const Context& context) {
  ProgressBar bar(context.json ? -1 : STDERR_FILENO);
  return gather(context, [&](const char* what) { bar.show(what, 0, 0); });
}

ExitStatus examine(const Options& options, const Start& start, const Context& context) {
  if (::geteuid() != 0)
    fmt::print(context.err, "jpkictl: {}\n",
               Words()(N_("you are not root: what only root may see is \"unknown\"")));
  const Facts facts = gather_with_progress(context);
  const std::vector<Finding> findings = walk(facts, start.refusal);
  if (!options.bundle.empty())
    if (const auto written = write_bundle(options.bundle, members_of(facts, findings), context.now); !written)
      return context.could_not_tell(options.bundle + ": " + written.error());
  context.print(context.json ? print_json(json_of(findings, start.code))
                             : text_of(findings, start.code, Words()));
  return status_of(findings);
}

ExitStatus run_doctor(const Options& options, const Context& context) {
  ::setlocale(LC_MESSAGES, "");
  Start start;
  if (!options.code.empty()) {
    start.code = find_code(options.code);
    if (!start.code)
      return context.wrong_usage(
          fmt::format("\"{}\" is not a code; to list all codes, run: jpkictl explain", options.code));
  }
  if (!options.account.empty()) {
    const auto last = last_refusal(options.account);
    if (!last) return context.could_not_tell(last.error());
    if (!*last) return context.could_not_tell("the log has no refusal of that account");
    start.code = find_code(code_of(**last));
  }
  if (start.code) start.refusal = verdict_of(*start.code);
  return examine(options, start, context);
}

}  // namespace

void add_doctor(const Command& jpkictl) {
  const auto [command, options] =
      jpkictl.add("doctor", "Find the fault: everything that a login needs, link by link", run_doctor);
  const auto code =
      command.option("CODE", options->code, "Begin with what can lead to this refusal, like JPKI-402");
  command.option("--last", options->account, "Begin with the last refusal of this account in the log")
      .value_name("ACCOUNT")
      .excludes(code);
  command.option("--bundle", options->bundle, "Also write an archive for support, without personal data")
      .value_name("FILE");
}

}  // namespace jpki::ctl
