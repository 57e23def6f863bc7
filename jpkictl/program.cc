// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/program.h"

#include "validator/config/config.h"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace jpki::ctl {
namespace {

constexpr char kDescription[] =
    "The administrator's tool of the MyNumber card login.\n"
    "Exit status: 0 good, 1 bad, 2 could not be told.";
constexpr char kFooter[] = "More: jpkictl COMMAND --help";

}  // namespace

ExitStatus run(std::vector<std::string> arguments, Context context) {
  Action chosen;
  CLI::App app(kDescription, "jpkictl");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  context.config_file = config::kDefaultConfigFile;
  app.add_option("--config", context.config_file, "Another jpki.toml")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_flag("--json", context.json, "Answer in JSON");
  add_validate(app, chosen);
  add_anchor(app, chosen);
  add_revocation(app, chosen);
  add_explain(app, chosen);
  add_check(app, chosen);
  add_account(app, chosen);
  add_idmap(app, chosen);
  try {
    std::ranges::reverse(arguments);  // as CLI11 wants them
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    context.print(app.help());
    return ExitStatus::kGood;
  } catch (const CLI::ParseError& error) {
    return context.could_not_tell(fmt::format("{}; run: jpkictl --help", error.what()));
  }
  return chosen(context);
}

}  // namespace jpki::ctl
