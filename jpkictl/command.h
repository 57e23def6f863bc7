// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The grammar of the command line: commands with their options, arguments and flags. What is parsed goes into
// the variables that they are given, which live in the options of their command. CLI11 does the parsing; it
// is known to command.cc and to what walks the whole grammar (program, completion, offered_values), because
// it takes seconds to compile.
#pragma once

#include "jpkictl/context.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace jpki::ctl {

// What was chosen on the command line.
using Action = std::function<ExitStatus(const Context&)>;
// Why a value is refused; empty: it is good.
using ValueCheck = std::string (*)(const std::string& value);

// An option, an argument or a flag.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  const Option& value_name(const char* name) const;  // as help shows it: FILE
  const Option& required() const;
  const Option& excludes(const Option& other) const;
  const Option& needs(const Option& other) const;
  const Option& one_of(const std::vector<std::string>& words) const;
  const Option& between(std::int64_t lowest, std::int64_t highest) const;
  const Option& check(ValueCheck verdict) const;
  // A list takes one value each time the option is given, so that an argument behind it is not taken for
  // more.
  const Option& one_at_a_time() const;
  const Option& separated_by_commas() const;
  const Option& shows_default() const;  // what the variable holds now

 private:
  friend class Command;
  CLI::Option* option_;
};

template <class Options>
struct Parsed;

class Command {
 public:
  // What its commands say: English, or the language of the caller's locale (words.h).
  enum class Language { kEnglish, kCallers };

  // When one of its commands is parsed, `chosen` becomes what to do.
  Command(CLI::App& app, Action& chosen, Language language = Language::kEnglish)
      : app_(&app), chosen_(&chosen), language_(language) {}

  // A command that is nothing without one of its own commands.
  Command add_group(const char* name, const char* help) const { return add_group(name, help, language_); }
  Command add_group(const char* name, const char* help, Language language) const;
  Command add(const char* name, const char* help, Action action) const;
  // One that acts on options, which live as long as the grammar.
  template <class Options>
  Parsed<Options> add(const char* name, const char* help,
                      ExitStatus (*act)(const Options&, const Context&)) const;

  // `name` is "--like-this", or an argument's, "LIKE THIS".
  Option option(const char* name, std::string& into, const char* help) const;
  Option option(const char* name, std::vector<std::string>& into, const char* help) const;
  Option option(const char* name, unsigned& into, const char* help) const;
  Option option(const char* name, std::int64_t& into, const char* help) const;
  // A word that stands for something.
  Option option(const char* name, std::function<void(const std::string&)> take, const char* help) const;
  Option flag(const char* name, bool& into, const char* help) const;
  // The last paragraph of its help.
  void footer(const char* text) const;
  // At least one of them is given, and not empty; `names` says it to who gave none.
  void one_is_required(const std::vector<Option>& options, const char* names) const;

 private:
  CLI::App* app_;
  Action* chosen_;
  Language language_;
};

template <class Options>
struct Parsed {
  Command command;
  std::shared_ptr<Options> options;
};

template <class Options>
Parsed<Options> Command::add(const char* name, const char* help,
                             ExitStatus (*act)(const Options&, const Context&)) const {
  const auto options = std::make_shared<Options>();
  return {add(name, help, [options, act](const Context& context) { return act(*options, context); }),
          options};
}

}  // namespace jpki::ctl
