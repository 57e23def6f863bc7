// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/setup/outcome.h"

#include "jpkictl/doctor/program_output.h"
#include "jpkictl/setup/configuration.h"
#include "jpkictl/setup/scratch.h"
#include "jpkictl/words.h"
#include "nss_ad/config/ad_config.h"
#include "validator/config/config.h"

#include <algorithm>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

namespace jpki::ctl::setup {
namespace {

using Kind = FileState::Kind;

bool is_directory(const std::string& path) {
  return path == JPKI_SYSCONFDIR || path == kSettingsDirectory || path == kDirectorySettingsDirectory;
}

bool is_of_a_configuration(const std::string& path) {
  return belongs_to(kMainSettings, path) || belongs_to(kDirectory, path);
}

// As what a link at `path` leads to, so that nothing is written through it.
Expected<FileState, std::string> without_link(const std::string& path, const FileState& state) {
  if (state.kind != Kind::kLink) return state;
  const std::string target = std::filesystem::path(path).parent_path() / state.content;
  struct stat st {};
  if (::stat(target.c_str(), &st) != 0 || !S_ISDIR(st.st_mode))
    return Unexpected{path + ": leads to no directory"};
  return FileState{Kind::kDirectory, st.st_uid, st.st_gid, st.st_mode & 07777};
}

// With the directories above it, where nobody said how they are.
Expected<Unit, std::string> copy(const Scratch& scratch, const std::string& path, const FileState& given) {
  if (!is_directory(path) && !is_of_a_configuration(path)) return Unit{};
  const auto state = is_directory(path) ? without_link(path, given) : given;
  if (!state) return Unexpected{state.error()};
  for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string above = scratch.path() + path.substr(0, slash);
    if (::access(above.c_str(), F_OK) == 0) continue;
    if (auto made = put(above, {Kind::kDirectory, ::geteuid(), ::getegid(), 0755}); !made) return made;
  }
  return put(scratch.path() + path, *state);
}

// Why a configuration does not load, in the words that a login would have; empty: it does. The paths are
// those of this computer.
using Why = std::string;

Why about_this_computer(const Scratch& scratch, std::string text) {
  for (auto at = text.find(scratch.path()); at != std::string::npos; at = text.find(scratch.path(), at))
    text.erase(at, scratch.path().size());
  return text;
}

// In a process that becomes the user of logins: a file that only root can read stops them.
Expected<Why, Trouble> load_settings(const Scratch& scratch, const Context& context) {
  constexpr char kTold = '=';  // stands before the answer; else that user is not to be had
  const auto written = doctor::in_a_child(
      [&](const auto& write) {
        if (::geteuid() == 0 && context.become_helper)
          if (const auto became = context.become_helper(); !became) return write(became.error());
        const auto config = config::load_config(scratch.path() + kMainSettings, context.trust);
        write(kTold + (config ? std::string() : config.error()));
      },
      doctor::kPatience);
  if (written.ended && written.text.starts_with(kTold))
    return about_this_computer(scratch, written.text.substr(1));
  return Unexpected{could_not(say(N_("the settings could not be judged")) + ": " + written.text)};
}

// All programs read it while they are root. It need not be there.
Why load_directory(const Scratch& scratch, const Context& context) {
  const auto config = ad::config::load_ad_config(scratch.path() + kDirectory, context.trust);
  const bool loads = config || config.error().reason == FileError::Reason::kMissing;
  return loads ? Why() : about_this_computer(scratch, config.error().text);
}

struct Loaded {
  Why settings;
  Why directory;
};
Expected<Loaded, Trouble> load(const Scratch& scratch, const Context& context) {
  auto settings = load_settings(scratch, context);
  if (!settings) return Unexpected{settings.error()};
  return Loaded{std::move(*settings), load_directory(scratch, context)};
}

Expected<Unit, Trouble> compare(const char* main, const Why& before, const Why& after) {
  if (after.empty()) return Unit{};
  const char* const text =
      before.empty()
          ? N_("nothing was changed: with these changes {file} and its drop-ins could no longer be read, and "
               "logins would fail: {why}")
          : N_("nothing was changed: {file} and its drop-ins cannot be read as they are, so logins fail "
               "already, and these changes would not mend it: {why}");
  return Unexpected{refused(say(text, {{"{file}", main}, {"{why}", after}}))};
}

}  // namespace

Expected<Unit, Trouble> judge_outcome(const Plan& plan, const Answers& answers, const Files& files,
                                      const Context& context) {
  const Scratch scratch;
  if (scratch.path().empty() ||
      ::chmod(scratch.path().c_str(), 0711) != 0)  // that user looks for files in it
    return Unexpected{could_not(say(N_("no directory can be made below /tmp")))};
  for (const auto& [path, state] : files)
    if (auto copied = copy(scratch, path, state); !copied) return Unexpected{could_not(copied.error())};
  const auto before = load(scratch, context);
  if (!before) return Unexpected{before.error()};
  for (const Change& change : plan.changes)
    if (auto copied = copy(scratch, change.path, change.after); !copied)
      return Unexpected{could_not(copied.error())};
  const auto after = load(scratch, context);
  if (!after) return Unexpected{after.error()};
  // Who takes the passwords away, or changes the configuration, does not leave it broken.
  const bool concerned =
      answers.profile == Profile::kExclusive ||
      std::ranges::any_of(plan.changes, [](const Change& c) { return is_of_a_configuration(c.path); });
  if (!concerned && !before->settings.empty()) return Unit{};
  if (auto good = compare(kMainSettings, before->settings, after->settings); !good) return good;
  if (answers.realm.empty() && answers.mapping != "ad") return Unit{};
  return compare(kDirectory, before->directory, after->directory);
}

}  // namespace jpki::ctl::setup
