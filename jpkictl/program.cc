// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/program.h"

#include "jpkictl/completion.h"
#include "validator/config/config.h"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace jpki::ctl {
namespace {

constexpr char kDescription[] =
    "Administers logins with the MyNumber card.\n"
    "Exit status: 0 good, 1 bad, 2 could not be determined, 64 wrong command line.";
constexpr char kFooter[] = "More: jpkictl COMMAND --help";
constexpr char kCommonOptions[] = "Also, for every command: --json, --config FILE";
constexpr char kConfigOption[] = "--config";

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

// What to run for help with a command line that was refused, and which of its words names no command.
struct Mistake {
  std::string command;  // "jpkictl anchor"
  std::string unknown;  // empty: none
};

Mistake mistake_in(const CLI::App& app, const std::vector<std::string>& arguments) {
  Mistake mistake{app.get_name(), {}};
  auto choices = commands_of(app);
  for (auto word = arguments.begin(); word != arguments.end() && !choices.empty(); ++word) {
    if (*word == kConfigOption && std::next(word) != arguments.end())
      ++word;  // its value
    else if (!word->starts_with('-')) {
      const auto named = std::ranges::find(choices, *word, &CLI::App::get_name);
      if (named == choices.end()) mistake.unknown = *word;
      if (named == choices.end()) break;
      mistake.command += " " + *word;
      choices = commands_of(**named);
    }
  }
  return mistake;
}

std::string text_of(const Mistake& mistake, const std::string& why) {
  if (mistake.unknown.empty()) return fmt::format("{}; run: {} --help", why, mistake.command);
  return fmt::format("{} has no command \"{}\"; run: {} --help", mistake.command, mistake.unknown,
                     mistake.command);
}

void add_footers(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    const std::string footer = command->get_footer();
    command->footer(footer.empty() ? kCommonOptions : footer + "\n" + kCommonOptions);
    add_footers(*command);
  }
}

}  // namespace

ExitStatus run(std::vector<std::string> arguments, Context context) {
  Action chosen;
  CLI::App app(kDescription, "jpkictl");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  context.config_file = config::kDefaultConfigFile;
  app.add_option(kConfigOption, context.config_file, "Read this jpki.toml")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_flag("--json", context.json, "Print the result as JSON");
  app.set_version_flag("--version", PACKAGE_STRING);
  const Command jpkictl(app, chosen);
  add_validate(jpkictl);
  add_anchor(jpkictl);
  add_revocation(jpkictl);
  add_session(jpkictl);
  add_emergency(jpkictl);
  add_explain(jpkictl);
  add_check(jpkictl);
  add_doctor(jpkictl);
  add_account(jpkictl);
  add_idmap(jpkictl);
  add_card(jpkictl);
  add_setup(jpkictl);
  add_footers(app);
  if (!arguments.empty() && arguments.front() == kCompleteVerb)
    return complete(app, {arguments.begin() + 1, arguments.end()}, context);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // as CLI11 wants them
  } catch (const CLI::CallForHelp&) {
    context.print(app.help());
    return ExitStatus::kGood;
  } catch (const CLI::CallForVersion& version) {
    context.print(fmt::format("{}\n", version.what()));
    return ExitStatus::kGood;
  } catch (const CLI::ParseError& error) {
    return context.wrong_usage(text_of(mistake_in(app, arguments), error.what()));
  }
  return chosen(context);
}

}  // namespace jpki::ctl
