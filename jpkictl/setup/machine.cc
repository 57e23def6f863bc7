// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/setup/machine.h"

#include "jpkictl/doctor/file_text.h"
#include "jpkictl/doctor/gather.h"
#include "jpkictl/doctor/program_output.h"
#include "jpkictl/setup/configuration.h"
#include "jpkictl/setup/scratch.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <shadow.h>
#include <unistd.h>

namespace jpki::ctl::setup {
namespace {

namespace fs = std::filesystem;
using doctor::output_of;

constexpr char kSystemctl[] = "/usr/bin/systemctl";
constexpr char kTimer[] = "jpki-setup-rollback.timer";
constexpr char kPamDirectory[] = "/etc/pam.d";
constexpr char kVendorDirectory[] = "/usr/lib/pam.d";
constexpr char kSelected[] = "/var/lib/pam";  // what pam-auth-update wrote last
constexpr char kProfiles[] = "/usr/share/pam-configs";

bool is_pam_auth_updates(const fs::path& path) {
  return path.parent_path() == kSelected || path.filename().string().starts_with("common-");
}

// Its own program, on copies: nothing of this computer is written, not even debconf's memory.
std::map<std::string, FileState> ask_pam_auth_update(const std::vector<std::string>& words) {
  const Scratch scratch;
  if (scratch.path().empty()) return {};
  std::error_code failed;
  for (const char* directory : {kPamDirectory, kSelected, kProfiles}) {
    fs::create_directories(scratch.path() + directory, failed);
    fs::copy(directory, scratch.path() + directory, fs::copy_options::recursive, failed);
    if (failed) return {};
  }
  std::vector<std::string> argv{"/usr/bin/env",
                                "DEBIAN_FRONTEND=noninteractive",
                                "DEBCONF_DB_OVERRIDE=File{" + scratch.path() + "/debconf.dat}",
                                "/usr/sbin/pam-auth-update",
                                "--root",
                                scratch.path()};
  argv.insert(argv.end(), words.begin(), words.end());
  if (!output_of(argv)) return {};
  std::map<std::string, FileState> files;
  for (const char* directory : {kPamDirectory, kSelected})
    for (const auto& entry : fs::directory_iterator(scratch.path() + directory, failed)) {
      const std::string path = directory + ("/" + entry.path().filename().string());
      if (!entry.is_regular_file(failed) || !is_pam_auth_updates(path)) continue;
      auto state = look_at(entry.path());
      if (state) files[path] = {FileState::Kind::kRegular, 0, 0, 0644, std::move(state->content)};
    }
  return files;
}

bool has_profiles(const std::vector<std::string>& words) {
  return std::ranges::all_of(words, [](const std::string& word) {
    return word.starts_with('-') || ::access((kProfiles + ("/" + word)).c_str(), R_OK) == 0;
  });
}

void add_drop_ins(const std::string& main, std::vector<std::string>& paths) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(main + ".d", failed))
    if (const std::string path = entry.path(); belongs_to(main, path)) paths.push_back(path);
}

bool root_has_password() {
  const spwd* const entry = ::getspnam("root");
  return entry != nullptr && std::string_view(entry->sp_pwdp).starts_with('$');
}

bool is_installed(const std::string& root, const std::string& module) {
  std::error_code failed;
  if (module.starts_with('/')) return fs::exists(root + module, failed);
  for (const char* top : {"/usr/lib", "/lib", "/usr/lib64", "/lib64"}) {
    if (fs::exists(root + top + "/security/" + module, failed)) return true;
    for (const auto& entry : fs::directory_iterator(root + top, failed))
      if (fs::exists(entry.path() / "security" / module, failed)) return true;
  }
  return false;
}

}  // namespace

Expected<Present, std::string> look_around(const Answers& answers) {
  Present present;
  if (const auto words = profile_words(answers); !words.empty() && has_profiles(words))
    present.profiles = ask_pam_auth_update(words);
  std::vector<std::string> paths = paths_of(answers);
  for (const auto& [path, state] : present.profiles) paths.push_back(path);
  for (const char* main : {kMainSettings, kDirectory}) add_drop_ins(main, paths);
  for (const std::string& path : paths) {
    auto state = look_at(path);
    if (!state) return Unexpected{state.error()};
    present.files[path] = std::move(*state);
  }
  if (const auto units = units_of(answers); !units.empty()) {
    std::vector<std::string> argv{kSystemctl, "show", "--property=Id,ActiveState,UnitFileState"};
    argv.insert(argv.end(), units.begin(), units.end());
    if (const auto told = output_of(argv))
      for (const auto& [unit, state] : doctor::parse_units(*told))
        if (!state.enabled.empty())
          present.units[unit] = {state.enabled == "enabled", state.active == "active"};
  }
  present.ad_template = doctor::text_of_file(JPKI_DATADIR "/ad.toml");
  present.name_service_module = ::access(JPKI_NSSDIR "/libnss_ad.so.2", F_OK) == 0;
  present.root_has_password = root_has_password();
  return present;
}

bool set_unit(const std::string& unit, bool enabled, bool active, bool wait) {
  std::vector<std::string> now{kSystemctl, active ? "start" : "stop", unit};
  if (!wait) now.insert(now.begin() + 1, "--no-block");
  return output_of({kSystemctl, enabled ? "enable" : "disable", unit}).has_value() &&
         output_of(now).has_value();
}

bool start_timer() {
  return output_of({kSystemctl, "start", kTimer}).has_value();
}

void stop_timer() {
  (void)output_of({kSystemctl, "stop", kTimer});
}

std::optional<pam::FileText> PamFiles::read(const std::string& name) const {
  std::vector<std::string> paths{name};
  if (!name.starts_with('/')) paths = {kPamDirectory + ("/" + name), kVendorDirectory + ("/" + name)};
  for (const std::string& path : paths) {
    if (const auto planned = planned_.find(path); planned != planned_.end())
      return pam::FileText{path, planned->second};
    std::error_code failed;
    if (fs::is_regular_file(root_ + path, failed))
      return pam::FileText{path, doctor::text_of_file(root_ + path)};
  }
  return std::nullopt;
}

bool PamFiles::installed(const std::string& module) const {
  const auto [known, added] = installed_.try_emplace(module, false);
  if (added) known->second = is_installed(root_, module);
  return known->second;
}

std::vector<std::string> PamFiles::names() const {
  std::set<std::string> names;
  std::error_code failed;
  for (const char* directory : {kPamDirectory, kVendorDirectory})
    for (const auto& entry : fs::directory_iterator(root_ + directory, failed))
      if (entry.is_regular_file(failed)) names.insert(entry.path().filename().string());
  for (const auto& [path, text] : planned_)
    if (path.starts_with(kPamDirectory + std::string("/"))) names.insert(path.substr(sizeof kPamDirectory));
  // Copies that dpkg and editors leave.
  std::erase_if(names, [](const std::string& name) {
    return name.find('.') != std::string::npos || name.ends_with('~');
  });
  return {names.begin(), names.end()};
}

}  // namespace jpki::ctl::setup
