// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/setup/configuration.h"

#include "base/ascii_case.h"
#include "base/settings/strict_toml.h"
#include "jpkictl/words.h"

#include <algorithm>
#include <functional>

namespace jpki::ctl::setup {
namespace {

using settings::TomlDocument;
using settings::TomlTable;
using Values = std::vector<std::string>;  // a string is a list of one

// What a drop-in of this program makes of an answer.
struct Setting {
  const char* main;  // the configuration
  const char* own;   // the drop-in
  const char* table;
  const char* key;
  Values values;  // empty: not answered
};

// Each file of `main`, in the order in which they are read.
void each_file(const Files& files, const std::string& main,
               const std::function<void(const std::string& path, TomlTable root)>& take) {
  for (const auto& [path, state] : files) {
    if (state.kind != FileState::Kind::kRegular || !belongs_to(main, path)) continue;
    if (auto document = TomlDocument::parse(state.content, path)) take(path, document->root());
  }
}

std::optional<Values> values_of(TomlTable& root, const Setting& setting) {
  TomlTable table = root.table(setting.table);
  if (!table.has(setting.key)) return std::nullopt;
  std::string one;
  Values several;
  table.get(setting.key, one);
  table.get(setting.key, several);
  return several.empty() ? Values{one} : several;
}

bool same(const Setting& setting, const Values& values) {
  const bool names = setting.table == std::string_view("directory");  // of the DNS, where case does not count
  return names ? std::ranges::equal(setting.values, values, equal_ignoring_case) : setting.values == values;
}

std::vector<Setting> settings_of(const Answers& answers) {
  const auto one = [](const std::string& answer) { return answer.empty() ? Values{} : Values{answer}; };
  const std::string source = answers.mapping == "local" ? "file" : answers.mapping;
  return {{kMainSettings, kSettings, "account", "source", one(source)},
          {kMainSettings, kSettings, "revocation", "segment", one(answers.segment)},
          {kMainSettings, kSettings, "session", "removal", one(answers.removal)},
          {kMainSettings, kSettings, "succession", "feed", one(answers.feed)},
          {kMainSettings, kSettings, "succession", "resolver", one(answers.resolver)},
          {kMainSettings, kSettings, "succession", "ocsp_extension", one(answers.ocsp_extension)},
          {kDirectory, kDirectorySettings, "directory", "realm", one(answers.realm)},
          {kDirectory, kDirectorySettings, "directory", "servers", answers.controllers}};
}

// The file that is read last of those that set it, when that is not the drop-in and says something else.
std::string undone_by(const Setting& setting, const Files& files) {
  std::string undoes;
  each_file(files, setting.main, [&](const std::string& path, TomlTable root) {
    if (path <= setting.own) return;
    const auto values = values_of(root, setting);
    if (values) undoes = same(setting, *values) ? "" : path;
  });
  return undoes;
}

Expected<Unit, Trouble> check_settings(const Answers& answers, const Files& files) {
  for (const Setting& setting : settings_of(answers)) {
    if (setting.values.empty()) continue;
    if (const std::string path = undone_by(setting, files); !path.empty())
      return Unexpected{
          refused(say(N_("{file} sets {key} otherwise and is read later, so it would count; change it there"),
                      {{"{file}", path}, {"{key}", std::string(setting.table) + "." + setting.key}}))};
  }
  return Unit{};
}

// A source without a segment is for all.
Expected<Unit, Trouble> check_segment(const Answers& answers, const Files& files) {
  bool fits = false;
  std::string elsewhere;  // the file with sources for other segments
  each_file(files, kMainSettings, [&](const std::string& path, TomlTable root) {
    for (TomlTable& source : root.table("revocation").tables("source")) {
      std::string segment;
      source.get("segment", segment);
      fits = fits || segment.empty() || segment == answers.segment;
      elsewhere = path;
    }
  });
  const bool replaced = !answers.responders.empty();
  if (answers.segment.empty() || replaced || fits || elsewhere.empty()) return Unit{};
  return Unexpected{
      refused(say(N_("no source of revocation is for the segment {name}, so nobody could log in by card; the "
                     "segments are named in {file}"),
                  {{"{name}", answers.segment}, {"{file}", elsewhere}}))};
}

}  // namespace

bool belongs_to(const std::string& main, const std::string& path) {
  const std::string directory = main + ".d/";
  if (!path.starts_with(directory)) return path == main;
  const std::string name = path.substr(directory.size());
  return name.ends_with(".toml") && !name.starts_with('.') && name.find('/') == std::string::npos;
}

Expected<Unit, Trouble> check_other_files(const Answers& answers, const Files& files) {
  Expected<Unit, Trouble> checked = check_settings(answers, files);
  if (checked) checked = check_segment(answers, files);
  const auto names = [&](const std::string& crl) {
    return std::ranges::any_of(
        answers.crls, [&](const std::string& answer) { return answer.substr(0, answer.find('=')) == crl; });
  };
  each_file(files, kMainSettings, [&](const std::string& path, TomlTable root) {
    if (!checked || path == kSettings) return;
    if (!answers.responders.empty() && !root.table("revocation").tables("source").empty())
      checked = Unexpected{refused(
          say(N_("{file} names sources of revocation itself, in an order of its own; add the responder "
                 "there"),
              {{"{file}", path}}))};
    for (TomlTable& table : root.tables("crl")) {
      std::string crl;
      table.get("name", crl);
      if (checked && names(crl))
        checked = Unexpected{
            refused(say(N_("{file} names the CRL {name} itself; change it there, or use another name"),
                        {{"{file}", path}, {"{name}", crl}}))};
    }
  });
  return checked;
}

bool accounts_from_directory(const Answers& answers, const Files& files) {
  if (!answers.mapping.empty()) return answers.mapping == "ad";
  const Setting source{kMainSettings, kSettings, "account", "source", {}};
  Values last;
  each_file(files, kMainSettings,
            [&](const std::string&, TomlTable root) { last = values_of(root, source).value_or(last); });
  return last == Values{"ad"};
}

}  // namespace jpki::ctl::setup
