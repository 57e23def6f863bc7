// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/completion.h"

#include "base/printable.h"
#include "jpkictl/offered_values.h"

#include <algorithm>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace jpki::ctl {
namespace {

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

// The words before the cursor, as the parser will take them.
class Place {
 public:
  explicit Place(const CLI::App& app) : command_(&app) {}

  void pass(const std::string& word) {
    if (waiting_ != nullptr)
      waiting_ = nullptr;
    else if (!only_arguments_ && word == "--")
      only_arguments_ = true;
    else if (!only_arguments_ && word.size() > 1 && word.starts_with('-'))
      pass_option(word);
    else
      pass_argument(word);
  }

  std::vector<Offer> offers_for(const std::string& word) const {
    if (lost_) return {};
    if (waiting_ != nullptr) return values_of(*waiting_, *command_);
    const auto equals = word.find('=');
    if (!only_arguments_ && word.starts_with("--") && equals != std::string::npos) {
      const CLI::Option* const option = option_named(word.substr(0, equals));
      return option == nullptr ? std::vector<Offer>() : values_of(*option, *command_);
    }
    if (!only_arguments_ && word.starts_with('-')) return options();
    auto found = arguments();
    return found.empty() && word.empty() && !only_arguments_ ? options() : found;
  }

 private:
  // The command's own options, then those of its parents, which fall through to them.
  std::vector<const CLI::Option*> known() const {
    std::vector<const CLI::Option*> found;
    for (const CLI::App* app = command_; app != nullptr; app = app->get_parent()) {
      for (const CLI::Option* const option : app->get_options()) {
        const bool own = app == command_;
        const bool general = option == app->get_help_ptr() || option == app->get_version_ptr();
        if (option->nonpositional() && !option->get_group().empty() && (own || !general))
          found.push_back(option);
      }
      if (!app->get_fallthrough()) break;
    }
    return found;
  }

  const CLI::Option* option_named(const std::string& word) const {
    const auto options = known();
    const auto found =
        std::ranges::find_if(options, [&](const CLI::Option* one) { return one->check_name(word); });
    return found == options.end() ? nullptr : *found;
  }

  void pass_option(const std::string& word) {
    const auto equals = word.find('=');
    const CLI::Option* const option = option_named(word.substr(0, equals));
    if (option == nullptr) return;
    given_.insert(option);
    if (equals == std::string::npos && takes_value(*option)) waiting_ = option;
  }

  void pass_argument(const std::string& word) {
    for (const CLI::App* const command : commands())
      if (command->get_name() == word) {
        command_ = command;
        return;
      }
    lost_ = lost_ || !commands().empty();
    ++arguments_;
  }

  std::vector<const CLI::App*> commands() const {
    if (arguments_ > 0) return {};
    return command_->get_subcommands([](const CLI::App* app) { return !app->get_group().empty(); });
  }

  bool fits(const CLI::Option& option) const {
    const bool again = option.get_items_expected_max() > 1;
    return (again || !given_.contains(&option)) && std::ranges::none_of(given_, [&](const CLI::Option* one) {
             return one->get_excludes().contains(const_cast<CLI::Option*>(&option));
           });
  }

  std::vector<Offer> options() const {
    std::vector<Offer> found;
    for (const CLI::Option* const option : known())
      if (fits(*option))
        for (const std::string& name : option->get_lnames())
          found.push_back({"--" + name, option->get_description()});
    return found;
  }

  std::vector<Offer> arguments() const {
    std::vector<Offer> found;
    for (const CLI::App* const command : commands())
      found.push_back({command->get_name(), command->get_description()});
    std::size_t position = 0;
    for (const CLI::Option* const option : command_->get_options()) {
      if (option->nonpositional() || !option->get_positional()) continue;
      const bool here =
          position == arguments_ || (position < arguments_ && option->get_items_expected_max() > 1);
      ++position;
      if (!here || !fits(*option)) continue;
      for (Offer& offer : values_of(*option, *command_)) found.push_back(std::move(offer));
    }
    return found;
  }

  const CLI::App* command_;
  const CLI::Option* waiting_ = nullptr;  // for its value
  std::set<const CLI::Option*> given_;
  std::size_t arguments_ = 0;
  bool only_arguments_ = false;
  bool lost_ = false;  // a word that is no command stands where one must
};

// What is being typed: behind the '=' of an option.
std::string typed(const std::string& word) {
  const auto equals = word.find('=');
  return word.starts_with("--") && equals != std::string::npos ? word.substr(equals + 1) : word;
}

}  // namespace

std::vector<Offer> offers(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty()) return {};
  Place place(app);
  std::for_each(words.begin(), std::prev(words.end()), [&](const std::string& word) { place.pass(word); });
  auto found = place.offers_for(words.back());
  std::erase_if(found, [beginning = typed(words.back())](const Offer& offer) {
    return !offer.word.starts_with(':') && !offer.word.starts_with(beginning);
  });
  return found;
}

ExitStatus complete(const CLI::App& app, const std::vector<std::string>& words, const Context& context) {
  for (const Offer& offer : offers(app, words))
    context.print(offer.what.empty() ? offer.word + "\n"
                                     : fmt::format("{}\t{}\n", offer.word, printable(offer.what)));
  return ExitStatus::kGood;
}

}  // namespace jpki::ctl
