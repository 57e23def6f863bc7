// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/ocsp/faults.h"

#include <charconv>
#include <iterator>
#include <sstream>

#include <fmt/format.h>

namespace jpki::testocsp {

namespace {

using FaultTable = std::span<const Fault> (*)();
constexpr std::pair<const char*, FaultTable> kTables[] = {{"What is said", statement_faults},
                                                          {"Who says it", signer_faults},
                                                          {"How it is written", encoding_faults},
                                                          {"How it is sent", connection_faults}};

const Fault* find_fault(std::string_view name) {
  for (const auto& [title, table] : kTables)
    for (const Fault& fault : table())
      if (name == fault.name) return &fault;
  return nullptr;
}

Expected<Step, std::string> parse_step(std::string_view word) {
  const std::size_t colon = word.find(':');
  const Fault* fault = find_fault(word.substr(0, colon));
  if (fault == nullptr) return Unexpected{"no such fault: " + std::string(word) + "; see --faults"};
  Step step{fault, 0};
  if ((colon == std::string_view::npos) != (fault->number == nullptr))
    return Unexpected{std::string(word) + (fault->number ? ": needs a number" : ": takes no number")};
  if (fault->number == nullptr) return step;
  const std::string_view digits = word.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), step.number);
  if (error != std::errc() || end != digits.data() + digits.size())
    return Unexpected{std::string(word) + ": no number after ':'"};
  return step;
}

}  // namespace

Expected<Recipe, std::string> parse_recipe(const std::string& text) {
  if (text == "plain") return Recipe{};
  Recipe recipe;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, '+');) {
    const auto step = parse_step(word);
    if (!step) return Unexpected{step.error()};
    recipe.push_back(*step);
  }
  if (recipe.empty()) return Unexpected{std::string("an answer needs a name; \"plain\" is the true one")};
  return recipe;
}

std::string list_faults() {
  std::string out = "plain                          the truth, fresh, by the CA's delegate\n";
  for (const auto& [title, table] : kTables) {
    fmt::format_to(std::back_inserter(out), "\n{}:\n", title);
    for (const Fault& fault : table()) {
      const std::string name =
          std::string(fault.name) + (fault.number ? std::string(":") + fault.number : "");
      fmt::format_to(std::back_inserter(out), "{:<30} {}\n", name, fault.meaning);
    }
  }
  return out;
}

}  // namespace jpki::testocsp
