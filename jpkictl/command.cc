// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/command.h"

#include "jpkictl/words.h"

#include <algorithm>

#include <CLI/CLI.hpp>

namespace jpki::ctl {
namespace {

template <class Value>
Option add_option(CLI::App& app, const char* name, Value& into, const char* help) {
  return Option(app.add_option(name, into, help));
}

}  // namespace

const Option& Option::value_name(const char* name) const {
  option_->type_name(name);
  return *this;
}

const Option& Option::required() const {
  option_->required();
  return *this;
}

const Option& Option::excludes(const Option& other) const {
  option_->excludes(other.option_);
  return *this;
}

const Option& Option::needs(const Option& other) const {
  option_->needs(other.option_);
  return *this;
}

const Option& Option::one_of(const std::vector<std::string>& words) const {
  option_->check(CLI::IsMember(words));
  return *this;
}

const Option& Option::between(std::int64_t lowest, std::int64_t highest) const {
  option_->check(CLI::Range(lowest, highest));
  return *this;
}

const Option& Option::check(ValueCheck verdict) const {
  option_->check(verdict);
  return *this;
}

const Option& Option::one_at_a_time() const {
  option_->allow_extra_args(false);
  return *this;
}

const Option& Option::separated_by_commas() const {
  option_->delimiter(',');
  return *this;
}

const Option& Option::shows_default() const {
  option_->capture_default_str();
  return *this;
}

Command Command::add_group(const char* name, const char* help, Language language) const {
  CLI::App* const group = app_->add_subcommand(name, help);
  group->require_subcommand(1);
  return {*group, *chosen_, language};
}

Command Command::add(const char* name, const char* help, Action action) const {
  CLI::App* const command = app_->add_subcommand(name, help);
  if (language_ == Language::kCallers)
    action = [said = std::move(action)](const Context& context) {
      const CallersLanguage language(JPKI_LOCALEDIR);
      return said(context);
    };
  command->callback([action = std::move(action), chosen = chosen_] { *chosen = action; });
  return {*command, *chosen_, language_};
}

Option Command::option(const char* name, std::string& into, const char* help) const {
  return add_option(*app_, name, into, help);
}

Option Command::option(const char* name, std::vector<std::string>& into, const char* help) const {
  return add_option(*app_, name, into, help);
}

Option Command::option(const char* name, unsigned& into, const char* help) const {
  return add_option(*app_, name, into, help);
}

Option Command::option(const char* name, std::int64_t& into, const char* help) const {
  return add_option(*app_, name, into, help);
}

Option Command::option(const char* name, std::function<void(const std::string&)> take,
                       const char* help) const {
  return Option(app_->add_option_function<std::string>(name, take, help));
}

Option Command::flag(const char* name, bool& into, const char* help) const {
  return Option(app_->add_flag(name, into, help));
}

void Command::footer(const char* text) const {
  app_->footer(text);
}

void Command::one_is_required(const std::vector<Option>& options, const char* names) const {
  app_->parse_complete_callback([options, names] {
    const auto says_something = [](const Option& option) {
      return std::ranges::any_of(option.option_->results(), [](const auto& value) { return !value.empty(); });
    };
    if (std::ranges::none_of(options, says_something)) throw CLI::RequiredError(names);
  });
}

}  // namespace jpki::ctl
