// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl check: the validator's self-check, and that of the directory's accounts.
#include "jpkictl/directory_check.h"
#include "jpkictl/json.h"
#include "jpkictl/program.h"
#include "nss_ad/config/ad_config.h"
#include "validator/self_check.h"

namespace jpki::ctl {
namespace {

using Kind = CheckReport::Line::Kind;

std::string to_json(const CheckReport& report) {
  Json json{{"errors", Json::array()}, {"warnings", Json::array()}, {"good", Json::array()}};
  for (const CheckReport::Line& line : report.lines()) switch (line.kind) {
      case Kind::kError:
        json["errors"].push_back({{"code", code_of(line.verdict)},
                                  {"name", std::string(name_of(line.verdict))},
                                  {"text", line.text}});
        break;
      case Kind::kWarning:
        json["warnings"].push_back(line.text);
        break;
      case Kind::kGood:
        json["good"].push_back(line.text);
        break;
    }
  return print_json(json);
}

ExitStatus check(const Context& context) {
  CheckReport report;
  self_check(context.config_file, context.now, report);
  check_directory({ad::config::kDefaultConfigFile, JPKI_STATEDIR "/ad", context.trust.owner}, context.now,
                  report);
  context.print(context.json ? to_json(report) : report.text());
  return report.has_errors() ? ExitStatus::kBad : ExitStatus::kGood;
}

}  // namespace

void add_check(const Command& jpkictl) {
  const Command command =
      jpkictl.add("check", "Report everything that is wrong with the installation", check);
  command.footer(
      "It does not check cards and readers, the network, or the lines in /etc/pam.d; jpkictl doctor does.");
}

}  // namespace jpki::ctl
