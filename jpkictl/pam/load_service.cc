// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/pam/pam_file.h"
#include "jpkictl/pam/stack.h"

#include <algorithm>

namespace jpki::ctl::pam {
namespace {

constexpr unsigned kMaxDepth = 16;  // PAM_SUBSTACK_MAX_LEVEL; libpam 1.5 does not count includes
constexpr std::string_view kFacilityNames[kFacilities] = {"auth", "account", "session", "password"};

std::optional<Facility> facility_of(std::string_view word) {
  if (word.starts_with('-')) word.remove_prefix(1);
  const auto named =
      std::ranges::find_if(kFacilityNames, [&](std::string_view name) { return same_word(name, word); });
  if (named == std::end(kFacilityNames)) return std::nullopt;
  return static_cast<Facility>(named - std::begin(kFacilityNames));
}

class Loader {
 public:
  Loader(Service& service, const ReadPamFile& read) : service_(service), read_(read) {}

  struct Where {
    std::optional<Facility> wanted = {};  // nothing: all
    unsigned depth = 0;
    unsigned level = 0;
  };

  // False: libpam cannot load the service.
  bool load(const FileText& file, const Where& where) {
    service_.files.push_back(file.path);
    return std::ranges::all_of(lines_of_pam_file(file.text, file.path),
                               [&](const PamFileLine& line) { return add(line, where); });
  }

 private:
  static std::string word(const PamFileLine& line, std::size_t index) {
    return index < line.words.size() ? std::string(without_brackets(line.words[index])) : std::string();
  }

  void trouble(Trouble::Kind kind, const PamFileLine& line, const std::string& word) {
    service_.troubles.push_back({kind, {line.file, line.line}, word});
  }

  // Why it could not be loaded is told.
  bool include(const PamFileLine& line, const std::string& name, const Where& where) {
    if (where.depth >= kMaxDepth) {
      trouble(Trouble::Kind::kTooDeep, line, name);
      return false;
    }
    const auto file = name.empty() ? std::nullopt : read_(name);
    if (!file) {
      trouble(Trouble::Kind::kMissingFile, line, name);
      return false;
    }
    return load(*file, where);
  }

  bool add(const PamFileLine& line, const Where& where) {
    const std::string first = word(line, 0);
    if (same_word(first, "@include"))
      return include(line, word(line, 1), {where.wanted, where.depth + 1, where.level});
    const auto named = facility_of(first);
    // libpam has a line of which it does not know what it is fail where that harms most.
    const Facility facility = named.value_or(where.wanted.value_or(Facility::kAuth));
    if (where.wanted && *where.wanted != facility) return true;
    Step step{.place = {line.file, line.line}, .level = where.level};
    if (!named) {
      trouble(Trouble::Kind::kUnknownFacility, line, first);
      step.kind = Step::Kind::kFails;
    }
    const std::string control = word(line, 1);
    const bool substack = same_word(control, "substack");
    if (substack || same_word(control, "include"))
      return add_included(line, facility, substack, where, std::move(step));
    add_module(line, control, facility, std::move(step));
    return true;
  }

  bool add_included(const PamFileLine& line, Facility facility, bool substack, const Where& where,
                    Step step) {
    Stack& stack = service_.stacks.at(static_cast<std::size_t>(facility));
    if (substack) {
      step.kind = Step::Kind::kSubstack;
      stack.push_back(step);
    }
    const Where inner{facility, where.depth + 1, where.level + (substack ? 1 : 0)};
    if (include(line, word(line, 2), inner)) return true;
    step.kind = Step::Kind::kFails;
    step.control = always(Action::Kind::kBad);
    stack.push_back(std::move(step));
    return true;
  }

  void add_module(const PamFileLine& line, const std::string& control, Facility facility, Step step) {
    const auto parsed = control.empty() ? std::nullopt : parse_control(control);
    if (!parsed) trouble(Trouble::Kind::kBadControl, line, control);
    step.control = parsed.value_or(always(Action::Kind::kBad));
    step.module = word(line, 2);
    if (step.module.empty()) {
      trouble(Trouble::Kind::kNoModule, line, line.words.back());
      step.kind = Step::Kind::kFails;
    }
    for (std::size_t i = 3; i < line.words.size(); ++i) step.options.push_back(word(line, i));
    service_.stacks.at(static_cast<std::size_t>(facility)).push_back(std::move(step));
  }

  Service& service_;
  const ReadPamFile& read_;
};

}  // namespace

Service load_service(const std::string& name, const ReadPamFile& read) {
  Service service{.name = name};
  const auto own = read(name);
  if (own && !Loader(service, read).load(*own, {})) service.usable = false;
  Service other{.name = name};
  const auto rest = read("other");
  if (rest && !Loader(other, read).load(*rest, {})) service.usable = false;
  if (!own && !rest) service.usable = false;
  bool used = false;
  for (std::size_t i = 0; i < kFacilities; ++i)
    if (service.stacks.at(i).empty() && !other.stacks.at(i).empty()) {
      service.stacks.at(i) = other.stacks.at(i);
      used = true;
    }
  if (used || !own) {
    for (std::string& file : other.files) service.files.push_back(std::move(file));
    for (Trouble& trouble : other.troubles) service.troubles.push_back(std::move(trouble));
  }
  return service;
}

}  // namespace jpki::ctl::pam
